"""Secret links and mailed codes: only hashes are stored, each opens its door once (REG-13)."""

from __future__ import annotations

import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chengxin.access import limits, passwords, rules
from chengxin.access.models import EmailCode, LoginName, SecretLink
from chengxin.common import clock, crypto
from chengxin.common.errors import Invalid
from chengxin.common.text import nfkc
from chengxin.gateways import actions as gateways
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity import rules as identity_rules
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

RESET = "password-reset"
LINK_MINUTES = 30
CODE_MINUTES, CODE_TRIES = 10, 5
RESET_PATH = "/password/reset/"


class LinkRefused(Invalid):
    """The link is unknown, used, replaced by a newer one, or too old."""

    default_code = "link-refused"
    default_message = _("链接无效、已被使用或已过期，请重新申请")


@transaction.atomic
def issue_link(*, account_id: UUID, purpose: str, minutes: int = LINK_MINUTES) -> str:
    """A fresh secret for a link; earlier ones of the purpose stop working. Returns the token, kept nowhere."""
    now = clock.now()
    SecretLink.objects.filter(account_id=account_id, purpose=purpose, used_at__isnull=True).update(used_at=now)
    token = secrets.token_urlsafe(32)
    SecretLink.objects.create(
        token_hash=_link_hash(token),
        purpose=purpose,
        account_id=account_id,
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )
    ledger.append(kind="link.issued", subject=str(account_id), data={"purpose": purpose}, by=Actor.system("recovery"))
    return token


def peek_link(token: str, purpose: str) -> UUID:
    """The account behind a link that still works; nothing is used up. Raises LinkRefused."""
    row = _open_links(token, purpose).first()
    if row is None:
        raise LinkRefused()
    return row.account_id


@transaction.atomic
def redeem_link(token: str, purpose: str) -> UUID:
    """Use a link up; returns the account. Raises LinkRefused."""
    row = _open_links(token, purpose).select_for_update().first()
    if row is None:
        raise LinkRefused()
    row.used_at = clock.now()
    row.save(update_fields=["used_at"])
    ledger.append(kind="link.redeemed", subject=str(row.account_id), data={"purpose": purpose}, by=Actor.system("recovery"))
    return row.account_id


def _open_links(token: str, purpose: str) -> QuerySet[SecretLink]:
    return SecretLink.objects.filter(token_hash=_link_hash(token), purpose=purpose, used_at__isnull=True, expires_at__gt=clock.now())


def request_reset(*, name: str, network: str) -> None:
    """忘记密码: mail a link to the registered mailbox, if there is one; says nothing either way (REG-13).

    Never inside a transaction. Raises TooMany only by network, which tells nothing about the name.
    """
    limits.named("reset.network", rules.network_of(network))
    key = rules.login_key(name)
    if limits.held("reset.name", key) >= limits.LIMITS["reset.name"].most:
        return
    limits.named("reset.name", key)
    account_id = LoginName.objects.filter(name_key=key).values_list("account_id", flat=True).first()
    if account_id is not None and identity.account(account_id).state in ("active", "pending"):
        _mail_reset(account_id)


@transaction.atomic
def _mail_reset(account_id: UUID) -> None:
    to = identity.email_of(account_id, Actor.system("recovery"), RESET)
    if not to:
        return
    token = issue_link(account_id=account_id, purpose=RESET)
    until = clock.now() + timedelta(minutes=LINK_MINUTES)
    gateways.enqueue(
        channel="mail",
        purpose=RESET,
        to=to,
        template="password_reset",
        params={"until": _told(until)},
        secret_params={"reset_link": f"{settings.SITE_ORIGIN}{RESET_PATH}{token}"},
        dedupe_key=f"{RESET}:{uuid.uuid4()}",
        secret_until=until,
    )


@transaction.atomic
def reset_by_link(*, token: str, password: str) -> UUID:
    """Set a new password by a mailed link; the link is used up only if the password is taken.

    Raises LinkRefused or Invalid({"password": …}). Every session of the account ends; the link proves the mailbox (D-58).
    """
    account_id = redeem_link(token, RESET)
    passwords.reset_password(account_id=account_id, password=password)
    if not identity.account(account_id).email_verified:
        identity_actions.verify_email(account_id=account_id, by=Actor.system("recovery"))
    return account_id


def send_email_code(*, email: str, purpose: str, network: str, use: str = "") -> UUID:
    """Mail a six-digit code: proves a mailbox, or stands in for the captcha (D-54). Returns its id.

    The answer is the same whether anybody uses the address. Raises Invalid({"email": …}) or TooMany.
    Never inside a transaction.
    """
    errors = identity_rules.email_errors(email)
    if errors:
        raise Invalid({"email": errors})
    key = identity_rules.email_key(email)
    limits.named("email_code.network", rules.network_of(network))
    limits.named("email_code.pause", key)
    limits.named("email_code.address", key)
    return _mail_code(identity_rules.clean_email(email), purpose, use)


@transaction.atomic
def _mail_code(email: str, purpose: str, use: str) -> UUID:
    now = clock.now()
    blind = crypto.blind(identity_rules.email_key(email), purpose="email-code")
    code = f"{secrets.randbelow(10**6):06d}"
    EmailCode.objects.filter(email_blind=blind, purpose=purpose, used_at__isnull=True).update(used_at=now)
    row = EmailCode(
        id=uuid.uuid4(),
        purpose=purpose,
        email_blind=blind,
        created_at=now,
        expires_at=now + timedelta(minutes=CODE_MINUTES),
    )
    row.code_hash = _code_hash(row.id, code)
    row.save(force_insert=True)
    gateways.enqueue(
        channel="mail",
        purpose="email-code",
        to=email,
        template="email_code",
        params={"until": _told(row.expires_at), "use": use or str(_("身份验证"))},
        secret_params={"code": code},
        dedupe_key=f"email-code:{row.id}",
        secret_until=row.expires_at,
    )
    return row.id


def check_email_code(*, email: str, purpose: str, code: str, spend: bool = True) -> None:
    """Compare with the newest code of the address; five tries, once. Raises Invalid({"code": …}).

    With `spend=False` a right code can be given once more, for a page with something else to mend;
    the try counts all the same. Never inside a transaction: a wrong try must stay counted.
    """
    if not code.strip():
        raise Invalid({"code": [_("请填写邮箱验证码")]})
    typed = "".join(nfkc(code).split())
    if not _try_code(identity_rules.email_key(email), purpose, typed, spend=spend):
        raise Invalid({"code": [_("邮箱验证码错误或已过期，请重新获取")]})


def _try_code(key: str, purpose: str, typed: str, *, spend: bool) -> bool:
    now = clock.now()
    with transaction.atomic(durable=True):
        row = (
            EmailCode.objects.select_for_update()
            .filter(email_blind=crypto.blind(key, purpose="email-code"), purpose=purpose, used_at__isnull=True)
            .filter(expires_at__gt=now, tries__lt=CODE_TRIES)
            .order_by("-created_at")
            .first()
        )
        if row is None:
            return False
        fits = hmac.compare_digest(bytes(row.code_hash), _code_hash(row.id, typed))
        row.tries += 1
        row.used_at = now if fits and spend else None
        row.save(update_fields=["tries", "used_at"])
    return fits


def _told(moment: datetime) -> str:
    return moment.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _link_hash(token: str) -> bytes:
    return crypto.keyed_hash("token", token, purpose="link")


def _code_hash(code_id: UUID, code: str) -> bytes:
    return crypto.keyed_hash("token", code_id.bytes + code.encode(), purpose="email-code")
