"""A case of wrong data, a report or a complaint that passed its due moment goes up one level (D-09, POL-07c)."""

from __future__ import annotations

from uuid import UUID

from chengxin.filings import cases
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.ledger.values import EventView

BY = Actor.system("escalating")
GO_UP = ("objection", "error_report", "tipoff", "suggestion")


def overdue(event: EventView) -> None:
    """Hand an overdue case to the agency above; one that was answered meanwhile stays as it is."""
    if filings.one(filing_id=UUID(event.subject), by=BY).kind in GO_UP:
        cases.escalate(filing_id=UUID(event.subject), by=BY)


HANDLERS = {"filing.overdue": overdue}
"""What it reads."""
