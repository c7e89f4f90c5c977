"""亮信用: what to embed in a shop's pages, what to hang in its window, and confirmations of single records (VOL-31)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.filings import voluntary_queries
from chengxin.flow import showing
from chengxin.identity import queries as identity
from chengxin.records import queries as records
from chengxin.records import reading, standing
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only

PDF = "application/pdf"
MOST_LINES = 100
"""Most records in one page: the newest."""


@dataclass(frozen=True)
class Embedded:
    """What a shop copies: a few lines of HTML without scripts, and the picture they show."""

    id: str
    badge_url: str
    snippet: str


@dataclass(frozen=True)
class Line:
    """One published voluntary record; `embedded` is None where the public sees nothing of it."""

    record_id: UUID
    filing_id: UUID | None
    group: str
    title: str
    embedded: Embedded | None


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """The badge and the poster of the file, then those of each published voluntary record."""
    by = request.actor
    assert by.enterprise_id is not None
    uscc = identity.enterprise(by.enterprise_id).uscc
    is_public = uscc in records.names(usccs=[uscc])
    found = standing.voluntary(enterprise_id=by.enterprise_id, most=MOST_LINES + 1, by=by)
    shown = found[:MOST_LINES]
    filings = voluntary_queries.all_in_force(enterprise_id=by.enterprise_id, record_ids=[each.record_id for each in shown])
    context = {
        "uscc": uscc,
        "is_public": is_public,
        "file": _embedded(uscc) if is_public else None,
        "lines": [_line(uscc, each, filing_id=filings.get(each.record_id), is_public=is_public) for each in shown],
        "more": len(found) > MOST_LINES,
        "most": MOST_LINES,
        "crumbs": crumbs((_("自愿注册"), "/voluntary"), (_("亮信用"), "")),
    }
    return render(request, "enterprise/voluntary_show.html", context)


def _line(uscc: str, stands: standing.Standing, *, filing_id: UUID | None, is_public: bool) -> Line:
    form = catalogue.version(stands.form_version)
    group = form.group(stands.group)
    title, seen = "", stands.fragment
    if seen is not None:
        title = reading.item(seen, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today()).title
    return Line(
        record_id=stands.record_id,
        filing_id=filing_id,
        group=str(group.title) if group else str(form.title),
        title=title,
        embedded=_embedded(uscc, stands.record_id) if is_public and seen is not None else None,
    )


def _embedded(uscc: str, record_id: UUID | None = None) -> Embedded:
    """The lines to copy; the words for those who see no picture promise nothing that may have ended."""
    badge = reverse("public:record_badge", args=[uscc, record_id]) if record_id else reverse("public:badge", args=[uscc])
    values = {
        "href": showing.address(uscc=uscc, record_id=record_id),
        "badge": f"{settings.SITE_ORIGIN}{badge}",
        "alt": _("查看该企业的诚信公示信息"),
    }
    snippet = render_to_string("enterprise/badge_snippet.html", values).strip()
    return Embedded(id=str(record_id or "file"), badge_url=badge, snippet=snippet)


@require_safe
@enterprise_only
def poster(request: Request) -> HttpResponse:
    """The A4 poster; `?record=` makes that of one record."""
    if request.method == "HEAD":
        return HttpResponse(content_type=PDF)
    body = showing.poster(record_id=_record_of(request), by=request.actor)
    return _sent(body, name="poster.pdf")


def _record_of(request: Request) -> UUID | None:
    typed = request.GET.get("record", "")
    if not typed:
        return None
    try:
        return UUID(typed)
    except ValueError as error:
        raise Invalid({"record": [_("没有这条记录，请从“亮信用”页面重新下载。")]}) from error


@require_safe
@enterprise_only
def confirmation(request: Request, filing_id: UUID) -> HttpResponse:
    """The signed confirmation of one published record; each is issued anew, with its own number."""
    if request.method == "HEAD":
        return HttpResponse(content_type=PDF)
    made = showing.confirm(filing_id=filing_id, by=request.actor)
    response = _sent(made.pdf, name=f"confirmation-{made.number}.pdf")
    response.headers["X-Report-Number"] = made.number
    return response


def _sent(body: bytes, *, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=PDF)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
