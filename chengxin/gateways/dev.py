"""What `/dev/outbox` shows: the demo's mailbox. The page itself exists in demo mode on loopback only."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from chengxin.gateways.models import DemoMail


def mailbox(*, to: str | None = None, channel: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Texts delivered by the local gateways, newest first; [] outside demo mode.

    `to` is a mail address, a phone number, or for channel `captcha` the captcha's id.
    """
    if not settings.DEMO:
        return []
    rows = DemoMail.objects.order_by("-id")
    if to:
        rows = rows.filter(to__iexact=to)
    if channel:
        rows = rows.filter(channel=channel)
    return [
        {
            "id": row.pk,
            "channel": row.channel,
            "to": row.to,
            "subject": row.subject,
            "body": row.body,
            "created_at": row.created_at.isoformat(timespec="seconds"),
        }
        for row in rows[: min(limit, 200)]
    ]
