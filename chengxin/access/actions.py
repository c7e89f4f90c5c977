"""The one door to the writes of access; each is explained where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from chengxin.access import sessions
from chengxin.access.captchas import check_captcha, new_captcha
from chengxin.access.codes import check_contact_code, check_email_code, send_contact_code, send_email_code, send_phone_code
from chengxin.access.models import Attempt, Captcha, Device, EmailCode, LicenceLogIn, SecretLink, Session
from chengxin.access.passwords import (
    NameTaken,
    change_password,
    check_password,
    free_names,
    open_login,
    reset_password,
    set_password,
)
from chengxin.access.recovery import (
    LinkRefused,
    issue_link,
    peek_link,
    redeem_link,
    request_reset,
    reset_by_link,
)
from chengxin.access.sessions import (
    WrongCredentials,
    end_all_sessions,
    log_in,
    log_in_agency,
    log_in_agency_by_code,
    log_out,
    open_session,
    send_agency_code,
    touch,
)
from chengxin.common import clock
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

__all__ = [
    "LinkRefused",
    "NameTaken",
    "WrongCredentials",
    "change_password",
    "check_captcha",
    "check_contact_code",
    "check_email_code",
    "check_password",
    "end_all_sessions",
    "free_names",
    "issue_link",
    "log_in",
    "log_in_agency",
    "log_in_agency_by_code",
    "log_out",
    "new_captcha",
    "open_login",
    "open_session",
    "peek_link",
    "redeem_link",
    "request_reset",
    "reset_by_link",
    "reset_password",
    "send_agency_code",
    "send_contact_code",
    "send_email_code",
    "send_phone_code",
    "set_password",
    "sweep",
    "touch",
    "void_all",
]

KEEP_SESSIONS_DAYS = 30
KEEP_DEVICES_DAYS = 400
KEEP_USED_DAYS = 1


@dataclass(frozen=True)
class Swept:
    """How many rows the sweep took away."""

    rows: int


def sweep() -> Swept:
    """Take away what has run out; the worker calls this now and then. Nothing that counts is touched."""
    now = clock.now()
    used = now - timedelta(days=KEEP_USED_DAYS)
    gone = [
        Attempt.objects.filter(at__lt=now - timedelta(days=31)),
        Captcha.objects.filter(expires_at__lt=used),
        EmailCode.objects.filter(expires_at__lt=used),
        LicenceLogIn.objects.filter(expires_at__lt=used),
        SecretLink.objects.filter(expires_at__lt=used),
        Session.objects.filter(created_at__lt=now - sessions.session_total() - timedelta(days=KEEP_SESSIONS_DAYS)),
        Device.objects.filter(last_seen_at__lt=now - timedelta(days=KEEP_DEVICES_DAYS)),
    ]
    return Swept(sum(rows.delete()[0] for rows in gone))


@transaction.atomic
def void_all(*, by: Actor) -> int:
    """After a restore: end every session, and let no code, captcha or link of before open anything (D-21).

    A code that was used after the backup would be unused again. Returns how many sessions ended.
    """
    now = clock.now()
    for table in (Captcha, EmailCode, SecretLink):
        table._default_manager.filter(used_at__isnull=True).update(used_at=now)
    LicenceLogIn.objects.filter(outcome__in=["waiting", "confirmed"]).update(outcome="failed", expires_at=now)
    ended: int = Session.objects.filter(ended_at__isnull=True).update(ended_at=now, ended_reason="ended")
    ledger.append(kind="session.all_ended", subject="database", data={"sessions": ended}, by=by)
    return ended
