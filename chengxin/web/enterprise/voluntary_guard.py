"""Who may open the pages of 信用信息自愿注册, and what everybody else is told (VOL-01, VOL-03, VOL-05 to VOL-07)."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import ChengxinError, Conflict, Forbidden
from chengxin.flow import voluntary as flow
from chengxin.web.context import address
from chengxin.web.enterprise.voluntary_words import trail
from chengxin.web.errors import stamp
from chengxin.web.session import Request, View, by_script, registrant

# Refusals that have a page of their own, each with its heading; anything else is answered as everywhere.
HEADINGS = {
    "low-assurance": _("您当前登录账号认证级别较低"),
    "unverified": _("请先进行身份认证"),
    "not-authorised": _("需要法人的授权"),
    "authorisation-expired": _("法人的授权已到期"),
    "outside-region": _("不在自愿注册范围内"),
    "region-unknown": _("登记所在地区尚未核实"),
    "item-closed": _("不在注册期内"),
    "too-many-drafts": _("草稿过多"),
}
LOG_INS = (("account:e_licence", _("退出并用电子营业执照登录")), ("account:card_login", _("证书登录（法人一证通）说明")))


def filer_only(view: View) -> View:
    """For those who may register voluntarily now; others get a page that says why not and what to do."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            flow.require_filer(by=request.actor)
            return view(request, *args, **kwargs)
        except (Forbidden, Conflict) as error:
            if error.code == "commitment-needed" and not by_script(request):
                return to_commitment(request)
            if error.code not in HEADINGS or by_script(request):
                raise
            return refused(request, error)

    return registrant(guarded)


def signed_only(view: View) -> View:
    """The same, and the enterprise has signed the commitment as it reads now; else to it, and back (VOL-07)."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if flow.signed(by=request.actor) else to_commitment(request)

    return filer_only(guarded)


def to_commitment(request: Request, wanted: str = "") -> HttpResponse:
    """To the commitment, with the page to come back to."""
    wanted = wanted or (request.get_full_path() if request.method in ("GET", "HEAD") else "")
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return redirect(reverse("enterprise:voluntary_commitment") + query)


def wanted_page(request: Request) -> str:
    """The page to come back to, if it is one of these; else the list of items."""
    home = reverse("enterprise:voluntary")
    url = request.POST.get("next") or request.GET.get("next", "")
    ours = url.startswith(f"{home}/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if ours else reverse("enterprise:voluntary_items")


def typed(request: Request) -> list[tuple[str, str]]:
    """What was posted from the form of an item: the page keeps it until whoever typed it has logged in well enough."""
    match = request.resolver_match
    if request.method != "POST" or match is None or match.url_name != "voluntary_form":
        return []
    return [(name, str(value)) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]


def ways(wanted: str) -> list[tuple[str, Promise]]:
    """How to log in well enough, each way back to the wanted page (D-28)."""
    query = urlencode({"next": wanted})
    return [(f"{url}?{query}", text) for view, text in LOG_INS if (url := address(view))]


def refused(request: Request, error: ChengxinError) -> HttpResponse:
    """The page of a refusal; a password session is shown both ways on."""
    kept = typed(request) if error.code == "low-assurance" else []
    asked = request.method in ("GET", "HEAD") or bool(kept)
    wanted = request.get_full_path() if asked else reverse("enterprise:voluntary_items")
    context = {
        "code": error.code,
        "heading": HEADINGS[error.code],
        "message": error.message,
        "ways": ways(wanted) if error.code == "low-assurance" else [],
        "kept": kept,
        "crumbs": trail((_("信用信息自愿注册"), "")),
    }
    return stamp(render(request, "enterprise/voluntary_refused.html", context, status=error.status), retry_after=None)
