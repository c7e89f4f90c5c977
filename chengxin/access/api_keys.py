"""Keys for programs: issued, rotated, revoked; a key raises limits and opens nothing that is not public anyway.

A key is 256 random bits behind a readable beginning. Its SHA-256 is kept: what nobody can guess needs no slow hash,
and no rotation of the platform's own keys makes a customer's key useless.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chengxin.access.models import ApiKey
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound, Unauthenticated
from chengxin.common.text import nfkc
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

MARK = "cxk_"
PREFIX_CHARS = 12
MOST_KEYS = 5
"""Keys of one account that are good at a time."""

MOST_NAME = 60
GRACE_HOURS = 24
"""How long a rotated key stays good beside its successor."""

USED_EVERY_MINUTES = 10
"""How exact 最近使用 is."""

SHOWN = 20
"""Keys that are listed, the newest first, ended ones among them."""


@dataclass(frozen=True)
class KeyView:
    """A key as its holder sees it, without its secret."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    ends_at: datetime | None
    good: bool


class UnknownKey(Unauthenticated):
    """A key that was never issued, was revoked, or has ended."""

    default_code = "unknown-key"


def issue(*, name: str, submission_key: str, by: Actor) -> str:
    """A new key; returns it whole, this once. Raises Invalid({"name": …}) or Conflict at the most there may be."""
    policy.require(by=by, permission="api_key.manage", account_id=by.account_id)
    said = nfkc(name).strip()
    if not 1 <= len(said) <= MOST_NAME:
        raise Invalid({"name": [_("请填写用途，1至%(most)s个字") % {"most": MOST_NAME}]})
    if ApiKey.objects.filter(account_id=by.id, submission_key=submission_key).exists():
        raise Conflict(_("该密钥已生成。密钥只显示一次，如未保存请更换。"), code="already-issued")
    if _good(ApiKey.objects.filter(account_id=by.id)).count() >= MOST_KEYS:
        raise Conflict(_("最多同时使用%(most)s个密钥，请先撤销不再使用的密钥。") % {"most": MOST_KEYS}, code="too-many-keys")
    key, row = _made(name=said, submission_key=submission_key, by=by)
    ledger.append(kind="api_key.issued", subject=str(row.id), data={"prefix": row.prefix}, by=by)
    return key


def rotate(*, key_id: UUID, by: Actor) -> str:
    """A successor of a key; the old one stays good for a day, so that programs can change over. Returns the new key, this once."""
    row = _own(key_id, by)
    key, fresh = _made(name=row.name, submission_key=f"rotated:{row.id}:{secrets.token_hex(4)}", by=by)
    row.ends_at = clock.now() + timedelta(hours=GRACE_HOURS)
    row.save(update_fields=["ends_at"])
    ledger.append(kind="api_key.rotated", subject=str(row.id), data={"prefix": fresh.prefix, "successor": str(fresh.id)}, by=by)
    return key


def revoke(*, key_id: UUID, by: Actor) -> None:
    """A key is good no longer, from now on. One that has ended already is left as it is."""
    row = ApiKey.objects.select_for_update().filter(id=key_id, account_id=by.id).first()
    policy.require(by=by, permission="api_key.manage", account_id=by.account_id)
    if row is None:
        raise NotFound
    if row.ends_at is None or row.ends_at > clock.now():
        row.ends_at = clock.now()
        row.save(update_fields=["ends_at"])
        ledger.append(kind="api_key.revoked", subject=str(row.id), data={"prefix": row.prefix}, by=by)


def listed(*, by: Actor) -> list[KeyView]:
    """The acting person's keys, the newest first."""
    policy.require(by=by, permission="api_key.manage", account_id=by.account_id)
    rows = ApiKey.objects.filter(account_id=by.id).order_by("-created_at", "id")[:SHOWN]
    now = clock.now()
    return [KeyView(r.id, r.name, r.prefix, r.created_at, r.last_used_at, r.ends_at, r.ends_at is None or r.ends_at > now) for r in rows]


def holder(authorization: str) -> UUID | None:
    """The account whose key a request names (`Authorization: Bearer cxk_…`), the key noted as used; None for a request without one.

    Raises UnknownKey for one that is not good: a program that thinks it has a key shall hear so.
    """
    scheme, _space, key = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip().startswith(MARK):
        return None
    row = _good(ApiKey.objects.filter(secret_hash=_hash(key.strip()), account__state="active")).first()
    if row is None:
        raise UnknownKey(_("密钥无效、已撤销或已过期，请在账号页面查看。"))
    now = clock.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - timedelta(minutes=USED_EVERY_MINUTES))
    ApiKey.objects.filter(stale, id=row.id).update(last_used_at=now)
    return row.account_id


def _made(*, name: str, submission_key: str, by: Actor) -> tuple[str, ApiKey]:
    key = MARK + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        account_id=by.id,
        name=name,
        prefix=key[:PREFIX_CHARS],
        secret_hash=_hash(key),
        submission_key=submission_key,
        created_at=clock.now(),
    )
    return key, row


def _own(key_id: UUID, by: Actor) -> ApiKey:
    """A key of the acting person that is good and has no successor yet."""
    policy.require(by=by, permission="api_key.manage", account_id=by.account_id)
    row = ApiKey.objects.select_for_update().filter(id=key_id, account_id=by.id).first()
    if row is None:
        raise NotFound
    if row.ends_at is not None:
        raise Conflict(_("该密钥已更换或已撤销。"), code="key-ended")
    return row


def _good(rows: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
    return rows.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=clock.now()))


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"chengxin/api-key/v1\0{key}".encode()).digest()
