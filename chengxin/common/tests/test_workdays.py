"""Deadlines: the table of D-04, and the calendar under it (REG-20)."""

from datetime import UTC, date, datetime

import pytest

from chengxin.common.workdays import SHANGHAI, WorkCalendar, WorkDay, due

CALENDAR = WorkCalendar()

# handed in, working days, to the end of the day, due, provisional
EXAMPLES = [
    ("2026-11-23 15:00", 1, False, "2026-11-24 15:00:00", False, "Monday to Tuesday"),
    ("2026-11-20 15:00", 1, False, "2026-11-23 15:00:00", False, "Friday to Monday (REG-09)"),
    ("2026-11-20 23:59", 1, False, "2026-11-23 23:59:00", False, "late on Friday"),
    ("2026-11-23 00:00", 1, False, "2026-11-24 00:00:00", False, "first minute of Monday"),
    ("2026-11-21 10:30", 1, False, "2026-11-24 09:00:00", False, "Saturday counts as Monday 09:00"),
    ("2026-11-22 23:00", 1, False, "2026-11-24 09:00:00", False, "Sunday counts as Monday 09:00"),
    ("2026-11-23 15:00", 0, False, "2026-11-23 15:00:00", False, "no days"),
    ("2026-11-22 08:00", 0, False, "2026-11-23 09:00:00", False, "no days, from a Sunday"),
    ("2026-09-30 16:20", 1, False, "2026-10-08 16:20:00", False, "eve of the National Day week"),
    ("2026-10-01 09:00", 1, False, "2026-10-09 09:00:00", False, "on the National Day"),
    ("2026-10-07 22:00", 1, False, "2026-10-09 09:00:00", False, "last day of that week off"),
    ("2026-10-09 11:00", 1, False, "2026-10-10 11:00:00", False, "the swapped Saturday counts"),
    ("2026-10-10 11:00", 1, False, "2026-10-12 11:00:00", False, "handed in on the swapped Saturday"),
    ("2026-09-19 11:00", 1, False, "2026-09-21 09:00:00", False, "Saturday before a swapped Sunday"),
    ("2026-09-24 17:30", 1, False, "2026-09-28 17:30:00", False, "eve of the Mid-Autumn Festival"),
    ("2026-02-13 10:00", 1, False, "2026-02-14 10:00:00", False, "to the swapped Saturday before the Spring Festival"),
    ("2026-02-14 10:00", 1, False, "2026-02-24 10:00:00", False, "eve of the Spring Festival"),
    ("2026-02-17 10:00", 1, False, "2026-02-25 09:00:00", False, "on New Year's Day of the old calendar"),
    ("2026-02-27 09:30", 1, False, "2026-02-28 09:30:00", False, "swapped Saturday after it"),
    ("2026-04-03 14:00", 1, False, "2026-04-07 14:00:00", False, "eve of Qingming"),
    ("2026-04-30 14:00", 1, False, "2026-05-06 14:00:00", False, "eve of Labour Day"),
    ("2026-05-08 14:00", 1, False, "2026-05-09 14:00:00", False, "swapped Saturday in May"),
    ("2026-06-18 14:00", 1, False, "2026-06-22 14:00:00", False, "eve of the Dragon Boat Festival"),
    ("2025-12-31 10:00", 1, False, "2026-01-04 10:00:00", False, "year end, to a swapped Sunday"),
    ("2024-12-31 10:00", 1, False, "2025-01-02 10:00:00", False, "year end 2024"),
    ("2026-11-02 10:00", 7, False, "2026-11-11 10:00:00", False, "seven days of an objection"),
    ("2026-09-21 10:00", 15, True, "2026-10-19 23:59:59", False, "fifteen days over two holidays, to the end"),
    ("2026-12-31 10:00", 1, False, "2027-01-04 10:00:00", True, "into a year without calendar"),
    ("2026-12-25 10:00", 15, True, "2027-01-18 23:59:59", True, "fifteen days into such a year"),
    ("2027-02-04 10:00", 1, False, "2027-02-11 10:00:00", True, "statutory days of such a year"),
    ("2027-10-09 10:00", 1, False, "2027-10-12 09:00:00", True, "no swapped Saturday is guessed"),
]


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.requirement("REG-20.1")
@pytest.mark.parametrize(
    ("handed_in", "days", "end", "expected", "provisional"),
    [pytest.param(*row[:5], id=row[5]) for row in EXAMPLES],
)
def test_table_of_deadlines(handed_in: str, days: int, end: bool, expected: str, provisional: bool) -> None:
    result = due(handed_in=shanghai(handed_in), working_days=days, end_of_day=end, calendar=CALENDAR)
    assert result.at == shanghai(expected)
    assert result.provisional is provisional


def test_at_least_thirty_examples() -> None:
    assert len(EXAMPLES) >= 30


def test_moments_in_utc_are_counted_in_shanghai() -> None:
    result = due(handed_in=datetime(2026, 11, 20, 16, 30, tzinfo=UTC), working_days=1, calendar=CALENDAR)
    assert result.at == shanghai("2026-11-24 09:00:00")


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due(handed_in=datetime(2026, 11, 20), working_days=1, calendar=CALENDAR)


def test_a_loaded_day_overrides_the_published_one() -> None:
    closed = WorkCalendar({date(2026, 11, 24): WorkDay(is_workday=False, name="停工")})
    assert due(handed_in=shanghai("2026-11-23 15:00"), working_days=1, calendar=closed).at == shanghai(
        "2026-11-25 15:00"
    )


def test_a_loaded_year_is_no_longer_provisional() -> None:
    days = {date(2027, 1, d): WorkDay(is_workday=d not in (1, 2, 3)) for d in range(1, 32)}
    loaded = WorkCalendar(days)
    result = due(handed_in=shanghai("2026-12-31 10:00"), working_days=1, calendar=loaded)
    assert (result.at, result.provisional) == (shanghai("2027-01-04 10:00"), False)


def test_administrators_can_be_told_which_years_are_missing() -> None:
    assert CALENDAR.missing_years([2025, 2026, 2027]) == [2027]
    assert CALENDAR.day(date(2027, 3, 6)) == WorkDay(is_workday=False, provisional=True)
    assert CALENDAR.day(date(2027, 10, 1)).name == "国庆节"
