"""Working days and deadlines: one pure function (D-04, REG-20).

    handed in on a working day      → same clock time, n working days later
    handed in on any other day      → counts as 09:00 of the next working day
    end_of_day                      → to 23:59:59 of the n-th working day
    a year without a published calendar → weekends and statutory days, marked provisional

All of it in Asia/Shanghai.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

import chinese_calendar
import holidays

from chengxin.common.clock import SHANGHAI

OPENING = time(9, 0)
LAST_SECOND = time(23, 59, 59)
_CHINESE_NAMES = {h.value: h.chinese for h in chinese_calendar.Holiday}


@dataclass(frozen=True, slots=True)
class WorkDay:
    """What is known of one day; `provisional` until the yearly notice of the State Council is loaded."""

    is_workday: bool
    provisional: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline; `provisional` (暂定) when a year on the way has no published calendar."""

    at: datetime
    provisional: bool


class Calendar(Protocol):
    """Anything that knows about days."""

    def day(self, when: date) -> WorkDay:
        """Return what is known of `when`."""
        ...


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The published calendar, overridden day by day by what administrators loaded."""

    overrides: Mapping[date, WorkDay] = field(default_factory=dict)

    def day(self, when: date) -> WorkDay:
        """Return the loaded day, else the published one, else weekends and statutory days."""
        return self.overrides.get(when) or published_day(when)

    def missing_years(self, years: Iterable[int]) -> list[int]:
        """Return those of `years` in which some day is still provisional; administrators are warned of them."""
        return [y for y in years if any(self.day(d).provisional for d in _days_of(y))]


def due(*, handed_in: datetime, working_days: int, end_of_day: bool = False, calendar: Calendar) -> Due:
    """Return when something handed in at `handed_in` is due after `working_days` (D-04)."""
    if handed_in.tzinfo is None:
        raise ValueError("handed_in must be aware")
    local = handed_in.astimezone(SHANGHAI)
    day, provisional = local.date(), calendar.day(local.date()).provisional
    clock = local.time().replace(tzinfo=None, fold=0)
    if not calendar.day(day).is_workday:
        day, on_the_way = next_workday(day, calendar=calendar)
        clock, provisional = OPENING, provisional or on_the_way
    for _step in range(working_days):
        day, on_the_way = next_workday(day, calendar=calendar)
        provisional = provisional or on_the_way
    return Due(at=datetime.combine(day, LAST_SECOND if end_of_day else clock, SHANGHAI), provisional=provisional)


def next_workday(day: date, *, calendar: Calendar) -> tuple[date, bool]:
    """Return the first working day after `day`, and whether a provisional day was looked at."""
    provisional = False
    while True:
        day += timedelta(days=1)
        known = calendar.day(day)
        provisional = provisional or known.provisional
        if known.is_workday:
            return day, provisional


@lru_cache(maxsize=4096)
def published_day(when: date) -> WorkDay:
    """Return the day as published by the State Council, or the rule of weekends and statutory days."""
    try:
        off, name = chinese_calendar.get_holiday_detail(when)
        return WorkDay(not off, name=_CHINESE_NAMES.get(name or "", ""))
    except NotImplementedError:  # how chinese_calendar says that the State Council has not published the year yet
        statutory = _statutory(when.year).get(when, "")
        return WorkDay(when.weekday() < 5 and not statutory, provisional=True, name=statutory)


@lru_cache(maxsize=32)
def _statutory(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("CN", years=year, language="zh_CN"))


def _days_of(year: int) -> Iterable[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
