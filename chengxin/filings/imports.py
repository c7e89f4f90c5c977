"""The filing of an import: opened by a unit, decided by rule, without a draft of an enterprise (D-02, D-08)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import lifecycle
from chengxin.filings.actions import advance
from chengxin.filings.models import Filing, ImportedFile
from chengxin.identity import policy
from chengxin.identity.values import NATIONAL, Actor
from chengxin.ledger import actions as ledger

KIND = "import"


@dataclass(frozen=True)
class Imported:
    """A file that was taken in: its filing, when, and the line of counts."""

    filing_id: UUID
    at: datetime
    summary: str


def imported(*, form_id: str, sha256: str) -> Imported | None:
    """The import of exactly this file for this form, if there was one."""
    filing = Filing.objects.filter(imported_file__form_id=form_id, imported_file__sha256=sha256).first()
    return Imported(filing.id, filing.created_at, filing.opinion) if filing else None


def open_import(*, form_id: str, form_version: str, sha256: str, by: Actor) -> UUID:
    """Start the filing of one file, judged by a version of the form; raises Conflict where the file was taken in before."""
    policy.require(by=by, permission="import.run")
    now = clock.now()
    filing = Filing.objects.create(
        kind=KIND,
        form_id=form_id,
        form_version=form_version,
        filer_id=by.account_id,
        division_code=NATIONAL,
        state=lifecycle.next_state(kind=KIND, state=lifecycle.DRAFT, event="submit"),
        round=1,
        submitted_at=now,
        due_at=now,
        created_at=now,
        updated_at=now,
    )
    try:
        with transaction.atomic():
            ImportedFile.objects.create(filing=filing, form_id=form_id, sha256=sha256)
    except IntegrityError as error:
        raise Conflict(_("该文件此前已导入，不再重复写入。"), code="import-done") from error
    data = {"form": form_version, "sha256": sha256, "round": 1}
    ledger.append(kind="filing.submitted", subject=str(filing.id), data=data, by=by)
    return filing.id


def finish_import(*, filing_id: UUID, counts: Mapping[str, int], summary: str, by: Actor) -> None:
    """Everything of the file is taken in; the counts stand in the log."""
    policy.require(by=by, permission="import.run")
    filing = Filing.objects.select_for_update().get(id=filing_id, kind=KIND)
    advance(filing, "approve")
    filing.decided_at = filing.updated_at = clock.now()
    filing.opinion = summary
    filing.save()
    ledger.append(kind="filing.approved", subject=str(filing.id), data={"round": 1, **counts}, by=by)
