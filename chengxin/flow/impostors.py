"""冒名注册申诉 (D-11): taken up, the account is frozen and its holder heard; two people decide."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.access import codes, limits
from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid
from chengxin.common.identifiers import normalise_uscc
from chengxin.filings import cases, deadlines, lifecycle
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import HandedIn, NewCase, Ruling
from chengxin.filings.values import CaseView, FilingView
from chengxin.flow import cases as case_flow
from chengxin.flow import closing
from chengxin.flow.step import step
from chengxin.flow.wrongdata import Files
from chengxin.gateways import actions as gateways
from chengxin.gateways.rules import moment_text
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.values import NATIONAL, Actor, EnterpriseView
from chengxin.records import heading

FORM, KIND = "report/impostor", "impostor"
UPHELD, DISMISSED = "upheld", "dismissed"
LINK = "impostor-answer"
PEOPLE = 2
BY = Actor.system("impostors")


def verifying() -> str:
    """The mark on a public file whose subject is being verified."""
    return str(_("主体身份核实中"))


def contact_errors(contact: str) -> list[str]:
    """A claim needs a mobile number, not a mailbox."""
    if contact.strip() and codes.is_mailbox(contact):
        return [str(_("请填写手机号，用于接收验证码和办理结果"))]
    return codes.contact_errors(contact)


def claim(*, answers: Mapping[str, str], uscc: str, files: Files, key: str, network: str) -> HandedIn:
    """Hand a claim in; the answer is the same for a code that nobody has registered."""
    limits.named("case.network", network)
    return _claim(answers=answers, uscc=normalise_uscc(uscc), files=files, key=key)


@step
def _claim(*, answers: Mapping[str, str], uscc: str, files: Files, key: str) -> HandedIn:
    held = identity.enterprise_by_uscc(uscc)
    case = NewCase(
        kind=KIND,
        form_id=FORM,
        division_code=held.division_code if held else _division(uscc),
        answers=answers,
        key=key,
        files=files,
        subject_id=held.id if held else None,
    )
    return cases.hand_in(case=case, by=Actor.nobody())


def _division(uscc: str) -> str:
    return uscc[2:8] if identity.division_path(uscc[2:8]) else NATIONAL


@step
def accept(*, filing_id: UUID, by: Actor) -> None:
    """受理: the account is frozen, the file is marked, the holder is told and has three working days (D-11)."""
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    filing = filing_queries.one(filing_id=filing_id, by=by)
    enterprise = _claimed(filing)
    identity.lock_enterprise(enterprise.id)
    _require_none_open(enterprise_id=enterprise.id, filing_id=filing_id)
    due = deadlines.due_by(sla=deadlines.ANSWER_SLA, since=clock.now())
    cases.accept(filing_id=filing_id, due_at=due.at, due_provisional=due.provisional, by=by)
    account_id = identity.administrator_of(enterprise.id)
    assert account_id is not None
    if identity.account(account_id).state == "active":
        identity_actions.suspend(account_id=account_id, reason=f"impostor-{cases.number_of(filing_id=filing_id)}", by=BY)
    heading.mark(enterprise_id=enterprise.id, text=verifying(), on=True)
    minutes = int((due.at - clock.now()).total_seconds() // 60) + 1
    token = access.issue_link(account_id=account_id, purpose=LINK, minutes=minutes)
    to = identity.email_of(account_id, by=BY, purpose="impostor")
    gateways.enqueue(
        channel="mail",
        purpose="account-frozen",
        to=to,
        template="account_frozen",
        params={"name": enterprise.name or enterprise.uscc, "due": moment_text(due.at)},
        secret_params={"link": f"{settings.SITE_ORIGIN}/impostor/answer/{token}"},
        dedupe_key=f"account-frozen:{filing_id}",
        secret_until=due.at,
    )
    case_flow.tell(filing_id=filing_id, what=_("已受理"), answer=_("该账号已暂停使用，正在核实。"), key=f"case-accepted:{filing_id}")


def _require_none_open(*, enterprise_id: UUID, filing_id: UUID) -> None:
    """One claim at a time: a second one would thaw the account that the first one froze, and has no holder of its own to hear."""
    found = cases.open_about(enterprise_id=enterprise_id, kind=KIND)
    if found is not None and found.id != filing_id:
        raise Conflict(_("该账号已有一项冒名申诉正在核实，请先办结。"), code="claim-open")


def _claimed(filing: FilingView) -> EnterpriseView:
    """The registered enterprise that a claim is about; Conflict where there is none any more."""
    enterprise = identity.enterprise(filing.subject_id) if filing.subject_id else None
    if enterprise is None or not enterprise.claimed or enterprise.state == "closed":
        raise Conflict(_("该代码目前没有注册账号，无需受理，请提出“不成立”并说明。"), code="not-registered")
    return enterprise


def holder_of(*, token: str) -> tuple[FilingView, EnterpriseView]:
    """The claim that a mailed link answers; refused when it is used or too old."""
    account_id = access.peek_link(token, LINK)
    actor = identity.actor_for(account_id, "password")
    if actor.enterprise_id is None:
        raise Forbidden
    found = cases.open_about(enterprise_id=actor.enterprise_id, kind=KIND)
    if found is None:
        raise Conflict(_("该申诉已办结。"), code="decided")
    return found, identity.enterprise(actor.enterprise_id)


@step
def answer(*, token: str, answers: Mapping[str, str], files: Files, key: str) -> None:
    """The holder's word, with licence; the link is used up with it."""
    filing, _enterprise = holder_of(token=token)
    account_id = access.redeem_link(token, LINK)
    cases.answer(filing_id=filing.id, answers=answers, files=files, key=key, by=identity.actor_for(account_id, "password"))


@step
def propose(*, filing_id: UUID, result: str, reason: str, by: Actor) -> None:
    """The first person's word: 成立 only after the holder answered or had three working days.

    Where the unit has nobody else, the second word is that of the unit above.
    """
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    filing, case = filing_queries.one(filing_id=filing_id, by=by), cases.one(filing_id=filing_id, by=by)
    if result not in (UPHELD, DISMISSED):
        raise Invalid({"result": [_("请选择“成立”或“不成立”。")]})
    if result == UPHELD:
        _claimed(filing)
        if not may_uphold(filing=filing, case=case, by=by):
            raise Conflict(_("尚未受理，或账号持有人的三个工作日答复期未满且未提交说明，不能认定成立。"), code="holder-not-heard")
    cases.propose(filing_id=filing_id, result=result, reason=reason, by=by)
    if len(identity.reviewers_of(filing_queries.unit(filing).id)) < PEOPLE:
        cases.escalate(filing_id=filing_id, by=BY)


def may_uphold(*, filing: FilingView, case: CaseView, by: Actor) -> bool:
    """Whether the holder was heard, or had the time to be."""
    if case.accepted_at is None or filing.due_at is None:
        return False
    answered = filing_queries.submission(filing_id=filing.id, by=by, round=cases.ANSWERED) is not None
    return answered or filing.due_at <= clock.now()


@step
def settle(*, filing_id: UUID, seen: str, confirmed: bool, by: Actor) -> None:
    """The second person's word on the proposal that was seen; confirmed, it is carried out at once."""
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.subject_id is not None:
        identity.lock_enterprise(filing.subject_id)
    case = cases.proposed(filing_id=filing_id, seen=seen, by=by)
    if not confirmed:
        cases.take_back(filing_id=filing_id, by=by)
        return
    if case.proposed_by_id == by.account_id:
        raise Forbidden(_("须由另一人复核。"))
    outcome = "approved" if case.proposed_result == UPHELD else "rejected"
    cases.decide(filing_id=filing_id, ruling=Ruling(outcome, case.proposed_result, case.proposed_reason), by=by)
    (_uphold if case.proposed_result == UPHELD else _dismiss)(filing, case)
    what = _("已办结：%(result)s") % {"result": lifecycle.result_label(case.proposed_result)}
    case_flow.tell(filing_id=filing_id, what=what, answer=case.proposed_reason, key=f"case-decided:{filing_id}")


def _uphold(filing: FilingView, case: CaseView) -> None:
    """The account is closed, what it said of itself ends, name and code are free."""
    enterprise = _claimed(filing)
    _tell_holder(filing, enterprise, _("申诉成立，账号已关闭"), case.proposed_reason)
    why = _("冒名注册申诉成立，账号关闭。")
    closing.close_enterprise(enterprise_id=enterprise.id, reason=f"impostor-{case.number}", why=why, by=BY)


def _dismiss(filing: FilingView, case: CaseView) -> None:
    """The account is open again and the mark goes."""
    if case.accepted_at is None or filing.subject_id is None:
        return
    enterprise = identity.enterprise(filing.subject_id)
    account_id = identity.administrator_of(enterprise.id)
    if account_id is not None and identity.account(account_id).state == "suspended":
        identity_actions.resume(account_id=account_id, reason=f"impostor-{case.number}", by=BY)
    heading.mark(enterprise_id=enterprise.id, text=verifying(), on=False)
    _tell_holder(filing, enterprise, _("申诉不成立，账号已恢复使用"), case.proposed_reason)


def _tell_holder(filing: FilingView, enterprise: EnterpriseView, what: str, reason: str) -> None:
    account_id = identity.administrator_of(enterprise.id)
    if account_id is not None:
        case_flow.tell_account(account_id=account_id, filing=filing, what=what, answer=reason, key=f"impostor-holder:{filing.id}")
