"""Writes: which pictures are to be read, reading them a few at a time, and forgetting what is no longer needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from chengxin.common import clock, crypto
from chengxin.common.errors import NotFound
from chengxin.filings import files, lifecycle
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.ocr import engine, queries, values
from chengxin.ocr.models import Reading

AT_A_TIME = 4
TRIES = 3
TAKEN_FOR = timedelta(minutes=10)
KINDS = ("voluntary",)


def expect(*, filing_id: UUID, by: Actor) -> None:
    """The pictures that a filing was handed in with are to be read; those known already stay as they are."""
    standing = filings.standing(filing_id)
    if standing is None or standing.kind not in KINDS or standing.state == lifecycle.DELETED:
        return
    bound = [file for file in filings.attachments(filing_id=filing_id, by=by) if file.state == "bound"]
    rows = [Reading(attachment_id=file.id, filing_id=filing_id, sha256=file.sha256, media_type=file.media_type) for file in bound]
    Reading.objects.bulk_create(rows, ignore_conflicts=True)


def read_waiting(limit: int) -> int:
    """Read a few pictures that wait; returns how many. Without the engine they wait on."""
    if not queries.is_on():
        return 0
    rows = _take(min(limit, AT_A_TIME))
    if not rows:
        return 0
    paths = {row.attachment_id: path for row in rows if (path := _picture(row))}
    said = dict(zip(paths, engine.read(list(paths.values())), strict=True)) if paths else {}
    for row in rows:
        _keep(row, said.get(row.attachment_id))
    return len(rows)


def _take(most: int) -> Sequence[Reading]:
    """Claim rows for a while: a worker that dies over them leaves them to the next one, but not for ever."""
    now = clock.now()
    free = Q(taken_at__isnull=True) | Q(taken_at__lt=now - TAKEN_FOR)
    with transaction.atomic():
        rows = list(Reading.objects.select_for_update(skip_locked=True).filter(free, state=values.WAITING).order_by("attachment_id")[:most])
        for row in rows:
            row.taken_at, row.tries = now, row.tries + 1
        Reading.objects.bulk_update(rows, ["taken_at", "tries"])
    return rows


def _picture(row: Reading) -> Path | None:
    """The first page of a stored file as a picture; None where its bytes are gone."""
    try:
        return files.picture_path(row.sha256, media_type=row.media_type)
    except NotFound:
        return None


def _keep(row: Reading, lines: engine.Lines | None) -> None:
    """Seal what was read; what could not be read is tried again a few times."""
    if lines is None:
        state = values.FAILED if row.tries >= TRIES else values.WAITING
        Reading.objects.filter(attachment_id=row.attachment_id).update(state=state)
        return
    sealed = crypto.seal(json.dumps(lines, ensure_ascii=False), bound_to=queries.place(row.attachment_id))
    Reading.objects.filter(attachment_id=row.attachment_id).update(state=values.READ, lines=sealed, read_at=clock.now())


def sweep() -> None:
    """Forget the text of what was decided or taken back more than the term ago: it served the decision only."""
    old = clock.now() - timedelta(days=settings.OCR_KEEP_DAYS)
    rows = Reading.objects.exclude(filing__state=lifecycle.SUBMITTED).filter(filing__updated_at__lt=old)
    Reading.objects.filter(attachment_id__in=list(rows.values_list("attachment_id", flat=True)[:1000])).delete()
