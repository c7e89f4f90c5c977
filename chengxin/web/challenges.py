"""The captcha of a page: a picture or spoken digits, and the network that limits count (REG-03, D-46)."""

from __future__ import annotations

import base64

from chengxin.access import captchas
from chengxin.common.errors import TooMany
from chengxin.edge import client
from chengxin.web.components import Challenge
from chengxin.web.session import Request

AUDIO = "audio"


def fresh(request: Request) -> Challenge:
    """A new challenge for a page; ``_captcha=audio`` asks for spoken digits."""
    kind = AUDIO if request.POST.get("_captcha", request.GET.get("kind")) == AUDIO else "image"
    made = captchas.new_captcha(kind, network=network(request))
    return Challenge(id=str(made.id), url=data_url(made.media_type, made.body), kind=kind)


def fresh_or_none(request: Request) -> Challenge | None:
    """A new challenge, or none for a network that asked too often: the page stays."""
    try:
        return fresh(request)
    except TooMany:
        return None


def data_url(media_type: str, body: bytes) -> str:
    """The bytes as a data address: the answer is kept nowhere, so the picture cannot be asked for again."""
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def network(request: Request) -> str:
    """The network that a limit counts."""
    return client.network(client.address(request.META))


def check(request: Request) -> None:
    """Use up the posted challenge; raises Invalid beside 验证码."""
    captchas.check_captcha(request.POST.get("captcha_id", ""), request.POST.get("captcha", ""))
