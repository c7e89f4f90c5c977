"""Security limits (D-46): attempts are rows, counted before anything is checked.

Each attempt is committed before it is counted, so of many at once no more than the limit pass. What
is refused does not count, so waiting always helps. Never call these inside a transaction: a refusal
would undo its own count.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.access.models import Attempt
from chengxin.common import clock, crypto
from chengxin.common.errors import TooMany

MINUTE, HOUR, DAY = 60, 3600, 86400
HALL_FACTOR = 10


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts in `seconds`."""

    most: int
    seconds: int


LIMITS: dict[str, Limit] = {
    "captcha.network": Limit(300, HOUR),
    "case.network": Limit(30, HOUR),
    "case_file.network": Limit(60, HOUR),
    "case_query.network": Limit(30, HOUR),
    "email_code.address": Limit(5, HOUR),
    "email_code.network": Limit(60, HOUR),
    "email_code.pause": Limit(1, MINUTE),
    "licence.network": Limit(300, HOUR),
    "licence_refused.network": Limit(60, HOUR),
    "login.account": Limit(100, 30 * DAY),
    "login.network": Limit(600, 15 * MINUTE),
    "login.pair": Limit(5, 15 * MINUTE),
    "phone_code.address": Limit(5, HOUR),
    "phone_code.network": Limit(60, HOUR),
    "phone_code.pause": Limit(1, MINUTE),
    "registration.network": Limit(200, HOUR),
    "registration.session": Limit(10, 12 * HOUR),
    "reset.name": Limit(3, HOUR),
    "reset.network": Limit(60, HOUR),
    "watch.address": Limit(10, DAY),
    "watch.network": Limit(60, HOUR),
}


def count(bucket: str, key: str, limit: int, seconds: int) -> int:
    """Count one attempt; returns its row, or raises TooMany with the seconds until one is free again."""
    hashed = _hashed(bucket, key)
    now = clock.now()
    with transaction.atomic(durable=True):
        row = Attempt.objects.create(bucket=bucket, key_hash=hashed, at=now)
    window = Attempt.objects.filter(bucket=bucket, key_hash=hashed, at__gt=now - timedelta(seconds=seconds))
    newest = list(window.order_by("-at", "-id").values_list("at", flat=True)[: limit + 1])
    if len(newest) <= limit:
        return row.pk
    Attempt.objects.filter(pk=row.pk).delete()
    wait = newest[limit] + timedelta(seconds=seconds) - now
    raise TooMany(_("操作过于频繁，请稍后再试。"), retry_after=max(1, int(wait.total_seconds()) + 1))


def named(name: str, key: str) -> int:
    """`count` with the figures of the table; a service hall's network may do ten times as much (D-46)."""
    most = LIMITS[name].most
    if name.endswith(".network") and _is_hall(key):
        most *= HALL_FACTOR
    return count(name, key, most, LIMITS[name].seconds)


def _is_hall(network: str) -> bool:
    """Whether a network lies in one that the settings name as a service hall's."""
    try:
        own = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    halls = [ipaddress.ip_network(text, strict=False) for text in settings.SERVICE_HALLS]
    return any(own.version == hall.version and own.overlaps(hall) for hall in halls)


def uncount(row: int) -> None:
    """Take one counted attempt back: it was no failure."""
    Attempt.objects.filter(pk=row).delete()


def held(name: str, key: str) -> int:
    """How many attempts count now; nothing is added."""
    since = clock.now() - timedelta(seconds=LIMITS[name].seconds)
    return Attempt.objects.filter(bucket=name, key_hash=_hashed(name, key), at__gt=since).count()


def forget(name: str, key: str) -> None:
    """Take all attempts of a key away: the door was opened rightly."""
    Attempt.objects.filter(bucket=name, key_hash=_hashed(name, key)).delete()


def taken_answer(*, session: str, network: str) -> None:
    """Count one answer that a name or code is in use, before it is given (D-27); raises TooMany.

    `session` is the visitor's cookie or form key, `network` what `rules.network_of` gave.
    """
    named("registration.session", session)
    named("registration.network", network)


def _hashed(bucket: str, key: str) -> bytes:
    return crypto.keyed_hash("token", key, purpose=f"limit/{bucket}")
