"""数据质量：异议办理统计: days to close, counts by outcome and month and by supplying unit; no case is told apart (D-09)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.filings import lifecycle, statistics
from chengxin.filings.statistics import Line
from chengxin.web.components import Column
from chengxin.web.public.reads import public


@public
def wrong_data(request: HttpRequest) -> HttpResponse:
    """Figures, two pictures with their tables, and a table by unit."""
    found, columns = statistics.wrong_data(), _columns()
    values = {
        "found": found,
        "share": _share(found.whole),
        "days": f"{found.whole.days:.1f}",
        "charts": [
            _chart("column", _("按提交月份的件数"), [(line.key, line.all) for line in found.months], _("件"), _("月份")),
            _chart(
                "bar",
                _("按处理结果的件数"),
                [(lifecycle.result_label(line.key), line.all) for line in found.results],
                _("件"),
                _("处理结果"),
            ),
        ],
        "columns": columns,
        "units": [_row(line.key or _("企业自行填报"), line) for line in found.units],
        "kind_columns": [Column(key="unit", label=_("类别")), *columns[1:]],
        "kinds": [_row(_kind(line.key), line) for line in found.kinds],
        "now": clock.now(),
    }
    return render(request, "public/statistics.html", values)


def _columns() -> list[Column]:
    return [
        Column(key="unit", label=_("提供信息的单位")),
        Column(key="all", label=_("收到"), numeric=True),
        Column(key="waiting", label=_("办理中"), numeric=True),
        Column(key="decided", label=_("办结"), numeric=True),
        Column(key="share", label=_("按时办结"), numeric=True),
        Column(key="days", label=_("平均办结天数"), numeric=True),
    ]


def _kind(code: str) -> str:
    return {"objection": _("异议申请"), "error_report": _("信息纠错")}.get(code, code)


def _chart(kind: str, title: str, points: list[tuple[str, int]], unit: str, head: str) -> dict[str, Any]:
    return {"kind": kind, "title": title, "points": points, "unit": unit, "head": head}


def _row(name: str, line: Line) -> dict[str, object]:
    days = f"{line.days:.1f}" if line.decided else "—"
    return {"unit": name, "all": line.all, "waiting": line.waiting, "decided": line.decided, "share": _share(line), "days": days}


def _share(line: Line) -> str:
    return f"{100 * line.in_time / line.decided:.0f}%" if line.decided else "—"
