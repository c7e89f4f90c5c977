"""The proof pictures of what was handed in are to be read, so that the reviewer finds the text beside them (VOL-21)."""

from __future__ import annotations

from uuid import UUID

from chengxin.identity.values import Actor
from chengxin.ledger.values import EventView
from chengxin.ocr import actions as ocr

BY = Actor.system("ocr")


def handed_in(event: EventView) -> None:
    """A filing was handed in, with pictures or without; one that was deleted since is passed over."""
    ocr.expect(filing_id=UUID(event.subject), by=BY)


HANDLERS = {"filing.submitted": handed_in}
"""What it reads."""
