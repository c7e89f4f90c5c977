"""机构与人员 as an Excel workbook: out, and in after a check that names every fault by cell."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.common.errors import Invalid
from chengxin.exchange import agency_books
from chengxin.exchange.workbooks import BOOK_TYPE
from chengxin.flow import unit_books as flow
from chengxin.identity.values import AGENCY_ROLES
from chengxin.web import components
from chengxin.web.agency.units import ROLES, UNIT_KINDS
from chengxin.web.session import Request, agency_only


def words() -> flow.Words:
    """How kinds and roles are written, in Chinese whatever the language of the page."""
    kinds = {"商务主管部门": "commerce", "数据来源单位": "source", "服务单位": "service"}
    names = ("审核员", "监督员", "内容编辑", "客服", "数据导入员", "系统管理员", "安全管理员", "审计管理员")
    assert set(kinds.values()) == set(UNIT_KINDS) and set(ROLES) == set(AGENCY_ROLES)
    return flow.Words(kinds, dict(zip(names, ROLES, strict=True)))


@require_safe
@agency_only("system_admin")
def export(request: Request) -> HttpResponse:
    """All agencies and people; `?empty=1` gives the template."""
    empty = request.GET.get("empty") == "1"
    body = agency_books.write(units=[], people=[]) if empty else flow.book(words=words(), by=request.actor)
    answer = HttpResponse(body, content_type=BOOK_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="agencies{"-template" if empty else ""}.xlsx"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("system_admin")
def show(request: Request) -> HttpResponse:
    """Check a workbook, then take in the same one; the check keeps it in the page, so that it is chosen once."""
    if request.method != "POST":
        return _page(request)
    try:
        data = _data(request)
        rows = agency_books.read(data)
    except Invalid as error:
        return _page(request, errors=error.fields, status=422)
    dry = request.POST.get("act") != "take"
    taken = flow.take_in(rows=rows, words=words(), dry=dry, by=request.actor)
    kept = base64.b64encode(data).decode() if dry and not taken.faults else ""
    return _page(request, taken=taken, kept=kept, dry=dry, status=422 if taken.faults else 200)


def _data(request: Request) -> bytes:
    """The file just chosen, or the one that was checked before."""
    chosen = request.FILES.get("file")
    if chosen is not None:
        return bytes(chosen.read(agency_books.MAX_BYTES + 1))
    try:
        found = base64.b64decode(request.POST.get("kept", ""), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise Invalid({"file": [_("请选择Excel工作簿")]})
    return found


def _page(
    request: Request,
    *,
    taken: flow.Taken | None = None,
    kept: str = "",
    dry: bool = True,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    columns = [
        components.Column(key="sheet", label=_("工作表")),
        components.Column(key="line", label=_("行"), numeric=True),
        components.Column(key="column", label=_("列")),
        components.Column(key="message", label=_("问题")),
    ]
    faults = taken.faults if taken else []
    context = {
        "taken": taken,
        "kept": kept,
        "dry": dry,
        "errors": errors or {},
        "problems": [("f-file", text) for texts in (errors or {}).values() for text in texts],
        "columns": columns,
        "faults": [{"sheet": each.sheet, "line": each.line, "column": each.column or "—", "message": each.message} for each in faults],
        "most": {"mb": agency_books.MAX_BYTES // 1024 // 1024, "units": agency_books.MAX_UNITS, "people": agency_books.MAX_PEOPLE},
    }
    return render(request, "agency/unit_books.html", context, status=status)
