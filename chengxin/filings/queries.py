"""Reads of filings; they return values, never rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import sql, stored
from chengxin.common.errors import Conflict, NotFound
from chengxin.filings import lifecycle, personal, receipts
from chengxin.filings.models import PRESENT, Attachment, Commitment, Decision, Draft, Filing, RecoveryCopy, Submission
from chengxin.filings.values import (
    AttachmentView,
    DecisionView,
    DraftView,
    FilingView,
    RemarkView,
    Standing,
    SubmissionView,
)
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.rules import OF_VOLUNTARY
from chengxin.identity.values import Actor, AgencyView


def view(filing: Filing) -> FilingView:
    """The value of a row."""
    return FilingView(
        id=filing.id,
        kind=filing.kind,
        form_id=filing.form_id,
        form_version=filing.form_version,
        state=filing.state,
        round=filing.round,
        enterprise_id=filing.enterprise_id,
        filer_id=filing.filer_id,
        division_code=filing.division_code,
        enterprise_type=filing.enterprise_type,
        commitment_version=filing.commitment_version,
        created_at=filing.created_at,
        updated_at=filing.updated_at,
        submitted_at=filing.submitted_at,
        due_at=filing.due_at,
        due_provisional=filing.due_provisional,
        decided_at=filing.decided_at,
        opinion=filing.opinion,
        page_done=tuple(filing.page_done),
        subject_id=filing.subject_id,
        handler_id=filing.handler_id,
        revises_id=filing.revises_id,
    )


def open_row(*, enterprise_id: UUID, kind: str, must: bool = False) -> Any:
    """The one open filing of a kind, as a row for this app's own actions."""
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=kind, state__in=lifecycle.OPEN_STATES)
    return rows.get() if must else rows.first()


def opened(*, enterprise_id: UUID, kind: str, by: Actor) -> FilingView | None:
    """The one open filing of a kind of one's own enterprise, if any."""
    policy.require(by=by, permission="filing.view", enterprise_id=enterprise_id)
    row = open_row(enterprise_id=enterprise_id, kind=kind)
    return view(row) if row else None


def latest(*, enterprise_id: UUID, kind: str, by: Actor) -> FilingView | None:
    """The newest filing of a kind of one's own enterprise: where a person lands after log-in."""
    policy.require(by=by, permission="filing.view", enterprise_id=enterprise_id)
    row = Filing.objects.filter(enterprise_id=enterprise_id, kind=kind).order_by("-created_at", "-id").first()
    return view(row) if row else None


def history(*, enterprise_id: UUID, kind: str, by: Actor) -> list[FilingView]:
    """All filings of a kind of one's own enterprise, newest first."""
    policy.require(by=by, permission="filing.view", enterprise_id=enterprise_id)
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=kind).order_by("-created_at", "-id")
    return [view(row) for row in rows[:200]]


def approved(*, enterprise_id: UUID, kind: str) -> FilingView | None:
    """The filing that is in force, if any."""
    row = Filing.objects.filter(enterprise_id=enterprise_id, kind=kind, state=lifecycle.APPROVED).first()
    return view(row) if row else None


_REGISTRATION_STATE = """
SELECT state FROM filings_filing WHERE enterprise_id = %(enterprise)s AND kind = 'registration' ORDER BY created_at DESC LIMIT 1
"""


def registration_state(*, enterprise_id: UUID) -> str:
    """The state of an enterprise's registration; decides where a person lands (D-01)."""
    found = sql.row(_REGISTRATION_STATE, {"enterprise": enterprise_id})
    return str(found[0]) if found else ""


_STANDING = "SELECT kind, form_id, state, round, division_code, handler_id FROM filings_filing WHERE id = %(filing)s"


def standing(filing_id: UUID) -> Standing | None:
    """How a filing stands and where it lies, for the platform itself; None where there is no such filing."""
    found = sql.row(_STANDING, {"filing": filing_id})
    return Standing(*found) if found else None


def unit(filing: Filing | FilingView | Standing) -> AgencyView:
    """With whom it lies now: its handler, else whoever is competent for its division (D-05, D-09)."""
    if filing.handler_id is not None:
        return identity.on_duty(filing.handler_id, filing.form_id)
    return identity.competent_agency(division_code=filing.division_code, form=filing.form_id)


def may_see(*, filing: Filing, by: Actor) -> bool:
    """The enterprise itself, the agency it lies with, or the competent agency and those above it."""
    if policy.may(by=by, permission="filing.view", enterprise_id=filing.enterprise_id):
        return True
    if filing.kind in OF_VOLUNTARY and policy.may(by=by, permission="voluntary.file", enterprise_id=filing.enterprise_id):
        return True
    review = identity.review_permission(filing.form_id)
    if filing.handler_id and policy.may(by=by, permission=review, competent_agency_id=unit(filing).id):
        return True
    return policy.may(by=by, permission="filing.inspect", division_code=filing.division_code)


def visible_row(*, filing_id: UUID, by: Actor) -> Filing:
    """The row, or 404 for everyone else: no hint of existence (ARC-01)."""
    filing = stored.first(Filing, "WHERE id = %(id)s AND state <> %(deleted)s", {"id": filing_id, "deleted": lifecycle.DELETED})
    if filing is None or not may_see(filing=filing, by=by):
        raise NotFound(_("未找到该填报。"))
    return filing


def one(*, filing_id: UUID, by: Actor) -> FilingView:
    """One filing that the acting person may see."""
    return view(visible_row(filing_id=filing_id, by=by))


def draft(*, filing_id: UUID, by: Actor) -> DraftView:
    """The draft in plain, for its own enterprise only."""
    return with_draft(filing_id=filing_id, by=by)[1]


_WITH_DRAFT = """
FROM filings_filing JOIN filings_draft ON filing_id = id WHERE id = %(id)s AND state <> %(deleted)s
"""


def with_draft(*, filing_id: UUID, by: Actor) -> tuple[FilingView, DraftView]:
    """A filing and its draft in plain, in one read, for its own enterprise only."""
    found = stored.together((Filing, Draft), _WITH_DRAFT, {"id": filing_id, "deleted": lifecycle.DELETED})
    if found is None or found[0].enterprise_id != by.enterprise_id or not may_see(filing=found[0], by=by):
        raise NotFound(_("未找到该填报。"))
    filing, row = found
    form = catalogue.version(filing.form_version)
    return view(filing), DraftView(
        filing_id=filing.id,
        rev=row.rev,
        answers=personal.unseal_answers(form=form, filing_id=filing.id, answers=row.answers),
        field_rev=row.field_rev,
        leftover=personal.unseal_answers(form=form, filing_id=filing.id, answers=row.leftover),
    )


def recovery_copy(*, filing_id: UUID, page: str, by: Actor) -> tuple[dict[str, str], int, datetime] | None:
    """What autosave kept of this page for this account: answers, base revision, moment."""
    filing = visible_row(filing_id=filing_id, by=by)
    row = RecoveryCopy.objects.filter(filing=filing, page=page, account_id=by.id).first()
    if row is None:
        return None
    form = catalogue.version(filing.form_version)
    return personal.unseal_answers(form=form, filing_id=filing.id, answers=row.answers), row.base_rev, row.saved_at


def submission_view(row: Submission, plain: Mapping[str, str]) -> SubmissionView:
    """The value of a frozen submission with its answers in plain."""
    return SubmissionView(
        id=row.id,
        filing_id=row.filing_id,
        round=row.round,
        number=row.number,
        answers=dict(plain),
        sha256=row.sha256,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        due_provisional=row.due_provisional,
        receipt=row.receipt,
        signature=row.signature,
        by_id=row.by_id,
    )


def submission(*, filing_id: UUID, by: Actor, round: int | None = None) -> SubmissionView | None:
    """The frozen answers of a round (the newest by default), for those who may see the filing."""
    return _submission(visible_row(filing_id=filing_id, by=by), round)


def _submission(filing: Filing, round: int | None = None) -> SubmissionView | None:
    row = filing.submissions.filter(round=round or filing.round).first()
    if row is None:
        return None
    form = catalogue.version(row.form_version)
    return submission_view(row, personal.unseal_answers(form=form, filing_id=filing.id, answers=row.answers))


def submission_by_key(*, key: str, filing_id: UUID, by: Actor) -> SubmissionView | None:
    """The first submission made with a one-time key; another filing's key is refused (D-33)."""
    if sql.row("SELECT 1 FROM filings_submission WHERE key = %(key)s", {"key": key}) is None:
        return None
    row = Submission.objects.get(key=key)
    if row.filing_id != filing_id:
        raise Conflict(_("该页面已提交过，请刷新后重试。"), code="key-in-use")
    policy.require(by=by, permission=identity.edit_permission(row.filing.kind), enterprise_id=row.filing.enterprise_id)
    form = catalogue.version(row.form_version)
    return submission_view(row, personal.unseal_answers(form=form, filing_id=filing_id, answers=row.answers))


@dataclass(frozen=True)
class Receipt:
    """A receipt as anyone with its number may verify it: no content (D-23)."""

    number: str
    body: dict[str, Any]
    signature: str
    public_key: str
    filing_id: UUID

    @property
    def genuine(self) -> bool:
        """Whether a key of this platform signed exactly this receipt."""
        return bool(self.public_key)


def receipt(*, number: str) -> Receipt:
    """The receipt of a number, or 404."""
    row = Submission.objects.filter(number=number).first()
    if row is None:
        raise NotFound(_("未找到该编号的回执。"))
    public_key = receipts.signer(receipt=row.receipt, signature=row.signature)
    return Receipt(row.number, row.receipt, row.signature, public_key, row.filing_id)


def attachments(*, filing_id: UUID, by: Actor) -> list[AttachmentView]:
    """Files that are part of a filing now."""
    return _attachments(visible_row(filing_id=filing_id, by=by))


def _attachments(filing: Filing) -> list[AttachmentView]:
    return [attachment_view(a) for a in filing.attachments.filter(state__in=PRESENT).order_by("created_at")]


def attachment_view(row: Attachment) -> AttachmentView:
    """The value of an attachment."""
    return AttachmentView(
        id=row.id,
        filing_id=row.filing_id,
        path=row.path,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        state=row.state,
        created_at=row.created_at,
        pages=row.pages,
    )


def attachment(*, attachment_id: UUID, by: Actor) -> AttachmentView:
    """One file, for its enterprise and its reviewers; 404 for everyone else (D-16)."""
    rows = Attachment.objects.select_related("filing").filter(id=attachment_id)
    row = rows.exclude(state="dropped").exclude(filing__state=lifecycle.DELETED).first()
    if row is None or not may_see(filing=row.filing, by=by):
        raise NotFound(_("未找到该附件。"))
    return attachment_view(row)


def remarks(*, filing_id: UUID, by: Actor) -> list[RemarkView]:
    """Remarks of all rounds, newest round last."""
    return _remarks(visible_row(filing_id=filing_id, by=by))


def _remarks(filing: Filing) -> list[RemarkView]:
    return [
        RemarkView(id=r.id, path=r.path, text=r.text, round=r.round, dealt_with=r.dealt_with)
        for r in filing.remarks.order_by("round", "created_at")
    ]


def decision_view(row: Decision, name: str) -> DecisionView:
    """The value of a decision."""
    return DecisionView(
        filing_id=row.filing_id,
        round=row.round,
        outcome=row.outcome,
        opinion=row.opinion,
        by_id=row.by_id,
        by_name=name,
        at=row.at,
    )


def decisions(*, filing_id: UUID, by: Actor) -> list[DecisionView]:
    """All decisions of a filing, oldest first."""
    return _decisions(visible_row(filing_id=filing_id, by=by))


def _decisions(filing: Filing) -> list[DecisionView]:
    rows = filing.decisions.select_related("by").order_by("round")
    return [decision_view(row, row.by.display_name) for row in rows]


@dataclass(frozen=True)
class Whole:
    """A filing with what belongs to it: the newest frozen answers, its files, remarks and decisions."""

    filing: FilingView
    submission: SubmissionView | None
    files: list[AttachmentView]
    remarks: list[RemarkView]
    decisions: list[DecisionView]


def whole(*, filing_id: UUID, by: Actor) -> Whole:
    """The filing with all of it, for those who may see it; asked once whether they may."""
    row = visible_row(filing_id=filing_id, by=by)
    return Whole(view(row), _submission(row), _attachments(row), _remarks(row), _decisions(row))


def commitments(*, enterprise_id: UUID) -> list[tuple[str, str, datetime]]:
    """(document, version, moment) of what the enterprise has signed, newest first."""
    rows = Commitment.objects.filter(enterprise_id=enterprise_id).order_by("-at")
    return list(rows.values_list("document", "version", "at"))


def form_of(filing: FilingView) -> Form:
    """The catalogue version that this filing keeps for life (D-34)."""
    return catalogue.version(filing.form_version)
