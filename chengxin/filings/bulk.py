"""Bulk decisions: stored, revocable for half a minute, then carried out one by one as ordinary decisions (D-03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common import clock, sql
from chengxin.common.errors import ChengxinError, Conflict, Invalid, NotFound
from chengxin.filings import lifecycle
from chengxin.filings.actions import reviewable
from chengxin.filings.models import BulkDecision, BulkItem, Filing
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

REVOCABLE_SECONDS = 30
MAX_ITEMS = 50
SHOWN_MINUTES = 10
ONE_FORM = {"voluntary"}
"""Kinds of which one decision holds one form only: a donation is not judged like a licence (D-03)."""


@dataclass(frozen=True)
class Chosen:
    """One filing in the version that was on the page."""

    filing_id: UUID
    round: int


@dataclass(frozen=True)
class ItemView:
    """What became of one item: waiting, done, refused (why) or revoked."""

    filing_id: UUID
    name: str
    state: str
    why: str


@dataclass(frozen=True)
class BulkView:
    """A bulk decision of the acting person as the inbox shows it."""

    id: UUID
    kind: str
    outcome: str
    effective_at: datetime
    revocable: bool
    revoked: bool
    items: tuple[ItemView, ...] = field(default=())


@dataclass(frozen=True)
class DueItem:
    """One item whose time has come."""

    id: int
    filing_id: UUID
    round: int
    outcome: str
    opinion: str
    by_id: UUID


def store(*, chosen: Sequence[Chosen], outcome: str, opinion: str, by: Actor) -> UUID:
    """Store one decision on filings of one kind; it takes effect after `REVOCABLE_SECONDS`.

    An item that the acting person may not decide now, or that changed meanwhile, is kept as refused with
    the reason. Raises Invalid by field (item, outcome, opinion).
    """
    opinion = opinion.strip() if outcome == "rejected" else ""
    _check(chosen, outcome, opinion)
    filings = {row.id: row for row in Filing.objects.filter(id__in=[one.filing_id for one in chosen])}
    kinds = {row.kind for row in filings.values()}
    if len(kinds) != 1:
        raise Invalid({"item": [_("一次批量审核只能包含同一类别的填报。")]})
    if kinds & set(lifecycle.CASES):
        raise Invalid({"item": [_("异议、纠错、申诉等事项须逐件办理。")]})
    if kinds & ONE_FORM and len({row.form_id for row in filings.values()}) != 1:
        raise Invalid({"item": [_("一次批量审核只能包含同一注册事项的信息。")]})
    now = clock.now()
    bulk = BulkDecision.objects.create(
        kind=kinds.pop(),
        outcome=outcome,
        opinion=opinion,
        by_id=by.id,
        created_at=now,
        effective_at=now + timedelta(seconds=REVOCABLE_SECONDS),
    )
    for one in sorted(set(chosen), key=lambda each: each.filing_id):
        if one.filing_id in filings:
            _add(bulk, one, by)
    data = {"outcome": outcome, "items": bulk.items.filter(state="waiting").count()}
    ledger.append(kind="bulk.stored", subject=str(bulk.id), data=data, by=by)
    return bulk.id


def _check(chosen: Sequence[Chosen], outcome: str, opinion: str) -> None:
    errors: dict[str, list[str]] = {}
    if not chosen:
        errors["item"] = [_("请先选择要审核的填报。")]
    elif len(chosen) > MAX_ITEMS:
        errors["item"] = [_("一次最多批量审核%(n)d件。") % {"n": MAX_ITEMS}]
    if outcome not in ("approved", "rejected"):
        errors["outcome"] = [_("请选择“审核通过”或“审核未通过”。")]
    if outcome == "rejected" and not opinion:
        errors["opinion"] = [_("审核未通过时必须填写审核意见。")]
    if errors:
        raise Invalid(errors)


def _add(bulk: BulkDecision, one: Chosen, by: Actor) -> None:
    why = ""
    try:
        filing = reviewable(filing_id=one.filing_id, by=by)
        if filing.state != lifecycle.SUBMITTED or filing.round != one.round:
            why = _("内容已变化，请打开查看。")
        elif BulkItem.objects.filter(filing=filing, state="waiting").exists():
            why = _("该填报已在另一次批量审核中。")
    except ChengxinError as refused:
        why = refused.message
    BulkItem.objects.create(
        bulk=bulk,
        filing_id=one.filing_id,
        round=one.round,
        effective_at=bulk.effective_at,
        state="refused" if why else "waiting",
        why=str(why)[:200],
    )


def revoke(*, bulk_id: UUID, by: Actor) -> None:
    """Take back one's own bulk decision before it takes effect; Conflict afterwards."""
    bulk = BulkDecision.objects.select_for_update().filter(id=bulk_id, by_id=by.id).first()
    if bulk is None:
        raise NotFound(_("未找到该批量审核。"))
    if bulk.revoked_at is not None:
        return
    if bulk.effective_at <= clock.now():
        raise Conflict(_("批量审核已生效，不能撤销。"), code="bulk-in-effect")
    bulk.revoked_at = clock.now()
    bulk.save(update_fields=["revoked_at"])
    bulk.items.filter(state="waiting").update(state="revoked")
    ledger.append(kind="bulk.revoked", subject=str(bulk.id), data={}, by=by)


def due(*, limit: int) -> list[DueItem]:
    """Items whose time has come, the oldest first."""
    rows = BulkItem.objects.select_related("bulk").filter(state="waiting", effective_at__lte=clock.now())
    return [
        DueItem(row.pk, row.filing_id, row.round, row.bulk.outcome, row.bulk.opinion, row.bulk.by_id)
        for row in rows.order_by("effective_at", "id")[:limit]
    ]


def hold(*, item_id: int) -> bool:
    """Lock an item that still waits, for this transaction; False where another worker has it or it was settled."""
    rows = BulkItem.objects.select_for_update(skip_locked=True).filter(pk=item_id, state="waiting")
    return rows.first() is not None


def settle(*, item_id: int, why: str = "") -> None:
    """Note that an item was carried out, or why not."""
    BulkItem.objects.filter(pk=item_id, state="waiting").update(state="refused" if why else "done", why=why[:200])


_OWN = """
SELECT id, kind, outcome, effective_at, revoked_at IS NULL AND effective_at > %(now)s, revoked_at IS NOT NULL
FROM filings_bulkdecision WHERE by_id = %(by)s AND created_at > %(since)s ORDER BY created_at DESC LIMIT 5
"""
_ITEMS = """
SELECT i.bulk_id, i.filing_id, f.enterprise_id, i.state, i.why FROM filings_bulkitem AS i JOIN filings_filing AS f ON f.id = i.filing_id
WHERE i.bulk_id = ANY(%(bulks)s::uuid[]) ORDER BY i.id
"""


def own(*, by: Actor) -> list[BulkView]:
    """The acting person's bulk decisions of the last minutes, newest first."""
    now = clock.now()
    found = sql.rows(_OWN, {"by": by.id, "now": now, "since": now - timedelta(minutes=SHOWN_MINUTES)})
    items = _items([row[0] for row in found]) if found else {}
    return [
        BulkView(bulk, kind, outcome, at, revocable, revoked, tuple(items.get(bulk, ())))
        for bulk, kind, outcome, at, revocable, revoked in found
    ]


def _items(bulks: list[UUID]) -> dict[UUID, list[ItemView]]:
    """What became of the items of some bulk decisions, by decision."""
    rows = sql.rows(_ITEMS, {"bulks": bulks})
    names = identity.called(row[2] for row in rows if row[2])
    found: dict[UUID, list[ItemView]] = {}
    for bulk, filing, firm, state, why in rows:
        name, uscc = names.get(firm, ("", ""))
        found.setdefault(bulk, []).append(ItemView(filing, name or uscc, state, why))
    return found


def waiting_at(*, filing_id: UUID) -> datetime | None:
    """When a bulk decision on this filing takes effect, if one waits."""
    return BulkItem.objects.filter(filing_id=filing_id, state="waiting").values_list("effective_at", flat=True).first()
