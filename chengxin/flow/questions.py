"""政企交流: an approved enterprise asks, the competent agency answers; published only if both agree (PUB-08)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import actions as filings
from chengxin.filings import cases, inbox, lifecycle
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import HandedIn, NewCase, Ruling
from chengxin.filings.values import FilingView
from chengxin.flow import archive, notices
from chengxin.flow import cases as case_flow
from chengxin.flow.step import step
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.portal import public_questions
from chengxin.portal.values import PublicQuestionView

FORM, KIND = "report/question", "question"
ANSWERED, DECLINED = "answered", "declined"
MAX_OPEN = 10
"""Questions of one enterprise that may wait for an answer at the same time."""


@step
def ask(*, answers: Mapping[str, str], key: str, by: Actor) -> HandedIn:
    """Hand a question in; it lies with the agency that is competent for the enterprise's division."""
    enterprise_id = archive.require_approved(by=by)
    identity.lock_enterprise(enterprise_id)
    earlier = cases.handed_in_before(kind=KIND, key=key, by=by)
    if earlier is not None:
        return earlier
    waiting = [f for f in filing_queries.history(enterprise_id=enterprise_id, kind=KIND, by=by) if f.state == lifecycle.SUBMITTED]
    if len(waiting) >= MAX_OPEN:
        raise Conflict(_("已有%(n)d个问题等待答复，请等待答复后再提问。") % {"n": len(waiting)}, code="too-many-open")
    division = identity.enterprise(enterprise_id).division_code
    case = NewCase(kind=KIND, form_id=FORM, division_code=division, answers=answers, key=key, enterprise_id=enterprise_id)
    done = cases.hand_in(case=case, by=by)
    notices.case_handed_in(done=done, kind=KIND, account_id=by.id)
    return done


@step
def open_question(*, filing_id: UUID, by: Actor) -> None:
    """Claim a question for 15 minutes while reading it, and write down who read it (D-05, D-41)."""
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by):
        filings.claim(filing_id=filing_id, by=by)
    identity_actions.log_access(by=by, what="filing", subject=str(filing_id), purpose="question")


@step
def answer(*, filing_id: UUID, result: str, text: str, publish: bool, by: Actor) -> None:
    """Answer a question or decline it with a reason; with `publish` and the asker's consent everyone reads it."""
    cases.require_kind(filing_id=filing_id, kinds=(KIND,))
    filing = filing_queries.one(filing_id=filing_id, by=by)
    said = cases.plain_answers(filing_id=filing_id, by=by)
    errors: dict[str, list[str]] = {}
    if result not in (ANSWERED, DECLINED):
        errors["result"] = [_("请选择“答复”或“不予受理”。")]
    if not text.strip():
        errors["answer"] = [_("请填写答复内容，提问企业将看到。")]
    if publish and (said.get("publish") != "1" or result == DECLINED):
        errors["publish"] = [_("提问企业未同意公开，或未作答复，不能公开。")]
    if errors:
        raise Invalid(errors)
    outcome = "approved" if result == ANSWERED else "rejected"
    cases.decide(filing_id=filing_id, ruling=Ruling(outcome, result, text), by=by)
    if publish:
        public_questions.publish(
            question=_question(filing, said, text.strip()), filing_id=filing_id, division_code=filing.division_code, by=by
        )
    what = lifecycle.label(kind=KIND, state=outcome)
    case_flow.tell(filing_id=filing_id, what=what, answer=text.strip(), key=f"question-answered:{filing_id}")


def _question(filing: FilingView, said: Mapping[str, str], text: str) -> PublicQuestionView:
    assert filing.submitted_at is not None
    return PublicQuestionView(
        id=uuid4(),
        topic=said["topic"],
        title=said["title"],
        text=said["text"],
        answer=text,
        unit=filing_queries.unit(filing).name,
        asked_at=filing.submitted_at,
        answered_at=clock.now(),
    )


@step
def withdraw(*, question_id: UUID, by: Actor) -> None:
    """Take a published question away from the public."""
    public_questions.withdraw(question_id=question_id, by=by)
