"""/healthz (the process lives), /readyz (it can serve: database, schema, keys, log), /metrics (loopback only)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from django.db import DatabaseError, connections

from chengxin import install
from chengxin.edge import client, metrics

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_migrated = False


def database() -> str:
    """Return "ok", or what is wrong with the database."""
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connections["default"].close()
        return "unreachable"
    return "ok"


def schema() -> str:
    """Return "ok", or how many migrations are missing; once ok, the answer is kept."""
    global _migrated
    if not _migrated:
        try:
            missing = install.unapplied()
        except DatabaseError:
            return "unknown"
        if missing:
            return f"{len(missing)} migrations missing"
        _migrated = True
    return "ok"


def keys() -> str:
    """Return "ok" where the folder of keys can be read."""
    return "ok" if settings.KEYS_DIR.is_dir() else "missing"


def log() -> str:
    """Return "ok" where the transparency logs may be continued (D-21)."""
    from chengxin.ledger import queries

    try:
        return "; ".join(queries.health().problems) or "ok"
    except DatabaseError:
        return "unknown"


CHECKS: dict[str, Callable[[], str]] = {"database": database, "schema": schema, "keys": keys, "log": log}


def readiness() -> dict[str, str]:
    """Return every check with its answer."""
    return {name: check() for name, check in CHECKS.items()}


def serving(application: WSGIApplication) -> WSGIApplication:
    """Answer the three addresses; hand everything else on."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            return _send(start_response, "200 OK", b'{"status":"ok"}')
        if path == "/readyz":
            checks = readiness()
            good = set(checks.values()) == {"ok"}
            body = orjson.dumps({"status": "ok" if good else "not ready", "checks": checks})
            return _send(start_response, "200 OK" if good else "503 Service Unavailable", body)
        if path == "/metrics" and client.is_loopback(client.address(environ)):
            return _send(start_response, "200 OK", metrics.page(), kind="text/plain; version=0.0.4; charset=utf-8")
        return application(environ, start_response)

    return answer


def _send(start_response: StartResponse, status: str, body: bytes, *, kind: str = "application/json") -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
    return [body]
