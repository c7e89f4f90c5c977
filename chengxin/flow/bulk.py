"""Bulk decisions: store, revoke, and carry out each item as an ordinary decision when its time has come (D-03)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chengxin.filings import bulk
from chengxin.flow import registered, review
from chengxin.flow.step import settled, step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor


@step
def store(*, chosen: Sequence[bulk.Chosen], outcome: str, opinion: str, by: Actor) -> UUID:
    """Store one decision on many filings of a kind; it takes effect after half a minute."""
    return bulk.store(chosen=chosen, outcome=outcome, opinion=opinion, by=by)


@step
def revoke(*, bulk_id: UUID, by: Actor) -> None:
    """Take a stored bulk decision back before it takes effect."""
    bulk.revoke(bulk_id=bulk_id, by=by)


def carry_out(limit: int) -> int:
    """Carry out items whose time has come, each in a transaction of its own; returns how many. Who is busy has the next turn."""
    return sum(_settled(item) for item in bulk.due(limit=limit))


def _settled(item: bulk.DueItem) -> bool:
    def carry_out() -> None:
        by = identity.actor_for(item.by_id, "none")
        if item.outcome == "approved":
            registered.ask(filing_id=item.filing_id, by=by)
        _carry_out(item=item, by=by)

    broken = str(_("系统暂时无法办理，请单独审核。"))
    return settled(carry_out, refuse=lambda why: _refuse(item=item, why=why), broken=broken)


@step
def _carry_out(*, item: bulk.DueItem, by: Actor) -> None:
    """One item: the decision of the person who stored it, with all the checks of a single one."""
    if bulk.hold(item_id=item.id):
        review.decide_within(filing_id=item.filing_id, round=item.round, outcome=item.outcome, opinion=item.opinion, by=by)
        bulk.settle(item_id=item.id)


@step
def _refuse(*, item: bulk.DueItem, why: str) -> None:
    """Keep why an item was not carried out; it is back in the inbox."""
    bulk.settle(item_id=item.id, why=why)
