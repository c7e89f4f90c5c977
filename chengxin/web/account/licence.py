"""电子营业执照登录: a QR code, what became of it, and the call-back; 证书登录 as it stands (VOL-04, VOL-05, D-28)."""

from __future__ import annotations

import base64
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.access import actions as access
from chengxin.access import licence
from chengxin.access import queries as access_queries
from chengxin.access.values import LicenceView
from chengxin.common.errors import ChengxinError, Conflict
from chengxin.gateways import e_licence
from chengxin.identity.values import Actor
from chengxin.seals import typesetting
from chengxin.web import session
from chengxin.web.account import captchas
from chengxin.web.account.entering import wanted
from chengxin.web.account.outbox import demo_only
from chengxin.web.session import Request, anyone, landing

QR_SCALE = 6  # pixels a square: about 4 cm on a desk
ENDED = {
    licence.REFUSED: gettext_lazy("已在手机上取消登录。"),
    licence.EXPIRED: licence.LATE,
    licence.OPENED: licence.USED,
}


@require_safe
@anyone
def begin(request: Request) -> HttpResponse:
    """A fresh QR code; who is logged in with a password keeps that session until the licence of the same enterprise is shown."""
    expected = request.actor.enterprise_id if request.actor.kind == "enterprise" else None
    made, secret = licence.begin(secret=session.licence_of(request), expected=expected, network=captchas.network(request))
    response = redirect(_page_url(made, request))
    session.keep_licence(response, secret=secret)
    return response


@require_safe
@anyone
def show(request: Request, log_in_id: UUID) -> HttpResponse:
    """The QR code while it waits; the session once it was confirmed; else why not, and the way on."""
    view = licence.view(log_in_id=log_in_id, secret=session.licence_of(request))
    if view is not None and view.outcome == licence.CONFIRMED:
        try:
            return _entered(request, log_in_id)
        except Conflict as error:
            return _page(request, view, ended=error.message, status=error.status)
    if view is not None and view.outcome == licence.OPENED and request.actor.account_id is not None:
        return redirect(wanted(request) or landing(request.actor))
    if view is not None and view.outcome == licence.WAITING:
        return _page(request, view)
    ended = view.text or str(ENDED.get(view.outcome, licence.LATE)) if view else str(licence.UNKNOWN)
    return _page(request, view, ended=ended, status=200 if view else 410)


def _entered(request: Request, log_in_id: UUID) -> HttpResponse:
    opened = licence.collect(
        log_in_id=log_in_id,
        secret=session.licence_of(request),
        network=captchas.network(request),
        device=session.device_of(request),
    )
    if request.session_key:
        access.log_out(request.session_key)
    actor = access_queries.session_actor(opened.session_key, counts_as_activity=True) or Actor.nobody()
    response = redirect(wanted(request) or landing(actor))
    session.keep(response, session_key=opened.session_key)
    session.keep_device(response, token=opened.device_token)
    return response


def _page(request: Request, view: LicenceView | None, *, ended: str = "", status: int = 200) -> HttpResponse:
    waits = view is not None and not ended
    context = {
        "view": view,
        "ended": ended,
        "qr": _picture(view.address) if view and waits else "",
        "phone_url": view.address if view and waits and e_licence.is_local() else "",
        "again_url": f"{reverse('account:e_licence')}{_back(request)}",
        "here_url": request.get_full_path(),
        "progress_url": f"{reverse('account:e_licence_progress', args=[view.id])}{_back(request)}" if view and waits else "",
        "password_url": f"{reverse('account:login')}{_back(request)}",
        "seconds": licence.VALID_SECONDS,
    }
    response = render(request, "account/e_licence.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _picture(text: str) -> str:
    """The QR code as the address of a picture; nothing is kept that could be asked for again."""
    svg = typesetting.qr(text, scale=QR_SCALE)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _back(request: Request) -> str:
    url = wanted(request)
    return f"?{urlencode({'next': url})}" if url else ""


def _page_url(log_in_id: UUID, request: Request) -> str:
    return f"{reverse('account:e_licence_page', args=[log_in_id])}{_back(request)}"


@require_safe
@anyone
def progress(request: Request, log_in_id: UUID) -> HttpResponse:
    """Asked by the page's script: nothing while the code waits, then the way back to the page, which says the rest."""
    view = licence.view(log_in_id=log_in_id, secret=session.licence_of(request))
    response = HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    if view is None or view.outcome != licence.WAITING:
        response.headers["HX-Redirect"] = _page_url(log_in_id, request)
    return response


@csrf_exempt
@require_POST
@anyone
def answer(request: Request) -> HttpResponse:
    """The licence service's call-back; a wrong state or signature is refused and opens nothing (VOL-04.3)."""
    try:
        settled = licence.answer(request.POST.dict(), network=captchas.network(request))
    except ChengxinError as error:
        return JsonResponse({"code": error.code, "detail": error.message}, status=error.status)
    return JsonResponse({"outcome": settled.outcome, "code": settled.reason})


@require_safe
@anyone
def card(request: Request) -> HttpResponse:
    """What 证书登录（法人一证通） is, and that it is not open yet."""
    context = {"e_licence_url": f"{reverse('account:e_licence')}{_back(request)}" if e_licence.available() else ""}
    return render(request, "account/card_login.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
@demo_only
def phone(request: Request) -> HttpResponse:
    """The demo's phone: the licence app as the local service plays it."""
    said, tone, status = "", "good", 200
    if request.method == "POST":
        try:
            said = _answered(request)
        except ChengxinError as error:
            said, tone, status = error.message, "bad", error.status
    context = {
        "state": request.POST.get("state", request.GET.get("state", "")),
        "licences": e_licence.local_licences(),
        "typed": request.POST,
        "said": said,
        "tone": tone,
        "done": bool(said) and tone == "good",
    }
    return render(request, "account/phone.html", context, status=status)


def _answered(request: Request) -> str:
    """Send the call-back as the service would, and say on the phone what came of it."""
    posted = request.POST
    params = e_licence.local_answer(
        state=posted.get("state", ""),
        outcome=posted.get("outcome", ""),
        uscc=(posted.get("uscc", "") or posted.get("held", "")).strip(),
        holder=posted.get("holder", e_licence.LEGAL),
        phone=posted.get("phone", "").strip(),
    )
    settled = licence.answer(params, network=captchas.network(request))
    if settled.reason:
        raise Conflict(licence.REASONS[settled.reason], code=settled.reason)
    return _("已确认登录，请回到电脑继续。") if settled.outcome == licence.CONFIRMED else _("已取消登录。")
