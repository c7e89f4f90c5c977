"""举报 and 投诉建议 at the desk: what was said with its evidence, an answer or why it is not taken up, another unit (VOL-41, POL-07c)."""

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
from chengxin.flow import rulings, voices
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web.agency.cases import MAX_ANSWER_CHARS, handed_in, moments, passed_on, problems, standing, units, why_passed_on
from chengxin.web.agency.item import papers
from chengxin.web.session import Request, agency_only


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One report, complaint or suggestion; opening it claims it for 15 minutes."""
    context = page(filing_id=filing_id, by=request.actor)
    rulings.open_matter(filing_id=filing_id, by=request.actor)
    return render(request, "agency/voice.html", context | {"done": request.GET.get("done") == "1"})


@require_POST
@agency_only("reviewer")
def answer(request: Request, filing_id: UUID) -> HttpResponse:
    """Answer it or turn it down; a refusal keeps what was typed."""
    result, text = request.POST.get("result", ""), request.POST.get("answer", "")[:MAX_ANSWER_CHARS]
    try:
        voices.answer(filing_id=filing_id, result=result, text=text, by=request.actor)
    except Invalid as error:
        context = page(filing_id=filing_id, by=request.actor, errors=error.fields) | {"chosen": result, "answer": text}
        return render(request, "agency/voice.html", context, status=422)
    return redirect(f"/desk/voices/{filing_id}?done=1")


@require_POST
@agency_only("reviewer")
def pass_on(request: Request, filing_id: UUID) -> HttpResponse:
    """转其他单位."""
    page(filing_id=filing_id, by=request.actor)
    reason, errors = passed_on(request, filing_id)
    if errors:
        context = page(filing_id=filing_id, by=request.actor, errors=errors) | {"reason": reason}
        return render(request, "agency/voice.html", context, status=422)
    return redirect("/desk")


def page(*, filing_id: UUID, by: Actor, errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the page shows; 404 for a filing of another kind."""
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind not in voices.KINDS:
        raise NotFound(_("未找到该填报。"))
    said, read = cases.plain_answers(filing_id=filing_id, by=by), handed_in(filing, by)
    return {
        **standing(filing),
        "case": cases.one(filing_id=filing_id, by=by),
        "enterprise": identity.enterprise(filing.about_id) if filing.about_id else None,
        "heading": said.get("subject") or read.form.title,
        "division": "".join(identity.division_path(filing.division_code)),
        "sections": read.sections(),
        "papers": papers(read.form, read.files),
        "reachable": bool(said.get("contact")),
        "decidable": filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by),
        "results": [(voices.SETTLED, _("答复并办结")), (voices.TURNED_DOWN, _("不予受理"))],
        "chosen": voices.SETTLED,
        "errors": errors or {},
        "problems": problems(errors or {}),
        "units": units(filing, filing.division_code),
        "passed_on": why_passed_on(filing, by),
        "moments": moments(filing, by),
    }
