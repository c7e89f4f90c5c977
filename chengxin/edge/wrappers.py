"""The layers around everything: request id and access log, security headers, size limit.

What a layer refuses is said to programs at once; a person gets the refusal as a page of the site,
which is made behind, with the pages (`refusals.paged`).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Awaitable

from django.conf import settings

from chengxin.common import asgi
from chengxin.common.asgi import Application, Header, Message, Receive, Scope, Send
from chengxin.common.errors import TooLarge
from chengxin.edge import refusals
from chengxin.edge.journal import Journal

REQUEST_ID = re.compile(rb"[0-9A-Za-z-]{8,64}")
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
    """Give every request an id, and note what it was answered. No query string, no full address, no secret."""
    journal = Journal()

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        given = asgi.header(scope, b"x-request-id")
        request_id = given if given and REQUEST_ID.fullmatch(given) else b"%016x" % random.getrandbits(64)
        scope["chengxin.request_id"] = request_id.decode()
        began = time.perf_counter()

        def start(message: Message) -> None:
            message["headers"].append((b"x-request-id", request_id))
            journal.note(scope, status=message["status"], seconds=time.perf_counter() - began)

        return application(scope, receive, asgi.started(scope, send, start))

    return answer


def guarded(application: Application) -> Application:
    """Add the security headers an answer does not set itself; refuse bodies above the limit."""
    added = [*HEADERS, HSTS] if settings.SITE_ORIGIN.startswith("https://") else HEADERS
    names = {name for name, _ in added}

    def start(message: Message) -> None:
        headers = message["headers"]
        present = names.intersection([name for name, _ in headers])
        headers.extend([field for field in added if field[0] not in present] if present else added)

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        sending = asgi.started(scope, send, start)
        length = asgi.header(scope, b"content-length")
        if length and int(length) > settings.MAX_BODY_BYTES:
            text = f"请求不能超过 {settings.MAX_BODY_BYTES // 1024 // 1024} MB，请减小文件后重试。"
            return refusals.refuse(application, scope, receive, sending, error=TooLarge(text))
        return application(scope, receive, sending)

    return answer
