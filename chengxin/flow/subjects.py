"""主体信息变更 (D-10): name, former name, search terms, file, scope and open filings change in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import cases, closing, drafts, lifecycle
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import About, HandedIn, NewCase, Ruling
from chengxin.filings.values import FilingView
from chengxin.flow import archive, notices, prefill, registered, rulings
from chengxin.flow import cases as case_flow
from chengxin.flow.step import step
from chengxin.flow.wrongdata import Files
from chengxin.identity import queries as identity
from chengxin.identity import subjects
from chengxin.identity.rules import NAME_TAKEN
from chengxin.identity.values import Actor, EnterpriseView, SubjectEnd
from chengxin.records import deciding, disclosure, heading, marks
from chengxin.records.queries import basics

FORM, KIND = "report/subject-change", "subject_change"
GROUP = "S01"
ENDED = {"deregistered": "已注销", "revoked": "已吊销"}
RECORDED = {
    "rename": ("name",),
    "representative": ("legal_representative",),
    "move": ("division", "address"),
    "type": ("company_type",),
    "end": (),
}


@step
def hand_in(*, answers: Mapping[str, str], values: Mapping[str, str], files: Files, key: str, by: Actor) -> HandedIn:
    """Hand a change in for review by the unit that is competent now, which is the one before a move."""
    enterprise_id = archive.require_approved(by=by)
    identity.lock_enterprise(enterprise_id)
    enterprise = identity.enterprise(enterprise_id)
    earlier = cases.handed_in_before(kind=KIND, key=key, by=by)
    if earlier is None:
        _check(enterprise, values, by)
    case = NewCase(
        kind=KIND,
        form_id=FORM,
        division_code=enterprise.division_code,
        answers=answers,
        key=key,
        files=files,
        enterprise_id=enterprise_id,
        about=_basics(enterprise_id),
    )
    done = earlier or cases.hand_in(case=case, by=by)
    if not done.repeated:
        notices.case_handed_in(done=done, kind=KIND, account_id=by.id)
    return done


def _basics(enterprise_id: UUID) -> About | None:
    """The record of 企业基本信息 that follows the subject, where there is one."""
    found = basics(enterprise_id=enterprise_id, group=GROUP)
    return About(found[0], found[1], "enterprise", GROUP) if found else None


def _check(enterprise: EnterpriseView, values: Mapping[str, str], by: Actor) -> None:
    open_ = filing_queries.latest(enterprise_id=enterprise.id, kind=KIND, by=by)
    if open_ is not None and open_.state == lifecycle.SUBMITTED:
        raise Conflict(_("已有一项主体信息变更正在审核，请等待办结后再提交。"), code="change-open")
    if subjects.end_of(enterprise.id) is not None:
        raise Conflict(_("该主体已登记注销或吊销。"), code="subject-ended")
    if values.get("kind") == "rename" and subjects.name_taken(enterprise_id=enterprise.id, name=values.get("name", "")):
        raise Invalid({"name": [NAME_TAKEN]})


def look_up(*, filing_id: UUID, by: Actor) -> prefill.Register:
    """What the register says today of the subject of a change, asked outside any transaction and kept with its date."""
    filing = filing_queries.one(filing_id=filing_id, by=by)
    assert filing.enterprise_id is not None
    found = prefill.register_entry(uscc=identity.enterprise(filing.enterprise_id).uscc)
    registered.keep(found)
    return found


def decide(*, filing_id: UUID, outcome: str, opinion: str, by: Actor) -> None:
    """Approve or reject a change; approval carries all of it out at once."""
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    if outcome == "approved":
        look_up(filing_id=filing_id, by=by)
    _decide(filing_id=filing_id, outcome=outcome, opinion=opinion, by=by)


@step
def _decide(*, filing_id: UUID, outcome: str, opinion: str, by: Actor) -> None:
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if outcome not in ("approved", "rejected"):
        raise Invalid({"result": [_("请选择“审核通过”或“审核未通过”。")]})
    if outcome == "rejected" and not opinion.strip():
        raise Invalid({"answer": [_("审核未通过时必须填写审核意见。")]})
    assert filing.enterprise_id is not None
    identity.lock_enterprise(filing.enterprise_id)
    said = cases.plain_answers(filing_id=filing_id, by=by)
    answer = opinion.strip() or _("已核对营业执照，变更生效。")
    ruling = Ruling(outcome, outcome, answer)
    if outcome == "approved":
        ruling = _with_changes(filing, said, ruling)
    cases.decide(filing_id=filing_id, ruling=ruling, by=by)
    if outcome == "approved":
        DOES[said["kind"]](filing, said, by)
        _record(filing, ruling, by)
    what = _("审核通过") if outcome == "approved" else _("审核未通过")
    case_flow.tell(filing_id=filing_id, what=what, answer=answer, key=f"case-decided:{filing_id}")


def _with_changes(filing: FilingView, said: Mapping[str, str], ruling: Ruling) -> Ruling:
    """The ruling with before and after of 企业基本信息, so that later texts of the archive follow."""
    raw = {code: said[code] for code in RECORDED[said["kind"]] if said.get(code)}
    found = rulings.matter_of(filing)
    if not raw or found is None:
        return ruling
    made = rulings.made_of(found, raw)
    return Ruling(ruling.outcome, ruling.result, ruling.answer, tuple(made.words), made.raw)


def _record(filing: FilingView, ruling: Ruling, by: Actor) -> None:
    """企业基本信息 in the public file and in an update that is being written say the same."""
    assert filing.enterprise_id is not None
    found = rulings.matter_of(filing)
    if ruling.raw and found is not None:
        made = rulings.made_of(found, ruling.raw)
        deciding.correct(stands=found, filing_id=filing.id, content=made.content, public=made.public, by=by)
    drafts.amend_open(enterprise_id=filing.enterprise_id, group=GROUP, values=ruling.raw, by=by)
    registered.take_in(enterprise=identity.enterprise(filing.enterprise_id), by=by)


def _rename(filing: FilingView, said: Mapping[str, str], by: Actor) -> None:
    assert filing.enterprise_id is not None
    on = date.fromisoformat(said["changed_on"])
    try:
        subjects.rename(enterprise_id=filing.enterprise_id, name=said["name"], on=on, source=said["source"], by=by)
    except Invalid as error:
        raise Conflict(_("变更后的名称已被其他企业使用或不可用，不能审核通过，请退回并说明。"), code="name-taken") from error
    names = subjects.former_names(filing.enterprise_id)
    heading.change(enterprise_id=filing.enterprise_id, name=identity.enterprise(filing.enterprise_id).name, former_names=names)


def _represent(filing: FilingView, said: Mapping[str, str], _by: Actor) -> None:
    """An unnamed sole trader is shown by its operator (D-12)."""
    assert filing.enterprise_id is not None
    enterprise = identity.enterprise(filing.enterprise_id)
    if not enterprise.name:
        shown = disclosure.subject_name(name="", uscc=enterprise.uscc, operator=said["legal_representative"])
        heading.change(enterprise_id=enterprise.id, name=shown)


def _move(filing: FilingView, said: Mapping[str, str], by: Actor) -> None:
    assert filing.enterprise_id is not None
    try:
        subjects.move(enterprise_id=filing.enterprise_id, division_code=said["division"], by=by)
    except Invalid as error:
        raise Conflict(_("变更后的地区不可用，或该地区已有同名个体工商户，不能审核通过，请退回并说明。"), code="not-movable") from error
    moved = identity.enterprise(filing.enterprise_id)
    heading.change(enterprise_id=moved.id, division_code=moved.division_code, division_name="".join(moved.division_path))


def _nothing_more(_filing: FilingView, _said: Mapping[str, str], _by: Actor) -> None:
    """The record says it all."""


def _end(filing: FilingView, said: Mapping[str, str], by: Actor) -> None:
    """注销/吊销: the archive is frozen as it is, with a mark; what was open ends with the reason."""
    assert filing.enterprise_id is not None
    ended = SubjectEnd(said["ended_as"], date.fromisoformat(said["changed_on"]), said["source"])
    subjects.end(enterprise_id=filing.enterprise_id, end=ended, by=by)
    heading.mark(enterprise_id=filing.enterprise_id, text=end_mark(ended), on=True)
    why = _("主体%(what)s，未办结事项终止。") % {"what": ENDED[ended.status]}
    for closed in closing.close_open(enterprise_id=filing.enterprise_id, why=why, by=by):
        marks.settle(filing_id=closed.id, by=by)
        if closed.filer_id is not None and (closed.round or closed.kind != "voluntary"):  # not of each draft of hundreds
            notices.ended(filing=closed, why=why)


def end_mark(ended: SubjectEnd) -> str:
    """What stands on the head of a frozen file: status, day and source."""
    return f"{ENDED[ended.status]}（{ended.on.year}年{ended.on.month}月{ended.on.day}日，来源：{ended.source}）"


DOES: Mapping[str, Callable[[FilingView, Mapping[str, str], Actor], None]] = {
    "rename": _rename,
    "representative": _represent,
    "move": _move,
    "type": _nothing_more,
    "end": _end,
}
