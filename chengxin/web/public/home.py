"""Home page, 数据概览 and the standing pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import NotFound
from chengxin.identity import filers
from chengxin.identity import queries as identity
from chengxin.portal import help as centre
from chengxin.portal import public_questions, rules
from chengxin.portal import queries as portal
from chengxin.portal.values import DOWNLOAD, NEWS, NOTICE, POLICY
from chengxin.records import queries, reading
from chengxin.records.values import Hit
from chengxin.web import contents
from chengxin.web.context import address
from chengxin.web.public import content, help
from chengxin.web.public.reads import public

NEWEST = 10
SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One line of the column of new files."""

    hit: Hit
    type: str


@public
def home(request: HttpRequest) -> HttpResponse:
    """信用共建 with the newest files, ways in, figures, what is told and offered, questions (REG-01, PUB-01, PUB-02, PUB-08)."""
    newest = [Line(hit, reading.type_label(hit.type)) for hit in queries.newest_files(limit=NEWEST)]
    values = {
        "newest": newest,
        "overview": queries.overview(),
        "questions": [contents.question(entry) for entry in centre.first(*help.ON_THE_HOME_PAGE)],
        **_told(),
        **_ways_in(),
    }
    return render(request, "public/home.html", values)


def _told() -> dict[str, Any]:
    """权威信息发布, 资源开放共享, 政企交流互动: the newest of each, with the way to the whole (PUB-08, document 000 §1)."""
    kinds = (NOTICE, POLICY, NEWS)
    columns = [(rules.KIND_LABELS[kind], f"/content/{kind}", content.lines(portal.newest(kinds=(kind,), limit=SHOWN))) for kind in kinds]
    answered, _total = public_questions.listed(limit=SHOWN)
    return {
        "columns": columns,
        "downloads": content.lines(portal.newest(kinds=(DOWNLOAD,), limit=SHOWN)),
        "answered": answered,
        "service_groups": [str(group.label) for group in catalogue.service_groups()],
    }


def _ways_in() -> dict[str, Any]:
    return {
        "register_url": address("account:register") or "/register",
        "login_url": address("account:login") or "/login",
        "forgot_url": address("account:forgot") or "/password/forgot",
        "services_url": address("enterprise:services") or "/workbench/services",
        "voluntary_url": address("enterprise:voluntary") or "/voluntary",
        "voluntary_title": filers.title(),
    }


@public
def overview(request: HttpRequest) -> HttpResponse:
    """Files and records by province, type and month, as pictures with their tables."""
    found = queries.overview()
    provinces = [(_province(count.key), count) for count in found.by_province]
    types = [(reading.type_label(count.key), count) for count in found.by_type]
    months = [(count.key, count) for count in found.by_month]
    charts = [
        _chart("bar", _("各省诚信档案数"), [(name, c.files) for name, c in provinces], _("份"), _("省份")),
        _chart("bar", _("各省公示信息条数"), [(name, c.records) for name, c in provinces], _("条"), _("省份")),
        _chart("bar", _("各类企业诚信档案数"), [(name, c.files) for name, c in types], _("份"), _("企业类型")),
        _chart("bar", _("各类企业公示信息条数"), [(name, c.records) for name, c in types], _("条"), _("企业类型")),
        _chart("column", _("按审核通过月份的诚信档案数"), [(name, c.files) for name, c in months], _("份"), _("月份")),
        _chart("line", _("按审核通过月份的公示信息条数"), [(name, c.records) for name, c in months], _("条"), _("月份")),
    ]
    return render(request, "public/overview.html", {"overview": found, "charts": charts})


def _chart(kind: str, title: str, points: list[tuple[str, int]], unit: str, head: str) -> dict[str, Any]:
    return {"kind": kind, "title": title, "points": points, "unit": unit, "head": head}


def _province(code: str) -> str:
    path = identity.division_path(code)
    return path[0] if path else code


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """无障碍说明."""
    return render(request, "public/accessibility.html")


@public
def developers(request: HttpRequest) -> HttpResponse:
    """开放接口: where programs begin."""
    values = {"origin": settings.SITE_ORIGIN, "limit": settings.PUBLIC_READS_PER_MINUTE}
    return render(request, "public/developers.html", values)


@public
def commitment(request: HttpRequest, *, code: str) -> HttpResponse:
    """The text of a commitment or notice as it stands now, with its edition and version."""
    try:
        text = catalogue.commitment(code)
    except (KeyError, LookupError) as error:
        raise NotFound from error
    return render(request, "public/commitment.html", {"text": text, "asked": request.GET.get("version", "")})
