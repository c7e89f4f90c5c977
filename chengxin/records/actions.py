"""The only writes of records: publish a set of records, end one, close a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.records import ending, files, inserting, openings, searching
from chengxin.records.models import PublicFile, Report, SourceSnapshot, Version
from chengxin.records.values import ENTERPRISE, GOVERNMENT, SENT_AGAIN, Changes, FileHead, NewRecord

VOLUNTARY = "voluntary"
LAPSED_BATCH = 500
STAYS_INSIDE = frozenset({"hidden", "lapsed"})
TAKEN_DOWN, REVOKED, UNDONE = "taken_down", "revoked", "undone"
"""Why a voluntary record ended: its enterprise asked for it, it was false, its approval was taken back."""
OF_ONE_RECORD = frozenset({"replaced", "hidden", "lapsed", "corrected", "deleted", TAKEN_DOWN, REVOKED, UNDONE})


def publish(
    *, enterprise_id: UUID, filing_id: UUID, records: Sequence[NewRecord], head: FileHead, by: Actor
) -> Changes:
    """Compare the approved records one by one with what stands, and publish the difference (D-01).

    Unchanged keeps its version; changed gets a new one; gone is ended. Voluntary records are no part of an archive and
    stay. File and search follow in the same transaction. The enterprise's row is locked by the caller.
    """
    current = {v.record_id: v for v in _of_archive(enterprise_id)}
    same, new = _sorted_out(records, current)
    kept = {v.record_id for v in same}
    gone = [v for record_id, v in current.items() if record_id not in kept]
    ended = ending.end(gone, reason="replaced", by=by)
    published, inside = _insert(enterprise_id=enterprise_id, filing_id=filing_id, records=new, by=by)
    files.open_file(enterprise_id=enterprise_id, head=head)
    files.rewrite(enterprise_ids=[enterprise_id])
    return Changes(
        unchanged=tuple(v.version_id for v in same), published=published, kept_inside=inside, ended=ended
    )


def publish_voluntary(*, enterprise_id: UUID, filing_id: UUID, record: NewRecord, by: Actor) -> Changes:
    """Publish one voluntary record, or the revision of one; file, counts and search follow in the same transaction.

    Without a public file it is kept, and enters with the first archive that is approved (D-06). The enterprise is locked.
    """
    stands = list(_self_reported(enterprise_id, record.record_id).select_for_update())
    same, new = _sorted_out([record], {v.record_id: v for v in stands})
    ended = ending.end([v for v in stands if v not in same], reason="replaced", by=by)
    published, inside = _insert(enterprise_id=enterprise_id, filing_id=filing_id, records=new, by=by)
    _shown_anew(enterprise_id)
    return Changes(unchanged=tuple(v.version_id for v in same), published=published, kept_inside=inside, ended=ended)


def end_voluntary(*, enterprise_id: UUID, record_id: UUID, reason: str, by: Actor) -> tuple[UUID, ...]:
    """A voluntary record leaves publication: out of file, counts and search at once, with its own event (D-20)."""
    ended = ending.end(list(_self_reported(enterprise_id, record_id).select_for_update()), reason=reason, by=by)
    _shown_anew(enterprise_id)
    return ended


def _shown_anew(enterprise_id: UUID) -> None:
    """File, counts and what the file is found by, after a voluntary record came or went."""
    files.rewrite(enterprise_ids=[enterprise_id])
    searching.index_records(enterprise_id=enterprise_id)


def _self_reported(enterprise_id: UUID, record_id: UUID) -> QuerySet[Version]:
    return Version.objects.filter(enterprise_id=enterprise_id, record_id=record_id, origin=ENTERPRISE, ended_at=None)


def _of_archive(enterprise_id: UUID) -> list[Version]:
    """The current records that the archive speaks for."""
    return [v for v in _current(enterprise_id, origin=ENTERPRISE) if not is_voluntary(v.form_version)]


def is_voluntary(form_version: str) -> bool:
    """Whether a record was registered voluntarily, by itself, rather than as part of an archive."""
    return catalogue.version(form_version).kind == VOLUNTARY


def _current(enterprise_id: UUID, *, origin: str) -> Iterable[Version]:
    rows = Version.objects.select_for_update().filter(enterprise_id=enterprise_id, origin=origin, ended_at=None)
    return rows.order_by("version_id")


def _sorted_out(
    records: Sequence[NewRecord], current: dict[UUID, Version]
) -> tuple[list[Version], list[NewRecord]]:
    same, new = [], []
    for record in records:
        stands = current.get(record.record_id)
        if stands is not None and bytes(stands.fingerprint) in inserting.fingerprints(record):
            same.append(stands)
        else:
            new.append(record)
    return same, new


def _insert(
    *, enterprise_id: UUID, filing_id: UUID | None, records: Sequence[NewRecord], by: Actor
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    made = [(enterprise_id, inserting.ready(record)) for record in records]
    return inserting.insert(filing_id=filing_id, records=made, by=by)


def hide(*, enterprise_id: UUID, record_id: UUID, by: Actor) -> UUID | None:
    """公开 → 不公开: the record leaves the public file at once, its content stays inside (ARC-07)."""
    version = (
        Version.objects.select_for_update()
        .filter(enterprise_id=enterprise_id, record_id=record_id, origin=ENTERPRISE, ended_at=None)
        .first()
    )
    if version is None or version.fragment is None or is_voluntary(version.form_version):
        return None
    shown = _texts([version])
    ending.end([version], reason="hidden", by=by)
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
        uncompared=SENT_AGAIN if version.origin == GOVERNMENT else frozenset(),
    )


def end_all(*, enterprise_id: UUID, reason: str, by: Actor) -> tuple[UUID, ...]:
    """End every self-reported record and close the public file (D-10, D-11, D-20)."""
    ended = ending.end(list(_current(enterprise_id, origin=ENTERPRISE)), reason=reason, by=by)
    files.close_file(enterprise_id=enterprise_id)
    return ended


def end_archive(*, enterprise_id: UUID, reason: str, by: Actor) -> tuple[UUID, ...]:
    """End every record of the archive and close the public file; voluntary records wait for the next one (D-03, D-06)."""
    ended = ending.end(_of_archive(enterprise_id), reason=reason, by=by)
    files.close_file(enterprise_id=enterprise_id)
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


def keep_report(*, report: NewReport, kind: str = "report.issued", by: Actor) -> None:
    """Keep what a report, or the confirmation of one record, contained: its number says later what changed since (D-14)."""
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
        kind=kind, subject=report.number, data={"enterprise": str(enterprise_id), "sha256": report.sha256}, by=by
    )


def end_lapsed(*, limit: int = LAPSED_BATCH, by: Actor) -> int:
    """End records whose term of publicity is over; they stay inside (D-07, D-20). Returns how many.

    Nobody sees them from the first moment of the day on, whenever this runs: the file is a function
    of the date. This gives the end its event and destroys the salt.
    """
    rows = Version.objects.select_for_update(skip_locked=True).filter(
        ended_at=None, fragment__isnull=False, publicity_until__lt=clock.today()
    )
    lapsed = sorted(rows.order_by("publicity_until")[:limit], key=lambda version: (version.enterprise_id, version.version_id))
    ending.end(lapsed, reason="lapsed", by=by)
    for version in lapsed:
        _insert(enterprise_id=version.enterprise_id, filing_id=version.filing_id, records=[_kept_inside(version)], by=by)
    if lapsed:
        files.rewrite(enterprise_ids=sorted({version.enterprise_id for version in lapsed}))
    return len(lapsed)


def replay_endings(*, endings: Mapping[str, str], by: Actor) -> int:
    """After a restore: end again what had ended since the backup, by version and reason, before anyone sees it (D-20).

    What an enterprise hid, or what had lapsed, stays inside; where all of an enterprise had ended, its file closes too.
    Returns how many publications ended.
    """
    ids, ended = sorted(endings), 0
    for first in range(0, len(ids), LAPSED_BATCH):
        batch = ids[first : first + LAPSED_BATCH]
        stand = Version.objects.select_for_update().filter(version_id__in=batch, ended_at=None, fragment__isnull=False)
        for version in list(stand.order_by("enterprise_id", "version_id")):
            _end_again(version, reason=endings[str(version.version_id)], by=by)
            ended += 1
    return ended


def _end_again(version: Version, *, reason: str, by: Actor) -> None:
    shown = _texts([version])
    ending.end([version], reason=reason, by=by)
    if reason in STAYS_INSIDE:
        _insert(enterprise_id=version.enterprise_id, filing_id=version.filing_id, records=[_kept_inside(version)], by=by)
    if version.origin == ENTERPRISE and reason not in OF_ONE_RECORD:
        files.close_file(enterprise_id=version.enterprise_id)
        return
    files.rewrite(enterprise_ids={version.enterprise_id})
    if is_voluntary(version.form_version):
        searching.index_records(enterprise_id=version.enterprise_id)
    searching.forget(enterprise_id=version.enterprise_id, words=shown - _texts(_current(version.enterprise_id, origin=ENTERPRISE)))
