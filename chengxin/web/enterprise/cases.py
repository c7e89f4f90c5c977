"""异议与变更: what the enterprise objected to or asked to change, each with what came of it (PUB-07, D-09, D-10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings import cases, lifecycle, progress
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import wrongdata
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.records import reading
from chengxin.web import casepage
from chengxin.web.casepage import CasePage
from chengxin.web.components import Moment
from chengxin.web.enterprise.words import crumbs, kind_label, state_label
from chengxin.web.session import Request, enterprise_only

OWN_KINDS = ("objection", "subject_change", "takedown")


@require_safe
@enterprise_only
def listing(request: Request) -> HttpResponse:
    """All cases of the enterprise, newest first."""
    by = request.actor
    assert by.enterprise_id is not None
    found = [f for kind in OWN_KINDS for f in filings.history(enterprise_id=by.enterprise_id, kind=kind, by=by)]
    found.sort(key=lambda filing: filing.created_at, reverse=True)
    context = {
        "cases": [_line(filing, by) for filing in found],
        "uscc": identity.enterprise(by.enterprise_id).uscc,
        "crumbs": crumbs((_("异议与变更"), "")),
    }
    return render(request, "enterprise/cases.html", context)


def _line(filing: FilingView, by: Actor) -> dict[str, Any]:
    case = cases.one(filing_id=filing.id, by=by)
    return {
        "filing": filing,
        "kind": kind_label(filing.kind),
        "state_label": state_label(filing),
        "number": case.number,
        "result": lifecycle.result_label(case.result),
        "waits": filing.state == lifecycle.SUBMITTED,
    }


@require_safe
@enterprise_only
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One case: what was handed in, who has it, what came of it with before and after."""
    by = request.actor
    filing = filings.one(filing_id=filing_id, by=by)
    if filing.kind not in lifecycle.CASES or filing.enterprise_id != by.enterprise_id:
        raise NotFound(_("未找到该填报。"))
    case = cases.one(filing_id=filing_id, by=by)
    context = {
        **_line(filing, by),
        "case": case,
        "rows": handed_in(filing, by),
        "files": [file for file in filings.attachments(filing_id=filing_id, by=by) if file.state == "bound"],
        "unit": filings.unit(filing).name,
        "moments": _moments(filing),
        "crumbs": crumbs((_("异议与变更"), "/workbench/cases"), (kind_label(filing.kind), "")),
        "fresh": request.GET.get("done") == "1" and filing.state == lifecycle.SUBMITTED,
    }
    return render(request, "enterprise/case.html", context)


def handed_in(filing: FilingView, by: Actor) -> list[tuple[str, str]]:
    """What was handed in, in words."""
    form, said = catalogue.version(filing.form_version), cases.plain_answers(filing_id=filing.id, by=by)
    rows = []
    for f in form.groups[0].fields:
        if said.get(f.code) and f.kind != "file":
            option = f.option(said[f.code])
            text = "".join(identity.division_path(said[f.code])) if f.kind == "division" else said[f.code]
            rows.append((str(f.label), str(option.label) if option else text))
    return rows


def _moments(filing: FilingView) -> list[Moment]:
    done = {"approved": "good", "rejected": "bad"}
    made = [Moment(title=_("提交"), at=filing.submitted_at, tone="" if filing.decided_at else "waiting")]
    if filing.decided_at:
        made.insert(0, Moment(title=state_label(filing), at=filing.decided_at, text=filing.opinion, tone=done.get(filing.state, "")))
    elif filing.state == lifecycle.CLOSED:
        made.insert(0, Moment(title=state_label(filing), at=filing.updated_at, text=filing.opinion))
    return made


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def objection(request: Request, version_id: UUID) -> HttpResponse:
    """异议申请: the item, the form with evidence; then the receipt. Another enterprise's item is 403 (PUB-07)."""
    wrongdata.own_item(version_id=version_id, by=request.actor)
    if request.method != "POST":
        return _objection(request, version_id, casepage.opened(wrongdata.OBJECTION_FORM), status=200)
    page = casepage.posted(request, wrongdata.OBJECTION_FORM)
    if casepage.redraws(request):
        return _objection(request, version_id, page, status=422 if page.errors else 200)
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    if page.errors:
        return _objection(request, version_id, page)
    try:
        done = wrongdata.object_to(version_id=version_id, answers=page.handed_in(), files=page.files(), key=page.key, by=request.actor)
    except (Invalid, Conflict) as error:
        return casepage.refused(page, error, draw=lambda status: _objection(request, version_id, page, status=status))
    return handed_in_page(request, done, kind="objection")


def handed_in_page(request: Request, done: cases.HandedIn, *, kind: str) -> HttpResponse:
    """Number, query code and the way to the receipt, shown once."""
    context = {
        "done": done,
        "code": progress.spaced(done.code),
        "title": kind_label(kind),
        "crumbs": crumbs((_("异议与变更"), "/workbench/cases"), (kind_label(kind), "")),
    }
    return render(request, "enterprise/case_done.html", context)


def _objection(request: Request, version_id: UUID, page: CasePage, *, status: int = 422) -> HttpResponse:
    by = request.actor
    assert by.enterprise_id is not None
    found = records.public_record(uscc=identity.enterprise(by.enterprise_id).uscc, version_id=version_id)
    context = {
        "item": reading.item(found, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today()),
        "origin": reading.origin_of(found, catalogue.version),
        "page": page,
        "fields": page.fields(),
        "problems": page.problems(),
        "crumbs": crumbs((_("异议与变更"), reverse("enterprise:cases")), (_("异议申请"), "")),
    }
    return render(request, "enterprise/objection.html", context, status=status)
