"""The layers around everything: request id and access log, security headers, size limit.

What a layer refuses is said to programs at once; a person gets the refusal as a page of the site,
which is made behind, with the pages (`refusals.paged`).
"""

from __future__ import annotations

import random
import re
import sys
import time

import orjson
from django.conf import settings

from chengxin.common import asgi
from chengxin.common.asgi import Application, Header, Message, Receive, Scope, Send
from chengxin.common.errors import TooLarge
from chengxin.edge import client, metrics, refusals

REQUEST_ID = re.compile(rb"[0-9A-Za-z-]{8,64}")
SECRET = re.compile(r"(?<=/)[0-9A-Za-z_-]{40,}")
POLICY = "; ".join(
    [
        "default-src 'self'", "img-src 'self' data: blob:", "media-src 'self' data: blob:", "object-src 'none'",
        "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ]
)  # fmt: skip
HEADERS: list[Header] = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(), payment=()"),
]
HSTS: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def identified(application: Application) -> Application:
    """Give every request an id, count it and write one line about it. No query string, no full address, no secret."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        given = asgi.header(scope, b"x-request-id")
        request_id = given.decode() if REQUEST_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"
        scope["chengxin.request_id"] = request_id
        began = time.perf_counter()

        def start(message: Message) -> None:
            message["headers"].append((b"x-request-id", request_id.encode()))
            _record(scope, status=message["status"], seconds=time.perf_counter() - began)

        await application(scope, receive, asgi.started(send, start))

    return answer


def _record(scope: Scope, *, status: int, seconds: float) -> None:
    metrics.count(method=scope["method"], status=status, seconds=seconds)
    line = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": "request", "request_id": scope["chengxin.request_id"],
        "method": scope["method"], "path": SECRET.sub("…", scope["path"]),
        "status": status, "ms": round(seconds * 1000, 2), "network": client.network(client.address_of(scope)),
    }  # fmt: skip
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def guarded(application: Application) -> Application:
    """Add the security headers an answer does not set itself; refuse bodies above the limit."""
    added = [*HEADERS, HSTS] if settings.SITE_ORIGIN.startswith("https://") else HEADERS

    def start(message: Message) -> None:
        headers = message["headers"]
        present = {name for name, _ in headers}
        headers.extend(field for field in added if field[0] not in present)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        sending = asgi.started(send, start)
        if int(asgi.header(scope, b"content-length") or 0) > settings.MAX_BODY_BYTES:
            text = f"请求不能超过 {settings.MAX_BODY_BYTES // 1024 // 1024} MB，请减小文件后重试。"
            return await refusals.refuse(application, scope, receive, sending, error=TooLarge(text))
        return await application(scope, receive, sending)

    return answer
