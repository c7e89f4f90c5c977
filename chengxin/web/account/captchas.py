"""Captchas as pages show them: a picture or spoken digits, each a challenge of its own (REG-03)."""

from __future__ import annotations

import base64
from typing import Any

from django.http import HttpResponse, JsonResponse

from chengxin.access import captchas
from chengxin.edge import client
from chengxin.web.components import Challenge
from chengxin.web.session import Request, anyone


def fresh(request: Request) -> Challenge:
    """A new challenge for a page; ``_captcha=audio`` asks for spoken digits."""
    kind = "audio" if request.POST.get("_captcha", request.GET.get("kind")) == "audio" else "image"
    made = captchas.new_captcha(kind, network=network(request))
    return Challenge(id=str(made.id), url=data_url(made.media_type, made.body), kind=kind)


def data_url(media_type: str, body: bytes) -> str:
    """The bytes as a data address: the answer is kept nowhere, so the picture cannot be asked for again."""
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def network(request: Request) -> str:
    """The network that a limit counts."""
    return client.network(client.address(request.META))


def check(request: Request) -> None:
    """Use up the posted challenge; raises Invalid beside 验证码."""
    captchas.check_captcha(request.POST.get("captcha_id", ""), request.POST.get("captcha", ""))


@anyone
def new(request: Request) -> HttpResponse:
    """Another challenge for a page with scripts."""
    challenge = fresh(request)
    body: dict[str, Any] = {"id": challenge.id, "url": challenge.url, "kind": challenge.kind}
    response = JsonResponse(body)
    response.headers["Cache-Control"] = "no-store"
    return response
