"""Log-in with the electronic business licence (D-28, VOL-04, VOL-05): a QR code that is good once, for 120 seconds.

The browser that asked keeps a secret in a cookie; the code's `state` is made from it and from the number of the log-in, and
only its hash is stored. So whoever photographs the code can confirm it but never collect the session, and whoever steals the
cookie alone has nothing to collect. An answer settles a log-in once; what comes twice, late, forged, or from another
enterprise is told so and changes nothing.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.access import limits, rules, sessions
from chengxin.access.models import LicenceLogIn
from chengxin.access.values import LicenceView, LogIn
from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Forbidden
from chengxin.gateways import e_licence
from chengxin.gateways.e_licence import Forged, LicenceAnswer
from chengxin.identity import actions as identity_actions
from chengxin.identity import handlers
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

VALID_SECONDS = 120
COLLECT_SECONDS = 120
ASSURANCE = "e_licence"
WAITING, CONFIRMED, REFUSED, FAILED, OPENED, EXPIRED = "waiting", "confirmed", "refused", "failed", "opened", "expired"
BY = Actor.system("e-licence")
REASONS: dict[str, str | Promise] = {
    "account-closed": _("该企业的账号已暂停使用或已终止，不能登录。如有疑问请联系客服。"),
    "invitation-open": _("您的经办人账号尚未启用，请先打开邀请邮件中的链接设置密码。"),
    "no-handler": _("您不是该企业在本平台登记的经办人，请由企业管理员在“经办人管理”中授权。"),
    "not-registered": _("该企业尚未在本平台注册，请先完成企业用户注册。"),
    "other-enterprise": _("扫码的电子营业执照与当前登录的企业不一致，请使用本企业的电子营业执照，或退出后重新登录。"),
}
USED = _("该二维码已确认过，请勿重复操作。")
TAKEN = _("该二维码已由其他企业使用，请在电脑上重新获取二维码。")
LATE = _("二维码已过期，请在电脑上重新获取二维码后再扫码。")
UNKNOWN = _("二维码无效，请在电脑上重新获取二维码后再扫码。")


@dataclass(frozen=True)
class Settled:
    """What an answer led to: confirmed, refused or failed, and why it failed (a key of REASONS)."""

    outcome: str
    reason: str = ""


def begin(*, secret: str, expected: UUID | None, network: str) -> tuple[UUID, str]:
    """A new log-in; returns its number and the browser's secret, `secret` itself where the browser has one already.

    With `expected` only that enterprise's licence will do. Raises TooMany, Unavailable. Never inside a transaction.
    """
    limits.named("licence.network", rules.network_of(network))
    secret = secret if 32 <= len(secret) <= 64 else secrets.token_urlsafe(32)
    now = clock.now()
    row = LicenceLogIn(id=uuid.uuid4(), expected_id=expected, created_at=now, expires_at=now + timedelta(seconds=VALID_SECONDS))
    state = _state(row.id, secret)
    e_licence.address(state=state)
    row.state_hash = _hash(state)
    row.save(force_insert=True)
    return row.id, secret


def view(*, log_in_id: UUID, secret: str) -> LicenceView | None:
    """How a log-in of this browser stands; None for another's or an unknown one."""
    row = _own(log_in_id, secret)
    if row is None:
        return None
    left = int((row.expires_at - clock.now()).total_seconds())
    outcome = EXPIRED if row.outcome == WAITING and left <= 0 else row.outcome
    shown = e_licence.address(state=_state(row.id, secret)) if outcome == WAITING else ""
    return LicenceView(row.id, outcome, str(REASONS.get(row.reason, "")), row.reason, shown, max(left, 0))


def answer(params: Mapping[str, str], *, network: str) -> Settled:
    """Take the licence service's call-back. Raises Forged (VOL-04.3), Forbidden `licence-state`, Conflict `licence-…`, TooMany.

    Never inside a transaction: refused ones are counted by network.
    """
    try:
        said = e_licence.read(params)
        with transaction.atomic():
            return _settle(_asked(said), said)
    except Forbidden:
        limits.named("licence_refused.network", rules.network_of(network))
        raise


def _asked(said: LicenceAnswer) -> LicenceLogIn:
    row = LicenceLogIn.objects.select_for_update().filter(state_hash=_hash(said.state)).first()
    if row is None:
        raise Forbidden(UNKNOWN, code="licence-state")
    return row


def _settle(row: LicenceLogIn, said: LicenceAnswer) -> Settled:
    account_id, reason = _account(row, said) if said.outcome == e_licence.CONFIRMED else (None, "")
    if row.outcome != WAITING:
        raise _too_late(row, said, account_id)
    now = clock.now()
    if now >= row.expires_at or not row.created_at - timedelta(seconds=VALID_SECONDS) <= said.at <= row.expires_at:
        raise Conflict(LATE, code="licence-expired")
    if said.outcome == e_licence.REFUSED:
        row.outcome = REFUSED
    else:
        row.outcome = FAILED if reason else CONFIRMED
    row.reason, row.account_id, row.nonce_hash, row.answered_at = reason, account_id, _hash(said.nonce), now
    row.save()
    ledger.append(kind=f"licence_log_in.{row.outcome}", subject=str(row.id), data={"reason": reason}, by=BY)
    return Settled(row.outcome, reason)


def _too_late(row: LicenceLogIn, said: LicenceAnswer, account_id: UUID | None) -> Conflict:
    """What is told to an answer that is not the first: the same call-back again, the same person again, or somebody else."""
    if bytes(row.nonce_hash or b"") == _hash(said.nonce):
        return Conflict(USED, code="licence-replayed")
    other = said.outcome == e_licence.CONFIRMED and row.account_id is not None and account_id != row.account_id
    return Conflict(TAKEN, code="licence-taken") if other else Conflict(USED, code="licence-used")


def _account(row: LicenceLogIn, said: LicenceAnswer) -> tuple[UUID | None, str]:
    """Whose session it will be, or why it cannot be: a key of REASONS."""
    enterprise = identity.enterprise_by_uscc(said.uscc)
    if enterprise is None or not enterprise.claimed:
        return None, "not-registered"
    if row.expected_id is not None and row.expected_id != enterprise.id:
        return None, "other-enterprise"
    legal = said.holder == e_licence.LEGAL
    found = identity.administrator_of(enterprise.id) if legal else handlers.by_phone(enterprise_id=enterprise.id, phone=said.phone)
    if found is None:
        return None, "account-closed" if legal else "no-handler"
    state = identity.account(found).state
    if state not in sessions.OPEN_STATES:
        return None, "account-closed"
    return (None, "invitation-open") if state == "pending" and not legal else (found, "")


def collect(*, log_in_id: UUID, secret: str, network: str, device: str) -> LogIn:
    """Open the session that was confirmed, once, in the browser that asked. Raises Conflict `licence-expired` or `licence-used`."""
    with transaction.atomic():
        row = _own(log_in_id, secret, lock=True)
        if row is None or row.outcome != CONFIRMED or row.account_id is None:
            raise Conflict(USED, code="licence-used")
        if clock.now() > row.expires_at + timedelta(seconds=COLLECT_SECONDS):
            raise Conflict(LATE, code="licence-expired")
        row.outcome = OPENED
        row.save(update_fields=["outcome"])
        if identity.account(row.account_id).state not in sessions.OPEN_STATES:
            raise Conflict(REASONS["account-closed"], code="account-closed")
        identity_actions.prove(account_id=row.account_id, level="high", by=BY)
        return sessions.open_session(account_id=row.account_id, assurance=ASSURANCE, network=network, device=device)


def _own(log_in_id: UUID, secret: str, *, lock: bool = False) -> LicenceLogIn | None:
    rows = LicenceLogIn.objects.select_for_update() if lock else LicenceLogIn.objects.all()
    return rows.filter(id=log_in_id, state_hash=_hash(_state(log_in_id, secret))).first() if secret else None


def _state(log_in_id: UUID, secret: str) -> str:
    """What the QR code carries: known to this browser and to whoever sees its screen."""
    return crypto.keyed_hash("token", f"{log_in_id}|{secret}", purpose="licence-state").hex()


def _hash(text: str) -> bytes:
    return crypto.keyed_hash("token", text, purpose="licence-answer")


__all__ = ["Forged", "Settled", "answer", "begin", "collect", "view"]
