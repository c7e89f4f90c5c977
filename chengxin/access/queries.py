"""Reads of access: who is behind a session key, and how long the session lives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.access import rules, sessions
from chengxin.access.models import LoginName, Password, Session
from chengxin.access.values import PasswordHints, SessionView
from chengxin.common import clock, crypto, sql
from chengxin.common.errors import Unauthenticated
from chengxin.identity import queries as identity
from chengxin.identity.values import AccountView, Actor

REASONS: dict[str, str | Promise] = {
    "absolute": _("登录时间已满12小时，请重新登录"),
    "ended": _("登录已失效，请重新登录"),
    "idle": _("您已超过1小时无操作，系统已自动登出，请重新登录"),
}


class SessionExpired(Unauthenticated):
    """The session is over; `.reason` is `idle`, `absolute` or `ended`."""

    default_code = "session-expired"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(REASONS[reason], code=f"session-{reason}")


def session_actor(key: str, *, counts_as_activity: bool) -> Actor | None:
    """Who is logged in with this key; None for no, an unknown or a logged-out key.

    Raises SessionExpired when the session is over (REG-19). Only `counts_as_activity=True` starts the
    idle clock anew: pages and saves count, a heartbeat does not.
    """
    row = _kept(key, touching=counts_as_activity)
    if row is None:
        return None
    account, actor = identity.acting(row.account_id, row.assurance)
    _require_living(row, account)
    return actor


def session_view(key: str) -> SessionView | None:
    """What the page's clock needs; does not count as activity. Raises SessionExpired like `session_actor`."""
    row = _kept(key)
    if row is None:
        return None
    _require_living(row, identity.account(row.account_id))
    now = clock.now()
    idle = row.last_active_at + sessions.session_idle() - now
    total = row.created_at + sessions.session_total() - now
    return SessionView(row.account_id, int(min(idle, total).total_seconds()), int(total.total_seconds()))


class _Kept(NamedTuple):
    """A session as it is kept."""

    key_hash: bytes
    account_id: UUID
    epoch: int
    created_at: datetime
    last_active_at: datetime
    ended_reason: str
    assurance: str


_COLUMNS = "account_id, epoch, created_at, last_active_at, ended_reason, assurance"
_READ = f"SELECT {_COLUMNS} FROM access_session WHERE key_hash = %(key)s"
# A crash may set an idle clock back by a moment; so nobody waits for the disk for it.
_READ_TOUCHING = f"""
WITH touched AS (
  UPDATE access_session SET last_active_at = %(now)s
  WHERE key_hash = %(key)s AND ended_at IS NULL AND last_active_at < %(now)s AND last_active_at >= %(idle)s AND created_at > %(total)s
)
SELECT {_COLUMNS}, set_config('synchronous_commit', 'off', true) FROM access_session WHERE key_hash = %(key)s
"""


def _kept(key: str, *, touching: bool = False) -> _Kept | None:
    """The session of a key as it was; None for no, an unknown or a logged-out key. `touching` starts a living one's clock anew."""
    if not key:
        return None
    key_hash, now = crypto.keyed_hash("session", key, purpose="session"), clock.now()
    given = {"now": now, "idle": now - sessions.session_idle(), "total": now - sessions.session_total()} if touching else {}
    found = sql.row(_READ_TOUCHING if touching else _READ, {"key": key_hash, **given})
    row = _Kept(key_hash, *found[:6]) if found else None
    return None if row is None or row.ended_reason == "logged-out" else row


def _require_living(row: _Kept, account: AccountView) -> None:
    """Raise SessionExpired, and write down why, when the session is over."""
    reason = row.ended_reason or rules.session_end(
        created_at=row.created_at,
        last_active_at=row.last_active_at,
        epoch=row.epoch,
        account_epoch=account.session_epoch,
        account_open=account.state in sessions.OPEN_STATES,
        now=clock.now(),
        idle=sessions.session_idle(),
        total=sessions.session_total(),
    )
    if reason:
        _end(row, reason)
        raise SessionExpired(reason)


def _end(row: _Kept, reason: str) -> None:
    """Write down why: whoever comes back later gets the same answer, whatever the clock says then."""
    Session.objects.filter(key_hash=row.key_hash, ended_at__isnull=True).update(
        ended_at=clock.now(), ended_reason=reason
    )


def password_hints() -> PasswordHints:
    """The password rules in force, as the page says them."""
    return rules.password_hints(settings.PASSWORD_PROFILE)


def login_names(account_id: UUID) -> dict[str, str]:
    """Log-in names of an account by kind."""
    return dict(LoginName.objects.filter(account_id=account_id).values_list("kind", "name_key"))


def must_change_password(account_id: UUID) -> bool:
    """True if the password was given by someone else and has to be changed first."""
    return Password.objects.filter(account_id=account_id, must_change=True).exists()


def account_by_name(name: str) -> UUID | None:
    """The account a log-in name belongs to; for staff and recovery, never told to visitors."""
    return LoginName.objects.filter(name_key=rules.login_key(name)).values_list("account_id", flat=True).first()


_LAST_LOG_INS = """
SELECT account_id, max(created_at) FROM access_session WHERE account_id = ANY(%(accounts)s::uuid[]) GROUP BY account_id
"""


def last_log_ins(account_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When accounts last logged in, as far as sessions are kept (30 days)."""
    return dict(sql.rows(_LAST_LOG_INS, {"accounts": list(account_ids)}))


def usernames(account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The user names of accounts, those without one left out."""
    rows = LoginName.objects.filter(account_id__in=list(account_ids), kind="username")
    return dict(rows.values_list("account_id", "name_key"))
