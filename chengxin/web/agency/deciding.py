"""Decisions and remarks posted from an item's page; the next item opens at once."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings import inbox
from chengxin.filings import queries as filings
from chengxin.flow import review
from chengxin.web.agency import item
from chengxin.web.errors import wants_problem
from chengxin.web.forms import control_id
from chengxin.web.session import Request, agency_only


@require_POST
@agency_only("reviewer")
def decide(request: Request, filing_id: UUID) -> HttpResponse:
    """Approve or reject the version that was read; a refused one keeps the typed opinion, and shows what has happened meanwhile."""
    outcome, opinion = request.POST.get("outcome", ""), request.POST.get("opinion", "")[:4000]
    shown = request.POST.get("round", "")
    try:
        review.decide_filing(
            filing_id=filing_id,
            round=int(shown) if shown.isdecimal() and len(shown) < 9 else -1,
            outcome=outcome,
            opinion=opinion if outcome == "rejected" else "",
            by=request.actor,
        )
    except Invalid as error:
        context = item.page(filing_id=filing_id, by=request.actor, opinion=opinion, errors=error.fields)
        return render(request, "agency/item.html", context, status=422)
    except Conflict as error:
        return _overtaken(request, filing_id, error, opinion)
    filing = filings.one(filing_id=filing_id, by=request.actor)
    found = inbox.next_item(by=request.actor, after=filing)
    return redirect(f"/desk/{found}?done={outcome}" if found else f"/desk?done={outcome}")


def _overtaken(request: Request, filing_id: UUID, error: Conflict, opinion: str) -> HttpResponse:
    """The item as it stands now, with why it was refused and what was typed; what nobody handed in has no such page.

    A program is told of the conflict alone.
    """
    if wants_problem(request):
        raise error
    try:
        context = item.page(filing_id=filing_id, by=request.actor)
    except NotFound:
        raise error from None
    return render(request, "agency/item.html", context | {"refused": error.message, "kept": opinion}, status=error.status)


@require_POST
@agency_only("reviewer")
def remark(request: Request, filing_id: UUID) -> HttpResponse:
    """Put a remark on one group, record, field or paper; a refused one keeps the typed text."""
    path, text = request.POST.get("path", "")[:160], request.POST.get("remark", "")[:2000]
    try:
        review.remark(filing_id=filing_id, path=path, text=text, by=request.actor)
    except Invalid as error:
        typed = item.Typed(path=path, text=text, errors=tuple(error.fields.get("remark", ())))
        return render(request, "agency/item.html", item.page(filing_id=filing_id, by=request.actor, typed=typed), status=422)
    return redirect(f"/desk/{filing_id}#{control_id(path)}")


@require_POST
@agency_only("reviewer")
def drop_remark(request: Request, filing_id: UUID, remark_id: UUID) -> HttpResponse:
    """Take back a remark of this round."""
    review.drop_remark(filing_id=filing_id, remark_id=remark_id, by=request.actor)
    path = request.POST.get("path", "")[:160]
    return redirect(f"/desk/{filing_id}#{control_id(path)}")
