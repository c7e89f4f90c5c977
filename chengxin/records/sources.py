"""Which government records stand now, by the key their source unit gave them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from chengxin.records.models import Version
from chengxin.records.values import GOVERNMENT


@dataclass(frozen=True)
class Standing:
    """A current government record: whose it is, and the keyed hash of its content."""

    enterprise_id: UUID
    fingerprint: bytes


def standing(*, group: str, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
    """The current records of a group by (source unit, source number); keys without one are left out."""
    rows = Version.objects.filter(
        source_unit__in={unit for unit, _no in keys},
        source_no__in=[no for _unit, no in keys],
        group=group,
        origin=GOVERNMENT,
        ended_at=None,
    )
    columns = rows.values_list("source_unit", "source_no", "enterprise_id", "fingerprint")
    return {(unit, no): Standing(holder, bytes(mark)) for unit, no, holder, mark in columns}


def supplied(*, enterprise_id: UUID, group: str, besides: str) -> bool:
    """Whether a unit other than `besides` supplies this group of the enterprise now."""
    rows = Version.objects.filter(enterprise_id=enterprise_id, group=group, origin=GOVERNMENT, ended_at=None)
    return rows.exclude(source_unit=besides).exists()
