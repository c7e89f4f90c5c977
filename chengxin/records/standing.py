"""Voluntary records as they stand: by record for life, all of an enterprise; and what was confirmed of one (VOL-31).

A voluntary record is known by the form version of its content; without public fields, or without a public file, it
stands and is seen by nobody outside (D-06, D-16).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import NotFound
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.records.models import PublicFile, Report, Version
from chengxin.records.reading import VOLUNTARY
from chengxin.records.values import ENTERPRISE

STANDING, REPLACED, ENDED = "standing", "replaced", "ended"


@dataclass(frozen=True)
class Standing:
    """One voluntary record that is published; `fragment` is what the public sees of it, None where that is nothing."""

    record_id: UUID
    version_id: UUID
    group: str
    form_version: str
    published_at: datetime
    fragment: Mapping[str, Any] | None


def voluntary(*, enterprise_id: UUID, most: int, by: Actor) -> list[Standing]:
    """The newest published voluntary records of one's own enterprise, by item."""
    policy.require(by=by, permission="record.view", enterprise_id=enterprise_id)
    newest = _rows(enterprise_id).order_by("-created_at", "version_id")[:most]
    return sorted((_standing(row) for row in newest), key=lambda each: each.group)


def versions(*, enterprise_id: UUID, by: Actor) -> dict[UUID, UUID]:
    """Which version of each voluntary record the public sees, by record."""
    policy.require(by=by, permission="record.view", enterprise_id=enterprise_id)
    return dict(_rows(enterprise_id).filter(fragment__isnull=False).values_list("record_id", "version_id"))


def public(*, enterprise_id: UUID, most: int) -> list[Mapping[str, Any]]:
    """What the public may see of the newest voluntary records, whether or not there is a public file."""
    rows = _rows(enterprise_id).filter(fragment__isnull=False).order_by("-created_at", "version_id")[:most]
    return [json.loads(bytes(row.fragment)) for row in rows if row.fragment is not None]


def of_record(*, record_id: UUID, enterprise_id: UUID, by: Actor) -> Standing | None:
    """A record of one's own enterprise in the version that stands; None where it is not published."""
    policy.require(by=by, permission="record.view", enterprise_id=enterprise_id)
    row = _rows(enterprise_id).filter(record_id=record_id).first()
    return _standing(row) if row else None


def shown(*, uscc: str, record_id: UUID) -> Mapping[str, Any] | None:
    """What the public sees today of a voluntary record, in whatever version stands; None where it sees nothing."""
    file = PublicFile.objects.filter(uscc=uscc).values_list("enterprise_id", flat=True).first()
    row = _rows(file).filter(record_id=record_id, fragment__isnull=False).first() if file else None
    return json.loads(bytes(row.fragment)) if row is not None and row.fragment is not None else None


@dataclass(frozen=True)
class Headline:
    """What a badge says of a public file: its name, and the marks on it, such as 已注销."""

    name: str
    marks: tuple[str, ...]


def headline(*, uscc: str) -> Headline | None:
    """Name and marks of a public file, without its records; None where there is none."""
    head = PublicFile.objects.filter(uscc=uscc).values_list("head", flat=True).first()
    if head is None:
        return None
    said = json.loads(bytes(head) + b"}")
    return Headline(name=said["name"], marks=tuple(said["marks"]))


def _rows(enterprise_id: UUID) -> QuerySet[Version]:
    rows = Version.objects.filter(enterprise_id=enterprise_id, origin=ENTERPRISE, ended_at=None)
    versions = rows.order_by().values_list("form_version", flat=True).distinct()
    return rows.filter(form_version__in=[version for version in versions if catalogue.version(version).kind == VOLUNTARY])


def _standing(row: Version) -> Standing:
    return Standing(
        record_id=row.record_id,
        version_id=row.version_id,
        group=row.group,
        form_version=row.form_version,
        published_at=row.created_at,
        fragment=json.loads(bytes(row.fragment)) if row.fragment is not None else None,
    )


@dataclass(frozen=True)
class Confirmed:
    """A confirmation as it was issued, and whether what it confirms still holds: standing, replaced or ended."""

    number: str
    uscc: str
    issued_at: datetime
    checkpoint_size: int
    sha256: str
    version_id: UUID
    group: str
    state: str


def confirmed(*, number: str) -> Confirmed:
    """A confirmation by its number, or 404."""
    row = Report.objects.filter(number=number).first()
    if row is None:
        raise NotFound(_("未找到该编号的确认书。"))
    ((version_id, group),) = row.versions.items()
    return Confirmed(
        number=row.number,
        uscc=row.uscc,
        issued_at=row.issued_at,
        checkpoint_size=row.checkpoint_size,
        sha256=row.sha256,
        version_id=UUID(version_id),
        group=group,
        state=_state(row, UUID(version_id)),
    )


def _state(report: Report, version_id: UUID) -> str:
    version = Version.objects.filter(version_id=version_id).first()
    if version is None or not PublicFile.objects.filter(uscc=report.uscc, enterprise_id=report.enterprise_id).exists():
        return ENDED
    if version.ended_at is None:
        return STANDING
    now = Version.objects.filter(enterprise_id=version.enterprise_id, record_id=version.record_id, ended_at=None)
    return REPLACED if now.exists() else ENDED
