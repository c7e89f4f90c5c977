"""Six-digit codes by mail or SMS: they prove a mailbox or a mobile number, or stand in for the captcha (D-54, D-09).

Only hashes are stored; a code is for one purpose, works once, for ten minutes and five tries.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.access import limits, rules
from chengxin.access.models import EmailCode
from chengxin.access.recovery import told
from chengxin.common import clock, crypto
from chengxin.common.errors import Invalid
from chengxin.common.text import nfkc
from chengxin.gateways import actions as gateways
from chengxin.identity import queries as identity
from chengxin.identity import rules as identity_rules
from chengxin.identity.values import Actor

CODE_MINUTES, CODE_TRIES = 10, 5
PHONE = "tel:"


def is_mailbox(contact: str) -> bool:
    """Whether a typed contact is meant as a mailbox; else it is a mobile number."""
    return "@" in nfkc(contact)


def contact_errors(contact: str) -> list[str]:
    """What is wrong with a mailbox or mobile number in one field."""
    if not contact.strip():
        return [str(_("请填写手机号或邮箱"))]
    found = identity_rules.email_errors(contact) if is_mailbox(contact) else identity_rules.phone_errors(contact)
    return [str(text) for text in found]


def send_email_code(*, email: str, purpose: str, network: str, use: str = "") -> UUID:
    """Mail a six-digit code: proves a mailbox, or stands in for the captcha (D-54). Returns its id.

    The answer is the same whether anybody uses the address. Raises Invalid({"email": …}) or TooMany.
    Never inside a transaction.
    """
    errors = identity_rules.email_errors(email)
    if errors:
        raise Invalid({"email": errors})
    key = identity_rules.email_key(email)
    _count("email_code", key, network)
    return _send(key, "mail", identity_rules.clean_email(email), purpose, use)


def send_phone_code(*, phone: str, purpose: str, network: str, use: str = "") -> UUID:
    """The same by SMS to a mobile number. Raises Invalid({"phone": …}) or TooMany; never inside a transaction."""
    errors = identity_rules.phone_errors(phone)
    if errors:
        raise Invalid({"phone": errors})
    number = identity_rules.clean_phone(phone)
    _count("phone_code", number, network)
    return _send(PHONE + number, "sms", number, purpose, use)


def send_contact_code(*, contact: str, purpose: str, network: str, use: str = "") -> None:
    """A code to a mailbox or mobile number typed in one field. Raises Invalid({"contact": …}) or TooMany."""
    errors = contact_errors(contact)
    if errors:
        raise Invalid({"contact": errors})
    if is_mailbox(contact):
        send_email_code(email=contact, purpose=purpose, network=network, use=use)
    else:
        send_phone_code(phone=contact, purpose=purpose, network=network, use=use)


def send_account_code(*, account_id: UUID | None, name: str, purpose: str, network: str, use: str) -> None:
    """Mail a code to an account's own mailbox; for an unknown account nothing is sent and everything looks the same (D-27).

    Counted by `name`, as typed, and network. Raises TooMany; never inside a transaction.
    """
    _count("email_code", f"name:{name}", network)
    email = identity.email_of(account_id, Actor.system("log-in"), purpose) if account_id else ""
    if email:
        _send(identity_rules.email_key(email), "mail", email, purpose, use)


def check_account_code(*, account_id: UUID | None, purpose: str, code: str, spend: bool) -> None:
    """Compare with the newest code of the account's mailbox; an unknown account's code is always wrong. Raises Invalid({"code": …})."""
    email = identity.email_of(account_id, Actor.system("log-in"), purpose) if account_id else ""
    check_email_code(email=email, purpose=purpose, code=code, spend=spend)


def _count(bucket: str, key: str, network: str) -> None:
    limits.named(f"{bucket}.network", rules.network_of(network))
    limits.named(f"{bucket}.pause", key)
    limits.named(f"{bucket}.address", key)


@transaction.atomic
def _send(key: str, channel: str, to: str, purpose: str, use: str) -> UUID:
    now = clock.now()
    blinds = crypto.blinds(key, purpose="email-code")
    code = f"{secrets.randbelow(10**6):06d}"
    EmailCode.objects.filter(email_blind__in=blinds, purpose=purpose, used_at__isnull=True).update(used_at=now)
    row = EmailCode(
        id=uuid.uuid4(),
        purpose=purpose,
        email_blind=blinds[0],
        created_at=now,
        expires_at=now + timedelta(minutes=CODE_MINUTES),
    )
    row.code_hash = _code_hash(row.id, code)
    row.save(force_insert=True)
    gateways.enqueue(
        channel=channel,
        purpose="email-code" if channel == "mail" else "phone-code",
        to=to,
        template="email_code" if channel == "mail" else "phone_code",
        params={"until": told(row.expires_at), "use": use or str(_("身份验证"))},
        secret_params={"code": code},
        dedupe_key=f"{'email' if channel == 'mail' else 'phone'}-code:{row.id}",
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
    if not _try_code(identity_rules.email_key(email), purpose, _digits(code), spend=spend):
        raise Invalid({"code": [_("邮箱验证码错误或已过期，请重新获取")]})


def check_contact_code(*, contact: str, purpose: str, code: str, spend: bool = True) -> None:
    """The same for a mailbox or mobile number typed in one field."""
    if not code.strip():
        raise Invalid({"code": [_("请填写验证码")]})
    key = identity_rules.email_key(contact) if is_mailbox(contact) else PHONE + identity_rules.clean_phone(contact)
    if not _try_code(key, purpose, _digits(code), spend=spend):
        raise Invalid({"code": [_("验证码错误或已过期，请重新获取")]})


def _digits(code: str) -> str:
    return "".join(nfkc(code).split())


def _try_code(key: str, purpose: str, typed: str, *, spend: bool) -> bool:
    now = clock.now()
    with transaction.atomic(durable=True):
        row = (
            EmailCode.objects.select_for_update()
            .filter(email_blind__in=crypto.blinds(key, purpose="email-code"), purpose=purpose, used_at__isnull=True)
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


def _code_hash(code_id: UUID, code: str) -> bytes:
    return crypto.keyed_hash("token", code_id.bytes + code.encode(), purpose="email-code")
