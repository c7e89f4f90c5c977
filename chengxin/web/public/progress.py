"""查询办理进度: how a case stands, by number and query code (D-09, D-11, REG-16)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid, TooMany
from chengxin.filings import lifecycle
from chengxin.filings.progress import Progress
from chengxin.flow import cases
from chengxin.web import challenges
from chengxin.web.pageforms import Entry, PageForm
from chengxin.web.session import Request, anyone


class AskForm(PageForm):
    """Number and query code, as the page after handing in showed them."""

    number = Entry(label=_("编号"), max_length=40, help_text=_("提交后页面显示的编号，以 HZ 开头"))
    code = Entry(label=_("查询码"), max_length=20, help_text=_("提交后页面显示的8位查询码，不区分大小写"), autocomplete="off")


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def progress(request: Request) -> HttpResponse:
    """The two rows, and below them how the case stands; number and code never stand in an address of ours."""
    if request.method != "POST":
        return render(request, "public/progress.html", {"form": AskForm()})
    form, found = AskForm(request.POST), None
    status = 422
    if form.is_valid():
        try:
            found = _asked(request, form)
            status = 200
        except Invalid as error:
            form.add_fields(error.fields)
        except TooMany as error:
            form.add_error(None, error.message)
            status = error.status
    context = {"form": form, "found": found, "result": lifecycle.result_label(found.result) if found else ""}
    response = render(request, "public/progress.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked(request: Request, form: AskForm) -> Progress:
    values = form.cleaned_data
    return cases.ask_progress(number=values["number"], code=values["code"], network=challenges.network(request))
