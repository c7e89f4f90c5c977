"""Log-in names and passwords: given, changed, set anew, freed."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chengxin.access import hashing, limits, rules
from chengxin.access.models import NAME_KINDS, Device, LoginName, Password
from chengxin.common import clock
from chengxin.common.errors import Forbidden, Invalid
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

FIELDS = {"credit_code": "uscc", "username": "username", "phone": "phone", "card": "card"}


class NameTaken(Invalid):
    """The log-in name belongs to another account."""

    default_code = "taken"


@transaction.atomic
def open_login(*, account_id: UUID, name: str, kind: str, by: Actor) -> None:
    """Give an account a log-in name of the one name space (D-24).

    Raises Invalid by field (`username`, `uscc`, `phone`, `card`), NameTaken with 用户名已被使用.
    """
    _own(account_id, by)
    if kind not in NAME_KINDS:
        raise ValueError(f"there is no log-in name of kind {kind}")
    errors = rules.login_name_errors(name, kind=kind)
    if errors:
        raise Invalid({FIELDS[kind]: errors})
    try:
        with transaction.atomic():
            LoginName.objects.create(
                name_key=rules.login_key(name), kind=kind, account_id=account_id, created_at=clock.now()
            )
    except IntegrityError as error:
        text = _("统一社会信用代码已被注册") if kind == "credit_code" else rules.USERNAME_TAKEN
        raise NameTaken({FIELDS[kind]: [text]}) from error
    ledger.append(kind="login_name.opened", subject=str(account_id), data={"kind": kind}, by=by)


@transaction.atomic
def free_names(*, account_id: UUID, by: Actor) -> int:
    """Take all log-in names of a closed account away, so that others may have them; returns how many."""
    if identity_queries.account(account_id).state != "closed":
        raise Forbidden(_("账号终止后才能释放登录名。"))
    freed, _by_model = LoginName.objects.filter(account_id=account_id).delete()
    ledger.append(kind="login_name.freed", subject=str(account_id), data={"names": freed}, by=by)
    return freed


def check_password(*, password: str, own_words: list[str]) -> None:
    """Raise Invalid({"password": …}) for a password the profile refuses; nothing is stored."""
    errors = rules.password_errors(password, profile=settings.PASSWORD_PROFILE, own_words=own_words)
    if errors:
        raise Invalid({"password": errors})


@transaction.atomic
def set_password(*, account_id: UUID, password: str, by: Actor, must_change: bool = False) -> None:
    """Set an account's password by the profile in force (D-25); raises Invalid({"password": …}).

    Failures counted against the account are forgotten. Open sessions stay: see `change_password`.
    """
    _own(account_id, by)
    check_password(password=password, own_words=_own_words(account_id))
    hashed, version = hashing.make(password)
    Password.objects.update_or_create(
        account_id=account_id,
        defaults={
            "hash": hashed,
            "pepper_version": version,
            "must_change": must_change,
            "changed_at": clock.now(),
        },
    )
    limits.forget("login.account", str(account_id))
    ledger.append(kind="password.set", subject=str(account_id), data={}, by=by)


def change_password(*, account_id: UUID, old: str, new: str, by: Actor) -> None:
    """Change one's password knowing the old one; every session ends. Raises Invalid by field.

    Never inside a transaction: wrong tries are counted.
    """
    _own(account_id, by)
    counted = limits.named("login.account", str(account_id))
    row = Password.objects.filter(account_id=account_id).first()
    known = hashing.check(
        old, stored=row.hash if row else None, pepper_version=row.pepper_version if row else None
    )
    if not known:
        raise Invalid({"old_password": [_("原密码不正确")]})
    if old == new:
        raise Invalid({"password": [_("新密码不能与原密码相同")]})
    with transaction.atomic():
        limits.uncount(counted)
        set_password(account_id=account_id, password=new, by=by)
        identity.end_sessions(account_id=account_id, reason="password", by=by)


@transaction.atomic
def reset_password(*, account_id: UUID, password: str) -> None:
    """Set a password after another factor was shown (a mailed link): sessions end, devices are unknown again."""
    by = Actor.system("recovery")
    set_password(account_id=account_id, password=password, by=by)
    Device.objects.filter(account_id=account_id).delete()
    identity.end_sessions(account_id=account_id, reason="reset", by=by)


def _own(account_id: UUID, by: Actor) -> None:
    allowed = by.account_id == account_id or by.kind == "system" or "system_admin" in by.roles
    if not allowed:
        raise Forbidden()


def _own_words(account_id: UUID) -> list[str]:
    """What the password must not say: names, codes, phone, mailbox of the account."""
    checker = Actor.system("password")
    names = LoginName.objects.filter(account_id=account_id).values_list("name_key", flat=True)
    return [
        *names,
        identity_queries.account(account_id).display_name,
        identity_queries.email_of(account_id, checker, "password-check"),
        identity_queries.phone_of(account_id, checker, "password-check"),
    ]
