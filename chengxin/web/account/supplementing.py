"""补充、修改账号信息: where a rejected or unfinished registration leads (REG-14, REG-15)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.flow import archive, registration
from chengxin.identity import queries as identity
from chengxin.identity.rules import NAME_TAKEN
from chengxin.web.account.forms import AccountForm, redrawn, wants_redraw
from chengxin.web.account.papers import file_fields, removed, take_files
from chengxin.web.session import Request, applicant_only, landing


@require_http_methods(["GET", "POST"])
@applicant_only
def supplement(request: Request) -> HttpResponse:
    """Show the opinion; correct data and papers, hand in again. The credit code is read-only (REG-16)."""
    filing = registration.current(by=request.actor)
    if filing.state not in lifecycle.EDITABLE_STATES:
        return redirect(landing(request.actor))
    if request.method == "GET":
        return _page(request, AccountForm(initial=_stored(request)))
    form = AccountForm(request.POST)
    errors = take_files(request)
    if wants_redraw(request.POST) or removed(request):
        return _page(request, redrawn(form))
    if not form.is_valid():
        return _page(request, form, errors=errors, status=422)
    try:
        registration.correct(
            name=form.cleaned_data["name"],
            division_code=form.cleaned_data["division"],
            email=form.cleaned_data["email"],
            phone=form.cleaned_data["phone"],
            by=request.actor,
        )
    except Invalid as error:
        form.add_fields(error.fields)
        return _page(request, form, errors=errors, status=422)
    missing = registration.missing_papers(filing=registration.current(by=request.actor), by=request.actor)
    if errors or missing:
        return _page(request, form, errors=errors, missing=missing, status=422)
    registration.submit(key=request.POST.get("submission_key", "") or archive.new_row(), by=request.actor)
    return redirect("/register/pending")


def _stored(request: Request) -> dict[str, Any]:
    filing = registration.current(by=request.actor)
    draft = filings.draft(filing_id=filing.id, by=request.actor)
    return {path.rsplit("/", 1)[1]: value for path, value in draft.answers.items()}


def _page(
    request: Request,
    form: AccountForm,
    *,
    errors: dict[str, list[str]] | None = None,
    missing: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    filing = registration.current(by=request.actor)
    assert filing.enterprise_id is not None
    problems = [(f"f-{name}", text) for name, texts in form.errors.items() for text in texts] if form.is_bound else []
    problems += [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts]
    context = {
        "filing": filing,
        "form": form,
        "enterprise": identity.enterprise(filing.enterprise_id),
        "fields": file_fields(request, errors or {}),
        "problems": problems,
        "missing": missing or [],
        "remarks": [r for r in filings.remarks(filing_id=filing.id, by=request.actor) if r.round == filing.round],
        "taken": str(NAME_TAKEN) in {str(t) for texts in form.errors.values() for t in texts} if form.is_bound else False,
        "submission_key": archive.new_row(),
    }
    return render(request, "account/supplement.html", context, status=status)
