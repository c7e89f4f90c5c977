"""异议中: put on a published record while an objection is open, and taken off when it is decided (D-09, PUB-07).

The mark stands in the public file beside the records, never in a record's version: the proof stays what it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock
from chengxin.common.errors import Conflict, NotFound
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.records import files
from chengxin.records.models import Mark, PublicFile, Version

GONE = _("未找到该条公示信息，可能已终止公示。")


@dataclass(frozen=True)
class Published:
    """Which record a version in a public file is of, whose it is, and who supplied it."""

    enterprise_id: UUID
    record_id: UUID
    version_id: UUID
    origin: str
    group: str
    source_unit: str


def published(*, version_id: UUID, uscc: str = "") -> Published:
    """The record of a published version, of a given code's file where one is named; else 404."""
    row = Version.objects.filter(version_id=version_id, ended_at=None, fragment__isnull=False).first()
    file = PublicFile.objects.filter(enterprise_id=row.enterprise_id).first() if row else None
    if row is None or file is None or uscc not in ("", file.uscc):
        raise NotFound(GONE, code="no-public-record")
    return Published(row.enterprise_id, row.record_id, row.version_id, row.origin, row.group, row.source_unit)


def dispute(*, record: Published, filing_id: UUID, by: Actor) -> None:
    """Put 异议中 on a record; the enterprise's row is locked. Conflict where an objection to it is open already."""
    try:
        with transaction.atomic():
            Mark.objects.create(
                filing_id=filing_id,
                enterprise_id=record.enterprise_id,
                origin=record.origin,
                record_id=record.record_id,
                since=clock.now(),
            )
    except IntegrityError as error:
        raise Conflict(_("该条信息已有异议正在处理，请勿重复提交。"), code="disputed") from error
    files.rewrite(enterprise_ids=[record.enterprise_id])
    ledger.append(kind="record.disputed", subject=str(record.version_id), data={"filing": str(filing_id)}, by=by)


def settle(*, filing_id: UUID, by: Actor) -> None:
    """Take the mark off: the objection is decided. Nothing happens where there was none."""
    mark = Mark.objects.select_for_update().filter(filing_id=filing_id, until=None).first()
    if mark is None:
        return
    mark.until = clock.now()
    mark.save(update_fields=["until"])
    files.rewrite(enterprise_ids=[mark.enterprise_id])
    ledger.append(kind="record.dispute_settled", subject=str(mark.record_id), data={"filing": str(filing_id)}, by=by)


def disputed(*, uscc: str) -> frozenset[str]:
    """Version ids of the file's records with an open objection; also of those that the file only counts."""
    body = PublicFile.objects.filter(uscc=uscc).values_list("body", flat=True).first()
    return frozenset(json.loads(bytes(body)).get("disputed", ())) if body else frozenset()
