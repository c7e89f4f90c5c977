"""Courtesy limits of public reads: a token bucket per address in the memory of each process (D-46).

The rate of the setting is divided by the number of processes; a restart forgets everything, by
intent. Look-ups, searches, pages of files, proofs and log files count; the home page, forms and
static files do not. 0 switches it off.
"""

from __future__ import annotations

import ipaddress
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from django.conf import settings

from chengxin.common import asgi
from chengxin.common.asgi import Application, Header, Receive, Scope, Send
from chengxin.common.errors import TooMany
from chengxin.edge import client, refusals

PUBLIC_READ = re.compile(r"/(?:api/v1|files|verify|overview|commitments|log)(?:/|\.|$)")
MAX_ADDRESSES = 100_000
WINDOW_SECONDS = 60


class Verdict(NamedTuple):
    """What a bucket says of one request: allowed or not, what is left, seconds until it is full or has one again."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int = 0


class Buckets:
    """One bucket per address; the addresses not seen for the longest time are forgotten first."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, *, per_minute: float) -> Verdict:
        """Take one token for `address` from a bucket that holds a minute's worth."""
        size = max(1.0, per_minute)
        rate = size / WINDOW_SECONDS
        now = self._clock()
        with self._lock:
            level, at = self._levels.pop(address, (size, now))
            level = min(size, level + (now - at) * rate)
            allowed = level >= 1
            level -= 1 if allowed else 0
            self._levels[address] = (level, now)
            if len(self._levels) > MAX_ADDRESSES:
                self._levels.popitem(last=False)
        retry = 0 if allowed else max(1, math.ceil((1 - level) / rate))
        return Verdict(allowed, int(size), int(level), math.ceil((size - level) / rate), retry)


def counted(scope: Scope) -> bool:
    """Whether a request is a public read."""
    return scope["method"] in ("GET", "HEAD") and bool(PUBLIC_READ.match(scope["path"]))


def bucket_of(address: str) -> str:
    """Whose bucket it is: the address, of IPv6 its /64."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))


def headers_of(verdict: Verdict) -> list[Header]:
    """The answer's `RateLimit-*` headers, and `Retry-After` where it is refused."""
    headers = [
        (b"ratelimit-limit", b"%d" % verdict.limit),
        (b"ratelimit-remaining", b"%d" % verdict.remaining),
        (b"ratelimit-reset", b"%d" % verdict.reset),
        (b"ratelimit-policy", b"%d;w=%d" % (verdict.limit, WINDOW_SECONDS)),
    ]
    return headers if verdict.allowed else [*headers, (b"retry-after", b"%d" % verdict.retry_after)]


def limited(application: Application, *, buckets: Buckets | None = None) -> Application:
    """Count public reads by address and refuse those above the limit with 429."""
    held = buckets or Buckets()
    per_minute = settings.PUBLIC_READS_PER_MINUTE
    share = per_minute / max(1, settings.WEB_WORKERS)

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if not per_minute or not counted(scope):
            return application(scope, receive, send)
        verdict = held.take(bucket_of(client.address_of(scope)), per_minute=share)
        sending = asgi.started(scope, send, lambda message: message["headers"].extend(headers_of(verdict)))
        if verdict.allowed:
            return application(scope, receive, sending)
        error = TooMany(f"访问过于频繁，请在 {verdict.retry_after} 秒后重试。", retry_after=verdict.retry_after)
        return refusals.refuse(application, scope, receive, sending, error=error)

    return answer
