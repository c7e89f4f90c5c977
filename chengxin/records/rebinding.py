"""Government records are bound to the code: when its enterprise is closed, they go to whoever holds the code next (D-10)."""

from __future__ import annotations

from uuid import UUID

from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.records import files
from chengxin.records.models import Version
from chengxin.records.values import GOVERNMENT


def has_government(*, enterprise_id: UUID) -> bool:
    """Whether any government record stands with the enterprise."""
    return Version.objects.filter(enterprise_id=enterprise_id, origin=GOVERNMENT, ended_at=None).exists()


def rebind(*, former_id: UUID, enterprise_id: UUID, by: Actor) -> int:
    """Give every current government record to the code's next holder; returns how many.

    The versions stay what they are, so their proofs stay valid; both enterprises are locked by the caller.
    """
    rows = Version.objects.select_for_update().filter(enterprise_id=former_id, origin=GOVERNMENT, ended_at=None)
    moved = [row.version_id for row in rows.order_by("version_id")]
    Version.objects.filter(version_id__in=moved).update(enterprise_id=enterprise_id)
    data = {"to": str(enterprise_id), "records": len(moved)}
    ledger.append(kind="record.rebound", subject=str(former_id), data=data, by=by)
    files.rewrite(enterprise_ids={enterprise_id})
    return len(moved)
