"""Writes: put a message on its way, deliver what is due, take it up again by hand, clear what is old.

A message is claimed in a short transaction (its next try moves five minutes on), sent with no
transaction open, and its outcome written in another. A worker killed in between leaves a message that
is tried again after the claim: delivery is at least once, never lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict
from chengxin.gateways import channels, rules
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.gateways.templates import FOOT, TEMPLATES, places
from chengxin.gateways.values import Message

CLAIM_SECONDS = 300
DEMO_MAIL_HOURS = 24
SENT_DAYS = 180
BLIND_PURPOSE = "outbox-to"


def enqueue(
    *,
    channel: str,
    purpose: str,
    to: str,
    template: str,
    params: dict[str, Any],
    secret_params: dict[str, str] | None = None,
    dedupe_key: str,
    secret_until: datetime | None = None,
) -> None:
    """Add one message in the caller's transaction; a second call with the same `dedupe_key` adds nothing.

    Raises ValueError where parameters and template do not fit: that is a mistake of ours, found at once
    and not at the first try to send.
    """
    if channel not in rules.CHANNELS:
        raise ValueError(f"There is no channel {channel}.")
    secret = rules.plain(secret_params or {})
    shown = rules.plain(params)
    missing = places(template) - set(shown) - set(secret)
    if missing:
        raise ValueError(f"Template {template} lacks {', '.join(sorted(missing))}.")
    now = clock.now()
    minutes = TEMPLATES[template].secret_minutes or 24 * 60
    row = Outbox(
        channel=channel,
        purpose=purpose,
        to_sealed=crypto.seal(to, bound_to=bound(dedupe_key, "to")),
        to_blind=crypto.blind(address_key(to), purpose=BLIND_PURPOSE),
        template=template,
        params=shown,
        dedupe_key=dedupe_key,
        next_try_at=now,
        created_at=now,
    )
    if secret:
        row.secret_sealed = crypto.seal(json.dumps(secret), bound_to=bound(dedupe_key, "secret"))
        row.secret_until = secret_until or now + timedelta(minutes=minutes)
    Outbox.objects.bulk_create([row], ignore_conflicts=True)


def demo_note(*, channel: str, to: str, subject: str = "", body: str) -> None:
    """Keep a text in the demo's mailbox (channel mail, sms or captcha); outside demo mode do nothing."""
    if settings.DEMO:
        DemoMail.objects.create(channel=channel, to=to[:254], subject=subject[:200], body=body, created_at=clock.now())


def deliver_due(limit: int) -> int:
    """Try at most `limit` messages that are due, oldest first; how many went out.

    Where a channel is found down, its other messages wait half a minute without losing a try.
    """
    sent, down = 0, set[str]()
    _expire_secrets(Outbox.objects.filter(state=rules.QUEUED), clock.now())
    with channels.Open() as ways:
        for _turn in range(limit):
            row = _claim(down)
            if row is None:
                break
            try:
                ways.get(row.channel).send(_message(row))
            except channels.Failed as error:
                _note_failure(row, error)
                if isinstance(error, channels.Down):
                    down.add(row.channel)
                    _pause(row.channel)
            else:
                _note_sent(row)
                sent += 1
    return sent


@transaction.atomic
def _claim(down: set[str]) -> Outbox | None:
    """The next due message, its next try moved on so that no other worker takes it; None when none is."""
    now = clock.now()
    row = (
        Outbox.objects.select_for_update(skip_locked=True)
        .filter(state=rules.QUEUED, next_try_at__lte=now)
        .exclude(channel__in=down)
        .order_by("next_try_at", "id")
        .first()
    )
    if row is not None:
        row.next_try_at = now + timedelta(seconds=CLAIM_SECONDS)
        row.save(update_fields=["next_try_at"])
    return row


def _message(row: Outbox) -> Message:
    """The text of a row, put together only now; the secrets stand in memory for this one sending."""
    template = TEMPLATES[row.template]
    values = {
        "site": settings.SITE_NAME,
        "origin": settings.SITE_ORIGIN,
        "hotline": settings.HOTLINE,
        **row.params,
    }
    if row.secret_sealed:
        values |= json.loads(crypto.unseal(row.secret_sealed, bound_to=bound(row.dedupe_key, "secret")))
    body = _filled(template.body, values)
    if row.channel == "mail":
        body += _filled(FOOT, values)
    return Message(
        to=crypto.unseal(row.to_sealed, bound_to=bound(row.dedupe_key, "to")),
        subject=rules.one_line(_filled(template.subject, values)),
        body=body,
        message_id=f"<outbox-{row.pk}@{settings.MAIL_FROM.rpartition('@')[2]}>",
        unsubscribe=str(values[template.unsubscribe]) if template.unsubscribe else "",
    )


def _filled(text: str | Promise, values: dict[str, Any]) -> str:
    return str(text).format_map(values)


def address_key(to: str) -> str:
    """An address as its blind index knows it."""
    return to.strip().lower()


def bound(dedupe_key: str, part: str) -> str:
    """What the envelope of a part of a message is bound to."""
    return f"outbox/{dedupe_key}/{part}"


def _note_sent(row: Outbox) -> None:
    Outbox.objects.filter(pk=row.pk, state=rules.QUEUED).update(
        state=rules.SENT,
        attempts=row.attempts + 1,
        sent_at=clock.now(),
        next_try_at=None,
        secret_sealed=None,
        secret_until=None,
        last_error="",
    )


def _note_failure(row: Outbox, error: channels.Failed) -> None:
    """Write down why, and when next: refused is final, the tenth failure is parked for a person."""
    attempts = row.attempts + 1
    changes: dict[str, Any] = {"attempts": attempts, "last_error": str(error)[:300]}
    if isinstance(error, channels.Refused):
        changes |= {"state": rules.FAILED, "next_try_at": None, "secret_sealed": None, "secret_until": None}
    elif attempts >= settings.DELIVERY_ATTEMPTS:
        changes |= {"state": rules.PARKED, "next_try_at": None}
    else:
        changes["next_try_at"] = clock.now() + timedelta(seconds=rules.wait_seconds(attempts))
    Outbox.objects.filter(pk=row.pk, state=rules.QUEUED).update(**changes)


def _pause(channel: str) -> None:
    """Let the due messages of a channel that is down wait, so that one try in a while finds out."""
    now = clock.now()
    due = Outbox.objects.filter(state=rules.QUEUED, channel=channel, next_try_at__lte=now)
    due.update(next_try_at=now + timedelta(seconds=rules.FIRST_WAIT_SECONDS))


def _expire_secrets(rows: QuerySet[Outbox], now: datetime) -> int:
    """Messages whose link or code is out of date fail, and the secret goes: sending it would only mislead."""
    return rows.filter(secret_sealed__isnull=False, secret_until__lte=now).update(
        state=rules.FAILED, next_try_at=None, secret_sealed=None, secret_until=None, last_error="expired"
    )


@transaction.atomic
def retry(*, outbox_id: int) -> None:
    """Put a parked, held or failed message back in the queue with all its tries; Conflict where it cannot be.

    The caller asks for permission and writes the event.
    """
    row = Outbox.objects.select_for_update().filter(pk=outbox_id).first()
    if row is None or row.state not in (rules.PARKED, rules.HELD, rules.FAILED) or row.last_error == "expired":
        raise Conflict()
    if places(row.template) - set(row.params) and row.secret_sealed is None:
        raise Conflict()
    row.state, row.attempts, row.next_try_at, row.last_error = rules.QUEUED, 0, clock.now(), ""
    row.save(update_fields=["state", "attempts", "next_try_at", "last_error"])


def hold_queued() -> int:
    """After a restore: what is queued may have gone out since the backup, so it waits until a person looks at it (D-21)."""
    return Outbox.objects.filter(state=rules.QUEUED).update(state=rules.HELD, next_try_at=None)


@dataclass(frozen=True)
class Swept:
    """What one sweep removed."""

    secrets: int
    demo_mails: int
    old_rows: int


def sweep() -> Swept:
    """Wipe secrets out of date, the demo's mails older than 24 h, and rows sent or failed for good more than half a year ago."""
    now = clock.now()
    secrets = _expire_secrets(Outbox.objects.exclude(state=rules.SENT), now)
    mails, _per = DemoMail.objects.filter(created_at__lte=now - timedelta(hours=DEMO_MAIL_HOURS)).delete()
    past = now - timedelta(days=SENT_DAYS)
    over = Q(state=rules.SENT, sent_at__lte=past) | Q(state=rules.FAILED, created_at__lte=past)
    old, _per = Outbox.objects.filter(over).delete()
    return Swept(secrets=secrets, demo_mails=mails, old_rows=old)
