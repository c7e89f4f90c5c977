"""Which government records stand now, by the key their source unit gave them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chengxin.common import sql
from chengxin.records.models import Version
from chengxin.records.values import GOVERNMENT

WITHDRAWN = "withdrawn"
Key = tuple[str, str]

_STANDING = """
SELECT v.source_unit, v.source_no, v.version_id, v.enterprise_id, v.fingerprint, v.fragment IS NOT NULL
FROM unnest(%(units)s::varchar[], %(numbers)s::varchar[]) AS k (unit, number)
JOIN records_version AS v ON v.source_unit = k.unit AND v.source_no = k.number
WHERE v."group" = %(group)s AND v.origin = 'government' AND v.ended_at IS NULL
"""
_LOCKED = f"{_STANDING} ORDER BY v.version_id FOR UPDATE OF v"


@dataclass(frozen=True, slots=True)
class Standing:
    """A current government record: its version, whose it is, the keyed hash of its content, whether the public sees it."""

    version_id: UUID
    enterprise_id: UUID
    fingerprint: bytes
    is_public: bool


def standing(*, group: str, keys: Collection[Key], lock: bool = False) -> dict[Key, Standing]:
    """The current records of a group by (source unit, source number); keys without one are left out."""
    given = {"units": [unit for unit, _no in keys], "numbers": [no for _unit, no in keys], "group": group}
    rows = sql.rows(_LOCKED if lock else _STANDING, given)
    return {(unit, no): Standing(version_id, holder, bytes(mark), public) for unit, no, version_id, holder, mark, public in rows}


def withdrawn(record_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these records their source unit has withdrawn at some time."""
    rows = Version.objects.filter(record_id__in=list(record_ids), end_reason=WITHDRAWN)
    return set(rows.values_list("record_id", flat=True))


@dataclass(frozen=True, slots=True)
class Change:
    """A record that a filing changed: its content before and after, sealed values as they stand, and whose it was and is."""

    no: str
    form_version: str
    former_id: UUID
    enterprise_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


_CHANGES = """
SELECT n.source_no, n.form_version, f.enterprise_id, n.enterprise_id, f.inside::text, n.inside::text
FROM unnest(%(after)s::uuid[], %(before)s::uuid[]) WITH ORDINALITY AS pair (after, before, place)
JOIN records_version AS n ON n.version_id = pair.after JOIN records_version AS f ON f.version_id = pair.before
ORDER BY pair.place
"""


def changes(pairs: Sequence[tuple[UUID, UUID]]) -> list[Change]:
    """Versions with those that stood before them, by their ids."""
    given = {"after": [after for after, _before in pairs], "before": [before for _after, before in pairs]}
    return [
        Change(no, form_version, former_id, enterprise_id, json.loads(before), json.loads(after))
        for no, form_version, former_id, enterprise_id, before, after in sql.rows(_CHANGES, given)
    ]


def supplied(*, enterprise_id: UUID, group: str, besides: str) -> bool:
    """Whether a unit other than `besides` supplies this group of the enterprise now."""
    rows = Version.objects.filter(enterprise_id=enterprise_id, group=group, origin=GOVERNMENT, ended_at=None)
    return rows.exclude(source_unit=besides).exists()
