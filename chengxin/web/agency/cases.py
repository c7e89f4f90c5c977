"""The desk for wrong data: the item as it stands beside the claim and its evidence, and a decision that is carried out (D-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import inbox, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.cases import PASSED_ON
from chengxin.filings.values import FilingView
from chengxin.flow import cases as case_flow
from chengxin.flow import rulings
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, AgencyView
from chengxin.records import reading
from chengxin.records.deciding import Standing
from chengxin.web import components, forms
from chengxin.web.agency import words
from chengxin.web.agency.item import papers
from chengxin.web.reading import Reading
from chengxin.web.session import Request, agency_only

FIX = "fix/"
MAX_ANSWER_CHARS = 2000


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One case of wrong data; opening it claims it for 15 minutes."""
    rulings.open_matter(filing_id=filing_id, by=request.actor)
    return render(request, "agency/case.html", page(filing_id=filing_id, by=request.actor))


@require_POST
@agency_only("reviewer")
def decide(request: Request, filing_id: UUID) -> HttpResponse:
    """更正, 删除 or 维持; what was typed stays where it was refused."""
    typed = {name.removeprefix(FIX): request.POST[name].replace("\r\n", "\n") for name in request.POST if name.startswith(FIX)}
    said = rulings.Said(
        result=request.POST.get("result", ""),
        answer=request.POST.get("answer", "")[:MAX_ANSWER_CHARS],
        corrected=typed,
        version_id=request.POST.get("version", ""),
    )
    try:
        rulings.decide(filing_id=filing_id, said=said, by=request.actor)
    except Invalid as error:
        context = page(filing_id=filing_id, by=request.actor, said=said, errors=error.fields)
        return render(request, "agency/case.html", context, status=422)
    return redirect(f"/desk/cases/{filing_id}?done=1")


@require_POST
@agency_only("reviewer")
def pass_on(request: Request, filing_id: UUID) -> HttpResponse:
    """转其他单位."""
    reason, errors = passed_on(request, filing_id)
    if errors:
        context = page(filing_id=filing_id, by=request.actor, errors=errors) | {"reason": reason}
        return render(request, "agency/case.html", context, status=422)
    return redirect("/desk")


def passed_on(request: Request, filing_id: UUID) -> tuple[str, dict[str, list[str]]]:
    """Pass a case on to the posted unit: the typed reason, and by field what stands against it."""
    try:
        agency_id = UUID(request.POST.get("unit", ""))
    except ValueError:
        agency_id = None
    reason = request.POST.get("reason", "")[:MAX_ANSWER_CHARS]
    try:
        case_flow.pass_on(filing_id=filing_id, agency_id=agency_id, reason=reason, by=request.actor)
    except Invalid as error:
        return reason, {"reason" if name == "answer" else name: list(texts) for name, texts in error.fields.items()}
    return reason, {}


def page(*, filing_id: UUID, by: Actor, said: rulings.Said | None = None, errors: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Everything the page shows; also used where something was refused."""
    found = rulings.matter(filing_id=filing_id, by=by)
    filing, stands = found.filing, found.stands
    if filing.kind not in rulings.KINDS or filing.about_id is None:
        raise NotFound(_("未找到该填报。"))
    read = handed_in(filing, by)
    decidable = filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by)
    enterprise = identity.enterprise(filing.about_id)
    return {
        **standing(filing),
        "case": found.case,
        "enterprise": enterprise,
        "division": "".join(enterprise.division_path),
        "item": _item(stands) if stands else None,
        "origin": found.case.origin,
        "version": stands.version_id if stands else "",
        "sections": read.sections(),
        "papers": papers(read.form, read.files),
        "decidable": decidable,
        "fields": _fields(stands, said, errors or {}) if stands and decidable else [],
        "result_label": lifecycle.result_label(found.case.result),
        "said": said,
        "results": [(code, lifecycle.result_label(code)) for code in rulings.RESULTS],
        "errors": errors or {},
        "problems": problems(errors or {}),
        "units": units(filing, enterprise.division_code),
        "passed_on": why_passed_on(filing, by),
        "moments": moments(filing, by),
    }


def standing(filing: FilingView) -> dict[str, Any]:
    """Where the case is and how long there is for it."""
    return {
        "filing": filing,
        "kind_label": words.kind_label(filing.kind),
        "state_label": lifecycle.label(kind=filing.kind, state=filing.state),
        "unit": filings.unit(filing).name,
        "left": words.time_left(filing.due_at - clock.now()) if filing.due_at else "",
        "overdue": bool(filing.due_at and filing.due_at < clock.now()),
    }


def handed_in(filing: FilingView, by: Actor) -> Reading:
    """What was handed in, with its files."""
    submission = filings.submission(filing_id=filing.id, by=by)
    assert submission is not None
    files = [file for file in filings.attachments(filing_id=filing.id, by=by) if file.state == "bound"]
    form = catalogue.version(filing.form_version)
    return Reading(form=form, answers=submission.answers, former=None, remarks=(), files=files)


def why_passed_on(filing: FilingView, by: Actor) -> list[str]:
    """The reasons of those who passed the case on."""
    return [remark.text for remark in filings.remarks(filing_id=filing.id, by=by) if remark.path == PASSED_ON]


def _item(stands: Standing) -> reading.Item:
    return reading.item(stands.fragment, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today())


def _fields(stands: Standing, said: rulings.Said | None, errors: Mapping[str, list[str]]) -> list[forms.Field]:
    """The rows of a correction: what stands now, or what the clerk typed."""
    typed = said.corrected if said else {}
    answers = {f"{FIX}{f.code}": typed.get(f.code, rulings.raw_of(stands.content.get(f.code))) for f in rulings.correctable(stands)}
    rows = [replace(f, required=False) for f in rulings.correctable(stands)]
    return [forms.field_view(f, path=f"{FIX}{f.code}", answers=answers, errors=errors) for f in rows]


def problems(errors: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Every message with the id of its row."""
    return [(forms.control_id(name), text) for name, texts in errors.items() for text in texts]


def units(filing: FilingView, division_code: str) -> list[AgencyView]:
    """Where a case may be passed on to: the units that supply data, who is competent, and the level above."""
    here = filings.unit(filing)
    found = [*identity.source_agencies(), identity.competent_agency(division_code, filing.form_id)]
    if here.parent_id is not None:
        found.append(identity.agency(here.parent_id))
    return [unit for unit in dict.fromkeys(found) if unit.id != here.id]


def moments(filing: FilingView, by: Actor) -> list[components.Moment]:
    """What happened to the case, newest first."""
    tones = {"approved": "good", "rejected": "bad"}
    made = [
        components.Moment(
            title=f"{lifecycle.label(kind=filing.kind, state=filing.state)}{_('（')}{d.by_name}{_('）')}",
            at=d.at,
            text=d.opinion,
            tone=tones[d.outcome],
        )
        for d in reversed(filings.decisions(filing_id=filing.id, by=by))
    ]
    return [*made, components.Moment(title=_("提交"), at=filing.submitted_at, tone="" if made else "waiting")]
