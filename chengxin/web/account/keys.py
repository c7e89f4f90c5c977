"""接口密钥: a person sees his keys for programs, gets a new one once, changes it for another, revokes it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.access import api_keys
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.flow import api_keys as flow
from chengxin.web.forms import Field
from chengxin.web.session import Request, member_only

PAGE = "/account/keys"


@require_http_methods(["GET", "HEAD", "POST"])
@member_only
def keys(request: Request) -> HttpResponse:
    """The list, the form for a new one, and a key that was made this moment."""
    if request.method != "POST":
        return _page(request)
    try:
        if "revoke" in request.POST:
            flow.revoke(key_id=_key_id(request.POST["revoke"]), by=request.actor)
            return redirect(f"{PAGE}?done=1")
        if "rotate" in request.POST:
            return _page(request, made=flow.rotate(key_id=_key_id(request.POST["rotate"]), by=request.actor))
        name, key = request.POST.get("name", ""), request.POST.get("submission_key", "")[:64] or str(uuid4())
        return _page(request, made=flow.issue(name=name, submission_key=key, by=request.actor))
    except Invalid as error:
        return _page(request, errors=error.fields.get("name", [error.message]), status=422)
    except (Conflict, NotFound) as error:
        return _page(request, errors=[error.message], status=error.status)


def _key_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _page(request: Request, *, made: str = "", errors: list[str] | None = None, status: int = 200) -> HttpResponse:
    typed = request.POST.get("name", "")[: api_keys.MOST_NAME] if errors else ""
    row = Field(
        name="name", id="f-name", label=_("用途"), value=typed, required=True, max_length=api_keys.MOST_NAME,
        hint=_("如：信贷系统批量核验"), errors=tuple(errors or ()),
    )  # fmt: skip
    context = {
        "layout": "agency/layout.html" if request.actor.kind == "agency" else "enterprise/layout.html",
        "lines": api_keys.listed(by=request.actor),
        "row": row,
        "problems": [("f-name", text) for text in errors or ()],
        "made": made,
        "done": "done" in request.GET,
        "submission_key": str(uuid4()),
        "most": api_keys.MOST_KEYS,
        "grace": api_keys.GRACE_HOURS,
    }
    response = render(request, "account/keys.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
