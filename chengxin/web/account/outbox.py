"""The demo's outbox: what the local gateways delivered. Demo mode on loopback only (D-45, D-53)."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from chengxin.edge import client
from chengxin.gateways import dev
from chengxin.web.session import Request, anyone


def _guard(request: Request) -> None:
    if not settings.DEMO or not client.is_loopback(client.address(request.META)):
        raise Http404


@anyone
def page(request: Request) -> HttpResponse:
    """The mailbox for people."""
    _guard(request)
    rows = dev.mailbox(to=request.GET.get("to") or None, channel=request.GET.get("channel") or None)
    return render(request, "account/outbox.html", {"rows": rows})


@anyone
def data(request: Request) -> HttpResponse:
    """The mailbox for scripts: ``?to=…&channel=…``."""
    _guard(request)
    rows = dev.mailbox(to=request.GET.get("to") or None, channel=request.GET.get("channel") or None)
    return JsonResponse({"items": rows})
