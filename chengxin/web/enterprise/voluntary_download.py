"""An enterprise takes away everything of its voluntary registration, what is not public too, as JSON or as a workbook."""

from __future__ import annotations

from typing import cast

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.common import clock
from chengxin.exchange import own_data
from chengxin.exchange.workbooks import BOOK_TYPE
from chengxin.flow import showing
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only

JSON = "application/json; charset=utf-8"


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """What there is to take away, in two formats."""
    context = {"crumbs": crumbs((_("自愿注册"), "/voluntary"), (_("下载我的数据"), ""))}
    return render(request, "enterprise/voluntary_download.html", context)


@require_safe
@enterprise_only
def as_json(request: Request) -> HttpResponse:
    """Everything as one JSON document, sent piece by piece."""
    if request.method == "HEAD":
        return HttpResponse(content_type=JSON)
    showing.note_download(by=request.actor)
    return _named(StreamingHttpResponse(own_data.as_json(by=request.actor), content_type=JSON), "json")


@require_safe
@enterprise_only
def as_book(request: Request) -> HttpResponse:
    """Everything as a workbook, one sheet for each item."""
    if request.method == "HEAD":
        return HttpResponse(content_type=BOOK_TYPE)
    showing.note_download(by=request.actor)
    return _named(FileResponse(own_data.as_book(by=request.actor), content_type=BOOK_TYPE), "xlsx")


def _named(response: HttpResponseBase, extension: str) -> HttpResponse:
    """The answer with the name of its file. The guards of the views know answers by their usual class only."""
    response.headers["Content-Disposition"] = f'attachment; filename="voluntary-{clock.today():%Y%m%d}.{extension}"'
    response.headers["Cache-Control"] = "no-store"
    return cast(HttpResponse, response)
