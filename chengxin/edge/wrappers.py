"""The WSGI wrappers: request id and access log, security headers, size limit."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from django.conf import settings

from chengxin.edge import client, metrics

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
POLICY = "; ".join(
    [
        "default-src 'self'", "img-src 'self' data: blob:", "media-src 'self' data: blob:", "object-src 'none'",
        "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ]
)  # fmt: skip
HEADERS = [
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=()"),
]
HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
TOO_LARGE = {"type": "about:blank", "status": 413, "code": "body-too-large", "title": "提交的内容过大"}


def identified(application: WSGIApplication) -> WSGIApplication:
    """Give every request an id, count it and write one line about it. No query string, no full address."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        environ["chengxin.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers.append(("X-Request-Id", request_id))
            _record(environ, status=int(status[:3]), seconds=time.perf_counter() - began, request_id=request_id)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return application(environ, start)

    return answer


def _record(environ: WSGIEnvironment, *, status: int, seconds: float, request_id: str) -> None:
    metrics.count(method=environ["REQUEST_METHOD"], status=status, seconds=seconds)
    line = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": "request", "request_id": request_id,
        "method": environ["REQUEST_METHOD"], "path": environ.get("chengxin.log_path") or environ.get("PATH_INFO", ""),
        "status": status, "ms": round(seconds * 1000, 2), "network": client.network(client.address(environ)),
    }  # fmt: skip
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def guarded(application: WSGIApplication) -> WSGIApplication:
    """Add the security headers an answer does not set itself; refuse bodies above the limit."""
    added = [*HEADERS, HSTS] if settings.SITE_ORIGIN.startswith("https://") else HEADERS

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name.lower() for name, _ in headers}
            headers.extend(header for header in added if header[0].lower() not in present)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        if int(environ.get("CONTENT_LENGTH") or 0) > settings.MAX_BODY_BYTES:
            body = orjson.dumps(TOO_LARGE | {"detail": f"请求不能超过 {settings.MAX_BODY_BYTES // 1024 // 1024} MB，请减小文件后重试。"})
            start("413 Content Too Large", [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))])
            return [body]
        return application(environ, start)

    return answer
