"""冒名注册申诉 at the desk: the claim beside the account and its holder's answer; taken up by one, decided by two (D-11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import cases, inbox, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.cases import PASSED_ON
from chengxin.filings.values import FilingView
from chengxin.flow import impostors, prefill, rulings
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web.agency.cases import MAX_ANSWER_CHARS, handed_in, moments, standing
from chengxin.web.agency.item import papers
from chengxin.web.session import Request, agency_only

LEFT_OUT = {"licence", "contact"}


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One claim; opening it claims it for 15 minutes."""
    rulings.open_matter(filing_id=filing_id, by=request.actor)
    return render(request, "agency/impostor.html", page(filing_id=filing_id, by=request.actor))


@require_POST
@agency_only("reviewer")
def accept(request: Request, filing_id: UUID) -> HttpResponse:
    """受理: freezes the account."""
    impostors.accept(filing_id=filing_id, by=request.actor)
    return redirect("agency:impostor", filing_id)


@require_POST
@agency_only("reviewer")
def propose(request: Request, filing_id: UUID) -> HttpResponse:
    """The first person's word; what was typed stays where it was refused."""
    result, reason = request.POST.get("result", ""), request.POST.get("answer", "")[:MAX_ANSWER_CHARS]
    try:
        impostors.propose(filing_id=filing_id, result=result, reason=reason, by=request.actor)
    except Invalid as error:
        context = page(filing_id=filing_id, by=request.actor, errors=error.fields) | {"reason": reason, "result": result}
        return render(request, "agency/impostor.html", context, status=422)
    return redirect("agency:impostor", filing_id)


@require_POST
@agency_only("reviewer")
def settle(request: Request, filing_id: UUID) -> HttpResponse:
    """The second person's word on what the page showed."""
    confirmed, seen = request.POST.get("outcome") == "confirmed", request.POST.get("seen", "")
    impostors.settle(filing_id=filing_id, seen=seen, confirmed=confirmed, by=request.actor)
    return redirect("agency:impostor", filing_id)


def page(*, filing_id: UUID, by: Actor, errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the page shows; also used where something was refused."""
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind != impostors.KIND:
        raise NotFound(_("未找到该填报。"))
    case, read, claim = cases.one(filing_id=filing_id, by=by), handed_in(filing, by), _claim(filing, by)
    decidable = filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by)
    return {
        **standing(filing),
        **_account(filing, by),
        "case": case,
        "claim": claim,
        "heading": claim[0][1] if claim else "",
        "answered": _answer(filing, by),
        "papers": papers(read.form, read.files),
        "decidable": decidable,
        "may_settle": case.proposed_by_id is not None and case.proposed_by_id != by.account_id,
        "proposed_label": lifecycle.result_label(case.proposed_result),
        "result_label": lifecycle.result_label(case.result),
        "passed_on": [remark.text for remark in filings.remarks(filing_id=filing.id, by=by) if remark.path == PASSED_ON],
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "moments": moments(filing, by),
    }


def _claim(filing: FilingView, by: Actor) -> list[tuple[str, str]]:
    said = cases.plain_answers(filing_id=filing.id, by=by)
    fields = filings.form_of(filing).groups[0].fields
    return [(str(f.label), said[f.code]) for f in fields if f.code not in LEFT_OUT and said.get(f.code)]


def _answer(filing: FilingView, by: Actor) -> str:
    """What the holder said, once it was said."""
    found = filings.submission(filing_id=filing.id, by=by, round=cases.ANSWERED)
    return next((text for path, text in found.answers.items() if path.endswith("/statement")), "") if found else ""


def _account(filing: FilingView, by: Actor) -> dict[str, Any]:
    """Who holds the code now, with masked contact data for those who may see it, and what the register says."""
    if filing.subject_id is None:
        return {"enterprise": None}
    enterprise = identity.enterprise(filing.subject_id)
    holder = identity.administrator_of(enterprise.id)
    shown = holder is not None and policy.may(by=by, permission="contact.view", account_id=holder)
    return {
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "contact": identity.contact_of(holder, by=by, purpose="impostor") if holder and shown else None,
        "register": prefill.last_known(uscc=enterprise.uscc).entry,
    }
