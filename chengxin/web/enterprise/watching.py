"""我的关注 of a logged-in enterprise: follow another one's public file, leave it, see the list."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Conflict, NotFound
from chengxin.common.identifiers import normalise_uscc
from chengxin.flow import watching as flow
from chengxin.portal import watching
from chengxin.web.enterprise.words import crumbs
from chengxin.web.forms import Field
from chengxin.web.session import Request, enterprise_only

LIST = "/workbench/watching"
MOST_TYPED = 40


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def show(request: Request) -> HttpResponse:
    """The list; 关注 by code, 取消关注 beside each line."""
    typed = request.POST.get("uscc", "")[:MOST_TYPED].strip()
    error = ""
    if request.method == "POST":
        error = _changed(request, normalise_uscc(typed))
        if not error:
            return redirect(f"{LIST}?done=1")
    row = Field(
        name="uscc", id="f-uscc", label=_("统一社会信用代码"), value=typed, required=True, max_length=18,
        hint=_("18位，可在公示档案页面查看"), errors=(error,) if error else (),
    )  # fmt: skip
    context = {
        "lines": watching.watched_by(by=request.actor),
        "row": row,
        "problems": [("f-uscc", error)] if error else [],
        "done": "done" in request.GET,
        "most": watching.MOST_WATCHED,
        "crumbs": crumbs((_("我的关注"), "")),
    }
    return render(request, "enterprise/watching.html", context, status=422 if error else 200)


def _changed(request: Request, uscc: str) -> str:
    """What is wrong with following or leaving, or nothing."""
    if "leave" in request.POST:
        flow.leave(uscc=normalise_uscc(request.POST["leave"][:MOST_TYPED]), by=request.actor)
        return ""
    if not uscc:
        return _("请填写统一社会信用代码")
    try:
        flow.follow(uscc=uscc, by=request.actor)
    except (NotFound, Conflict) as error:
        return error.message
    return ""
