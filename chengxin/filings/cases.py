"""Cases: filings handed in from one page, also by somebody who has no account, answered once (D-01, D-09 to D-11, REG-16).

A case has no draft: its files are stored before, its answers come whole. It has a number and a query code, by which
whoever handed it in asks how it stands (`progress`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock, crypto, sql
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.common.text import legible
from chengxin.filings import attaching, lifecycle, personal, progress, queries
from chengxin.filings.actions import advance, freeze, move, require_complete, reviewable
from chengxin.filings.files import Stored
from chengxin.filings.models import Case, Decision, Filing, Remark, Submission
from chengxin.filings.values import CaseView, DecisionView, FilingView
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

ANSWERED = 2  # the round that holds the other side's word
PASSED_ON = "passed-on"  # the path of the remark that says why
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 0))"


@dataclass(frozen=True)
class About:
    """The published record that a case is about, in the version that was seen."""

    record_id: UUID
    version_id: UUID
    origin: str
    group: str
    source_unit: str = ""


@dataclass(frozen=True)
class NewCase:
    """A case as a page hands it in; `files` are stored already, each with the path of its field."""

    kind: str
    form_id: str
    division_code: str
    answers: Mapping[str, str]
    key: str
    files: Sequence[tuple[str, Stored]] = ()
    enterprise_id: UUID | None = None
    subject_id: UUID | None = None
    handler_id: UUID | None = None
    about: About | None = field(default=None)


@dataclass(frozen=True)
class HandedIn:
    """What whoever handed a case in is given: the number, and the code by which only they can ask."""

    filing_id: UUID
    number: str
    code: str
    unit: str
    submitted_at: datetime
    due_at: datetime
    due_provisional: bool
    repeated: bool = False


def hand_in(*, case: NewCase, by: Actor) -> HandedIn:
    """Check, freeze and bind a case; a repeated key gives the first answer, code included (D-33)."""
    if case.enterprise_id is None:
        policy.require(by=by, permission="case.hand_in")
    else:
        policy.require(by=by, permission=identity.edit_permission(case.kind), enterprise_id=case.enterprise_id)
    sql.row(_ONE_AT_A_TIME, {"key": f"case:{case.key}"})
    earlier = handed_in_before(kind=case.kind, key=case.key, by=by)
    if earlier is not None:
        return earlier
    form = catalogue.current(case.form_id)
    filing = _new(case, form, by)
    files = [attaching.kept(filing=filing, path=path, stored=stored, state="bound", by=by) for path, stored in case.files]
    require_complete(form=form, answers=case.answers, files=files, subject="")
    target = lifecycle.next_state(kind=filing.kind, state=lifecycle.DRAFT, event="submit")
    submission = freeze(filing=filing, form=form, key=case.key, plain=case.answers, files=files, by=by)
    move(filing, target, submission)
    _keep(filing, submission, case.about)
    data = {"round": filing.round, "number": submission.number, "sha256": submission.sha256}
    ledger.append(kind="filing.submitted", subject=str(filing.id), data=data, by=by)
    return _given(filing, submission)


def handed_in_before(*, kind: str, key: str, by: Actor) -> HandedIn | None:
    """What was answered when a page with this one-time key was handed in, if it was; a repeat proves nothing anew."""
    earlier = Submission.objects.select_related("filing").filter(key=key).first()
    if earlier is None:
        return None
    if earlier.filing.kind != kind or earlier.filing.filer_id != by.account_id:
        raise Conflict(_("该页面已提交过，请刷新后重试。"), code="key-in-use")
    return _given(earlier.filing, earlier, repeated=True)


def _given(filing: Filing, submission: Submission, *, repeated: bool = False) -> HandedIn:
    return HandedIn(
        filing_id=filing.id,
        number=submission.number,
        code=progress.code_of(key=submission.key),
        unit=submission.receipt["unit"],
        submitted_at=submission.submitted_at,
        due_at=submission.due_at,
        due_provisional=submission.due_provisional,
        repeated=repeated,
    )


def _new(case: NewCase, form: Form, by: Actor) -> Filing:
    now = clock.now()
    return Filing.objects.create(
        kind=case.kind,
        form_id=case.form_id,
        form_version=form.version,
        enterprise_id=case.enterprise_id,
        filer_id=by.account_id,
        subject_id=case.subject_id,
        handler_id=case.handler_id,
        division_code=case.division_code,
        created_at=now,
        updated_at=now,
    )


def _keep(filing: Filing, submission: Submission, about: About | None) -> None:
    Case.objects.create(
        filing=filing,
        number=submission.number,
        code_hash=progress.hashed(progress.code_of(key=submission.key)),
        about=about.record_id if about else None,
        version_id=about.version_id if about else None,
        origin=about.origin if about else "",
        group=about.group if about else "",
        source_unit=about.source_unit if about else "",
    )


def require_kind(*, filing_id: UUID, kinds: Sequence[str]) -> None:
    """Refuse to handle a filing by the rules of another kind, whatever address it was sent to."""
    if not Filing.objects.filter(id=filing_id, kind__in=kinds).exists():
        raise NotFound(_("未找到该填报。"))


@dataclass(frozen=True)
class Ruling:
    """What a clerk decides: the lifecycle's outcome, the word for it, the answer, and what was changed, before and after."""

    outcome: str
    result: str
    answer: str
    changes: Sequence[tuple[str, str, str]] = ()
    raw: Mapping[str, str] = field(default_factory=dict)


def decide(*, filing_id: UUID, ruling: Ruling, by: Actor) -> DecisionView:
    """Answer a case, once. Whatever follows from it, the caller does in the same transaction."""
    return _answer(reviewable(filing_id=filing_id, by=by), ruling, by)


def carry_out(*, filing_id: UUID, ruling: Ruling, by: Actor) -> DecisionView:
    """Answer a case with what two people decided before, when its time has come; `by` is the second of them, who was asked then."""
    return _answer(Filing.objects.select_for_update().get(id=filing_id), ruling, by)


def _answer(filing: Filing, ruling: Ruling, by: Actor) -> DecisionView:
    answer = legible(ruling.answer)
    if not answer:
        raise Invalid({"answer": [_("请填写答复内容，提交人将看到。")]})
    advance(filing, {"approved": "approve", "rejected": "reject"}[ruling.outcome])
    now = clock.now()
    decision = Decision.objects.create(
        filing=filing,
        round=filing.round,
        outcome=ruling.outcome,
        opinion=answer,
        by_id=by.id,
        filer_id=filing.filer_id,
        at=now,
    )
    filing.decided_at, filing.opinion, filing.updated_at = now, answer, now
    filing.claimed_by, filing.claimed_until = None, None
    filing.save()
    _settle(filing.id, ruling)
    data = {"round": filing.round, "result": ruling.result}
    ledger.append(kind=f"filing.{ruling.outcome}", subject=str(filing.id), data=data, by=by)
    return queries.decision_view(decision, by.display_name)


def _settle(filing_id: UUID, ruling: Ruling) -> None:
    changed = {"changes": [list(one) for one in ruling.changes], "raw": dict(ruling.raw)}
    sealed = crypto.seal(json.dumps(changed, ensure_ascii=False), bound_to=place(filing_id)) if ruling.changes else ""
    Case.objects.filter(filing_id=filing_id).update(result=ruling.result, changes=sealed)


def place(filing_id: UUID) -> str:
    """What the envelope of the changes of a case is bound to."""
    return f"filings.case/{filing_id}/changes"


def pass_on(*, filing_id: UUID, agency_id: UUID, reason: str, by: Actor) -> None:
    """转其他单位: the case lies with another agency, with a clock of its own."""
    filing = _undecided(filing_id, by)
    reason = legible(reason)
    if not reason:
        raise Invalid({"answer": [_("请说明转办理由。")]})
    if agency_id == queries.unit(filing).id:
        raise Invalid({"unit": [_("该事项已由所选单位办理，请选择其他单位。")]})
    _hand_over(filing, agency_id)
    Remark.objects.create(filing=filing, round=filing.round, path=PASSED_ON, text=reason[:500], by_id=by.id, created_at=clock.now())
    ledger.append(kind="case.passed_on", subject=str(filing.id), data={"agency": str(agency_id)}, by=by)


def _hand_over(filing: Filing, agency_id: UUID) -> None:
    filing.handler_id, filing.claimed_by, filing.claimed_until, filing.updated_at = agency_id, None, None, clock.now()
    filing.save(update_fields=["handler", "claimed_by", "claimed_until", "updated_at"])


def escalate(*, filing_id: UUID, by: Actor) -> UUID | None:
    """An overdue case goes one level up, once; None where nobody stands above (D-09)."""
    filing = Filing.objects.select_for_update().get(id=filing_id)
    above = identity.agency(queries.unit(filing).id).parent_id
    if filing.state != lifecycle.SUBMITTED or above is None:
        return None
    _hand_over(filing, above)
    ledger.append(kind="case.escalated", subject=str(filing.id), data={"agency": str(above)}, by=by)
    return above


def accept(*, filing_id: UUID, due_at: datetime, due_provisional: bool, by: Actor) -> None:
    """Take a case up: from now on it has the clock given."""
    filing = reviewable(filing_id=filing_id, by=by)
    case = Case.objects.select_for_update().get(filing=filing)
    if filing.state != lifecycle.SUBMITTED or case.accepted_at is not None:
        raise Conflict(_("该事项已受理或已办结。"), code="accepted")
    case.accepted_at = clock.now()
    case.save(update_fields=["accepted_at"])
    filing.due_at, filing.due_provisional, filing.overdue_at = due_at, due_provisional, None
    filing.save(update_fields=["due_at", "due_provisional", "overdue_at"])
    ledger.append(kind="case.accepted", subject=str(filing.id), data={"due_at": due_at}, by=by)


def answer(*, filing_id: UUID, answers: Mapping[str, str], files: Sequence[tuple[str, Stored]], key: str, by: Actor) -> None:
    """The other side's word on a case that was taken up: frozen beside the claim, once, by the account concerned."""
    filing = Filing.objects.select_for_update().get(id=filing_id)
    if filing.state != lifecycle.SUBMITTED or filing.submissions.filter(round=ANSWERED).exists():
        raise Conflict(_("该申诉已办结或您已提交过说明。"), code="answered")
    form = catalogue.version(filing.form_version)
    bound = [attaching.kept(filing=filing, path=path, stored=stored, state="bound", by=by) for path, stored in files]
    require_complete(form=form, answers=answers, files=bound, subject="")
    submission = freeze(filing=filing, form=form, key=key, plain=answers, files=bound, by=by)
    data = {"number": submission.number, "sha256": submission.sha256}
    ledger.append(kind="case.answered", subject=str(filing.id), data=data, by=by)


def propose(*, filing_id: UUID, result: str, reason: str, by: Actor) -> None:
    """The first of two people's word on a case; another one confirms or sends it back."""
    filing = reviewable(filing_id=filing_id, by=by)
    case = Case.objects.select_for_update().get(filing=filing)
    if filing.state != lifecycle.SUBMITTED or case.proposed_by_id is not None:
        raise Conflict(_("该事项已有处理意见，等待另一人复核。"), code="proposed")
    reason = legible(reason)
    if not reason:
        raise Invalid({"answer": [_("请填写处理意见。")]})
    case.proposed_result, case.proposed_reason, case.proposed_by_id = result, reason, by.id
    case.save(update_fields=["proposed_result", "proposed_reason", "proposed_by"])
    ledger.append(kind="case.proposed", subject=str(filing.id), data={"result": result}, by=by)


def proposed(*, filing_id: UUID, seen: str, by: Actor) -> CaseView:
    """The locked case with the proposal that was on the page; Conflict where there is another one by now, or none."""
    filing = _undecided(filing_id, by)
    case = view(Case.objects.select_for_update(of=("self",)).select_related("proposed_by").get(filing=filing))
    if case.proposed_by_id is None:
        raise Conflict(_("该申诉还没有处理意见。"), code="nothing-proposed")
    if case.seen != seen:
        raise Conflict(_("处理意见已变化，请刷新后重新核对。"), code="stale-proposal")
    return case


def _undecided(filing_id: UUID, by: Actor) -> Filing:
    filing = reviewable(filing_id=filing_id, by=by)
    if filing.state != lifecycle.SUBMITTED:
        raise Conflict(_("该事项已办结。"), code="decided")
    return filing


def take_back(*, filing_id: UUID, by: Actor) -> None:
    """The proposal does not stand: the second person sends it back, or the first withdraws it."""
    filing = _undecided(filing_id, by)
    Case.objects.filter(filing=filing).update(proposed_result="", proposed_reason="", proposed_by=None)
    ledger.append(kind="case.proposal_dropped", subject=str(filing.id), data={}, by=by)


def one(*, filing_id: UUID, by: Actor) -> CaseView:
    """A case with what came of it, for those who may see the filing."""
    filing = queries.visible_row(filing_id=filing_id, by=by)
    return view(Case.objects.select_related("proposed_by").get(filing=filing))


def number_of(*, filing_id: UUID) -> str:
    """The number of a case."""
    return Case.objects.values_list("number", flat=True).get(filing_id=filing_id)


def open_about(*, enterprise_id: UUID, kind: str) -> FilingView | None:
    """The case of a kind about an enterprise that was taken up and is not decided."""
    rows = Filing.objects.filter(subject_id=enterprise_id, kind=kind, state=lifecycle.SUBMITTED, case__accepted_at__isnull=False)
    row = rows.order_by("created_at").first()
    return queries.view(row) if row else None


def waiting_about(*, kind: str, record_id: UUID) -> bool:
    """Whether a case of a kind about a record waits for its answer."""
    return Case.objects.filter(about=record_id, filing__kind=kind, filing__state=lifecycle.SUBMITTED).exists()


def as_decided(*, answers: Mapping[str, str], enterprise_id: UUID, since: datetime) -> dict[str, str]:
    """The answers of an archive with what was decided about its records since: no older text publishes an error again (D-09)."""
    rows = Case.objects.filter(
        filing__state=lifecycle.APPROVED, filing__decided_at__gte=since, origin="enterprise", about__isnull=False
    ).filter(Q(filing__enterprise_id=enterprise_id) | Q(filing__subject_id=enterprise_id))
    cases = [view(row) for row in rows.select_related("proposed_by").order_by("filing__decided_at")]
    decided = {f"{case.group}/{case.about}/{code}": value for case in cases for code, value in case.raw.items()}
    there = {path.rpartition("/")[0] for path in answers}
    return {**answers, **{path: value for path, value in decided.items() if path.rpartition("/")[0] in there}}


def view(case: Case) -> CaseView:
    """The value of a row."""
    changed = json.loads(crypto.unseal(case.changes, bound_to=place(case.filing_id))) if case.changes else {}
    return CaseView(
        filing_id=case.filing_id,
        number=case.number,
        about=case.about,
        version_id=case.version_id,
        origin=case.origin,
        group=case.group,
        source_unit=case.source_unit,
        result=case.result,
        changes=tuple((label, before, after) for label, before, after in changed.get("changes", ())),
        raw=changed.get("raw", {}),
        accepted_at=case.accepted_at,
        proposed_result=case.proposed_result,
        proposed_reason=case.proposed_reason,
        proposed_by_id=case.proposed_by_id,
        proposed_by_name=case.proposed_by.display_name if case.proposed_by else "",
    )


def plain_answers(*, filing_id: UUID, by: Actor) -> dict[str, str]:
    """What was handed in, by field code; cases have one record."""
    return answers_of(queries.visible_row(filing_id=filing_id, by=by))


def answers_of(filing: Filing) -> dict[str, str]:
    """The same for this app's own actions, and for those who tell the filer."""
    row = filing.submissions.get(round=filing.round)
    plain = personal.unseal_answers(form=catalogue.version(row.form_version), filing_id=filing.id, answers=row.answers)
    return {path.rpartition("/")[2]: value for path, value in plain.items() if value}
