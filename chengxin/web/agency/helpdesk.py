"""客服求助: the queue of the help desk, a ticket with account data beside the evidence, answers and changes (REG-16, REG-17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import account_changes, inbox, lifecycle, tickets
from chengxin.filings import queries as filings
from chengxin.filings.tickets import TicketRow
from chengxin.filings.values import AccountChangeView, FilingView
from chengxin.flow import helpdesk, prefill
from chengxin.identity import competence
from chengxin.identity import queries as identity
from chengxin.identity.values import AccountView, Actor, ContactView, EnterpriseView
from chengxin.web import components
from chengxin.web.agency import paging, words
from chengxin.web.agency.item import papers
from chengxin.web.reading import Reading
from chengxin.web.session import Request, agency_only

DESK = ("helpdesk", "reviewer")
MAX_ANSWER_CHARS = 2000


@dataclass(frozen=True)
class Row:
    """One ticket in words."""

    ticket: TicketRow
    topic: str
    left: str
    change: str
    state: str


@require_safe
@agency_only(*DESK)
def queue(request: Request) -> HttpResponse:
    """What waits, the first due first; 已办 shows what was answered."""
    narrowed = narrowed_by(request)
    found, counts = tickets.queue(by=request.actor, narrowed=narrowed)
    context = {
        "rows": [_row(ticket) for ticket in found],
        "counts": counts,
        "narrowed": narrowed,
        "is_narrowed": bool(narrowed.text or narrowed.overdue_only),
        "tabs": _tabs(counts),
        "tab": "?done=1" if narrowed.done else f"?topic={narrowed.topic}" if narrowed.topic else "?",
        "next_url": paging.next_url(request, found, full=tickets.PAGE, once=("settled",)),
        "settled": request.GET.get("settled") == "1",
    }
    return render(request, "agency/helpdesk.html", context)


def narrowed_by(request: Request) -> tickets.Narrowed:
    """The filters of the address; what is no filter counts as none."""
    topic = request.GET.get("topic", "")
    return tickets.Narrowed(
        topic=topic if topic in tickets.TOPICS else "",
        text=request.GET.get("q", "").strip()[:100],
        overdue_only=request.GET.get("overdue") == "1",
        done=request.GET.get("done") == "1",
        after=paging.cursor(request.GET.get("after", "")),
    )


def _tabs(counts: tickets.Counts) -> list[components.Link]:
    topics = [
        components.Link(text=str(text), url=f"?topic={code}", count=counts.by_topic.get(code, 0)) for code, text in tickets.TOPICS.items()
    ]
    return [components.Link(text=_("待办"), url="?", count=counts.waiting), *topics, components.Link(text=_("已办"), url="?done=1")]


def _row(ticket: TicketRow) -> Row:
    return Row(
        ticket=ticket,
        topic=str(tickets.TOPICS.get(ticket.topic, ticket.topic)),
        left=words.time_left(ticket.due_at - clock.now()),
        change=change_label(ticket.change),
        state=lifecycle.label(kind=tickets.KIND, state=ticket.state),
    )


def change_label(state: str) -> str:
    """What became of a change, in words; empty for none."""
    labels = {
        "proposed": _("变更待复核"),
        "held": _("变更等待生效"),
        "stopped": _("原邮箱已阻止变更"),
        "failed": _("变更未能办理"),
        "declined": _("变更未通过复核"),
        "done": _("变更已生效"),
    }
    return labels.get(state, "")


@require_safe
@agency_only(*DESK)
def ticket(request: Request, ticket_id: UUID) -> HttpResponse:
    """One ticket; opening it is written to the access log."""
    return _page(request, ticket_id)


def _page(
    request: Request, ticket_id: UUID, *, typed: dict[str, str] | None = None, errors: dict[str, list[str]] | None = None, status: int = 200
) -> HttpResponse:
    by = request.actor
    helpdesk.open_ticket(ticket_id=ticket_id, by=by)
    filing = filings.one(filing_id=ticket_id, by=by)
    row = tickets.one(ticket_id=ticket_id, by=by)
    submission = filings.submission(filing_id=ticket_id, by=by)
    assert submission is not None
    form, files = catalogue.version(filing.form_version), filings.attachments(filing_id=ticket_id, by=by)
    changes = account_changes.of_ticket(ticket_id=ticket_id, by=by)
    may = filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by)
    waiting = next((change for change in changes if change.state in ("proposed", "held")), None)
    context = {
        "filing": filing,
        "row": _row(row),
        "sections": Reading(form=form, answers=submission.answers, former=None, remarks=[], files=files).sections(),
        "papers": papers(form, files),
        "account": _account(row.uscc, by),
        "earlier": [_row(each) for each in tickets.earlier(ticket=row)],
        "changes": [_told(change) for change in changes],
        "waiting": waiting,
        "may_answer": may and waiting is None,
        "may_propose": may and waiting is None and row.topic in account_changes.KINDS,
        "alone": may and _is_alone(filing, by),
        "may_settle": may and waiting is not None and waiting.state == "proposed" and waiting.by_id != by.account_id,
        "change_name": helpdesk.kind_name(account_changes.KINDS.get(row.topic, "")),
        "typed": typed or {},
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "max_reason": account_changes.MAX_REASON_CHARS,
        "max_answer": MAX_ANSWER_CHARS,
        "hold_hours": settings.ACCOUNT_CHANGE_HOLD_HOURS,
    }
    return render(request, "agency/ticket.html", context, status=status)


def _is_alone(filing: FilingView, by: Actor) -> bool:
    """Whether nobody else is on duty who could confirm a change."""
    return not set(competence.reviewers_now(filings.unit(filing).id, filing.form_id)) - {by.account_id}


@dataclass(frozen=True)
class AccountBeside:
    """What stands beside the evidence: the enterprise of the typed code, its account, its contact data masked, the register."""

    enterprise: EnterpriseView
    division: str
    registration: str
    account: AccountView | None
    contact: ContactView | None
    head: str
    has_archive: bool


def _account(uscc: str, by: Actor) -> AccountBeside | None:
    """None for a code that nobody has registered."""
    enterprise = identity.enterprise_by_uscc(uscc) if uscc else None
    if enterprise is None or not enterprise.claimed:
        return None
    account_id = identity.administrator_of(enterprise.id)
    state = filings.registration_state(enterprise_id=enterprise.id)
    return AccountBeside(
        enterprise=enterprise,
        division="".join(enterprise.division_path),
        registration=lifecycle.label(kind="registration", state=state) if state else "",
        account=identity.account(account_id) if account_id else None,
        contact=identity.contact_of(account_id, by, "help-desk") if account_id else None,
        head=str(prefill.last_known(uscc=enterprise.uscc).entry.get("legal_representative", "")),
        has_archive=filings.approved(enterprise_id=enterprise.id, kind="archive") is not None,
    )


def _told(change: AccountChangeView) -> dict[str, Any]:
    tones = {"done": "good", "stopped": "bad", "failed": "bad", "declined": "bad"}
    return {
        "view": change,
        "name": helpdesk.kind_name(change.kind),
        "label": change_label(change.state),
        "tone": tones.get(change.state, "warn"),
    }


@require_POST
@agency_only(*DESK)
def answer(request: Request, ticket_id: UUID) -> HttpResponse:
    """Answer the ticket, or refuse it with the reason; a refused answer keeps the typed text."""
    outcome, text = request.POST.get("outcome", ""), request.POST.get("answer", "")
    if outcome not in ("approved", "rejected") or len(text) > MAX_ANSWER_CHARS:
        said = {"answer": [_("答复最多%(n)d字，并请选择“答复并办结”或“不予办理”。") % {"n": MAX_ANSWER_CHARS}]}
        return _page(request, ticket_id, typed={"answer": text[:MAX_ANSWER_CHARS]}, errors=said, status=422)
    try:
        helpdesk.answer(ticket_id=ticket_id, outcome=outcome, text=text, by=request.actor)
    except Invalid as error:
        return _page(request, ticket_id, typed={"answer": text}, errors=error.fields, status=422)
    return redirect("/desk/help?settled=1")


@require_POST
@agency_only(*DESK)
def propose(request: Request, ticket_id: UUID) -> HttpResponse:
    """Propose the change that the ticket asks for; what stands against it is said where it was proposed."""
    reason = request.POST.get("reason", "")[: 4 * account_changes.MAX_REASON_CHARS]
    try:
        helpdesk.propose(ticket_id=ticket_id, reason=reason, by=request.actor)
    except Invalid as error:
        return _page(request, ticket_id, typed={"reason": reason}, errors=error.fields, status=422)
    except Conflict as error:
        return _page(request, ticket_id, typed={"reason": reason}, errors={"reason": [error.message]}, status=error.status)
    return redirect(f"/desk/help/{ticket_id}")


@require_POST
@agency_only(*DESK)
def settle(request: Request, ticket_id: UUID, change_id: UUID) -> HttpResponse:
    """The second person confirms or declines; the first one may take the proposal back."""
    helpdesk.settle(change_id=change_id, confirmed=request.POST.get("outcome") == "confirmed", by=request.actor)
    return redirect(f"/desk/help/{ticket_id}")
