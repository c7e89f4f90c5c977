"""The only place that asks the time.

Moments are aware and in UTC; the calendar day is that of Shanghai. Tests and the demo set the clock
with `at`; code that needs a moment takes it from here, once, and passes it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[datetime | None] = ContextVar("chengxin_fixed_moment", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC)  # noqa: TID251


def today() -> date:
    """The present calendar day in Shanghai."""
    return now().astimezone(SHANGHAI).date()


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at `moment` (aware) for this context; nests, and does not leak to other threads."""
    if moment.tzinfo is None:
        raise ValueError("The clock is set with an aware moment only.")
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield now()
    finally:
        _fixed.reset(token)
