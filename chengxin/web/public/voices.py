"""举报 and 投诉建议: forms that are open without log-in, from the tools beside every page (VOL-41, POL-12c)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid, TooMany
from chengxin.filings import cases
from chengxin.flow import voices, wrongdata
from chengxin.identity.values import Actor
from chengxin.web import casepage, challenges
from chengxin.web.casepage import CasePage
from chengxin.web.components import Link
from chengxin.web.public.wrong import handed_in
from chengxin.web.session import Request, anyone
from chengxin.web.visitors import CONTACT, Nameless, Visitor


@dataclass(frozen=True)
class Door:
    """One of the two forms: its address, the field whose choices are the tabs, what the page says first."""

    kind: str
    url: str
    tab: str
    title: str | Promise
    lead: str | Promise

    @property
    def form_id(self) -> str:
        """Its form in the catalogue."""
        return voices.FORMS[self.kind]


TIPOFF = Door(
    voices.TIPOFF,
    "/tipoff",
    "who",
    _("举报"),
    _("发现电子商务中的失信行为，任何人都可以举报；平台不向被举报对象透露举报人"),
)
SUGGESTION = Door(
    voices.SUGGESTION,
    "/suggestion",
    "what",
    _("投诉建议"),
    _("对经营者或办理单位不满意，或对平台有建议，都可以告诉我们；提交后凭编号和查询码查看答复"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def tipoff(request: Request) -> HttpResponse:
    """举报, with a contact that is proved or without saying who one is."""
    return _ask(request, TIPOFF)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def suggestion(request: Request) -> HttpResponse:
    """投诉建议; the answer goes to a contact that is proved."""
    return _ask(request, SUGGESTION)


def _ask(request: Request, door: Door) -> HttpResponse:
    if request.method != "POST":
        return _page(request, door, _opened(request, door), status=200)
    page = casepage.posted(request, door.form_id)
    visitor = _visitor(request, door, page)
    earlier = cases.handed_in_before(kind=door.kind, key=page.key, by=Actor.nobody())
    if earlier is not None:
        return _handed_in(request, door, earlier, page)
    if casepage.redraws(request):
        if "_send" in request.POST:
            visitor.send()
        return _page(request, door, page, visitor=visitor, status=422 if page.errors or visitor.problems else 200)
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    if page.errors or not visitor.prove(spend=isinstance(visitor, Nameless)):
        return _page(request, door, page, visitor=visitor)
    return _hand_in(request, door, page, visitor)


def _opened(request: Request, door: Door) -> CasePage:
    """A fresh page on the tab that the address names, else on the first."""
    page = casepage.opened(door.form_id)
    choices = _choices(door, page)
    chosen = request.GET.get(door.tab, "")
    page.answers[page.path(door.tab)] = chosen if chosen in choices else next(iter(choices))
    return page


def _hand_in(request: Request, door: Door, page: CasePage, visitor: Visitor | Nameless) -> HttpResponse:
    try:
        done = voices.hand_in(
            kind=door.kind, values=page.values, answers=page.handed_in(), files=page.files(), key=page.key,
            network=challenges.network(request),
        )  # fmt: skip
    except (Invalid, TooMany) as error:
        return casepage.refused(page, error, draw=lambda status: _page(request, door, page, visitor=visitor, status=status))
    if isinstance(visitor, Visitor):
        visitor.prove(spend=True)
    return _handed_in(request, door, done, page)


def _handed_in(request: Request, door: Door, done: cases.HandedIn, page: CasePage) -> HttpResponse:
    return handed_in(request, done, title=str(door.title), back="/", told=_has_contact(page))


def _has_contact(page: CasePage) -> bool:
    return any(f.code == CONTACT for f in page.shown())


def _visitor(request: Request, door: Door, page: CasePage) -> Visitor | Nameless:
    """Who asks for a contact asks for its proof; who stays unknown solves the captcha."""
    if _has_contact(page):
        return Visitor(request=request, page=page, purpose=door.kind, use=str(door.title))
    return Nameless(request=request)


def _choices(door: Door, page: CasePage) -> dict[str, str]:
    field = page.group.field(door.tab)
    return {option.code: str(option.label) for option in field.options} if field else {}


def _page(request: Request, door: Door, page: CasePage, *, visitor: Visitor | Nameless | None = None, status: int = 422) -> HttpResponse:
    visitor = visitor or _visitor(request, door, page)
    chosen = page.value(door.tab)
    values = {
        "door": door,
        "tabs": [Link(text=label, url=f"{door.url}?{door.tab}={code}") for code, label in _choices(door, page).items()],
        "tab": f"{door.url}?{door.tab}={chosen}",
        "tab_path": page.path(door.tab),
        "chosen": chosen,
        "page": page,
        "fields": page.fields(besides=[door.tab, CONTACT]),
        "visitor": visitor,
        "nameless": isinstance(visitor, Nameless),
        "problems": page.problems() + visitor.problems,
    }
    return render(request, "public/voice.html", values, status=status)
