"""数据字典: every group and field that is asked for or published, as a page, CSV and JSON, made from the catalogue as it stands."""

from __future__ import annotations

import csv
import io

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from chengxin.catalogue import dictionary as made
from chengxin.catalogue import queries as catalogue
from chengxin.web.public.reads import public

NEEDED = {"yes": _("必填"), "sometimes": _("视情况必填"), "": ""}
PUBLIC = {"never": _("不公示"), "full": _("公示"), "masked": _("公示首字"), "street": _("公示至街道")}
ORIGINS = {"government": _("政府部门提供"), "enterprise": _("企业自行填报")}
BOM = "\ufeff"


@public
def page(request: HttpRequest) -> HttpResponse:
    """The dictionary for people, group by group."""
    sections = [(entry.group, ORIGINS.get(entry.group.origin, ""), _lines(entry)) for entry in _entries() if entry.group.fields]
    return render(request, "public/dictionary.html", {"sections": sections, "fields": sum(len(lines) for _g, _o, lines in sections)})


def _lines(entry: made.Entry) -> list[tuple[object, object, object]]:
    return [(field, NEEDED[made.needed(field)], PUBLIC[field.public]) for field in entry.group.fields]


@public
def as_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table, a line a field; begins with a byte order mark, so that Excel reads Chinese."""
    out = io.StringIO()
    csv.writer(out).writerows(made.as_rows(_entries()))
    response = HttpResponse((BOM + out.getvalue()).encode(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="data-dictionary.csv"'
    return response


@public
def as_json(request: HttpRequest) -> HttpResponse:
    """The same as data."""
    body = orjson.dumps({"groups": made.as_data(_entries())})
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers={"Access-Control-Allow-Origin": "*"})


def _entries() -> list[made.Entry]:
    return made.entries(catalogue.current(form) for form in catalogue.forms())
