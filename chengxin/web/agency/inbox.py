"""The inbox: what this reviewer's agency is competent for now, the first due first (D-05, REG-09, ARC-12)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.catalogue import items
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import corrections, inbox, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.identity import queries as identity
from chengxin.web import components
from chengxin.web.agency import bulk, lines, paging, words
from chengxin.web.session import Request, agency_only

UNITS_NAMED = 3


@require_safe
@agency_only("reviewer")
def show(request: Request) -> HttpResponse:
    """One page of pending filings, with exact counts."""
    by = request.actor
    narrowed = narrowed_by(request)
    page = inbox.opened(by=by, narrowed=narrowed)
    counts = page.counts
    context = {
        "counts": counts,
        "narrowed": narrowed,
        "is_narrowed": bool(narrowed.text or narrowed.form_id or narrowed.overdue_only or narrowed.division_code or narrowed.handed_to_me),
        "items": _items() if narrowed.kind == lines.ITEMS else [],
        "rows": lines.draw(lines.rows_of(page.items)),
        "handed": page.handed,
        "represented": page.represented,
        "handed_on": "handed" in request.GET,
        "next_url": paging.next_url(request, page.items, full=inbox.PAGE, once=("done", "handed")),
        "calendar_warnings": identity.calendar_warnings(clock.today()),
        "taken_over": _taken_over(page.taken_over),
        "regions": identity.divisions_just_below(by.division_code),
        "bulks": bulk.told(by),
        "awaiting": corrections.awaiting(by=by),
        "tabs": _tabs(counts),
        "tab": f"?kind={narrowed.kind}" if narrowed.kind else "?",
        "done": words.OUTCOMES.get(request.GET.get("done", ""), ""),
        "keys": keys(),
    }
    return render(request, "agency/inbox.html", context)


def narrowed_by(request: Request) -> inbox.Narrowed:
    """The filters of the address; what is no filter counts as none."""
    kind, division = request.GET.get("kind", ""), request.GET.get("division", "")
    return inbox.Narrowed(
        kind=kind if kind in lifecycle.KINDS else "",
        form_id=request.GET.get("item", "")[:80] if kind == lines.ITEMS else "",
        text=request.GET.get("q", "").strip()[:100],
        overdue_only=request.GET.get("overdue") == "1",
        division_code=division if division and identity.division_path(division) else "",
        handed_to_me=request.GET.get("handed_to") == "me",
        after=paging.cursor(request.GET.get("after", "")),
    )


def _items() -> list[tuple[str, str]]:
    """The items of voluntary registration, to narrow the list by."""
    return [(each.form.id, str(each.form.title)) for each in items.every()]


def _tabs(counts: inbox.Counts) -> list[components.Link]:
    kinds = ("registration", "archive")
    shown = (*kinds, *sorted(set(counts.by_kind) - set(kinds)))
    tabs = [components.Link(text=words.kind_label(kind), url=f"?kind={kind}", count=counts.by_kind.get(kind, 0)) for kind in shown]
    return [components.Link(text=_("全部"), url="?", count=counts.pending), *tabs]


def _taken_over(names: tuple[str, ...]) -> str:
    """The agencies below without a reviewer on duty, whose items are here meanwhile."""
    if len(names) > UNITS_NAMED:
        return _("%(names)s等%(n)d个机构") % {"names": _("、").join(names[:UNITS_NAMED]), "n": len(names)}
    return _("、").join(names)


def keys() -> list[tuple[str, str]]:
    """What the keys do on this page."""
    return [
        ("N", _("打开下一件")),
        ("J / K", _("下一行 / 上一行")),
        ("Enter", _("打开所在行")),
        ("S", _("选中或取消所在行")),
        ("U", _("撤销尚未生效的批量审核")),
        ("/", _("查找企业")),
    ]


@require_safe
@agency_only("reviewer")
def next_item(request: Request) -> HttpResponse:
    """Open what is due next and not open elsewhere; the empty inbox when nothing is left."""
    found = inbox.next_item(by=request.actor, after=_just_read(request))
    return redirect(f"/desk/{found}" if found else "/desk")


def _just_read(request: Request) -> FilingView | None:
    try:
        return filings.one(filing_id=UUID(request.GET.get("after", "")), by=request.actor)
    except (ValueError, NotFound):
        return None
