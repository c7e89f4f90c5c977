"""When the calendar of a year arrives, the due moments that were provisional are reckoned anew (D-04, REG-20)."""

from __future__ import annotations

from chengxin.filings import deadlines
from chengxin.identity.values import Actor
from chengxin.ledger.values import EventView


def reckon(_event: EventView) -> None:
    """Give filings that wait for review their moment by the days that are known now."""
    deadlines.reckon_anew(by=Actor.system("deadlines"))


HANDLERS = {"workday.loaded": reckon}
