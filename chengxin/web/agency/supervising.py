"""The supervisor's map and table: what waits, what is late, how long decisions take, by division, down to the county (REG-09)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.common.errors import NotFound
from chengxin.filings import figures
from chengxin.filings.figures import Load
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import NATIONAL, Actor, DivisionView
from chengxin.web import components, tiles
from chengxin.web.agency import words
from chengxin.web.session import Request, agency_only

SHADES = (0.0, 5.0, 20.0)  # per cent of what waits that is overdue, at most: light to dark
MAP = "/desk/map"


@require_safe
@agency_only("supervisor", "system_admin")
def show(request: Request) -> HttpResponse:
    """The map of one division: its squares and, behind them, the table."""
    code = _code(request)
    loads = figures.by_division()
    below = [(each, figures.total(loads, identity.divisions_below(each.code))) for each in identity.divisions_just_below(code)]
    whole = figures.total(loads, identity.divisions_below(code))
    here = identity.division(code) if code else None
    title = here.name if here else _("全国")
    context = {
        "title": title,
        "crumbs": _crumbs(here, request.actor),
        "whole": facts(whole),
        "map": tiles.draw(tiles=[_tile(each, load) for each, load in below], title=_("%(place)s各地待审核") % {"place": title}),
        "legend": legend(),
        "columns": columns(),
        "below": bool(below),
        "rows": [_row(each, load) for each, load in below if load.pending or load.decided],
        "quiet": [each for each, load in below if not (load.pending or load.decided)],
        "days": figures.DAYS,
    }
    return render(request, "agency/map.html", context)


def _code(request: Request) -> str | None:
    """The division asked for, or the top of what the person may see; 404 for anything else."""
    by = request.actor
    own = by.division_code
    asked = request.GET.get("division", "") or own
    if asked is not None and not identity.division_path(asked):
        raise NotFound(_("行政区划代码不存在。"))
    if asked == NATIONAL:
        asked = None
    policy.require(by=by, permission="agency.view", division_code=asked or own or NATIONAL)
    return asked


def _crumbs(here: DivisionView | None, by: Actor) -> list[components.Link]:
    """The way from the top of what the person may see to the division."""
    if here is None:
        return []
    found = [components.Link(text=here.name)]
    step = identity.division_above(here.code)
    while step is not None and step in by.scope:
        view = identity.division(step)
        found.insert(0, components.Link(text=view.name, url=f"{MAP}?division={step}"))
        step = identity.division_above(step)
    return [components.Link(text=_("全国"), url=MAP), *found] if NATIONAL in by.scope else found


def shade(load: Load) -> int:
    """How dark a square is: 0 nothing waits, then by the share of what is overdue."""
    if not load.pending:
        return 0
    return 1 + sum(load.overdue_percent > most for most in SHADES)


def legend() -> list[tuple[int, str]]:
    """What the shades say."""
    return [
        (0, _("无待审核")),
        (1, _("无逾期")),
        (2, _("逾期不超过5%")),
        (3, _("逾期5%至20%")),
        (4, _("逾期超过20%")),
    ]


def _tile(each: DivisionView, load: Load) -> tiles.Tile:
    about = {"name": each.name, "n": load.pending, "late": load.overdue}
    return tiles.Tile(
        code=each.code,
        name=each.name,
        number=f"{load.pending:,}",
        shade=shade(load),
        url=f"{MAP}?division={each.code}",
        words=_("%(name)s：待审核%(n)d件，逾期%(late)d件") % about,
    )


def columns(first: str = "") -> list[components.Column]:
    """The columns of the table."""
    return [
        components.Column(key="name", label=first or _("地区")),
        components.Column(key="pending", label=_("待审核"), numeric=True),
        components.Column(key="overdue", label=_("逾期"), numeric=True),
        components.Column(key="decided", label=_("近30天办结"), numeric=True),
        components.Column(key="mean", label=_("平均办理时长"), numeric=True),
        components.Column(key="approved", label=_("通过率"), numeric=True),
    ]


def facts(load: Load) -> dict[str, Any]:
    """The figures of a line in words."""
    late = components.badge(text=f"{load.overdue:,}", tone="bad") if load.overdue else "0"
    return {
        "pending": f"{load.pending:,}",
        "overdue": late,
        "decided": f"{load.decided:,}",
        "mean": words.span(load.mean) if load.mean is not None else "—",
        "approved": f"{load.approved_percent}%" if load.approved_percent is not None else "—",
    }


def _row(each: DivisionView, load: Load) -> dict[str, Any]:
    return {"name": format_html('<a href="{}?division={}">{}</a>', MAP, each.code, each.name), **facts(load)}
