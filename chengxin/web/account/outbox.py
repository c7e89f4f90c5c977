"""The demo's outbox: what the local gateways delivered. Demo mode on loopback only (D-45, D-53)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from chengxin.edge import client
from chengxin.gateways import dev
from chengxin.web.session import Request, View, anyone


def demo_only(view: View) -> View:
    """For demo mode on loopback; elsewhere there is no such page."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO or not client.is_loopback(client.address(request.META)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@anyone
@demo_only
def page(request: Request) -> HttpResponse:
    """The mailbox for people."""
    rows = dev.mailbox(to=request.GET.get("to") or None, channel=request.GET.get("channel") or None)
    return render(request, "account/outbox.html", {"rows": rows})


@anyone
@demo_only
def data(request: Request) -> HttpResponse:
    """The mailbox for scripts: ``?to=…&channel=…``."""
    rows = dev.mailbox(to=request.GET.get("to") or None, channel=request.GET.get("channel") or None)
    return JsonResponse({"items": rows})
