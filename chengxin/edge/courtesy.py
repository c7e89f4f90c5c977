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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings

from chengxin.edge import client

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PUBLIC_READ = re.compile(r"/(?:api/v1|files|verify|overview|commitments|log)(?:/|\.|$)")
MAX_ADDRESSES = 100_000
WINDOW_SECONDS = 60
PROBLEM = {
    "type": "about:blank#too-many",
    "title": "操作过于频繁",
    "status": 429,
    "code": "too-many",
}


@dataclass(frozen=True)
class Verdict:
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


def counted(environ: WSGIEnvironment) -> bool:
    """Whether a request is a public read."""
    return environ.get("REQUEST_METHOD") in ("GET", "HEAD") and bool(PUBLIC_READ.match(environ.get("PATH_INFO", "")))


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


def headers_of(verdict: Verdict) -> list[tuple[str, str]]:
    """The answer's `RateLimit-*` headers, and `Retry-After` where it is refused."""
    headers = [
        ("RateLimit-Limit", str(verdict.limit)),
        ("RateLimit-Remaining", str(verdict.remaining)),
        ("RateLimit-Reset", str(verdict.reset)),
        ("RateLimit-Policy", f"{verdict.limit};w={WINDOW_SECONDS}"),
    ]
    return headers if verdict.allowed else [*headers, ("Retry-After", str(verdict.retry_after))]


def limited(application: WSGIApplication, *, buckets: Buckets | None = None) -> WSGIApplication:
    """Count public reads by address and refuse those above the limit with 429."""
    held = buckets or Buckets()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        per_minute = settings.PUBLIC_READS_PER_MINUTE
        if not per_minute or not counted(environ):
            return application(environ, start_response)
        share = per_minute / max(1, settings.WEB_WORKERS)
        verdict = held.take(bucket_of(client.address(environ)), per_minute=share)
        extra = headers_of(verdict)
        if not verdict.allowed:
            return _refuse(environ, start_response, verdict, extra)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers.extend(extra)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return application(environ, start)

    return answer


def _refuse(
    environ: WSGIEnvironment, start_response: StartResponse, verdict: Verdict, extra: list[tuple[str, str]]
) -> Iterable[bytes]:
    if environ["PATH_INFO"].startswith(("/api/", "/log")) or "text/html" not in environ.get("HTTP_ACCEPT", ""):
        text = f"访问过于频繁，请在 {verdict.retry_after} 秒后重试。"
        body, kind = orjson.dumps({**PROBLEM, "detail": text}), "application/problem+json"
    else:
        body, kind = _page(environ, verdict), "text/html; charset=utf-8"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response("429 Too Many Requests", [*headers, ("Access-Control-Allow-Origin", "*"), *extra])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _page(environ: WSGIEnvironment, verdict: Verdict) -> bytes:
    """The error page of the site, in the person's language."""
    from django.core.handlers.wsgi import WSGIRequest
    from django.utils import translation

    from chengxin.common.errors import TooMany
    from chengxin.web import context, errors

    request = WSGIRequest(environ)
    with translation.override(context.language_of(request)):
        return errors.answer(request, error=TooMany(retry_after=verdict.retry_after)).content
