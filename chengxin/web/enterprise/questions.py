"""政企交流 for an enterprise: ask, and read what was answered (PUB-08)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import cases, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import questions as flow
from chengxin.flow import wrongdata
from chengxin.identity.values import Actor
from chengxin.portal import public_questions
from chengxin.web import casepage
from chengxin.web.casepage import CasePage
from chengxin.web.enterprise.words import crumbs, state_label
from chengxin.web.session import Request, enterprise_only


@require_safe
@enterprise_only
def listing(request: Request) -> HttpResponse:
    """The enterprise's own questions, the newest first, each with its answer or when it is due."""
    return render(request, "enterprise/questions.html", _listed(request.actor))


def _listed(by: Actor) -> dict[str, Any]:
    assert by.enterprise_id is not None
    found = filings.history(enterprise_id=by.enterprise_id, kind=flow.KIND, by=by)
    return {"lines": [_line(filing, by) for filing in found], "crumbs": crumbs((_("政企交流"), ""))}


def _line(filing: FilingView, by: Actor) -> dict[str, Any]:
    public = public_questions.of_filing(filing.id)
    return {
        "filing": filing,
        "said": cases.plain_answers(filing_id=filing.id, by=by),
        "number": cases.number_of(filing_id=filing.id),
        "state_label": state_label(filing),
        "waits": filing.state == lifecycle.SUBMITTED,
        "public_url": f"/questions/{public.id}" if public else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def ask(request: Request) -> HttpResponse:
    """The form; then the list with the new question and when its answer is due."""
    if request.method != "POST":
        return _form(request, casepage.opened(flow.FORM), status=200)
    page = casepage.posted(request, flow.FORM)
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    if page.errors:
        return _form(request, page)
    try:
        done = flow.ask(answers=page.handed_in(), key=page.key, by=request.actor)
    except Invalid as error:
        page.refuse(error.fields)
        return _form(request, page)
    except Conflict as error:
        return _form(request, page, status=error.status, refused=error.message)
    return render(request, "enterprise/questions.html", _listed(request.actor) | {"done": done})


def _form(request: Request, page: CasePage, *, status: int = 422, refused: str = "") -> HttpResponse:
    context = {
        "page": page,
        "fields": page.fields(),
        "problems": page.problems(),
        "refused": refused,
        "crumbs": crumbs((_("政企交流"), "/workbench/questions"), (_("提问"), "")),
    }
    return render(request, "enterprise/ask.html", context, status=status)
