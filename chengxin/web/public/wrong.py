"""信息纠错: anyone may say that a published item is wrong, reachable by phone or mailbox (D-09)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid, TooMany
from chengxin.filings import cases, progress
from chengxin.filings.cases import HandedIn
from chengxin.flow import wrongdata
from chengxin.identity.values import Actor
from chengxin.records import queries
from chengxin.web import casepage, challenges
from chengxin.web.casepage import CasePage
from chengxin.web.public.files import subject_of
from chengxin.web.public.reads import code_of, item, origin
from chengxin.web.session import Request, anyone
from chengxin.web.visitors import Visitor

PURPOSE = "report-error"


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def report(request: Request, *, uscc: str, version_id: UUID) -> HttpResponse:
    """The item, the form, the proof that the person can be reached; then number and query code."""
    code = code_of(uscc)
    queries.public_record(uscc=code, version_id=version_id)
    if request.method != "POST":
        return _page(request, code, version_id, casepage.opened(wrongdata.ERROR_FORM), status=200)
    page = casepage.posted(request, wrongdata.ERROR_FORM)
    earlier = cases.handed_in_before(kind=wrongdata.ERROR, key=page.key, by=Actor.nobody())
    if earlier is not None:
        return handed_in(request, earlier, title=_("信息纠错"), back=reverse("public:file", args=[code]))
    visitor = _visitor(request, page)
    if casepage.redraws(request):
        if "_send" in request.POST:
            visitor.send()
        return _page(request, code, version_id, page, visitor=visitor, status=422 if page.errors or visitor.problems else 200)
    proved, whole = visitor.prove(spend=False), _is_whole(page)
    if not proved or not whole:
        return _page(request, code, version_id, page, visitor=visitor)
    try:
        done = wrongdata.report_error(
            uscc=code, version_id=version_id, answers=page.handed_in(), files=page.files(), key=page.key,
            network=challenges.network(request),
        )  # fmt: skip
    except (Invalid, TooMany) as error:
        draw = partial(_page, request, code, version_id, page, visitor=visitor)
        return casepage.refused(page, error, draw=lambda status: draw(status=status))
    visitor.prove(spend=True)
    return handed_in(request, done, title=_("信息纠错"), back=reverse("public:file", args=[code]))


def _is_whole(page: CasePage) -> bool:
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    return not page.errors


def _visitor(request: Request, page: CasePage) -> Visitor:
    return Visitor(request=request, page=page, purpose=PURPOSE, use=_("信息纠错"))


def handed_in(request: Request, done: HandedIn, *, title: str, back: str, told: bool = True) -> HttpResponse:
    """Number and query code, shown once; without `told` nobody can be sent the answer."""
    values = {"done": done, "code": progress.spaced(done.code), "title": title, "back": back, "told": told}
    response = render(request, "public/handed_in.html", values)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    request: Request, code: str, version_id: UUID, page: CasePage, *, visitor: Visitor | None = None, status: int = 422
) -> HttpResponse:
    found = queries.public_record(uscc=code, version_id=version_id)
    visitor = visitor or _visitor(request, page)
    values = {
        "subject": subject_of(queries.document(uscc=code)),
        "item": item(found),
        "origin": origin(found),
        "version_id": version_id,
        "page": page,
        "fields": page.fields(besides=[visitor.where]),
        "visitor": visitor,
        "problems": page.problems() + visitor.problems,
    }
    return render(request, "public/report.html", values, status=status)
