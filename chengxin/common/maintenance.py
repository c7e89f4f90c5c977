"""Whether the site is in maintenance: a file, so that it is known while the database is away.

`chengxin maintenance on` writes it, `off` takes it away. Every web server and worker that sees the file follows it at once.
Nothing is handed in meanwhile; what the public reads is served as ever.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from chengxin.common import clock

RETRY_AFTER_S = 600
LEAST_RETRY_S = 60


@dataclass(frozen=True)
class Notice:
    """What people are told: since when, until when if that is known, and a sentence if there is one."""

    since: datetime | None
    until: datetime | None
    text: str = ""

    def sentence(self) -> str:
        """What people are told, in their language."""
        if self.until is None:
            return _("平台正在维护，暂停登录和提交，查询不受影响。")
        until = self.until.astimezone(clock.SHANGHAI)
        moment = f"{until.month}月{until.day}日 {until:%H:%M}"
        return _("平台正在维护，暂停登录和提交，查询不受影响，预计%(until)s恢复。") % {"until": moment}

    def retry_after(self) -> int:
        """Seconds after which a program should ask again."""
        if self.until is None:
            return RETRY_AFTER_S
        return max(LEAST_RETRY_S, math.ceil((self.until - clock.now()).total_seconds()))


def path() -> Path:
    """Where the file is (setting MAINTENANCE_FILE)."""
    from django.conf import settings  # late: common is loaded before there are settings

    return Path(settings.MAINTENANCE_FILE)


def current() -> Notice | None:
    """The notice while the site is in maintenance, else None. A file that cannot be read still says so."""
    try:
        raw = path().read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return Notice(since=None, until=None)
    return _read(raw)


def _read(raw: bytes) -> Notice:
    try:
        body: dict[str, Any] = json.loads(raw)
        return Notice(since=_moment(body.get("since")), until=_moment(body.get("until")), text=str(body.get("text", "")))
    except (ValueError, TypeError, AttributeError):
        return Notice(since=None, until=None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def begin(*, until: datetime | None = None, text: str = "") -> Notice:
    """Write the file, whole or not at all."""
    notice = Notice(since=clock.now(), until=until, text=text)
    body = {"since": clock.now().isoformat(), "until": until.isoformat() if until else None, "text": text}
    draft = path().with_name(f".{path().name}")
    draft.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
    draft.chmod(0o644)
    draft.replace(path())
    return notice


def end() -> bool:
    """Take the file away; False where there was none."""
    there = path().exists()
    path().unlink(missing_ok=True)
    return there
