"""纠正审核 from an item's page: one proposes, another confirms or declines (D-03); 撤销 of a published record that is false (VOL-02)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chengxin.common.errors import Invalid
from chengxin.flow import correcting, voluntary
from chengxin.web.agency import item
from chengxin.web.session import Request, agency_only


@require_POST
@agency_only("reviewer")
def propose(request: Request, filing_id: UUID) -> HttpResponse:
    """Propose to take an approval back; a refused one keeps the typed reason."""
    reason = request.POST.get("reason", "")[:2000]
    try:
        correcting.propose(filing_id=filing_id, reason=reason, by=request.actor)
    except Invalid as error:
        context = item.page(filing_id=filing_id, by=request.actor, errors=error.fields) | {"reason": reason}
        return render(request, "agency/item.html", context, status=422)
    return redirect(f"/desk/{filing_id}")


@require_POST
@agency_only("reviewer")
def settle(request: Request, filing_id: UUID) -> HttpResponse:
    """The second person's word on what the page showed."""
    confirmed, seen = request.POST.get("outcome") == "confirmed", request.POST.get("seen", "")
    correcting.settle(filing_id=filing_id, seen=seen, confirmed=confirmed, by=request.actor)
    return redirect(f"/desk/{filing_id}")


@require_POST
@agency_only("reviewer")
def revoke(request: Request, filing_id: UUID) -> HttpResponse:
    """Propose to take a voluntary record that was found false out of publication; a refused one keeps the typed reason."""
    reason = request.POST.get("reason", "")[:2000]
    try:
        voluntary.propose_revocation(filing_id=filing_id, reason=reason, by=request.actor)
    except Invalid as error:
        errors = {"untrue": [text for texts in error.fields.values() for text in texts]}
        context = item.page(filing_id=filing_id, by=request.actor, errors=errors) | {"untrue": reason}
        return render(request, "agency/item.html", context, status=422)
    return redirect(f"/desk/{filing_id}")
