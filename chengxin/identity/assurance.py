"""How sure the platform is of who acts (D-28): two facts, one answer.

How this *session* logged in belongs to the session and is never raised in it (VOL-05); what was
proved of the *account* stays with the account. What needs a strong session asks `require_strong`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Forbidden
from chengxin.identity.values import Actor

SESSION_KINDS = ("password", "code", "passkey", "card", "e_licence")
STRONG = frozenset({"card", "e_licence"})
LOW_ASSURANCE = "low-assurance"
TOO_LOW = _(
    "您当前登录账号认证级别较低。该登录方式无法提升认证级别，请退出后改用证书登录（法人一证通）或电子营业执照登录；"
    "口令登录仅支持在线浏览信用信息。"
)


@dataclass(frozen=True)
class Assurance:
    """`session` is one of SESSION_KINDS, or none for a visitor; `account` is none, medium (中) or high (高)."""

    session: str
    account: str


def of(by: Actor) -> Assurance:
    """Both facts of whoever acts."""
    return Assurance(session=by.assurance, account=by.proven)


def strong(by: Actor) -> bool:
    """Whether the session was opened with a certificate or the electronic business licence (VOL-05)."""
    return of(by).session in STRONG


def require_strong(by: Actor) -> None:
    """Raise Forbidden `low-assurance` with VOL-05's words unless the session is strong."""
    if not strong(by):
        raise Forbidden(TOO_LOW, code=LOW_ASSURANCE)
