"""企业诚信档案信息: the whole list, and searching it (PUB-02, PUB-06, D-13)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.common.errors import Invalid, NotFound
from chengxin.common.identifiers import normalise_uscc, uscc_errors
from chengxin.identity import queries as identity
from chengxin.records import reading, search
from chengxin.records.values import Hit, Page
from chengxin.web.divisions import division_tree as tree
from chengxin.web.forms import Field
from chengxin.web.pickers import divisions_view
from chengxin.web.public.reads import public

TYPE = "enterprise_type"  # `type` is 长者模式's


@dataclass(frozen=True)
class Line:
    """One hit as the page shows it."""

    hit: Hit
    type: str


@public
def files(request: HttpRequest) -> HttpResponse:
    """All public files in fixed order, or those searched for."""
    query, notices = _query(request)
    try:
        page = search.search(query)
    except Invalid as error:
        notices += [text for texts in error.fields.values() for text in texts]
        page = search.search(search.Query(text=query.text, division=query.division, type=query.type))
    if page.notice:
        notices.append(page.notice)
    narrowing = bool(request.GET.get("_search"))
    values = {
        "q": query.text,
        "lines": [Line(hit, reading.type_label(hit.type)) for hit in page.items],
        "notices": notices,
        "none": not page.items and not page.narrowed_needed and not query.cursor,
        "asked": bool(query.text or query.division or query.type),
        "division": _division_field(request, query.division),
        "type_name": TYPE,
        "types": [(code, label, code == query.type) for code, label in reading.TYPE_LABELS.items()],
        "open": bool(query.division or query.type or narrowing or page.narrowed_needed),
        "next_url": _url(query, page.next) if page.next else "",
        "first_url": _url(query, "") if query.cursor else "",
        "count": _count(page),
    }
    return render(request, "public/search.html", values)


def _query(request: HttpRequest) -> tuple[search.Query, list[str]]:
    notices: list[str] = []
    text = request.GET.get("q", "").strip()
    code = normalise_uscc(text[:40])
    if len(code) == 18 and code.isascii() and code.isalnum() and any(c.isdigit() for c in code):
        notices += uscc_errors(code)
    division = tree().read(request.GET, "division").strip()
    if division and not _known(division):
        notices.append(_("行政区划代码不存在，已忽略该条件。"))
        division = ""
    type_ = request.GET.get(TYPE, "").strip()
    if type_ and type_ not in search.TYPES:
        notices.append(_("企业类型不存在，已忽略该条件。"))
        type_ = ""
    return search.Query(text=text, division=division, type=type_, cursor=request.GET.get("cursor", "")), notices


def _known(division: str) -> bool:
    try:
        return bool(identity.division(division))
    except NotFound:
        return False


def _division_field(request: HttpRequest, chosen: str) -> Field:
    view = divisions_view(tree=tree(), chosen=chosen, search=request.GET.get("division.search", "").strip()[:40])
    return Field(name="division", label=_("所属地区"), kind="division", value=chosen, divisions=view)


def _url(query: search.Query, cursor: str | None) -> str:
    parts = {"q": query.text, "division": query.division, TYPE: query.type, "cursor": cursor or ""}
    return "?" + urlencode({name: value for name, value in parts.items() if value})


def _count(page: Page) -> str:
    if page.narrowed_needed:
        return ""
    if page.total_is_more:
        return _("共 1,000+ 条")
    return _("共 %(total)s 条") % {"total": f"{page.total:,}"}
