"""The only writes of records: publish a set of records, end one, close a file."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chengxin.common import clock, crypto
from chengxin.common.canonical import canonical
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger import rules as leaves
from chengxin.ledger.values import NewEvent
from chengxin.records import files, openings, searching
from chengxin.records.models import PublicFile, Report, SourceSnapshot, Version
from chengxin.records.values import ENTERPRISE, GOVERNMENT, Changes, FileHead, NewRecord

SALT_BYTES = 32
FINGERPRINT = "record-fingerprint"
LAPSED_BATCH = 500


def publish(
    *, enterprise_id: UUID, filing_id: UUID, records: Sequence[NewRecord], head: FileHead, by: Actor
) -> Changes:
    """Compare the approved records one by one with what stands, and publish the difference (D-01).

    Unchanged keeps its version; changed gets a new one; gone is ended. File and search follow in
    the same transaction. The enterprise's row is locked by the caller.
    """
    current = {v.record_id: v for v in _current(enterprise_id, origin=ENTERPRISE)}
    same, new = _sorted_out(records, current)
    kept = {v.record_id for v in same}
    gone = [v for record_id, v in current.items() if record_id not in kept]
    ended = _end(gone, reason="replaced", by=by)
    published, inside = _insert(enterprise_id=enterprise_id, filing_id=filing_id, records=new, by=by)
    files.open_file(enterprise_id=enterprise_id, head=head)
    files.rewrite(enterprise_ids=[enterprise_id])
    return Changes(
        unchanged=tuple(v.version_id for v in same), published=published, kept_inside=inside, ended=ended
    )


def _current(enterprise_id: UUID, *, origin: str) -> Iterable[Version]:
    rows = Version.objects.select_for_update().filter(enterprise_id=enterprise_id, origin=origin, ended_at=None)
    return rows.order_by("version_id")


def _sorted_out(
    records: Sequence[NewRecord], current: dict[UUID, Version]
) -> tuple[list[Version], list[NewRecord]]:
    same, new = [], []
    for record in records:
        stands = current.get(record.record_id)
        if stands is not None and unchanged(record, stands=bytes(stands.fingerprint)):
            same.append(stands)
        else:
            new.append(record)
    return same, new


def fingerprint(record: NewRecord) -> bytes:
    """Keyed hash over the whole content and what of it is public: equal means unchanged, whatever version of the form asked."""
    return crypto.blind(_compared(record), purpose=FINGERPRINT)


def unchanged(record: NewRecord, *, stands: bytes) -> bool:
    """Whether the record that stands, by its fingerprint, says the same; also where the key was rotated since."""
    return stands in crypto.blinds(_compared(record), purpose=FINGERPRINT)


def _compared(record: NewRecord) -> str:
    content, public = (
        {code: value for code, value in said.items() if code not in record.uncompared} if said is not None else None
        for said in (record.content, record.public_content)
    )
    whole = {
        "content": content,
        "public": public,
        "until": record.publicity_until,
    }
    return canonical(whole).hex()


def _insert(
    *, enterprise_id: UUID, filing_id: UUID | None, records: Sequence[NewRecord], by: Actor
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    return _insert_for(filing_id=filing_id, records=[(enterprise_id, record) for record in records], by=by)


def _insert_for(
    *, filing_id: UUID | None, records: Sequence[tuple[UUID, NewRecord]], by: Actor
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """Insert versions and their events in one statement each, in the records' order."""
    now = clock.now()
    versions, events = [], []
    for enterprise_id, record in records:
        version = _version(enterprise_id=enterprise_id, filing_id=filing_id, record=record, now=now)
        versions.append(version)
        if record.public_content is not None:
            _make_public(version, record, now)
            events.append(_published(version, record, now))
    Version.objects.bulk_create(versions)
    ledger.append_many(events=events, by=by)
    published = tuple(v.version_id for v in versions if v.fragment is not None)
    return published, tuple(v.version_id for v in versions if v.fragment is None)


def _version(*, enterprise_id: UUID, filing_id: UUID | None, record: NewRecord, now: datetime) -> Version:
    version_id = uuid4()
    return Version(
        version_id=version_id,
        record_id=record.record_id,
        enterprise_id=enterprise_id,
        origin=record.origin,
        group=record.group,
        form_version=record.form_version,
        filing_id=filing_id,
        order=record.order,
        source_unit=record.source_unit,
        source_no=record.source_no,
        inside=openings.sealed(version_id, record.content, record.personal),
        fingerprint=fingerprint(record),
        publicity_from=record.publicity_from,
        publicity_until=record.publicity_until,
        created_at=now,
    )


def _make_public(version: Version, record: NewRecord, now: datetime) -> None:
    assert record.public_content is not None
    salt = secrets.token_bytes(SALT_BYTES)
    version.salt = salt
    version.fragment = canonical(
        {
            "content": dict(record.public_content),
            "form": record.form_version,
            "group": record.group,
            "origin": record.origin,
            "published_at": now,
            "publicity_until": record.publicity_until,
            "salt": base64.b64encode(salt).decode(),
            "source": {"unit": record.source_unit, "no": record.source_no, "collected_at": record.collected_at}
            if record.source_unit
            else None,
            "version_id": str(version.version_id),
        }
    )


def _published(version: Version, record: NewRecord, now: datetime) -> NewEvent:
    assert record.public_content is not None
    assert version.salt is not None
    sealed = openings.commitment(content=record.public_content, salt=bytes(version.salt))
    leaf = leaves.published_leaf(version_id=version.version_id, commitment=sealed, at=now)
    return NewEvent(
        kind="record.published",
        subject=str(version.version_id),
        data={"enterprise": str(version.enterprise_id), "group": version.group},
        leaf=leaf,
        version_id=version.version_id,
    )


def _end(versions: Sequence[Version], *, reason: str, by: Actor) -> tuple[UUID, ...]:
    now, ended = clock.now(), []
    for version in versions:
        was_public = version.fragment is not None
        version.fragment, version.salt, version.ended_at, version.end_reason = None, None, now, reason
        version.save(update_fields=["fragment", "salt", "ended_at", "end_reason"])
        if not was_public:
            continue
        ledger.append(
            kind="record.ended",
            subject=str(version.version_id),
            data={"enterprise": str(version.enterprise_id), "reason": reason},
            by=by,
            leaf=leaves.ended_leaf(version_id=version.version_id, at=now),
            version_id=version.version_id,
        )
        ended.append(version.version_id)
    return tuple(ended)


def hide(*, enterprise_id: UUID, record_id: UUID, by: Actor) -> UUID | None:
    """公开 → 不公开: the record leaves the public file at once, its content stays inside (ARC-07)."""
    version = (
        Version.objects.select_for_update()
        .filter(enterprise_id=enterprise_id, record_id=record_id, origin=ENTERPRISE, ended_at=None)
        .first()
    )
    if version is None or version.fragment is None:
        return None
    shown = _texts([version])
    _end([version], reason="hidden", by=by)
    _insert(enterprise_id=enterprise_id, filing_id=version.filing_id, records=[_kept_inside(version)], by=by)
    files.rewrite(enterprise_ids=[enterprise_id])
    searching.forget(enterprise_id=enterprise_id, words=shown - _texts(_current(enterprise_id, origin=ENTERPRISE)))
    return version.version_id


def _texts(versions: Iterable[Version]) -> set[str]:
    """The texts that the public sees of these versions."""
    contents = [json.loads(bytes(version.fragment))["content"] for version in versions if version.fragment is not None]
    return {value for content in contents for value in content.values() if isinstance(value, str)}


def _kept_inside(version: Version) -> NewRecord:
    """The record of a version as one that is not public."""
    return NewRecord(
        record_id=version.record_id,
        group=version.group,
        form_version=version.form_version,
        origin=version.origin,
        content=openings.inside_plain(version.version_id, version.inside),
        public_content=None,
        personal=openings.sealed_codes(version.inside),
        order=version.order,
        source_unit=version.source_unit,
        source_no=version.source_no,
        publicity_from=version.publicity_from,
        publicity_until=version.publicity_until,
    )


def end_all(*, enterprise_id: UUID, reason: str, by: Actor) -> tuple[UUID, ...]:
    """End every self-reported record and close the public file (D-10, D-11, D-20)."""
    ended = _end(list(_current(enterprise_id, origin=ENTERPRISE)), reason=reason, by=by)
    files.close_file(enterprise_id=enterprise_id)
    return ended


def take_in(*, enterprise_id: UUID, filing_id: UUID | None, record: NewRecord, by: Actor) -> str:
    """One government record: ``unchanged``, ``new`` or ``corrected`` by its natural key (D-01, D-08)."""
    [outcome] = take_in_many(filing_id=filing_id, records=[(enterprise_id, record)], by=by)
    return outcome


def take_in_many(*, filing_id: UUID | None, records: Sequence[tuple[UUID, NewRecord]], by: Actor) -> list[str]:
    """Many government records, each with its enterprise; what each of them was, in their order.

    The keys differ from one another. A record that stands under one of them with another enterprise leaves it (D-10).
    """
    stand = {(v.group, v.source_unit, v.source_no): v for v in _standing([record for _id, record in records])}
    outcomes, fresh, former = [], [], []
    for enterprise_id, record in records:
        stands = stand.get((record.group, record.source_unit, record.source_no))
        same = stands is not None and stands.enterprise_id == enterprise_id
        outcomes.append(outcome(record=record, stands=bytes(stands.fingerprint) if stands and same else None))
        if outcomes[-1] == "unchanged":
            continue
        fresh.append((enterprise_id, record))
        former += [stands] if stands is not None else []
    _end(former, reason="corrected", by=by)
    _insert_for(filing_id=filing_id, records=fresh, by=by)
    touched = {enterprise_id for enterprise_id, _record in fresh} | {version.enterprise_id for version in former}
    files.rewrite_all(enterprise_ids=touched)
    return outcomes


def outcome(*, record: NewRecord, stands: bytes | None) -> str:
    """What taking in a record is, by the fingerprint of the one under its key: ``new``, ``corrected``, ``unchanged``."""
    if stands is None:
        return "new"
    return "unchanged" if unchanged(record, stands=stands) else "corrected"


def _standing(records: Sequence[NewRecord]) -> list[Version]:
    """The current government records with the keys of these, locked in the order of their ids."""
    rows = Version.objects.select_for_update().filter(
        source_unit__in={record.source_unit for record in records},
        source_no__in=[record.source_no for record in records],
        group__in={record.group for record in records},
        origin=GOVERNMENT,
        ended_at=None,
    )
    return list(rows.order_by("version_id"))


def end_supplied(*, enterprise_ids: Iterable[UUID], group: str, source_unit: str, by: Actor) -> tuple[UUID, ...]:
    """End what one unit supplied of a group, because another unit supplies it now; the versions that were public."""
    rows = Version.objects.select_for_update().filter(
        enterprise_id__in=list(enterprise_ids), group=group, source_unit=source_unit, origin=GOVERNMENT, ended_at=None
    )
    stand = list(rows.order_by("version_id"))
    ended = _end(stand, reason="replaced", by=by)
    files.rewrite_all(enterprise_ids={version.enterprise_id for version in stand})
    return ended


def keep_snapshot(*, uscc: str, entry: dict[str, Any]) -> None:
    """Keep the market register's answer with its date; shown when the register cannot be reached."""
    SourceSnapshot.objects.update_or_create(uscc=uscc, defaults={"entry": entry, "fetched_at": clock.now()})


@dataclass(frozen=True)
class NewReport:
    """A credit report that was made: its number, its bytes' hash and what it contained."""

    number: str
    uscc: str
    issued_at: datetime
    checkpoint_size: int
    file_etag: str
    sha256: str
    versions: Mapping[str, str]


def keep_report(*, report: NewReport, by: Actor) -> None:
    """Keep what a report contained, so that its number says later what changed since (D-14)."""
    enterprise_id = PublicFile.objects.values_list("enterprise_id", flat=True).get(uscc=report.uscc)
    Report.objects.create(
        number=report.number,
        uscc=report.uscc,
        enterprise_id=enterprise_id,
        issued_at=report.issued_at,
        checkpoint_size=report.checkpoint_size,
        file_etag=report.file_etag,
        sha256=report.sha256,
        versions=dict(report.versions),
    )
    ledger.append(
        kind="report.issued", subject=report.number, data={"enterprise": str(enterprise_id), "sha256": report.sha256}, by=by
    )


def end_lapsed(*, limit: int = LAPSED_BATCH, by: Actor) -> int:
    """End records whose term of publicity is over; they stay inside (D-07, D-20). Returns how many.

    Nobody sees them from the first moment of the day on, whenever this runs: the file is a function
    of the date. This gives the end its event and destroys the salt.
    """
    rows = Version.objects.select_for_update(skip_locked=True).filter(
        ended_at=None, fragment__isnull=False, publicity_until__lt=clock.today()
    )
    lapsed = list(rows.order_by("enterprise_id", "version_id")[:limit])
    _end(lapsed, reason="lapsed", by=by)
    for version in lapsed:
        _insert(enterprise_id=version.enterprise_id, filing_id=version.filing_id, records=[_kept_inside(version)], by=by)
    if lapsed:
        files.rewrite(enterprise_ids=sorted({version.enterprise_id for version in lapsed}))
    return len(lapsed)
