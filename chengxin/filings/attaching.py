"""Binding of uploaded files to filings (D-39): bytes first, then the row; submission binds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Forbidden, Invalid
from chengxin.filings import files, queries
from chengxin.filings.drafts import own_filing, require_editable
from chengxin.filings.models import PRESENT, Attachment, Filing
from chengxin.filings.values import AttachmentView
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

UNBOUND_HOURS = 24
MAX_FILES_PER_FIELD = 10


def attach(*, filing_id: UUID, path: str, stored: files.Stored, replace: bool, by: Actor) -> AttachmentView:
    """Insert the row of a stored file; with ``replace`` the former file of this path is taken off."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    present = filing.attachments.filter(path=path, state__in=PRESENT)
    same = present.filter(sha256=stored.sha256).first()
    if same:
        return queries.attachment_view(same)
    if replace:
        take_off(present)
    elif present.count() >= MAX_FILES_PER_FIELD:
        raise Invalid(_("附件过多。"), fields={path: [_("最多上传%(n)d个文件。") % {"n": MAX_FILES_PER_FIELD}]})
    row = kept(filing=filing, path=path, stored=stored, state="staged", by=by)
    ledger.append(kind="attachment.staged", subject=str(filing.id), data={"sha256": stored.sha256}, by=by)
    return queries.attachment_view(row)


def kept(*, filing: Filing, path: str, stored: files.Stored, state: str, by: Actor) -> Attachment:
    """The row of one stored file on a filing; nobody's file has nobody as its giver."""
    return Attachment.objects.create(
        filing=filing,
        path=path,
        name=stored.name[:200],
        media_type=stored.media_type,
        size=stored.bytes,
        sha256=stored.sha256,
        pages=stored.pages,
        state=state,
        by_id=by.account_id,
        created_at=clock.now(),
    )


def copy_files(*, source_id: UUID, target_id: UUID, by: Actor) -> None:
    """Give an update the files of the filing it starts from; once, bytes are shared by their hash (ARC-15)."""
    target = own_filing(filing_id=target_id, by=by)
    if target.attachments.exists():
        return
    for row in Attachment.objects.filter(filing_id=source_id, state="bound"):
        Attachment.objects.create(
            filing=target,
            path=row.path,
            name=row.name,
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
            pages=row.pages,
            by_id=by.id,
            created_at=clock.now(),
        )
        ledger.append(kind="attachment.staged", subject=str(target.id), data={"sha256": row.sha256}, by=by)


def drop_unnamed(rows: Iterable[Attachment], *, answers: Mapping[str, str], by: Actor) -> list[Attachment]:
    """Before submission: a file that no answer names was taken off its record and is not handed in; returns the others."""
    kept = []
    for row in rows:
        if row.state != "staged" or row.sha256 in answers.get(row.path, "").split(","):
            kept.append(row)
            continue
        row.state = "dropped"
        row.save(update_fields=["state"])
        ledger.append(kind="attachment.dropped", subject=str(row.filing_id), data={"sha256": row.sha256}, by=by)
    return kept


def drop(*, attachment_id: UUID, kind: str, by: Actor) -> None:
    """Remove a file from an editable filing of one kind; other kinds have rules of their own for who may write."""
    row = Attachment.objects.filter(id=attachment_id, filing__kind=kind).first()
    if row is None:
        raise Forbidden(_("您无权操作此附件。"))
    filing = own_filing(filing_id=row.filing_id, by=by)
    require_editable(filing)
    take_off(filing.attachments.filter(id=row.id, state__in=PRESENT))
    ledger.append(kind="attachment.dropped", subject=str(filing.id), data={"sha256": row.sha256}, by=by)


def take_off(rows: QuerySet[Attachment]) -> None:
    """Take files off their filing; what was handed in before is kept with the decision made on it (REG-10)."""
    rows.update(state=Case(When(state="bound", then=Value("replaced")), default=Value("dropped")))


def intake(*, stream: files.Readable, name: str, slot: str) -> files.Stored:
    """Check and store the bytes of one upload; outside any transaction."""
    return files.intake(stream, slot=slot, name=name)


def sweep(*, held: Callable[[str], bool]) -> int:
    """Delete rows and bytes of files dropped or unbound for 24 h, but no bytes that others hold; returns how many bytes-files went."""
    old = clock.now() - timedelta(hours=UNBOUND_HOURS)
    rows = Attachment.objects.filter(created_at__lt=old, state="dropped")
    gone = 0
    for row in rows[:500]:
        sha = row.sha256
        row.delete()
        if not held(sha) and not Attachment.objects.filter(sha256=sha).exclude(state="dropped").exists():
            files.remove(sha)
            gone += 1
    return gone


def sweep_store(limit: int, *, held: Callable[[str], bool]) -> int:
    """Delete bytes that no row speaks of and nobody else holds, 24 h old: a process was killed between disk and database."""
    return files.sweep(is_bound=lambda sha: held(sha) or Attachment.objects.filter(sha256=sha).exists(), limit=limit)
