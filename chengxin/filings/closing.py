"""Filings that end from outside because their enterprise ends: by a reset, an impostor, a deregistration (D-02, D-10, REG-16)."""

from __future__ import annotations

from uuid import UUID

from chengxin.common import clock
from chengxin.filings import lifecycle
from chengxin.filings.actions import advance
from chengxin.filings.models import Filing
from chengxin.filings.queries import view
from chengxin.filings.values import FilingView
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger


def close_open(*, enterprise_id: UUID, why: str, by: Actor) -> list[FilingView]:
    """End every filing of the enterprise that is not decided (已终止); `why` is shown on it. The enterprise is locked."""
    return _take(enterprise_id=enterprise_id, states=lifecycle.UNDECIDED_STATES, why=why, by=by)


def end_in_force(*, enterprise_id: UUID, why: str, by: Actor) -> list[FilingView]:
    """End what was approved: an archive is 已下线, a registration 已重置. The enterprise is locked; records are ended by the caller."""
    return _take(enterprise_id=enterprise_id, states=(lifecycle.APPROVED,), why=why, by=by)


def _take(*, enterprise_id: UUID, states: tuple[str, ...], why: str, by: Actor) -> list[FilingView]:
    rows = Filing.objects.select_for_update().filter(enterprise_id=enterprise_id, state__in=states).order_by("id")
    taken = []
    for filing in rows:
        event = "close" if lifecycle.can(kind=filing.kind, state=filing.state, event="close") else "end"
        if not lifecycle.can(kind=filing.kind, state=filing.state, event=event):
            continue
        advance(filing, event)
        filing.opinion, filing.updated_at = why, clock.now()
        filing.claimed_by, filing.claimed_until = None, None
        filing.save(update_fields=["state", "opinion", "updated_at", "claimed_by", "claimed_until"])
        ledger.append(kind=f"filing.{filing.state}", subject=str(filing.id), data={"round": filing.round}, by=by)
        taken.append(view(filing))
    return taken
