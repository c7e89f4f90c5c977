"""The integrity archive: open, fill in page by page, preview, submit, update (ARC-01 to ARC-17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from chengxin.catalogue import moving
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.answers import PUBLIC
from chengxin.catalogue.values import Cleaned, Form
from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import actions as filings
from chengxin.filings import attaching, cases, drafts, lifecycle
from chengxin.filings import queries as filing_queries
from chengxin.filings import rules as filing_rules
from chengxin.filings.files import Readable, Stored
from chengxin.filings.values import AttachmentView, DraftView, FilingView, Saved, SubmissionView
from chengxin.flow import notices, prefill, registered
from chengxin.flow.step import step
from chengxin.identity import policy, subjects
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import actions as records
from chengxin.records import queries as records_queries

KIND = "archive"
FIRST_FORM = "archive/IN_PLATFORM"
TYPES = ("PLATFORM", "IN_PLATFORM", "SELF_SITE", "OTHER_NET", "SERVICE")
COMMITMENT = "integrity"
FIXED = ("name", "uscc")


def require_approved(*, by: Actor) -> UUID:
    """The enterprise id of an approved account; everyone else is refused (REG-21)."""
    if by.enterprise_id is None:
        raise Forbidden(_("请使用企业账号登录。"))
    if filing_queries.registration_state(enterprise_id=by.enterprise_id) != "approved":
        raise Forbidden(_("账号审核通过后即可填报诚信档案并享受“惠企让利”服务产品。"), code="not-approved")
    policy.require(by=by, permission="archive.file", enterprise_id=by.enterprise_id)
    return by.enterprise_id


def require_living(*, by: Actor) -> UUID:
    """The same for what changes an archive: that of a subject whose registration ended is frozen (D-10)."""
    enterprise_id = require_approved(by=by)
    if subjects.end_of(enterprise_id) is not None:
        raise Conflict(_("主体已登记注销或吊销，诚信档案已冻结，不再更新。"), code="subject-ended")
    return enterprise_id


def current(*, by: Actor) -> FilingView | None:
    """The newest archive filing of the acting person's enterprise."""
    enterprise_id = require_approved(by=by)
    return filing_queries.latest(enterprise_id=enterprise_id, kind=KIND, by=by)


def open_archive(*, by: Actor) -> FilingView:
    """The open archive draft: a first one prefilled from the register, or 更新诚信档案 (ARC-01, ARC-15)."""
    return open_archive_with_news(by=by)[0]


def open_archive_with_news(*, by: Actor) -> tuple[FilingView, bool]:
    """The same, and whether the register could not be reached, so that its last answer stands (ARC-05)."""
    enterprise_id = require_living(by=by)
    register = prefill.register_entry(uscc=identity.enterprise(enterprise_id).uscc)
    registered.keep(register)
    return _open(enterprise_id=enterprise_id, register=register, by=by), register.late


@step
def _open(*, enterprise_id: UUID, register: prefill.Register, by: Actor) -> FilingView:
    enterprise = identity.enterprise(enterprise_id)
    former = filing_queries.approved(enterprise_id=enterprise_id, kind=KIND)
    form_id, type_ = (former.form_id, former.enterprise_type) if former else (FIRST_FORM, "")
    if former is not None:
        answers = _former_answers(former, by=by)
    else:
        answers = prefill.answers(form=catalogue.current(form_id), register=register, enterprise=enterprise)
    opening = filings.Opening(
        kind=KIND,
        form_id=form_id,
        enterprise_id=enterprise_id,
        division_code=enterprise.division_code,
        enterprise_type=type_,
    )
    filing = filings.open_filing(opening=opening, answers=answers, by=by)
    if former is not None and filing.round == 0:
        attaching.copy_files(source_id=former.id, target_id=filing.id, by=by)
    return _in_newest_version(filing, by=by)


def _former_answers(former: FilingView, *, by: Actor) -> dict[str, str]:
    """What was approved, with what was hidden since then still hidden (ARC-07, ARC-15)."""
    submission = filing_queries.submission(filing_id=former.id, by=by)
    answers = dict(submission.answers) if submission else {}
    answers, _left = moving.migrate_answers(catalogue.version(former.form_version), catalogue.current(former.form_id), answers)
    assert former.enterprise_id is not None and former.submitted_at is not None
    answers = cases.as_decided(answers=answers, enterprise_id=former.enterprise_id, since=former.submitted_at)
    hidden = records_queries.hidden_since(enterprise_id=former.enterprise_id, since=former.submitted_at)
    return {path: "0" if _is_hidden(path, hidden) else value for path, value in answers.items()}


def _is_hidden(path: str, hidden: frozenset[UUID]) -> bool:
    _group, row, field = path.split("/", 2)
    return field == PUBLIC and UUID(row) in hidden


def _in_newest_version(filing: FilingView, *, by: Actor) -> FilingView:
    """A draft moves to the newest version of its form when it is opened (D-34)."""
    newest = catalogue.current(filing.form_id).version
    if filing.form_version == newest or filing.state not in lifecycle.EDITABLE_STATES:
        return filing
    type_ = filing.enterprise_type
    filings.change_form(filing_id=filing.id, form_id=filing.form_id, enterprise_type=type_, by=by)
    return filing_queries.one(filing_id=filing.id, by=by)


def _archive(filing_id: UUID, by: Actor) -> FilingView:
    """An archive that the acting person may see; other kinds have rules of their own for who may write what."""
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.kind != KIND:
        raise NotFound(_("未找到该填报。"))
    return filing


@step
def choose_type(*, filing_id: UUID, enterprise_type: str, confirmed: bool, by: Actor) -> list[moving.Dropped]:
    """Choose 企业类型; without ``confirmed`` only names what the new template drops (ARC-04)."""
    require_approved(by=by)
    if enterprise_type not in TYPES:
        raise Invalid(_("请选择企业类型。"), fields={"enterprise_type": [_("请选择企业类型。")]})
    filing = _archive(filing_id, by)
    if filing.enterprise_type == enterprise_type:
        return []
    draft = filing_queries.draft(filing_id=filing_id, by=by)
    old, new = catalogue.version(filing.form_version), catalogue.current(f"archive/{enterprise_type}")
    dropped = moving.dropped_by_type_change(old, new, draft.answers)
    if dropped and not confirmed:
        return dropped
    filings.change_form(filing_id=filing_id, form_id=new.id, enterprise_type=enterprise_type, by=by)
    return []


@step
def sign(*, filing_id: UUID, ticked: bool, version: str, by: Actor) -> None:
    """Tick the 承诺书; its version, time, account and enterprise are kept (ARC-03)."""
    require_approved(by=by)
    if not ticked:
        raise Invalid(_("请阅读并勾选承诺书。"), fields={"commitment": [_("请阅读并勾选承诺书。")]})
    if version != catalogue.commitment(COMMITMENT).version:
        raise Conflict(_("承诺书已更新，请重新阅读并勾选。"), code="commitment-outdated")
    filings.sign_commitment(filing_id=_archive(filing_id, by).id, document=COMMITMENT, version=version, by=by)


@step
def save_page(*, filing_id: UUID, page: str, base_rev: int, changes: Mapping[str, str | None], by: Actor) -> Saved:
    """暂存: take what was typed, whatever it is (ARC-09)."""
    require_approved(by=by)
    filing = _archive(filing_id, by)
    form = catalogue.version(filing.form_version)
    _refuse_foreign_groups(form, changes)
    changes = {path: value for path, value in changes.items() if not is_fixed(form, path)}
    if filing.state != lifecycle.DRAFT:
        filings.reopen(filing_id=filing_id, by=by)
    saved = drafts.save(filing_id=filing_id, base_rev=base_rev, changes=changes, by=by)
    drafts.drop_copy(filing_id=filing_id, page=page, by=by)
    return saved


def _refuse_foreign_groups(form: Form, changes: Mapping[str, Any]) -> None:
    """Government groups are read-only; a write to them is refused whole (ARC-05)."""
    own = {group.code for group in form.asked_groups()}
    if any(path.split("/", 1)[0] not in own for path in changes):
        raise Forbidden(_("政府部门提供的信息仅供查看，不可修改。"), code="read-only-group")


def is_fixed(form: Form, path: str) -> bool:
    """Whether a path holds what the account says: name and code are never typed in an archive (ARC-02)."""
    group_code, _row, code = path.split("/", 2)
    group = form.group(group_code)
    field = group.field(code) if group else None
    return field is not None and field.prefill in FIXED


def check_page(*, filing_id: UUID, page: str, by: Actor) -> Cleaned:
    """What is wrong or missing on one page (ARC-06, ARC-10)."""
    return _check(filing_id=filing_id, page=page, by=by)


@step
def complete_page(*, filing_id: UUID, page: str, by: Actor) -> Cleaned:
    """保存，并填写下一页 after the save: the page counts as done when nothing is wrong with it."""
    cleaned = _check(filing_id=filing_id, page=page, by=by)
    filings.mark_page(filing_id=filing_id, page=page, done=cleaned.ok, by=by)
    return cleaned


@step
def mark_page(*, filing_id: UUID, page: str, done: bool, by: Actor) -> None:
    """Remember whether a page was completed by 保存，并填写下一页."""
    require_approved(by=by)
    filings.mark_page(filing_id=filing_id, page=page, done=done, by=by)


def check_all(*, filing_id: UUID, by: Actor) -> Cleaned:
    """What is wrong or missing in the whole archive (ARC-11)."""
    return _check(filing_id=filing_id, page=None, by=by)


def _check(*, filing_id: UUID, page: str | None, by: Actor) -> Cleaned:
    _filing, draft, form = draft_of(filing_id=filing_id, by=by)
    subject = subject_of(form=form, answers=draft.answers, by=by)
    return catalogue_rules.clean(form, draft.answers, today=clock.today(), partial=False, page=page, subject=subject)


def subject_of(*, form: Form, answers: Mapping[str, str], by: Actor) -> str:
    """The kind of subject of the acting person's enterprise: its words and rules (D-12)."""
    assert by.enterprise_id is not None
    uscc = identity.uscc_of(by.enterprise_id)
    return catalogue_rules.subject_of(form, uscc=uscc, company_type=company_type(answers))


def company_type(answers: Mapping[str, str]) -> str:
    """The company type among the answers, if any; it decides the kind of subject."""
    return next((value for path, value in answers.items() if path.endswith("/company_type")), "")


def draft_of(*, filing_id: UUID, by: Actor) -> tuple[FilingView, DraftView, Form]:
    """Filing, draft and form of the acting person's own archive."""
    filing, draft = filing_queries.with_draft(filing_id=filing_id, by=by)
    return filing, draft, catalogue.version(filing.form_version)


@step
def keep_copy(*, filing_id: UUID, page: str, base_rev: int, answers: Mapping[str, str], by: Actor) -> None:
    """Autosave of what stands on a page (D-32)."""
    require_approved(by=by)
    filing = _archive(filing_id, by)
    _refuse_foreign_groups(catalogue.version(filing.form_version), answers)
    drafts.keep_copy(filing_id=filing_id, page=page, base_rev=base_rev, answers=answers, by=by)


@step
def discard_copy(*, filing_id: UUID, page: str, by: Actor) -> None:
    """返回 after the question: the recovery copy goes."""
    require_approved(by=by)
    drafts.drop_copy(filing_id=filing_id, page=page, by=by)


def upload(*, filing_id: UUID, path: str, stream: Readable, name: str, by: Actor) -> AttachmentView:
    """Store one proof of a record (D-39)."""
    require_approved(by=by)
    filing = _archive(filing_id, by)
    if not _is_file_path(catalogue.version(filing.form_version), path):
        raise Forbidden(_("此处不能上传附件。"), code="no-file-field")
    stored = attaching.intake(stream=stream, name=name, slot="archive")
    return _attach(filing_id=filing_id, path=path, stored=stored, by=by)


def _is_file_path(form: Form, path: str) -> bool:
    group_code, _slash, rest = path.partition("/")
    row, _slash, code = rest.partition("/")
    group = next((g for g in form.asked_groups() if g.code == group_code), None)
    field = group.field(code) if group else None
    return field is not None and field.kind == "file" and not filing_rules.bad_paths({path: row})


@step
def _attach(*, filing_id: UUID, path: str, stored: Stored, by: Actor) -> AttachmentView:
    return attaching.attach(filing_id=filing_id, path=path, stored=stored, replace=False, by=by)


@step
def drop_file(*, attachment_id: UUID, by: Actor) -> None:
    """Take a proof off a draft."""
    attaching.drop(attachment_id=attachment_id, kind=KIND, by=by)


@step
def submit(*, filing_id: UUID, key: str, by: Actor) -> SubmissionView:
    """点击提交: everything is checked again, frozen, and goes to review (ARC-11)."""
    require_approved(by=by)
    submission = filings.submit(filing_id=filing_id, key=key, subject=_subject_when_ready, named_files_only=True, by=by)
    notices.handed_in(submission=submission, kind=KIND, account_id=by.account_id, by=by)
    return submission


def _subject_when_ready(read: filings.HandingIn) -> str:
    """The kind of subject of an archive whose commitment is ticked and whose type is chosen."""
    filing = read.filing
    if filing.kind != KIND:
        raise NotFound(_("未找到该填报。"))
    errors: dict[str, list[str]] = {}
    if filing.commitment_version != catalogue.commitment(COMMITMENT).version:
        errors["commitment"] = [_("请阅读并勾选承诺书。")]
    if not filing.enterprise_type:
        errors["enterprise_type"] = [_("请选择企业类型。")]
    if errors:
        raise Invalid(_("请先完成承诺书与企业类型。"), fields=errors)
    return catalogue_rules.subject_of(read.form, uscc=read.uscc, company_type=company_type(read.answers))


@step
def hide_record(*, record_id: UUID, by: Actor) -> UUID | None:
    """公开 → 不公开 of a published record, at once and without review (ARC-07)."""
    enterprise_id = require_living(by=by)
    identity.lock_enterprise(enterprise_id)
    hidden = records.hide(enterprise_id=enterprise_id, record_id=record_id, by=by)
    opened = filing_queries.opened(enterprise_id=enterprise_id, kind=KIND, by=by)
    if hidden is not None and opened is not None and opened.state in lifecycle.EDITABLE_STATES:
        _hide_in_draft(opened.id, record_id, by=by)
    return hidden


def _hide_in_draft(filing_id: UUID, record_id: UUID, *, by: Actor) -> None:
    """An update that is being written follows, so that its approval does not publish the record again."""
    draft = filing_queries.draft(filing_id=filing_id, by=by)
    mark = f"/{record_id}/{PUBLIC}"
    changes: dict[str, str | None] = {path: "0" for path in draft.answers if path.endswith(mark)}
    drafts.save(filing_id=filing_id, base_rev=draft.rev, changes=changes, by=by)


@step
def tick_remark(*, remark_id: UUID, dealt_with: bool, by: Actor) -> None:
    """Tick a remark as dealt with (D-37)."""
    filings.tick_remark(remark_id=remark_id, dealt_with=dealt_with, by=by)


def new_row() -> str:
    """The id of a new record, given at 新增记录 and kept for life."""
    return str(uuid4())
