"""Pure decisions of delivery: when to try again, what a text may hold, how an address is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengxin.common.clock import SHANGHAI

QUEUED, SENT, FAILED, PARKED, HELD = "queued", "sent", "failed", "parked", "held"
STATES = (QUEUED, SENT, FAILED, PARKED, HELD)
LABELS = {
    QUEUED: _("等待发送"),
    SENT: _("已发送"),
    FAILED: _("发送失败"),
    PARKED: _("多次发送失败，待人工处理"),
    HELD: _("暂停发送，待人工确认"),
}
CHANNELS = ("mail", "sms")
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 6 * 3600


def wait_seconds(attempts: int) -> int:
    """Seconds until the next try after so many failures: 30 s, 2 min, 8 min … at most 6 h.

    Ten tries so span a little more than a day: a mail server may be down for a night.
    """
    if attempts < 1:
        raise ValueError("A wait follows at least one failure.")
    grown: int = FIRST_WAIT_SECONDS * 4 ** min(attempts - 1, 8)
    return min(grown, LONGEST_WAIT_SECONDS)


def moment_text(moment: datetime) -> str:
    """A moment as a person reads it, in Shanghai: 2026年11月23日 15:00."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def plain(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as texts that fit a column: moments and days in words, nothing else but str and int."""
    return {name: _plain(name, value) for name, value in params.items()}


def _plain(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, (str, int)):
        return str(value)
    if value is None:
        return ""
    if hasattr(value, "__str__") and type(value).__name__ == "__proxy__":
        return str(value)
    raise TypeError(f"Parameter {name} of a message is a {type(value).__name__}.")


def one_line(text: str, *, most: int = 180) -> str:
    """A subject: no line breaks or controls, so nothing can be added to the head of a mail."""
    kept = "".join(" " if c in "\r\n\t\v\f\x85\u2028\u2029" else c for c in text if c.isprintable() or c.isspace())
    return " ".join(kept.split())[:most]


def masked(to: str) -> str:
    """An address of which only enough is shown to recognise it: l***@example.com, 138****5678."""
    if "@" in to:
        local, _at, host = to.partition("@")
        return f"{local[:1]}***@{host}"
    if len(to) >= 8:
        return f"{to[:3]}****{to[-4:]}"
    return "***"
