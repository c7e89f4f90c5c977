"""What a decision about wrong data does to a record: a corrected version, or its end (D-09, D-20)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Conflict
from chengxin.identity.values import Actor
from chengxin.records import ending, files, heading, inserting, openings, searching
from chengxin.records.models import Version
from chengxin.records.values import ENTERPRISE, GOVERNMENT, SENT_AGAIN, NewRecord

DELETED = "deleted"
CORRECTED = "corrected"
SEARCHED = ("S06",)  # groups whose public texts a file is found by


@dataclass(frozen=True)
class Standing:
    """A record as it stands in a public file now."""

    enterprise_id: UUID
    record_id: UUID
    version_id: UUID
    origin: str
    group: str
    form_version: str
    fragment: Mapping[str, Any]

    @property
    def content(self) -> Mapping[str, Any]:
        """What the public sees of it."""
        content: Mapping[str, Any] = self.fragment["content"]
        return content


def standing(*, enterprise_id: UUID, origin: str, record_id: UUID) -> Standing | None:
    """The public version of a record now; None where it is not public any more."""
    row = _current(enterprise_id, origin, record_id).first()
    if row is None or row.fragment is None:
        return None
    return Standing(
        enterprise_id=row.enterprise_id,
        record_id=row.record_id,
        version_id=row.version_id,
        origin=row.origin,
        group=row.group,
        form_version=row.form_version,
        fragment=json.loads(bytes(row.fragment)),
    )


def _current(enterprise_id: UUID, origin: str, record_id: UUID) -> Any:
    return Version.objects.filter(enterprise_id=enterprise_id, origin=origin, record_id=record_id, ended_at=None)


def _locked(stands: Standing) -> Version:
    row: Version | None = _current(stands.enterprise_id, stands.origin, stands.record_id).select_for_update().first()
    if row is None or row.version_id != stands.version_id or row.fragment is None:
        raise Conflict(_("该条信息在此期间已变化，请刷新后重新核对。"), code="stale-record")
    return row


def inside_of(stands: Standing) -> dict[str, Any]:
    """Every value of the record, for the rules that look at several fields; never shown."""
    row = Version.objects.get(version_id=stands.version_id)
    return openings.inside_plain(row.version_id, row.inside)


def correct(
    *, stands: Standing, filing_id: UUID, content: Mapping[str, Any], public: Mapping[str, Any], by: Actor
) -> None:
    """Put a corrected version in the place of the one that stands; the former stays inside, so before and after are kept.

    `content` and `public` are the changed fields only. The enterprise's row is locked.
    """
    row = _locked(stands)
    record = _changed(row, stands, content, public)
    ending.end([row], reason=CORRECTED, by=by)
    inserting.insert(filing_id=filing_id, records=[(row.enterprise_id, inserting.ready(record))], by=by)
    files.rewrite(enterprise_ids=[row.enterprise_id])
    if row.origin == ENTERPRISE and row.group in SEARCHED:
        gone = {str(stands.content[code]) for code in public if code in stands.content}
        heading.change(enterprise_id=row.enterprise_id, gone=gone, come=dict(public))
    elif row.origin == ENTERPRISE:
        searching.index_records(enterprise_id=row.enterprise_id)


def _changed(row: Version, stands: Standing, content: Mapping[str, Any], public: Mapping[str, Any]) -> NewRecord:
    source = stands.fragment.get("source") or {}
    collected = source.get("collected_at")
    return NewRecord(
        record_id=row.record_id,
        group=row.group,
        form_version=row.form_version,
        origin=row.origin,
        content={**openings.inside_plain(row.version_id, row.inside), **content},
        public_content={**stands.content, **public},
        personal=openings.sealed_codes(row.inside),
        order=row.order,
        source_unit=row.source_unit,
        source_no=row.source_no,
        collected_at=datetime.fromisoformat(collected) if collected else None,
        publicity_from=row.publicity_from,
        publicity_until=row.publicity_until,
        uncompared=SENT_AGAIN if row.origin == GOVERNMENT else frozenset(),
    )


def delete(*, stands: Standing, by: Actor) -> None:
    """End a record because it was wrong to publish it: out of file, search and every address, with its own event (D-20)."""
    row = _locked(stands)
    gone = {value for value in stands.content.values() if isinstance(value, str)}
    ending.end([row], reason=DELETED, by=by)
    files.rewrite(enterprise_ids=[row.enterprise_id])
    if row.origin == ENTERPRISE and row.group in SEARCHED:
        heading.change(enterprise_id=row.enterprise_id, gone=gone)
    elif row.origin == ENTERPRISE:
        searching.index_records(enterprise_id=row.enterprise_id)
