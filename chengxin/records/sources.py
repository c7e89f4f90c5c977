"""Which government records stand now, by the key their source unit gave them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from chengxin.common import sql
from chengxin.records.models import Version
from chengxin.records.values import GOVERNMENT

WITHDRAWN = "withdrawn"
Key = tuple[str, str]

# One probe of the index for each key: joined to so many keys at once, the planner would rather read the table.
_STANDING = """
SELECT k.unit, k.number, v.version_id, v.enterprise_id, v.fingerprint, v.shown
FROM unnest(string_to_array(%(units)s, chr(31)), string_to_array(%(numbers)s, chr(31))) AS k (unit, number) CROSS JOIN LATERAL (
  SELECT version_id, enterprise_id, fingerprint, fragment IS NOT NULL AS shown FROM records_version
  WHERE source_unit = k.unit AND source_no = k.number AND "group" = %(group)s AND origin = 'government' AND ended_at IS NULL
  LIMIT 1 {lock}
) AS v
"""
_WITHDRAWN = """
SELECT DISTINCT record_id FROM records_version
WHERE record_id = ANY(string_to_array(%(ids)s, ',')::uuid[]) AND end_reason = 'withdrawn'
"""


class Standing(NamedTuple):
    """A current government record: its version, whose it is, the keyed hash of its content, whether the public sees it."""

    version_id: UUID
    enterprise_id: UUID
    fingerprint: bytes
    is_public: bool


def standing(*, group: str, keys: Collection[Key], lock: bool = False) -> dict[Key, Standing]:
    """The current records of a group by (source unit, source number); keys without one are left out."""
    ordered = sorted(keys)
    given = {"units": sql.listed(unit for unit, _no in ordered), "numbers": sql.listed(no for _unit, no in ordered), "group": group}
    rows = sql.rows(_STANDING.format(lock="FOR UPDATE" if lock else ""), given)
    return {(unit, no): Standing(version_id, holder, bytes(mark), public) for unit, no, version_id, holder, mark, public in rows}


def withdrawn(record_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these records their source unit has withdrawn at some time."""
    return {row[0] for row in sql.rows(_WITHDRAWN, {"ids": ",".join(record_id.hex for record_id in record_ids)})}


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
