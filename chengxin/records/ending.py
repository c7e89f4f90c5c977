"""The end of record versions: out of sight with an event of their own, the public salt destroyed (D-20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from chengxin.common import clock
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger import rules as leaves
from chengxin.ledger.values import NewEvent
from chengxin.records.models import Version


class Standing(Protocol):
    """What the end of a version needs to know of it."""

    @property
    def version_id(self) -> UUID: ...
    @property
    def enterprise_id(self) -> UUID: ...
    @property
    def is_public(self) -> bool: ...


def end(versions: Sequence[Standing], *, reason: str, by: Actor) -> tuple[UUID, ...]:
    """End locked versions in one statement; returns those that were public, whose end is in the log."""
    if not versions:
        return ()
    now = clock.now()
    shown = [version for version in versions if version.is_public]
    rows = Version.objects.filter(version_id__in=[version.version_id for version in versions])
    rows.update(fragment=None, salt=None, ended_at=now, end_reason=reason)
    ledger.append_many(
        events=[
            NewEvent(
                kind=leaves.ENDED,
                subject=str(version.version_id),
                data={"enterprise": str(version.enterprise_id), "reason": reason},
                leaf=leaves.ended_leaf(version_id=version.version_id, at=now),
                version_id=version.version_id,
            )
            for version in shown
        ],
        by=by,
    )
    return tuple(version.version_id for version in shown)
