"""The clock: aware, settable, one day for the whole country."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from chengxin.common import clock


def test_now_is_aware_and_moves() -> None:
    first = clock.now()
    assert first.utcoffset() == timedelta(0)
    assert clock.now() >= first


def test_today_is_the_day_of_shanghai() -> None:
    with clock.at(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)):
        assert clock.today() == date(2026, 3, 1)
    with clock.at(datetime(2026, 3, 1, 16, 0, 0, tzinfo=UTC)):
        assert clock.today() == date(2026, 3, 2)


def test_a_set_clock_nests_and_comes_back() -> None:
    outer = datetime(2026, 1, 1, tzinfo=UTC)
    inner = datetime(2020, 1, 1, 8, tzinfo=clock.SHANGHAI)
    with clock.at(outer):
        with clock.at(inner) as moment:
            assert clock.now() == moment == datetime(2020, 1, 1, tzinfo=UTC)
        assert clock.now() == outer
    assert clock.now() > outer


def test_the_clock_comes_back_after_an_error() -> None:
    with pytest.raises(RuntimeError), clock.at(datetime(2000, 1, 1, tzinfo=UTC)):
        raise RuntimeError
    assert clock.now().year > 2000


def test_a_set_clock_stays_in_its_own_thread() -> None:
    seen: list[datetime] = []
    with clock.at(datetime(2000, 1, 1, tzinfo=UTC)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0].year > 2000


def test_a_naive_moment_is_refused() -> None:
    naive = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"), clock.at(naive):
        pass
