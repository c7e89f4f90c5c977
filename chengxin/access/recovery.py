"""Secret links: only hashes are stored, each opens its door once (REG-13)."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from chengxin.access import limits, passwords, rules
from chengxin.access.models import LoginName, SecretLink
from chengxin.common import clock, crypto
from chengxin.common.errors import Invalid
from chengxin.gateways import actions as gateways
from chengxin.identity import actions as identity_actions
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

RESET = "password-reset"
LINK_MINUTES = 30
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
        params={"until": told(until)},
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


def told(moment: datetime) -> str:
    """A moment as mails and messages say it."""
    return moment.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _link_hash(token: str) -> bytes:
    return crypto.keyed_hash("token", token, purpose="link")
