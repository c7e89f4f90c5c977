"""主体信息变更 at the desk: what stands and what it becomes, the register's word, the licence (D-10)."""

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
from chengxin.flow import prefill, rulings, subjects
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web.agency.cases import MAX_ANSWER_CHARS, handed_in, moments, standing
from chengxin.web.agency.item import papers
from chengxin.web.session import Request, agency_only

REGISTERED = {"name": "name", "legal_representative": "legal_representative", "address": "address", "ended_as": "status"}


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One change; opening it claims it for 15 minutes."""
    rulings.open_matter(filing_id=filing_id, by=request.actor)
    return render(request, "agency/change.html", page(filing_id=filing_id, by=request.actor))


@require_POST
@agency_only("reviewer")
def decide(request: Request, filing_id: UUID) -> HttpResponse:
    """审核通过 carries the change out; 审核未通过 needs its reason."""
    outcome, opinion = request.POST.get("outcome", ""), request.POST.get("answer", "")[:MAX_ANSWER_CHARS]
    try:
        subjects.decide(filing_id=filing_id, outcome=outcome, opinion=opinion, by=request.actor)
    except Invalid as error:
        context = page(filing_id=filing_id, by=request.actor, answer=opinion, errors=error.fields)
        return render(request, "agency/change.html", context, status=422)
    return redirect(f"/desk/changes/{filing_id}")


def page(*, filing_id: UUID, by: Actor, answer: str = "", errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the page shows; also used where something was refused."""
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind != subjects.KIND or filing.enterprise_id is None:
        raise NotFound(_("未找到该填报。"))
    enterprise = identity.enterprise(filing.enterprise_id)
    read = handed_in(filing, by)
    return {
        **standing(filing),
        "case": cases.one(filing_id=filing_id, by=by),
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "rows": _rows(filing_id, enterprise.uscc, by),
        "sections": read.sections(),
        "papers": papers(read.form, read.files),
        "decidable": filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by),
        "answer": answer,
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "moments": moments(filing, by),
    }


def _rows(filing_id: UUID, uscc: str, by: Actor) -> list[tuple[str, str, str]]:
    """What was applied for beside the register's last answer."""
    said, entry = cases.plain_answers(filing_id=filing_id, by=by), prefill.last_known(uscc=uscc).entry
    form = filings.form_of(filings.one(filing_id=filing_id, by=by))
    labels = {f.code: str(f.label) for f in form.groups[0].fields}
    return [(labels[code], said[code], str(entry.get(there, "") or "—")) for code, there in REGISTERED.items() if said.get(code)]
