"""One line about every answer, and its count: written together for all that were answered in one turn of the loop."""

from __future__ import annotations

import asyncio
import re
import sys
import time

import orjson

from chengxin.common.asgi import Scope
from chengxin.edge import client, metrics

SECRET_CHARS = 40
SECRET = re.compile(rf"(?<=/)[0-9A-Za-z_-]{{{SECRET_CHARS},}}")
MOST_LINES = 16  # so that they reach a pipe in one piece and do not mix with another process's


class Journal:
    """What one event loop has answered and not written yet. The loop takes its next turn before it ends, so nothing is lost."""

    def __init__(self) -> None:
        self._noted: list[tuple[Scope, int, float]] = []

    def note(self, scope: Scope, *, status: int, seconds: float) -> None:
        """Note an answer; it is written before the loop waits for anything."""
        if not self._noted:
            asyncio.get_running_loop().call_soon(self._write)
        self._noted.append((scope, status, seconds))

    def _write(self) -> None:
        noted, self._noted = self._noted, []
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for first in range(0, len(noted), MOST_LINES):
            lines = [_line(at, *answer) for answer in noted[first : first + MOST_LINES]]
            sys.stdout.buffer.write(b"".join(lines))
            sys.stdout.buffer.flush()
        metrics.count([(scope["method"], status, seconds) for scope, status, seconds in noted])


def _shown(path: str) -> str:
    return SECRET.sub("…", path) if len(path) > SECRET_CHARS else path


def _line(at: str, scope: Scope, status: int, seconds: float) -> bytes:
    line = {
        "at": at, "event": "request", "request_id": scope["chengxin.request_id"], "method": scope["method"],
        "path": _shown(scope["path"]), "status": status, "ms": round(seconds * 1000, 2),
        "network": client.network(client.address_of(scope)),
    }  # fmt: skip
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
