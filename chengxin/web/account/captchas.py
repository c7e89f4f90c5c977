"""Proof that a person fills in a page: a picture, spoken digits, or a code sent by mail (REG-03, D-54)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.common.errors import Invalid, TooMany
from chengxin.web.challenges import check, fresh, fresh_or_none, network
from chengxin.web.forms import Field
from chengxin.web.session import Request, anyone

__all__ = ["check", "fresh", "fresh_or_none", "network"]

MAIL = "mail"
REGISTRATION = "registration"


@dataclass(frozen=True)
class MailCode:
    """The row 邮箱验证码 that stands in for the captcha, with what was said about sending."""

    field: Field
    sent_to: str = ""


def by_mail(request: Request) -> bool:
    """Whether the page asks for a mailed code instead of a captcha, or is about to."""
    asked = request.POST.get("_captcha", "")
    return asked == MAIL or (not asked and request.POST.get("captcha_way") == MAIL)


def mail_code(request: Request, *, errors: list[str] | None = None, sent_to: str = "", prefix: str = "f") -> MailCode:
    """The row as typed; `prefix` begins its id."""
    field = Field(
        name="mail_code",
        id=f"{prefix}-mail_code",
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
        return mail_code(request, errors=[wait_text(error)])
    return mail_code(request, sent_to=email.strip())


def wait_text(error: TooMany) -> str:
    """When a code may be asked for again."""
    wait = -(-error.retry_after // 60)
    return _("验证码已发送过，请先查收邮件；如未收到，请 %(minutes)d 分钟后重新获取。") % {"minutes": wait}


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
