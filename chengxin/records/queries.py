"""Reads of records; they return values. Contents that are not public need an acting person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.identity import actions as identity_actions
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.records import files, filesql, openings
from chengxin.records.models import PublicFile, Report, Search, SourceSnapshot, Version
from chengxin.records.values import FileBytes, Hit


def public_file(*, uscc: str) -> FileBytes:
    """The public file of a code, fresh today; 404 alike for unknown and unpublished codes (D-06)."""
    found = public_files(usccs=[uscc])
    if uscc not in found:
        raise NotFound(_("未检索到已公示的诚信档案。未建立档案不代表守信或失信。"), code="no-public-file")
    return found[uscc]


def public_files(*, usccs: Sequence[str]) -> dict[str, FileBytes]:
    """The public files of several codes in one read; those past their date are put together afresh."""
    with connection.cursor() as cursor:
        cursor.execute(filesql.READ_MANY, [list(usccs)])
        rows = cursor.fetchall()
    today = clock.today()
    return {row[0]: _fresh(row, today) for row in rows}


def _fresh(row: tuple[str, Any, str, date | None], today: date) -> FileBytes:
    uscc, body, etag, next_change_on = row
    if next_change_on is None or next_change_on > today:
        return FileBytes(uscc=uscc, body=bytes(body), etag=etag)
    enterprise = PublicFile.objects.filter(uscc=uscc).values_list("enterprise_id", flat=True).first()
    made = files.assembled(enterprise_ids=[enterprise] if enterprise else []).get(uscc, bytes(body))
    return FileBytes(uscc=uscc, body=made, etag=etag_of(made))


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
    """All shown records of a group of a published enterprise, newest first."""
    enterprise = PublicFile.objects.filter(uscc=uscc).values_list("enterprise_id", flat=True).first()
    if enterprise is None:
        raise NotFound(_("未检索到已公示的诚信档案。未建立档案不代表守信或失信。"), code="no-public-file")
    today = clock.today()
    rows = Version.objects.filter(enterprise_id=enterprise, group=group, ended_at=None, fragment__isnull=False)
    rows = rows.exclude(publicity_until__lt=today).exclude(publicity_from__gt=today)
    start = int(after) if after.isdigit() else 0
    page = list(rows.order_by("-created_at", "order", "version_id")[start : start + limit + 1])
    items = tuple(json.loads(bytes(v.fragment)) for v in page[:limit] if v.fragment is not None)
    return MoreRecords(items=items, next=str(start + limit) if len(page) > limit else None)


def is_published(*, version_id: UUID) -> bool:
    """Whether this version was ever in the public log: it has or had a public part."""
    return Version.objects.filter(version_id=version_id).exists()


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
    own = policy.may(by=by, permission="filing.view", enterprise_id=enterprise_id)
    if not own:
        policy.require(by=by, permission="filing.inspect", division_code=division_code)
        identity_actions.log_access(by=by, what="records.inside", subject=str(enterprise_id), purpose=purpose)
    rows = Version.objects.filter(enterprise_id=enterprise_id, ended_at=None).order_by("group", "order", "created_at")
    return [_inside(row) for row in rows]


def government_records(*, enterprise_id: UUID, by: Actor) -> list[InsideRecord]:
    """What stands above the dashed line, for the enterprise itself (ARC-05)."""
    policy.require(by=by, permission="filing.view", enterprise_id=enterprise_id)
    rows = Version.objects.filter(enterprise_id=enterprise_id, ended_at=None, origin="government")
    return [_inside(row) for row in rows.order_by("group", "-created_at")]


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
    return [_hit(row) for row in Search.objects.order_by("-approved_at", "rank")[:limit]]


def _hit(row: Search) -> Hit:
    return Hit(
        uscc=row.uscc, name=row.name, division=row.division, division_name=row.division_name, type=row.type,
        rank=row.rank, records=row.records, approved_at=row.approved_at,
    )  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """数据概览: files and records by province, type and month."""

    files: int
    records: int
    by_province: tuple[tuple[str, int], ...]
    by_type: tuple[tuple[str, int], ...]
    by_month: tuple[tuple[str, int], ...]


def overview() -> Overview:
    """Counts of what is public now."""
    provinces: dict[str, int] = {}
    for division, count in Search.objects.values_list("division").annotate(n=Count("rank")):
        code = f"{division[:2]}0000"
        provinces[code] = provinces.get(code, 0) + count
    types = Search.objects.values_list("type").annotate(n=Count("rank")).order_by("-n")
    months = Search.objects.annotate(month=TruncMonth("approved_at")).values_list("month").annotate(n=Count("rank"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(records), 0) FROM records_search")
        total, records = cursor.fetchone()
    return Overview(
        files=total,
        records=records,
        by_province=tuple(sorted(provinces.items(), key=lambda item: -item[1])),
        by_type=tuple(types),
        by_month=tuple((f"{month:%Y-%m}", n) for month, n in sorted(months)[-12:]),
    )


def snapshot(*, uscc: str) -> tuple[dict[str, Any], datetime] | None:
    """The last answer of the market register, with its moment."""
    row = SourceSnapshot.objects.filter(uscc=uscc).first()
    return (row.entry, row.fetched_at) if row else None


def report(*, number: str) -> Report:
    """An issued report by number, or 404."""
    row = Report.objects.filter(number=number).first()
    if row is None:
        raise NotFound(_("未找到该编号的信用报告。"))
    return row


def report_changes(*, row: Report) -> dict[str, int]:
    """How many items changed since a report was issued, by group (D-14)."""
    found = PublicFile.objects.filter(uscc=row.uscc).first()
    now: dict[str, str] = {}
    if found is not None:
        now = {r["version_id"]: r["group"] for r in document(uscc=row.uscc)["records"]}
    changed: dict[str, int] = {}
    for version, group in {**row.versions, **now}.items():
        if (version in row.versions) != (version in now):
            changed[group] = changed.get(group, 0) + 1
    return changed


def stale_files(*, limit: int = 1000) -> list[str]:
    """Codes whose stored file differs from what it should be today; for ``doctor``."""
    rows = list(PublicFile.objects.order_by("?")[:limit])
    made = files.assembled(enterprise_ids=[row.enterprise_id for row in rows])
    today = clock.today()
    return [
        row.uscc
        for row in rows
        if (row.next_change_on is None or row.next_change_on > today) and bytes(row.body) != made.get(row.uscc)
    ]
