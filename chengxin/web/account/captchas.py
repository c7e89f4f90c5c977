"""Proof that a person fills in a page: a picture, spoken digits, or a code sent by mail (REG-03, D-54)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.access import captchas
from chengxin.common.errors import Invalid, TooMany
from chengxin.edge import client
from chengxin.web.components import Challenge
from chengxin.web.forms import Field
from chengxin.web.session import Request, anyone

MAIL, AUDIO = "mail", "audio"
REGISTRATION = "registration"


def fresh(request: Request) -> Challenge:
    """A new challenge for a page; ``_captcha=audio`` asks for spoken digits."""
    kind = AUDIO if request.POST.get("_captcha", request.GET.get("kind")) == AUDIO else "image"
    made = captchas.new_captcha(kind, network=network(request))
    return Challenge(id=str(made.id), url=data_url(made.media_type, made.body), kind=kind)


def fresh_or_none(request: Request) -> Challenge | None:
    """A new challenge, or none for a network that asked too often: the page stays, with the way by mail."""
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


@dataclass(frozen=True)
class MailCode:
    """The row 邮箱验证码 that stands in for the captcha, with what was said about sending."""

    field: Field
    sent_to: str = ""


def by_mail(request: Request) -> bool:
    """Whether the page asks for a mailed code instead of a captcha, or is about to."""
    asked = request.POST.get("_captcha", "")
    return asked == MAIL or (not asked and request.POST.get("captcha_way") == MAIL)


def mail_code(request: Request, *, errors: list[str] | None = None, sent_to: str = "") -> MailCode:
    """The row as typed."""
    field = Field(
        name="mail_code",
        id="f-mail_code",
        label=_("邮箱验证码"),
        value=request.POST.get("mail_code", "")[:12],
        required=True,
        autocomplete="one-time-code",
        hint=_("填写邮件中的6位数字，10分钟内有效"),
        errors=tuple(errors or ()),
    )
    return MailCode(field=field, sent_to=sent_to)


def send_code(request: Request) -> MailCode:
    """Mail a code to the typed address; raises Invalid beside 邮箱. Too often is said beside the code."""
    email = request.POST.get("email", "")
    try:
        access.send_email_code(email=email, purpose=REGISTRATION, network=network(request), use=_("企业用户注册"))
    except TooMany as error:
        wait = -(-error.retry_after // 60)
        said = _("验证码已发送过，请先查收邮件；如未收到，请 %(minutes)d 分钟后重新获取。") % {"minutes": wait}
        return mail_code(request, errors=[said])
    return mail_code(request, sent_to=email.strip())


def check_code(request: Request, *, spend: bool) -> list[str]:
    """What is wrong with the typed code; empty if it fits. Spent only when the page has nothing else to mend."""
    typed = request.POST.get("mail_code", "")
    try:
        access.check_email_code(email=request.POST.get("email", ""), purpose=REGISTRATION, code=typed, spend=spend)
    except Invalid as error:
        return [text for texts in error.fields.values() for text in texts]
    return []


@anyone
def new(request: Request) -> HttpResponse:
    """Another challenge for a page with scripts."""
    challenge = fresh(request)
    body: dict[str, Any] = {"id": challenge.id, "url": challenge.url, "kind": challenge.kind}
    response = JsonResponse(body)
    response.headers["Cache-Control"] = "no-store"
    return response
