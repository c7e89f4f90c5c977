"""Writing public files: one row of ready bytes per enterprise, in the changing transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from chengxin.common import clock, sql
from chengxin.common.canonical import canonical
from chengxin.records import changes, filesql, searching
from chengxin.records.models import PublicFile
from chengxin.records.values import FileHead

REFRESH_BATCH = 500


def head_bytes(head: FileHead) -> bytes:
    """The head as canonical JSON without its closing brace, ready for concatenation."""
    body = {
        "approved_at": head.approved_at,
        "commitment": dict(head.commitment),
        "division": head.division_code,
        "division_name": head.division_name,
        "first_published_at": head.first_published_at,
        "former_names": list(head.former_names),
        "kind": head.kind,
        "marks": list(head.marks),
        "name": head.name,
        "schema": 1,
        "type": head.type,
        "uscc": head.uscc,
    }
    return canonical(body)[:-1]


def open_file(*, enterprise_id: UUID, head: FileHead) -> None:
    """Give the enterprise its public file, or a new head to the one it has; search follows."""
    now = clock.now()
    former = PublicFile.objects.filter(enterprise_id=enterprise_id).values_list("head", flat=True).first()
    if former is not None:
        first = json.loads(bytes(former) + b"}")["first_published_at"]
        head = replace(head, first_published_at=datetime.fromisoformat(first))
    PublicFile.objects.update_or_create(
        enterprise_id=enterprise_id,
        defaults={"head": head_bytes(head), "updated_at": now},
        create_defaults={"uscc": head.uscc, "head": head_bytes(head), "body": b"", "etag": "", "updated_at": now},
    )
    searching.write(enterprise_id=enterprise_id, head=head)


def close_file(*, enterprise_id: UUID) -> None:
    """The enterprise has no public file any more: gone from file and search at once."""
    held = PublicFile.objects.select_for_update().filter(enterprise_id=enterprise_id).first()
    if held is not None:
        changes.tell_removed(uscc=held.uscc)
        held.delete()
    searching.remove(enterprise_id=enterprise_id)


def rewrite(*, enterprise_ids: Collection[UUID]) -> None:
    """Put the files of these enterprises together anew; rows are locked in code order first, those without one passed over."""
    for given in _batches(_lock(enterprise_ids)):
        sql.execute(filesql.REWRITE, given)


def rewrite_untold(*, enterprise_ids: Collection[UUID]) -> dict[str, str]:
    """The same for enterprises that the caller holds, without telling the feed: the tag of each file that changed, by code.

    Whoever writes a file mostly holds its enterprise, too. So nothing is locked here, unless somebody has written one of them meanwhile.
    """
    changed: dict[str, str] = {}
    for given in _batches(list(enterprise_ids)):
        if _write_untold(given, changed):
            _write_untold({**given, "ids": _lock(given["ids"])}, changed)
    return changed


def _write_untold(given: Mapping[str, Any], changed: dict[str, str]) -> bool:
    """Write files and add what changed; whether one was left out, because somebody else was writing it."""
    row = sql.row(filesql.REWRITE_UNTOLD, given)
    assert row is not None
    codes, tags, is_left_out = row
    if codes:
        changed.update(zip(codes.split(sql.BETWEEN), tags.split(sql.BETWEEN), strict=True))
    return bool(is_left_out)


def _lock(enterprise_ids: Collection[UUID]) -> list[UUID]:
    """Lock files, those of them that are there."""
    return [row[0] for row in sql.rows(filesql.LOCK, {"ids": list(enterprise_ids)})]


def _batches(enterprise_ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """What a statement that writes files is given, for so many as one puts together."""
    now: dict[str, Any] = {"day": clock.today(), "now": clock.now()}
    for first in range(0, len(enterprise_ids), REFRESH_BATCH):
        yield {"ids": enterprise_ids[first : first + REFRESH_BATCH], **now}


def assembled(*, enterprise_ids: Sequence[UUID]) -> dict[str, bytes]:
    """What the files should be today, by code; for a reader after midnight and for ``doctor``."""
    with connection.cursor() as cursor:
        cursor.execute(filesql.ASSEMBLE, {"ids": list(enterprise_ids), "day": clock.today()})
        return {row[0]: bytes(row[2]) for row in cursor.fetchall()}


def assembled_of(*, usccs: Sequence[str]) -> dict[str, bytes]:
    """The same for codes; those without a file are left out."""
    held = PublicFile.objects.filter(uscc__in=usccs).values_list("enterprise_id", flat=True)
    return assembled(enterprise_ids=list(held))


@transaction.atomic
def refresh_due(*, limit: int = REFRESH_BATCH) -> int:
    """Rewrite files whose date of change has come, but those that somebody is at; returns how many (D-07)."""
    due = PublicFile.objects.select_for_update(skip_locked=True).filter(next_change_on__lte=clock.today()).order_by("uscc")
    ids = list(due.values_list("enterprise_id", flat=True)[:limit])
    if ids:
        rewrite(enterprise_ids=ids)
    return len(ids)


def has_file(*, enterprise_id: UUID) -> bool:
    """Whether a public file exists (D-06)."""
    return PublicFile.objects.filter(enterprise_id=enterprise_id).exists()


def updated_at(*, enterprise_id: UUID) -> datetime | None:
    """When the file was last written."""
    return PublicFile.objects.filter(enterprise_id=enterprise_id).values_list("updated_at", flat=True).first()
