"""Looking a public file up by code, before Django (D-57, docs/adr/0017).

``GET /api/v1/files/{uscc}`` is answered in the event loop from ready bytes that are read for all who
wait at once. Everything that is not such a plain look-up goes on to the application behind.
"""

from __future__ import annotations

import re

import psycopg
import psycopg.conninfo

from chengxin.common import asgi, clock
from chengxin.common.asgi import Application, Receive, Scope, Send
from chengxin.records.groupread import GroupReader

PATH = re.compile(r"/api/v1/files/([0-9A-HJ-NPQRTUWXY]{18})")
CONNECT_SECONDS = 5
EXPOSED = "Content-Range, ETag, Feed-Next, Feed-Origin, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
CONNINFO_KEYS = frozenset(
    {
        "host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "options", "target_session_attrs",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    }
)  # fmt: skip


def looked_up(scope: Scope) -> str | None:
    """The code of a plain look-up, or None when the request is for the application behind."""
    if scope["method"] not in ("GET", "HEAD") or scope["query_string"]:
        return None
    match = PATH.fullmatch(scope["path"])
    return match.group(1) if match else None


def matches(asked: str, etag: str) -> bool:
    """Whether If-None-Match names this entity tag."""
    return asked.strip() == "*" or any(tag.strip().removeprefix("W/") == f'"{etag}"' for tag in asked.split(","))


def application(following: Application, *, reader: GroupReader | None = None) -> Application:
    """The application that answers look-ups and hands everything else on."""
    reader = reader or GroupReader(conninfo())

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        uscc = looked_up(scope)
        if uscc is None:
            return await following(scope, receive, send)
        try:
            row = await reader.read(uscc)
        except psycopg.Error:
            return await asgi.problem(scope, send, status=503, said=UNAVAILABLE, headers=[(b"retry-after", b"1"), *PUBLIC_HEADERS])
        if row is None:
            return await asgi.problem(scope, send, status=404, said=ABSENT, headers=PUBLIC_HEADERS)
        if row.next_change_on is not None and row.next_change_on <= clock.today():
            return await following(scope, receive, send)  # past its date: put together afresh behind
        return await _send(scope, send, row.body, row.etag)

    return answer


def conninfo() -> str:
    """libpq connection string of Django's default database."""
    from django.db import connections

    params = connections["default"].get_connection_params()
    known = {k: v for k, v in params.items() if k in CONNINFO_KEYS and v}
    return psycopg.conninfo.make_conninfo(**known, connect_timeout=CONNECT_SECONDS, application_name="chengxin-lookup")


ABSENT = {
    "type": "about:blank#no-public-file",
    "title": "未找到页面",
    "status": 404,
    "code": "no-public-file",
    "detail": "未检索到已公示的诚信档案。未建立档案不代表守信或失信。",
}
UNAVAILABLE = {
    "type": "about:blank#unavailable",
    "title": "服务暂时不可用",
    "status": 503,
    "code": "unavailable",
    "detail": "服务暂时不可用，请稍后重试。",
}
PUBLIC_HEADERS = [
    (b"cache-control", b"public, no-cache"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]


async def _send(scope: Scope, send: Send, body: bytes, etag: str) -> None:
    headers = [(b"etag", f'"{etag}"'.encode()), *PUBLIC_HEADERS]
    asked = asgi.header(scope, b"if-none-match")
    if asked and matches(asked.decode("latin-1"), etag):
        return await asgi.respond(scope, send, status=304, headers=headers)
    headers.append((b"content-type", b"application/json; charset=utf-8"))
    return await asgi.respond(scope, send, status=200, headers=headers, body=body)
