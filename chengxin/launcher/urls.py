"""Reads postgresql:// URLs into Django's database settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PREPARED_AFTER = 2  # runs after which a connection keeps the plan of a written-out statement (chengxin.common.sql)


def database(url: str, *, options: str = "") -> dict[str, Any]:
    """Return Django's settings for a URL; `options` goes to the server at connection.

    Raises ValueError where the URL is not a PostgreSQL one or names no database.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("DATABASE_URL must begin with postgresql://")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("DATABASE_URL must name a database: postgresql://user@host/name")
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", "") or unquote(parts.hostname or "")
    port = query.pop("port", "") or str(parts.port or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**query, "prepare_threshold": PREPARED_AFTER, **({"options": options} if options else {})},
    }


def session_options(*, statement_ms: int, lock_ms: int, idle_ms: int) -> str:
    """Return the limits every connection starts with (D-43); 0 = no limit."""
    limits = {
        "statement_timeout": statement_ms,
        "lock_timeout": lock_ms,
        "idle_in_transaction_session_timeout": idle_ms,
    }
    return " ".join(f"-c {name}={value}" for name, value in limits.items())
