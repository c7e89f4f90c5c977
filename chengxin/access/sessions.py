"""Log-in and sessions: our own table, hashed keys, ended by the server (D-24 to D-30, REG-12, REG-19)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.access import captchas, codes, hashing, limits, rules
from chengxin.access.models import Device, LoginName, Password, Session
from chengxin.access.values import LogIn
from chengxin.common import clock, crypto, sql
from chengxin.common.errors import TooMany, Unauthenticated
from chengxin.gateways import actions as gateways
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.assurance import SESSION_KINDS
from chengxin.identity.values import AccountView, Actor
from chengxin.ledger import actions as ledger

AGENCY_CODE = "agency-log-in"
OPEN_STATES = ("active", "pending")
_TOUCH = """
UPDATE access_session SET last_active_at = %(now)s WHERE key_hash = %(key)s AND ended_at IS NULL AND last_active_at < %(now)s
"""


class WrongCredentials(Unauthenticated):
    """Name or password is wrong, or the account may not log in: one answer for all (D-27)."""

    default_code = "wrong-credentials"
    default_message = rules.CREDENTIALS_WRONG


def log_in(*, name: str, password: str, network: str, device: str = "", face: str = "enterprise") -> LogIn:
    """Check name and password and open a session; never inside a transaction, as failures are counted.

    `network` is the client's address or network, `device` the token of an earlier log-in. Raises
    WrongCredentials for whatever is wrong, TooMany while this network or device has to wait.
    """
    network = rules.network_of(network)
    key = rules.login_key(name)
    limits.named("login.network", network)
    account = _account_of(key)
    subject = str(account.id) if account else f"name:{key}"
    known = account is not None and _is_known(account.id, device)
    pair = f"{subject}|device:{device}" if known else f"{subject}|network:{network}"
    counted = _count_failure(pair, subject)
    fits = _check(account, password)
    if account is None or not fits or not _may_enter(account, face):
        _after_failure(account, pair, subject)
        raise WrongCredentials()
    for row in counted:
        limits.uncount(row)
    limits.forget("login.pair", pair)
    return _open(account, password, network=network, device=device if known else "")


def log_in_agency(*, name: str, password: str, captcha_id: UUID | str, captcha: str, network: str, device: str = "") -> LogIn:
    """Log-in of government accounts: user name, password and captcha (D-30); errors as `log_in`, and the captcha's."""
    captchas.check_captcha(captcha_id, captcha)
    return log_in(name=name, password=password, network=network, device=device, face="agency")


def send_agency_code(*, name: str, network: str) -> None:
    """A code by mail instead of the captcha, to the mailbox of a government account; says nothing of whether there is one (D-54)."""
    codes.send_account_code(
        account_id=_agency_account(name), name=rules.login_key(name), purpose=AGENCY_CODE, network=network, use=str(_("审核机构登录"))
    )


def log_in_agency_by_code(*, name: str, password: str, code: str, network: str, device: str = "") -> LogIn:
    """`log_in_agency` with a mailed code in place of the captcha; raises Invalid({"code": …}) besides."""
    account_id = _agency_account(name)
    codes.check_account_code(account_id=account_id, purpose=AGENCY_CODE, code=code, spend=False)
    opened = log_in(name=name, password=password, network=network, device=device, face="agency")
    codes.check_account_code(account_id=account_id, purpose=AGENCY_CODE, code=code, spend=True)
    return opened


def _agency_account(name: str) -> UUID | None:
    account = _account_of(rules.login_key(name))
    return account.id if account and _may_enter(account, "agency") else None


def log_out(session_key: str) -> None:
    """End one session; an unknown key is no error."""
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(key_hash=_hash(session_key), ended_at__isnull=True).first()
        if row is None:
            return
        row.ended_at, row.ended_reason = clock.now(), "logged-out"
        row.save(update_fields=["ended_at", "ended_reason"])
        ledger.append(kind="session.logged_out", subject=str(row.account_id), data={}, by=_by(row.account_id))


def end_all_sessions(account_id: UUID, *, by: Actor, reason: str = "asked") -> None:
    """End every session of an account at once, by its epoch."""
    identity.end_sessions(account_id=account_id, reason=reason, by=by)


def touch(session_key: str) -> None:
    """Start the idle clock of a living session anew; a heartbeat must not call this (REG-19)."""
    sql.execute(_TOUCH, {"key": _hash(session_key), "now": clock.now()})


def open_session(*, account_id: UUID, assurance: str, network: str, device: str = "") -> LogIn:
    """Open a session after another proof than a password, such as the registration just made."""
    known = device if device and _is_known(account_id, device) else ""
    return _session(account_id, assurance, network=rules.network_of(network), device=known)


def _account_of(key: str) -> AccountView | None:
    found = LoginName.objects.filter(name_key=key).values_list("account_id", flat=True).first()
    return identity_queries.account(found) if found else None


def _may_enter(account: AccountView, face: str) -> bool:
    return account.state in OPEN_STATES and account.kind == face


def _is_known(account_id: UUID, device: str) -> bool:
    return bool(device) and Device.objects.filter(account_id=account_id, token_hash=_hash_device(device)).exists()


def _count_failure(pair: str, subject: str) -> list[int]:
    """Count this try as a failure before it is checked; the rows are taken back when it was none.

    A refusal costs the same for every name, known or not.
    """
    try:
        first = limits.named("login.pair", pair)
    except TooMany as error:
        wait = _("登录失败次数过多，请%(minutes)d分钟后再试，或通过忘记密码重设密码")
        minutes = -(-error.retry_after // 60)
        raise TooMany(wait % {"minutes": minutes}, retry_after=error.retry_after, code="login-paused") from error
    try:
        return [first, limits.named("login.account", subject)]
    except TooMany as error:
        limits.uncount(first)
        stopped = _("该账号密码登录已暂停，请通过忘记密码重设密码后登录")
        raise TooMany(stopped, retry_after=error.retry_after, code="login-stopped") from error


def _check(account: AccountView | None, password: str) -> bool:
    row = Password.objects.filter(account_id=account.id).first() if account else None
    return hashing.check(password, stored=row.hash if row else None, pepper_version=row.pepper_version if row else None)


def _after_failure(account: AccountView | None, pair: str, subject: str) -> None:
    for name, key in (("login.pair", pair), ("login.account", subject)):
        if limits.held(name, key) >= limits.LIMITS[name].most:
            _tell_owner(account, key)


def _tell_owner(account: AccountView | None, key: str) -> None:
    """Mail the owner, once an hour for one source: somebody guesses (D-26)."""
    if account is None or account.state not in OPEN_STATES:
        return
    to = identity_queries.email_of(account.id, Actor.system("login"), "login-blocked")
    if not to:
        return
    now = clock.now()
    mark = crypto.keyed_hash("token", f"{key}|{now:%Y%m%d%H}", purpose="login-blocked").hex()[:32]
    gateways.enqueue(
        channel="mail",
        purpose="login-blocked",
        to=to,
        template="login_blocked",
        params={"moment": now.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M"), "link": settings.SITE_ORIGIN},
        dedupe_key=f"login-blocked:{mark}",
    )


def _open(account: AccountView, password: str, *, network: str, device: str) -> LogIn:
    with transaction.atomic():
        _rehash(account.id, password)
        return _session(account.id, "password", network=network, device=device)


def _rehash(account_id: UUID, password: str) -> None:
    row = Password.objects.get(account_id=account_id)
    if hashing.is_outdated(row.hash, pepper_version=row.pepper_version):
        row.hash, row.pepper_version = hashing.make(password)
        row.save(update_fields=["hash", "pepper_version"])


@transaction.atomic
def _session(account_id: UUID, assurance: str, *, network: str, device: str) -> LogIn:
    if assurance not in SESSION_KINDS:
        raise ValueError(f"there is no session of kind {assurance}")
    now = clock.now()
    key, token = secrets.token_urlsafe(32), device or secrets.token_urlsafe(32)
    hashed = _hash_device(token)
    Device.objects.update_or_create(
        account_id=account_id,
        token_hash=hashed,
        defaults={"last_seen_at": now},
        create_defaults={"last_seen_at": now, "created_at": now},
    )
    Session.objects.create(
        key_hash=_hash(key),
        account_id=account_id,
        epoch=identity_queries.account(account_id).session_epoch,
        created_at=now,
        last_active_at=now,
        assurance=assurance,
        ip_network=network,
        device=hashed,
    )
    ledger.append(kind="session.logged_in", subject=str(account_id), data={"assurance": assurance}, by=_by(account_id))
    return LogIn(key, token)


def session_idle() -> timedelta:
    """Idle time after which a session is over."""
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES)


def session_total() -> timedelta:
    """Longest life of a session."""
    return timedelta(hours=settings.SESSION_HOURS)


def _by(account_id: UUID) -> str:
    return f"account:{account_id}"


def _hash(session_key: str) -> bytes:
    return crypto.keyed_hash("session", session_key, purpose="session")


def _hash_device(token: str) -> bytes:
    return crypto.keyed_hash("session", token, purpose="device")
