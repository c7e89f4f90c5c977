"""补充、修改账号信息: where a rejected or unfinished registration leads (REG-14, REG-15)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView, RemarkView
from chengxin.flow import archive, registration
from chengxin.identity import queries as identity
from chengxin.identity.rules import NAME_TAKEN
from chengxin.web.account.forms import AccountForm, problems, redrawn, wants_redraw
from chengxin.web.account.papers import paper_fields, problems_of_papers, take_papers, templates_for
from chengxin.web.forms import Remark
from chengxin.web.session import Request, applicant_only, landing


@require_http_methods(["GET", "POST"])
@applicant_only
def supplement(request: Request) -> HttpResponse:
    """Show the opinion; correct data and papers, hand in again. The credit code is read-only (REG-16)."""
    filing = registration.current(by=request.actor)
    if filing.state not in lifecycle.EDITABLE_STATES:
        return redirect(landing(request.actor))
    registration.look_up(by=request.actor)
    assert filing.enterprise_id is not None
    kind = identity.enterprise(filing.enterprise_id).kind
    if request.method == "GET":
        return _page(request, AccountForm(initial=_stored(request), subject_kind=kind))
    form = AccountForm(request.POST, subject_kind=kind)
    errors = take_papers(request)
    _tick(request)
    if wants_redraw(request.POST) or "_remove" in request.POST:
        return _page(request, redrawn(form))
    if not form.is_valid() or not _corrected(request, form):
        return _page(request, form, errors=errors, status=422)
    missing = registration.missing_papers(filing=registration.current(by=request.actor), by=request.actor)
    if errors or missing:
        return _page(request, form, errors=errors, missing=missing, status=422)
    registration.submit(key=request.POST.get("submission_key", "") or archive.new_row(), by=request.actor)
    return redirect("/register/pending")


def _corrected(request: Request, form: AccountForm) -> bool:
    """Keep the corrected data; what the platform refuses is said beside its field."""
    values = form.cleaned_data
    try:
        registration.correct(
            name=values["name"],
            division_code=values["division"],
            email=values["email"],
            phone=values["phone"],
            by=request.actor,
        )
    except Invalid as error:
        form.add_fields(error.fields)
        return False
    return True


def _stored(request: Request) -> dict[str, Any]:
    filing = registration.current(by=request.actor)
    draft = filings.draft(filing_id=filing.id, by=request.actor)
    return {path.rsplit("/", 1)[1]: value for path, value in draft.answers.items()}


def _remarks(request: Request, filing: FilingView) -> list[RemarkView]:
    """What the reviewer said on the round that was decided last (D-37)."""
    return [r for r in filings.remarks(filing_id=filing.id, by=request.actor) if r.round == filing.round]


def _tick(request: Request) -> None:
    """Take the ticks 已处理 of the remarks that the page showed."""
    shown, ticked = request.POST.get("_remarks", "").split(), request.POST.getlist("_dealt")
    for remark in _remarks(request, registration.current(by=request.actor)):
        if str(remark.id) in shown and remark.dealt_with != (str(remark.id) in ticked):
            registration.tick_remark(remark_id=remark.id, dealt_with=str(remark.id) in ticked, by=request.actor)


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
    remarks = _remarks(request, filing)
    by_field: dict[str, list[Remark]] = {}
    for one in remarks:
        view = Remark(id=str(one.id), text=one.text, dealt=one.dealt_with, tickable=True)
        by_field.setdefault(one.path.rsplit("/", 1)[-1], []).append(view)
    for name, field in form.fields.items():
        field.remarks = tuple(by_field.pop(name, ()))  # type: ignore[attr-defined]
    papers = paper_fields(request, errors or {}, by_field)
    left = [view for code, views in by_field.items() if code not in registration.FILE_FIELDS for view in views]
    said = problems(form)
    context = {
        "filing": filing,
        "form": form,
        "enterprise": identity.enterprise(filing.enterprise_id),
        "fields": papers,
        "problems": [*said, *problems_of_papers(errors or {})],
        "missing": missing or [],
        "remarks": left,
        "remark_ids": " ".join(str(one.id) for one in remarks),
        "taken": str(NAME_TAKEN) in {text for _id, text in said},
        "submission_key": archive.new_row(),
        **templates_for(request),
    }
    return render(request, "account/supplement.html", context, status=status)
