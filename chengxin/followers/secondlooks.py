"""After a decision a share of versions goes to another person for a second look (D-03)."""

from __future__ import annotations

from uuid import UUID

from chengxin.filings import secondlooks
from chengxin.identity.values import Actor
from chengxin.ledger.values import EventView


def decided(event: EventView) -> None:
    """Draw for the version that was decided."""
    secondlooks.draw(filing_id=UUID(event.subject), round=event.data["round"], by=Actor.system("second-looks"))


HANDLERS = {"filing.approved": decided, "filing.rejected": decided}
