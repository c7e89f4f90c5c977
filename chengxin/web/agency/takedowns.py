"""申请下线 at the desk: the published record beside the reason, and two answers (VOL-28)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import cases, inbox, lifecycle, voluntary_queries
from chengxin.filings import queries as filings
from chengxin.flow import rulings, takedowns
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web.agency.cases import MAX_ANSWER_CHARS, handed_in, moments, standing
from chengxin.web.session import Request, agency_only


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One request; opening it claims it for 15 minutes."""
    rulings.open_matter(filing_id=filing_id, by=request.actor)
    return render(request, "agency/takedown.html", page(filing_id=filing_id, by=request.actor))


@require_POST
@agency_only("reviewer")
def decide(request: Request, filing_id: UUID) -> HttpResponse:
    """确认下线 at once; 维持公示 needs its reason."""
    outcome, answer = request.POST.get("outcome", ""), request.POST.get("answer", "")[:MAX_ANSWER_CHARS]
    try:
        takedowns.decide(filing_id=filing_id, outcome=outcome, answer=answer, by=request.actor)
    except Invalid as error:
        context = page(filing_id=filing_id, by=request.actor, answer=answer, errors=error.fields)
        return render(request, "agency/takedown.html", context, status=422)
    return redirect("agency:takedown", filing_id)


def page(*, filing_id: UUID, by: Actor, answer: str = "", errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the page shows; also used where something was refused."""
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind != takedowns.KIND or filing.enterprise_id is None:
        raise NotFound(_("未找到该填报。"))
    enterprise, case = identity.enterprise(filing.enterprise_id), cases.one(filing_id=filing_id, by=by)
    published = voluntary_queries.in_force(enterprise_id=enterprise.id, record_id=case.about) if case.about else None
    about = filings.one(filing_id=published, by=by) if published else None
    return {
        **standing(filing),
        "case": case,
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "sections": handed_in(filing, by).sections(),
        "about": about,
        "record": handed_in(about, by).sections() if about else (),
        "decidable": filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by),
        "answer": answer,
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "moments": moments(filing, by),
    }
