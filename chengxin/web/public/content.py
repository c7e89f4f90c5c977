"""权威信息发布 and 资源开放共享: lists by kind, year and words, one page of content with its files, and the feed (PUB-08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.portal import bodies, queries, rules
from chengxin.portal.values import KINDS, Page, PublicItem
from chengxin.web import components, contents
from chengxin.web.public.reads import public

IN_FEED = 30


@dataclass(frozen=True)
class Line:
    """One line of a list."""

    title: str
    url: str
    kind: str
    excerpt: str
    published_at: datetime
    number: str = ""
    validity: str = ""


def lines(items: list[PublicItem] | tuple[PublicItem, ...]) -> list[Line]:
    """Published pages as lines of a list."""
    today = clock.today()
    return [
        Line(
            title=item.title,
            url=contents.address(kind=item.kind, item_id=item.id),
            kind=str(rules.KIND_LABELS[item.kind]),
            excerpt=item.version.content.summary or bodies.excerpt(bodies.plain(item.version.html)),
            published_at=item.published_at,
            number=item.version.fact("number"),
            validity=rules.in_force(facts=item.version.content.facts, today=today),
        )
        for item in items
    ]


@public
def listed(request: HttpRequest, *, kind: str = "") -> HttpResponse:
    """What was published, the newest first; narrowed by kind, year and words."""
    kinds = _kinds(kind)
    text, year = request.GET.get("q", "").strip()[: queries.MAX_QUERY_CHARS], _year(request)
    page = queries.listed(kinds=kinds, text=text, year=year, after=request.GET.get("after", ""))
    own = f"/content/{kind}" if kind else "/content"
    values = {
        "heading": rules.KIND_LABELS[kind] if kind else _("权威信息发布"),
        "kind": kind,
        "own": own,
        "tabs": _tabs(),
        "lines": lines(page.items),
        "q": text,
        "year": year,
        "years": queries.years(kinds=kinds),
        "count": _("共 %(total)d 条") % {"total": page.total},
        "next_url": _url(own, text, year, page),
        "first_url": _url(own, text, year, None) if request.GET.get("after") else "",
        "feed_url": f"{own}/feed.xml",
    }
    return render(request, "public/content.html", values)


def _kinds(kind: str) -> tuple[str, ...]:
    if kind and kind not in KINDS:
        raise NotFound
    return (kind,) if kind else KINDS


def _year(request: HttpRequest) -> int | None:
    text = request.GET.get("year", "")
    return int(text) if len(text) == 4 and text.isascii() and text.isdecimal() else None


def _tabs() -> list[components.Link]:
    every = [components.Link(text=_("全部"), url="/content")]
    return every + [components.Link(text=str(rules.KIND_LABELS[kind]), url=f"/content/{kind}") for kind in KINDS]


def _url(own: str, text: str, year: int | None, page: Page | None) -> str:
    if page is not None and not page.next:
        return ""
    parts = {"q": text, "year": str(year or ""), "after": page.next if page else ""}
    return f"{own}?{urlencode({name: value for name, value in parts.items() if value})}"


@public
def detail(request: HttpRequest, *, kind: str, item_id: UUID) -> HttpResponse:
    """One page of content; an address with the wrong kind is none."""
    item = queries.shown(item_id)
    if item.kind != kind:
        raise NotFound
    at = contents.address(kind=kind, item_id=item.id)
    page = contents.article(kind=kind, version=item.version, published_at=item.published_at, files_at=f"{at}/files", today=clock.today())
    others = [line for line in lines(queries.newest(kinds=(kind,), limit=6)) if line.url != at][:5]
    later = item.updated_at.astimezone(clock.SHANGHAI).date() > item.published_at.astimezone(clock.SHANGHAI).date()
    changed = item.updated_at if later else None
    return render(
        request, "public/article.html", {"article": page, "others": others, "changed_at": changed, "list_url": f"/content/{kind}"}
    )


@public
def download(request: HttpRequest, *, kind: str, item_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of a published page, to keep; nothing that was handed in is shown inside a page."""
    item = queries.shown(item_id)
    if item.kind != kind:
        raise NotFound
    return contents.sent(queries.shown_file(item_id=item_id, file_id=file_id))


@public
def feed(request: HttpRequest, *, kind: str = "") -> HttpResponse:
    """The newest as Atom, for readers and programs."""
    kinds = _kinds(kind)
    origin, own = settings.SITE_ORIGIN, f"/content/{kind}" if kind else "/content"
    title = rules.KIND_LABELS[kind] if kind else _("权威信息发布")
    made = Atom1Feed(
        title=f"{settings.SITE_NAME} {title}",
        link=f"{origin}{own}",
        description=str(title),
        feed_url=f"{origin}{own}/feed.xml",
        language="zh-CN",
        author_name=settings.SITE_OPERATOR,
    )
    for item in queries.newest(kinds=kinds, limit=IN_FEED):
        made.add_item(
            title=item.title,
            link=f"{origin}{contents.address(kind=item.kind, item_id=item.id)}",
            description=item.version.html,
            unique_id=f"urn:uuid:{item.id}",
            pubdate=item.published_at,
            updateddate=max(item.updated_at, item.published_at),
            categories=(str(rules.KIND_LABELS[item.kind]),),
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
