"""冒名注册申诉: the claim of whoever did not register, and the answer of the account's holder by a mailed link (D-11)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid, TooMany
from chengxin.filings import cases
from chengxin.flow import impostors, wrongdata
from chengxin.identity.values import Actor
from chengxin.web import casepage, challenges
from chengxin.web.casepage import CasePage
from chengxin.web.public.wrong import handed_in
from chengxin.web.session import Request, anyone
from chengxin.web.visitors import Visitor

PURPOSE = "impostor"
CODE, CONTACT = "uscc", "contact"


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def claim(request: Request) -> HttpResponse:
    """Code, licence, statement, a phone that is proved; the answer is the same for a code nobody has registered."""
    if request.method != "POST":
        return _page(request, casepage.opened(impostors.FORM, uscc=request.GET.get("uscc", "")[:40]), status=200)
    page = casepage.posted(request, impostors.FORM)
    earlier = cases.handed_in_before(kind=impostors.KIND, key=page.key, by=Actor.nobody())
    if earlier is not None:
        return handed_in(request, earlier, title=_("冒名注册申诉"), back="/")
    visitor = _visitor(request, page)
    if casepage.redraws(request):
        return _redrawn(request, page, visitor)
    if not _is_whole(page, visitor):
        return _page(request, page, visitor=visitor)
    try:
        done = impostors.claim(
            answers=page.handed_in(),
            uscc=page.value(CODE),
            files=page.files(),
            key=page.key,
            network=challenges.network(request),
        )
    except (Invalid, TooMany) as error:
        return casepage.refused(page, error, draw=lambda status: _page(request, page, visitor=visitor, status=status))
    visitor.prove(spend=True)
    return handed_in(request, done, title=_("冒名注册申诉"), back="/")


def _redrawn(request: Request, page: CasePage, visitor: Visitor) -> HttpResponse:
    if "_send" in request.POST:
        wrong = impostors.contact_errors(page.value(CONTACT))
        if wrong:
            page.refuse({CONTACT: wrong})
        else:
            visitor.send()
    return _page(request, page, visitor=visitor, status=422 if page.errors or visitor.problems else 200)


def _is_whole(page: CasePage, visitor: Visitor) -> bool:
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    if page.value(CONTACT).strip():
        page.refuse({CONTACT: wrong} if (wrong := impostors.contact_errors(page.value(CONTACT))) else {})
    return visitor.prove(spend=False) and not page.errors


def _visitor(request: Request, page: CasePage) -> Visitor:
    return Visitor(request=request, page=page, purpose=PURPOSE, use=_("冒名注册申诉"))


def _page(request: Request, page: CasePage, *, visitor: Visitor | None = None, status: int = 422) -> HttpResponse:
    visitor = visitor or _visitor(request, page)
    values = {
        "page": page,
        "fields": page.fields(besides=[CONTACT]),
        "visitor": visitor,
        "problems": page.problems() + visitor.problems,
    }
    return render(request, "public/impostor.html", values, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def answer(request: Request, *, token: str) -> HttpResponse:
    """The holder of a frozen account says why it is theirs, with the licence; the link works once."""
    filing, enterprise = impostors.holder_of(token=token)
    if request.method == "POST":
        page = casepage.posted(request, impostors.FORM)
        page.answers |= {page.path(CODE): enterprise.uscc, page.path(CONTACT): "-"}
        if not casepage.redraws(request):
            page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
            if not page.errors:
                impostors.answer(token=token, answers=page.handed_in(), files=page.files(), key=page.key)
                return _private(render(request, "public/impostor_answered.html", {"enterprise": enterprise}))
    else:
        page = casepage.opened(impostors.FORM)
    values = {
        "page": page,
        "fields": page.fields(besides=[CODE, CONTACT]),
        "problems": page.problems(),
        "enterprise": enterprise,
        "due_at": filing.due_at,
    }
    return _private(render(request, "public/impostor_answer.html", values, status=422 if page.errors else 200))


def _private(response: HttpResponse) -> HttpResponse:
    """A page behind a secret link is kept nowhere and told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
