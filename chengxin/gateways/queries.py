"""Reads: how far a message has come, what does not go out, what the doctor counts."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, Q

from chengxin.common import crypto
from chengxin.gateways import rules
from chengxin.gateways.models import Outbox
from chengxin.gateways.values import Delivery, Trouble


def delivery_state(dedupe_key: str) -> Delivery | None:
    """How far the message with this key has come; None where none was ever queued (or it is long gone)."""
    row = Outbox.objects.filter(dedupe_key=dedupe_key).first()
    return None if row is None else _delivery(row)


def delivery_states(dedupe_keys: list[str]) -> dict[str, Delivery]:
    """The same for many keys in one read."""
    return {row.dedupe_key: _delivery(row) for row in Outbox.objects.filter(dedupe_key__in=dedupe_keys)}


def _delivery(row: Outbox) -> Delivery:
    return Delivery(
        channel=row.channel,
        state=row.state,
        label=str(rules.LABELS[row.state]),
        attempts=row.attempts,
        created_at=row.created_at,
        sent_at=row.sent_at,
        next_try_at=row.next_try_at,
    )


def failed(*, limit: int = 100, before_id: int | None = None) -> list[Trouble]:
    """Messages that staff must see: parked, held, failed, and queued ones that failed before; newest first."""
    rows = Outbox.objects.filter(Q(state__in=[rules.PARKED, rules.HELD, rules.FAILED]) | Q(state=rules.QUEUED, attempts__gt=0))
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return [_trouble(row) for row in rows.order_by("-id")[: min(limit, 500)]]


def _trouble(row: Outbox) -> Trouble:
    to = crypto.unseal(row.to_sealed, bound_to=f"outbox/{row.dedupe_key}/to")
    return Trouble(
        id=row.pk,
        channel=row.channel,
        purpose=row.purpose,
        to_masked=rules.masked(to),
        template=row.template,
        state=row.state,
        label=str(rules.LABELS[row.state]),
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
    )


def counts() -> dict[str, int]:
    """Rows by state, for the doctor and the metrics; states without rows count 0."""
    found = dict(Outbox.objects.values_list("state").annotate(Count("id")))
    return {state: found.get(state, 0) for state in rules.STATES}


def unsent() -> dict[str, int]:
    """Rows that have not gone out, by state."""
    found = dict(Outbox.objects.exclude(state=rules.SENT).values_list("state").annotate(Count("id")))
    return {state: found.get(state, 0) for state in rules.STATES if state != rules.SENT}


def oldest_due() -> datetime | None:
    """When the oldest queued message should have gone out; None with an empty queue."""
    oldest: datetime | None = Outbox.objects.filter(state=rules.QUEUED).aggregate(at=Min("next_try_at"))["at"]
    return oldest
