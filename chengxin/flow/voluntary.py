"""Voluntary registration: sign, open, save, hand in, withdraw, revise, delete; staff revoke what is false (VOL-01 to VOL-31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import items, moving
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.items import ItemSettings
from chengxin.catalogue.values import Cleaned
from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import actions as filings
from chengxin.filings import attaching, cases, corrections, drafts, lifecycle, voluntary, voluntary_queries
from chengxin.filings import queries as filing_queries
from chengxin.filings.actions import HandingIn
from chengxin.filings.files import Readable, Stored
from chengxin.filings.opening import Opening
from chengxin.filings.values import AttachmentView, FilingView, Saved, SubmissionView
from chengxin.filings.voluntary import Held, HeldFact
from chengxin.flow import notices
from chengxin.flow.step import step
from chengxin.identity import assurance, filers, subjects
from chengxin.identity import queries as identity
from chengxin.identity.values import NATIONAL, Actor
from chengxin.records import actions as records
from chengxin.records import queries as record_queries
from chengxin.records.values import ENTERPRISE

KIND = voluntary.KIND
COMMITMENT = "voluntary"
PAGE = "item"
SLOT = "voluntary"
TAKEDOWN, TAKEDOWN_FORM = "takedown", "report/takedown"
LEVELS = {"province": 1, "city": 2, "county": 3}


def require_filer(*, by: Actor) -> UUID:
    """The enterprise of whoever may register: verified, strongly logged in, authorised, of this region, not ended."""
    filers.require_verified(by)
    assurance.require_strong(by)
    filers.require_authorised(by)
    if by.enterprise_id is None:
        raise Forbidden(_("请使用企业账号登录。"))
    filers.require_region(by.enterprise_id)
    if subjects.end_of(by.enterprise_id) is not None:
        raise Conflict(_("主体已登记注销或吊销，不再注册新数据。"), code="subject-ended")
    return by.enterprise_id


def signed(*, by: Actor) -> bool:
    """Whether the acting person's enterprise has signed the commitment as it reads now (VOL-07)."""
    version = catalogue.current_version(f"commitment/{COMMITMENT}")
    return by.enterprise_id is not None and voluntary.has_signed(enterprise_id=by.enterprise_id, document=COMMITMENT, version=version)


@step
def sign(*, version: str, ticked: bool, by: Actor) -> None:
    """阅读并同意: text version, time and account of the eight clauses are kept (VOL-07)."""
    enterprise_id = require_filer(by=by)
    if not ticked:
        raise Invalid(_("请阅读并勾选承诺书。"), fields={"commitment": [_("请阅读并勾选承诺书。")]})
    if version != catalogue.current_version(f"commitment/{COMMITMENT}"):
        raise Conflict(_("承诺书已更新，请重新阅读并勾选。"), code="commitment-outdated")
    voluntary.sign(enterprise_id=enterprise_id, document=COMMITMENT, version=version, by=by)


def require_can_open(*, form_id: str, by: Actor) -> UUID:
    """The enterprise, where it may register in this item now: signed, and within the item's window (VOL-07, VOL-10)."""
    enterprise_id = require_filer(by=by)
    _require_open(form_id)
    _require_signed(by)
    return enterprise_id


def _require_open(form_id: str) -> ItemSettings:
    settings = items.settings(form_id)
    if not settings.is_open(clock.today()):
        raise Conflict(_("该事项不在注册期内，暂不能注册或修改；已保存的草稿会保留。"), code="item-closed")
    return settings


def _require_signed(by: Actor) -> None:
    if not signed(by=by):
        raise Conflict(_("请先阅读并签署自愿注册信用承诺书。"), code="commitment-needed")


@step
def open_new(*, form_id: str, by: Actor) -> FilingView:
    """注册新数据: a fresh form; it is in no list until it is saved (VOL-16, VOL-18)."""
    enterprise_id = require_can_open(form_id=form_id, by=by)
    division = identity.enterprise(enterprise_id).division_code
    return voluntary.open_new(opening=Opening(KIND, form_id, enterprise_id, division), by=by)


@step
def leave(*, filing_id: UUID, by: Actor) -> None:
    """返回: nothing is saved; a form that never was leaves no trace (VOL-18)."""
    require_filer(by=by)
    voluntary.leave(filing_id=filing_id, by=by)


@step
def save(*, filing_id: UUID, base_rev: int, changes: Mapping[str, str | None], by: Actor) -> Saved:
    """保存: a draft, whatever was typed (VOL-16). What the form does not ask is not taken (VOL-14)."""
    filing, places = _editable(filing_id, by)
    taken = {path: value for path, value in changes.items() if paths.split(path) in places}
    if filing.state != lifecycle.DRAFT:
        filings.reopen(filing_id=filing.id, by=by)
    saved = drafts.save(filing_id=filing.id, base_rev=base_rev, changes=taken, by=by)
    drafts.drop_copy(filing_id=filing.id, page=PAGE, by=by)
    return saved


def _editable(filing_id: UUID, by: Actor) -> tuple[FilingView, frozenset[tuple[str, str, str]]]:
    """The acting person's own record that may be typed into, and the places its form has for answers."""
    require_filer(by=by)
    filing, draft = filing_queries.with_draft(filing_id=filing_id, by=by)
    _require_kind(filing)
    drafts.require_editable(filing)
    row = voluntary_queries.row_of(filing_id, draft.answers)
    groups = catalogue.version(filing.form_version).asked_groups()
    return filing, frozenset((group.code, row, f.code) for group in groups for f in group.fields)


def _mine(filing_id: UUID, by: Actor) -> FilingView:
    """The acting person's own voluntary record, or 404."""
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.enterprise_id != by.enterprise_id:
        raise NotFound(_("未找到该填报。"))
    _require_kind(filing)
    return filing


def _require_kind(filing: FilingView) -> None:
    if filing.kind != KIND:
        raise NotFound(_("未找到该填报。"))


@step
def keep_copy(*, filing_id: UUID, base_rev: int, answers: Mapping[str, str], by: Actor) -> None:
    """Autosave of what stands on the page (D-32)."""
    filing, places = _editable(filing_id, by)
    taken = {path: value for path, value in answers.items() if paths.split(path) in places}
    drafts.keep_copy(filing_id=filing.id, page=PAGE, base_rev=base_rev, answers=taken, by=by)


@step
def discard_copy(*, filing_id: UUID, by: Actor) -> None:
    """The recovery copy goes; what was saved stays."""
    require_filer(by=by)
    drafts.drop_copy(filing_id=_mine(filing_id, by).id, page=PAGE, by=by)


def upload(*, filing_id: UUID, path: str, stream: Readable, name: str, by: Actor) -> AttachmentView:
    """Store one picture of the proof (VOL-20, D-39)."""
    _require_file_field(filing_id, path, by)
    stored = attaching.intake(stream=stream, name=name, slot=SLOT)
    return attach(filing_id=filing_id, path=path, stored=stored, by=by)


@step
def attach(*, filing_id: UUID, path: str, stored: Stored, by: Actor) -> AttachmentView:
    """Put a stored picture to the field of a record that can still be changed."""
    _require_file_field(filing_id, path, by)
    return attaching.attach(filing_id=filing_id, path=path, stored=stored, replace=False, by=by)


def _require_file_field(filing_id: UUID, path: str, by: Actor) -> None:
    filing, places = _editable(filing_id, by)
    where, form = paths.split(path), catalogue.version(filing.form_version)
    group = form.group(where[0]) if where else None
    field = group.field(where[2]) if group and where else None
    if where not in places or field is None or field.kind != "file":
        raise Forbidden(_("此处不能上传附件。"), code="no-file-field")


@step
def drop_file(*, attachment_id: UUID, by: Actor) -> None:
    """Take a picture off a draft."""
    require_filer(by=by)
    attaching.drop(attachment_id=attachment_id, kind=KIND, by=by)


def check(*, filing_id: UUID, by: Actor) -> Cleaned:
    """What is wrong or missing in a draft (VOL-15, VOL-17)."""
    filing, draft = filing_queries.with_draft(filing_id=filing_id, by=by)
    _require_kind(filing)
    form = catalogue.version(filing.form_version)
    assert filing.enterprise_id is not None
    subject = catalogue_rules.subject_of(form, uscc=identity.uscc_of(filing.enterprise_id))
    return catalogue_rules.clean(form, draft.answers, today=clock.today(), partial=False, subject=subject)


@step
def submit(*, filing_id: UUID, key: str, though_alike: bool = False, though_held: bool = False, by: Actor) -> SubmissionView:
    """提交: every rule, the duplicate check, and the signed receipt in one transaction; the record is 发布中 (VOL-17, VOL-19)."""
    require_filer(by=by)
    check = _HandIn(by, though_alike=though_alike, though_held=though_held)
    submission = filings.submit(
        filing_id=filing_id, key=key, subject=check.subject, named_files_only=True, before_freeze=check.last_word, by=by
    )
    notices.handed_in(submission=submission, kind=KIND, account_id=by.account_id, by=by)
    return submission


@dataclass
class _HandIn:
    """What is asked of a record that is handed in, before its rules and after; how its item runs is read once."""

    by: Actor
    though_alike: bool
    though_held: bool
    level: str = ""

    def subject(self, read: HandingIn) -> str:
        """The kind of subject, of a record whose item is open and whose enterprise has signed."""
        if read.filing.kind != KIND:
            raise NotFound(_("未找到该填报。"))
        lifecycle.next_state(kind=KIND, state=read.filing.state, event="submit")
        self.level = _require_open(read.filing.form_id).level
        _require_signed(self.by)
        return catalogue_rules.subject_of(read.form, uscc=read.uscc)

    def last_word(self, read: HandingIn, cleaned: Cleaned) -> str:
        """Refuse what is registered or held already; name the division that reviews this item (VOL-12, VOL-19)."""
        group = next(read.form.asked_groups())
        [record] = cleaned.values[group.code]
        held = () if self.though_held else _held(read, catalogue_rules.to_json(group, record.values))
        voluntary.recognise(read=read, record=record, though_alike=self.though_alike)
        if held:
            raise Held(held)
        return reviewed_at(division_code=read.division_code, level=self.level)


def _held(read: HandingIn, said: Mapping[str, object]) -> tuple[HeldFact, ...]:
    """The government records of the enterprise that say the same fact."""
    item, enterprise_id = read.form.item, read.filing.enterprise_id
    assert enterprise_id is not None
    found: list[record_queries.Supplied] = []
    for same in item.held if item else ():
        if text := said.get(same.mine):
            facts = {same.field: str(text)}
            found += record_queries.supplied_same(enterprise_id=enterprise_id, group=same.group, facts=facts)
    return tuple(HeldFact(each.version_id, each.group, each.source_unit, each.source_no) for each in found)


def reviewed_at(*, division_code: str, level: str) -> str:
    """The division whose unit reviews: the enterprise's own, or the one above it at the level that the item names."""
    if level == "national":
        return NATIONAL
    if level not in LEVELS:
        return division_code
    code: str | None = division_code
    while code is not None and identity.division(code).level > LEVELS[level]:
        code = identity.division_above(code)
    return code or NATIONAL


@step
def withdraw(*, filing_id: UUID, by: Actor) -> FilingView:
    """撤销: out of the queue, never published from there (VOL-28)."""
    require_filer(by=by)
    return voluntary.withdraw(filing_id=filing_id, by=by)


def resend(*, filing_id: UUID, key: str, though_alike: bool = False, though_held: bool = False, by: Actor) -> SubmissionView:
    """报送 of a withdrawn record as it was (D-02)."""
    repeated = filing_queries.submission_by_key(key=key, filing_id=filing_id, by=by)
    if repeated is not None:
        return repeated
    voluntary.require_offered(_mine(filing_id, by), "submit")
    return submit(filing_id=filing_id, key=key, though_alike=though_alike, though_held=though_held, by=by)


@step
def revise(*, filing_id: UUID, by: Actor) -> FilingView:
    """修改: what is withdrawn or refused is a draft again; a published record gets a revision and stays until that is published."""
    require_filer(by=by)
    filing = _mine(filing_id, by)
    _require_open(filing.form_id)
    if filing.state == lifecycle.APPROVED:
        form, answers = catalogue.current(filing.form_id), _former_answers(filing, by)
        return voluntary.revise(of=filing, form=form, answers=answers, by=by)
    voluntary.require_offered(filing, "edit")
    filings.reopen(filing_id=filing_id, by=by)
    return in_newest_version(_mine(filing_id, by), by=by)


def _former_answers(filing: FilingView, by: Actor) -> dict[str, str]:
    """What was published, with what was decided about it since, as the form asks it now."""
    submission = filing_queries.submission(filing_id=filing.id, by=by)
    assert submission is not None and filing.enterprise_id is not None
    old, new = catalogue.version(filing.form_version), catalogue.current(filing.form_id)
    kept, _left = moving.migrate_answers(old, new, submission.answers)
    return cases.as_decided(answers=kept, enterprise_id=filing.enterprise_id, since=submission.submitted_at)


def in_newest_version(filing: FilingView, *, by: Actor) -> FilingView:
    """A draft moves to the newest version of its form when it is opened (D-34)."""
    if filing.form_version == catalogue.current_version(filing.form_id) or filing.state not in lifecycle.EDITABLE_STATES:
        return filing
    filings.change_form(filing_id=filing.id, form_id=filing.form_id, enterprise_type=filing.enterprise_type, by=by)
    return _mine(filing.id, by)


@step
def open_draft(*, filing_id: UUID, by: Actor) -> FilingView:
    """The draft as its form is shown: in the newest version of the item."""
    require_filer(by=by)
    return in_newest_version(_mine(filing_id, by), by=by)


@step
def delete(*, filing_id: UUID, by: Actor) -> None:
    """删除 of a draft, a withdrawn or a refused record; the log keeps a tombstone (VOL-30)."""
    require_filer(by=by)
    voluntary.delete(filing_id=filing_id, by=by)


@step
def ask_takedown(*, filing_id: UUID, reason: str, key: str, by: Actor) -> cases.HandedIn:
    """申请下线 of a published record: a case that a reviewer confirms; until then it stays public (VOL-28, D-02)."""
    enterprise_id = require_filer(by=by)
    identity.lock_enterprise(enterprise_id)
    filing = _mine(filing_id, by)
    earlier = cases.handed_in_before(kind=TAKEDOWN, key=key, by=by)
    if earlier is not None:
        return earlier
    voluntary.require_offered(filing, "takedown")
    about = _about(filing, by)
    if cases.waiting_about(kind=TAKEDOWN, record_id=about.record_id):
        raise Conflict(_("该信息的下线申请正在处理，请勿重复提交。"), code="takedown-open")
    case = cases.NewCase(
        kind=TAKEDOWN,
        form_id=TAKEDOWN_FORM,
        division_code=filing.division_code,
        answers={f"{TAKEDOWN}/{uuid4()}/reason": reason},
        key=key,
        enterprise_id=enterprise_id,
        about=about,
    )
    done = cases.hand_in(case=case, by=by)
    notices.case_handed_in(done=done, kind=TAKEDOWN, account_id=by.id)
    return done


def _about(filing: FilingView, by: Actor) -> cases.About:
    """The record that a published filing made, in the version that stands."""
    assert filing.enterprise_id is not None
    record_id = voluntary_queries.one(filing_id=filing.id, by=by).record_id
    found = record_queries.self_reported(enterprise_id=filing.enterprise_id, record_id=record_id)
    if found is None:
        raise Conflict(_("该条信息已不再公示。"), code="record-gone")
    return cases.About(record_id, found[0], ENTERPRISE, found[1])


@step
def propose_revocation(*, filing_id: UUID, reason: str, by: Actor) -> UUID:
    """Staff found a published record false; another person confirms, as where an approval is taken back (VOL-02, D-03)."""
    filings.lock_subject(filing_id=filing_id, by=by)
    voluntary.require_revocable(filing_id=filing_id, by=by)
    return corrections.propose(filing_id=filing_id, reason=reason, of=corrections.RECORD, by=by)


def revoke(*, filing: FilingView, reason: str, by: Actor) -> None:
    """Two people found a published record false: it leaves publication, and the breach of the commitment is recorded (VOL-02)."""
    why = _("经核实信息不真实，已撤销公示：%(reason)s") % {"reason": reason}
    unpublish(filing_id=filing.id, why=why, reason=records.REVOKED, by=by)
    voluntary.note_breach(filing=filing, by=by)
    notices.ended(filing=filing, why=why, what=_("已撤销公示"))


def unpublish(*, filing_id: UUID, why: str, reason: str, by: Actor) -> None:
    """Take a published record out of force and out of the public; the enterprise is locked."""
    record_id = voluntary_queries.one(filing_id=filing_id, by=by).record_id
    ended = voluntary.end(filing_id=filing_id, why=why, by=by)
    assert ended.enterprise_id is not None
    records.end_voluntary(enterprise_id=ended.enterprise_id, record_id=record_id, reason=reason, by=by)
