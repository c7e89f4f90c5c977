"""Reads: what was read from the pictures of a filing, for those who may see its files."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings

from chengxin.common import crypto
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.ocr import engine, models, values


def is_on() -> bool:
    """Whether pictures are read here: the setting allows it and the engine is installed."""
    return bool(settings.OCR) and engine.is_installed()


def of(*, filing_id: UUID, by: Actor) -> dict[UUID, values.Reading]:
    """What was read of a filing's files, by file; raises NotFound for those who may not see the filing."""
    shown = [file.id for file in filings.attachments(filing_id=filing_id, by=by)]
    return {row.attachment_id: _view(row) for row in models.Reading.objects.filter(attachment_id__in=shown)}


def place(attachment_id: UUID) -> str:
    """What the envelope of a text is bound to."""
    return f"ocr.reading/{attachment_id}/lines"


def _view(row: models.Reading) -> values.Reading:
    plain = json.loads(crypto.unseal(row.lines, bound_to=place(row.attachment_id))) if row.lines else []
    lines = tuple(values.Line(*line) for line in plain)
    return values.Reading(attachment_id=row.attachment_id, state=row.state, lines=lines, read_at=row.read_at)
