"""Reads of records; they return values. Contents that are not public need an acting person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.common.text import name_key
from chengxin.identity import actions as identity_actions
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.records import files, filesql, openings
from chengxin.records.models import PublicFile, Report, Search, SourceSnapshot, Version
from chengxin.records.values import FileBytes, Hit

MONTHS = 12
WITHHELD = ("hidden", "deleted")


def public_file(*, uscc: str) -> FileBytes:
    """The public file of a code, fresh today; 404 alike for unknown and unpublished codes (D-06)."""
    found = public_files(usccs=[uscc])
    if uscc not in found:
        raise NotFound(_("未检索到已公示的诚信档案。未建立档案不代表守信或失信。"), code="no-public-file")
    return found[uscc]


def public_files(*, usccs: Sequence[str]) -> dict[str, FileBytes]:
    """The public files of several codes in one read; those past their date are put together afresh, in one more."""
    with connection.cursor() as cursor:
        cursor.execute(filesql.READ_MANY, [list(usccs)])
        rows = cursor.fetchall()
    today = clock.today()
    late = [uscc for uscc, _body, _etag, turns_on in rows if turns_on is not None and turns_on <= today]
    afresh = files.assembled_of(usccs=late) if late else {}
    return {uscc: _file(uscc, afresh.get(uscc), bytes(body), etag) for uscc, body, etag, _turns_on in rows}


def _file(uscc: str, afresh: bytes | None, body: bytes, etag: str) -> FileBytes:
    if afresh is None:
        return FileBytes(uscc=uscc, body=body, etag=etag)
    return FileBytes(uscc=uscc, body=afresh, etag=etag_of(afresh))


def names(*, usccs: Sequence[str]) -> dict[str, str]:
    """The names in the public files of these codes; codes without one are left out."""
    return dict(Search.objects.filter(uscc__in=usccs).values_list("uscc", "name"))


def etag_of(body: bytes) -> str:
    """The ETag of a body: the first 32 hex digits of its SHA-256."""
    import hashlib

    return hashlib.sha256(body).hexdigest()[:32]


def document(*, uscc: str) -> dict[str, Any]:
    """The public file as data; every page and paper is made from this one document."""
    made: dict[str, Any] = json.loads(public_file(uscc=uscc).body)
    return made


@dataclass(frozen=True)
class MoreRecords:
    """The records of one group beyond those in the file, by cursor (D-15)."""

    items: tuple[dict[str, Any], ...]
    next: str | None


def group_records(*, uscc: str, group: str, after: str = "", limit: int = 100) -> MoreRecords:
    """All shown records of a group of a published enterprise, newest first; `after` is the last version id before."""
    rows = _shown(uscc).filter(group=group)
    if after:
        rows = rows.filter(_below(after))
    page = list(rows.order_by("-created_at", "order", "version_id")[: limit + 1])
    items = tuple(json.loads(bytes(v.fragment)) for v in page[:limit] if v.fragment is not None)
    return MoreRecords(items=items, next=str(page[limit - 1].version_id) if len(page) > limit else None)


def _below(after: str) -> Q:
    try:
        last = Version.objects.filter(version_id=UUID(after)).first()
    except ValueError:
        last = None
    if last is None:
        raise Invalid(_("分页参数有误。"), fields={"cursor": [_("请使用上一页返回的 next 值。")]})
    later = Q(order__gt=last.order) | Q(order=last.order, version_id__gt=last.version_id)
    return Q(created_at__lt=last.created_at) | Q(created_at=last.created_at) & later


def _shown(uscc: str) -> QuerySet[Version]:
    """The versions the public may see today of an enterprise with a public file, or 404."""
    enterprise = PublicFile.objects.filter(uscc=uscc).values_list("enterprise_id", flat=True).first()
    if enterprise is None:
        raise NotFound(_("未检索到已公示的诚信档案。未建立档案不代表守信或失信。"), code="no-public-file")
    today = clock.today()
    rows = Version.objects.filter(enterprise_id=enterprise, ended_at=None, fragment__isnull=False)
    return rows.exclude(publicity_until__lt=today).exclude(publicity_from__gt=today)


def public_record(*, uscc: str, version_id: UUID) -> dict[str, Any]:
    """One published record with its opening, also one that the file only counts (D-15); else 404."""
    row = _shown(uscc).filter(version_id=version_id).first()
    if row is None or row.fragment is None:
        raise NotFound(_("未找到该条公示信息，可能已终止公示。"), code="no-public-record")
    made: dict[str, Any] = json.loads(bytes(row.fragment))
    return made


def shown_versions(*, uscc: str) -> dict[str, str]:
    """Group by version id of everything that is public of an enterprise today."""
    return {str(version): group for version, group in _shown(uscc).values_list("version_id", "group")}


@dataclass(frozen=True)
class InsideRecord:
    """One current record with all its values, for its enterprise or authorised staff."""

    version_id: UUID
    record_id: UUID
    origin: str
    group: str
    form_version: str
    values: Mapping[str, Any]
    public: bool
    source_unit: str
    source_no: str
    publicity_until: date | None
    created_at: datetime


def inside_records(*, enterprise_id: UUID, division_code: str, by: Actor, purpose: str) -> list[InsideRecord]:
    """All current records, 不公开 ones too; staff's access is logged (PUB-05)."""
    own = policy.may(by=by, permission="record.view", enterprise_id=enterprise_id)
    if not own:
        policy.require(by=by, permission="record.view", division_code=division_code)
        identity_actions.log_access(by=by, what="records.inside", subject=str(enterprise_id), purpose=purpose)
    rows = Version.objects.filter(enterprise_id=enterprise_id, ended_at=None).order_by("group", "order", "created_at")
    return [_inside(row) for row in rows]


def basics(*, enterprise_id: UUID, group: str) -> tuple[UUID, UUID] | None:
    """Record and version of the first self-reported record of a group, public or not; None without one."""
    rows = Version.objects.filter(enterprise_id=enterprise_id, group=group, origin="enterprise", ended_at=None)
    return rows.order_by("order", "version_id").values_list("record_id", "version_id").first()


def self_reported(*, enterprise_id: UUID, record_id: UUID) -> tuple[UUID, str] | None:
    """Current version and group of a self-reported record, public or not."""
    rows = Version.objects.filter(enterprise_id=enterprise_id, record_id=record_id, origin="enterprise", ended_at=None)
    return rows.values_list("version_id", "group").first()


@dataclass(frozen=True)
class Supplied:
    """A government record that says a fact, with where it came from."""

    version_id: UUID
    group: str
    source_unit: str
    source_no: str


def supplied_same(*, enterprise_id: UUID, group: str, facts: Mapping[str, str]) -> list[Supplied]:
    """Current government records of a group that have all of these values, whatever width, case and spaces (VOL-12)."""
    wanted = {code: name_key(text) for code, text in facts.items()}
    rows = Version.objects.filter(enterprise_id=enterprise_id, group=group, origin="government", ended_at=None)
    return [
        Supplied(row.version_id, row.group, row.source_unit, row.source_no)
        for row in rows.order_by("-created_at", "version_id")
        if _says(openings.inside_plain(row.version_id, row.inside), wanted)
    ]


def _says(values: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    return all(name_key(str(values.get(code) or "")) == text for code, text in wanted.items())


def government_records(*, enterprise_id: UUID, by: Actor) -> list[InsideRecord]:
    """What stands above the dashed line, for the enterprise itself (ARC-05)."""
    policy.require(by=by, permission="record.view", enterprise_id=enterprise_id)
    rows = Version.objects.filter(enterprise_id=enterprise_id, ended_at=None, origin="government")
    return [_inside(row) for row in rows.order_by("group", "-created_at")]


def hidden_since(*, enterprise_id: UUID, since: datetime) -> frozenset[UUID]:
    """Self-reported records hidden by the enterprise or deleted by a decision since: no older text may publish them again."""
    rows = Version.objects.filter(enterprise_id=enterprise_id, end_reason__in=WITHHELD, ended_at__gte=since)
    return frozenset(rows.values_list("record_id", flat=True))


def _inside(row: Version) -> InsideRecord:
    return InsideRecord(
        version_id=row.version_id,
        record_id=row.record_id,
        origin=row.origin,
        group=row.group,
        form_version=row.form_version,
        values=openings.inside_plain(row.version_id, row.inside),
        public=row.fragment is not None,
        source_unit=row.source_unit,
        source_no=row.source_no,
        publicity_until=row.publicity_until,
        created_at=row.created_at,
    )


def newest_files(*, limit: int) -> list[Hit]:
    """The latest approved files, for the home page's column (PUB-02)."""
    rows = list(Search.objects.order_by("-approved_at", "rank")[:limit])
    shown = dict(PublicFile.objects.filter(uscc__in=[row.uscc for row in rows]).values_list("uscc", "records"))
    return [_hit(row, shown=shown.get(row.uscc)) for row in rows]


def _hit(row: Search, *, shown: int | None) -> Hit:
    return Hit(
        uscc=row.uscc, name=row.name, division=row.division, division_name=row.division_name, type=row.type,
        rank=row.rank, records=row.records if shown is None else shown, approved_at=row.approved_at,
    )  # fmt: skip


@dataclass(frozen=True)
class Count:
    """How many files and records stand under one key."""

    key: str
    files: int
    records: int


@dataclass(frozen=True)
class Overview:
    """数据概览: files and records by province, type and month of approval."""

    files: int
    records: int
    by_province: tuple[Count, ...]
    by_type: tuple[Count, ...]
    by_month: tuple[Count, ...]
    at: datetime


OVERVIEW = """
SELECT left(division, 2) || '0000', type, to_char(approved_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'),
       count(*), coalesce(sum(coalesce(f.records, s.records)), 0)
FROM records_search s LEFT JOIN records_publicfile f USING (uscc) GROUP BY GROUPING SETS ((1), (2), (3), ())
"""


_counted: list[Overview] = []
"""The newest overview this process has counted: it looks at every file, which the home page must not do for each visitor."""


def overview() -> Overview:
    """Counts of what was public at the moment it names, at most `OVERVIEW_SECONDS` ago."""
    age = timedelta(seconds=settings.OVERVIEW_SECONDS)
    if not _counted or not timedelta(0) <= clock.now() - _counted[0].at < age:
        _counted[:] = [_count()]
    return _counted[0]


def _count() -> Overview:
    """Counts of what is public now, in one pass."""
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(OVERVIEW)
        rows = cursor.fetchall()
    whole = next((row for row in rows if row[:3] == (None, None, None)), (None, None, None, 0, 0))
    return Overview(
        files=whole[3],
        records=int(whole[4]),
        by_province=_counts(rows, 0),
        by_type=_counts(rows, 1),
        by_month=tuple(sorted(_counts(rows, 2), key=lambda count: count.key)[-MONTHS:]),
        at=at,
    )


def _counts(rows: Sequence[tuple[Any, ...]], column: int) -> tuple[Count, ...]:
    found = [Count(row[column], row[3], int(row[4])) for row in rows if row[column] is not None]
    return tuple(sorted(found, key=lambda count: (-count.files, count.key)))


def snapshot(*, uscc: str) -> tuple[dict[str, Any], datetime] | None:
    """The last answer of the market register, with its moment."""
    row = SourceSnapshot.objects.filter(uscc=uscc).first()
    return (row.entry, row.fetched_at) if row else None


@dataclass(frozen=True)
class ReportView:
    """A credit report as it was issued (D-14): what anyone with its number may see of it."""

    number: str
    uscc: str
    issued_at: datetime
    checkpoint_size: int
    sha256: str
    versions: Mapping[str, str]


def report(*, number: str) -> ReportView:
    """An issued report by number, or 404."""
    row = Report.objects.filter(number=number).first()
    if row is None:
        raise NotFound(_("未找到该编号的信用报告。"))
    return ReportView(
        number=row.number,
        uscc=row.uscc,
        issued_at=row.issued_at,
        checkpoint_size=row.checkpoint_size,
        sha256=row.sha256,
        versions=row.versions,
    )


@dataclass(frozen=True)
class Since:
    """What happened in one group since a report: items that are no longer public, items that came."""

    group: str
    gone: int
    come: int


def report_changes(*, report: ReportView) -> list[Since]:
    """What changed since a report was issued, by group; groups without change are left out (D-14)."""
    published = PublicFile.objects.filter(uscc=report.uscc).exists()
    now = shown_versions(uscc=report.uscc) if published else {}
    gone = Counter(group for version, group in report.versions.items() if version not in now)
    come = Counter(group for version, group in now.items() if version not in report.versions)
    return [Since(group, gone[group], come[group]) for group in sorted({*gone, *come})]


def stale_files(*, limit: int = 1000) -> list[str]:
    """Codes whose stored file differs from what it should be today; for ``doctor``."""
    rows = list(PublicFile.objects.order_by("?")[:limit])
    made = files.assembled(enterprise_ids=[row.enterprise_id for row in rows])
    today = clock.today()
    return [
        row.uscc for row in rows if (row.next_change_on is None or row.next_change_on > today) and bytes(row.body) != made.get(row.uscc)
    ]
