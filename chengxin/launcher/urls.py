"""Reads postgresql:// URLs into Django's database settings."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from chengxin.launcher.errors import LauncherError

PREPARED_AFTER = 2  # runs after which a connection keeps the plan of a statement
ATTRIBUTES = "PGTARGETSESSIONATTRS"
SEVERAL = {  # only one of several takes writes, and one may vanish without a word: who looks must not wait for ever
    "target_session_attrs": "primary",
    "connect_timeout": "3",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


def database(url: str, *, options: str = "") -> dict[str, Any]:
    """Return Django's settings for a URL, of one server or of several; `options` goes to the server at connection.

    Raises LauncherError where the URL is not a PostgreSQL one or names no database.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise LauncherError("DATABASE_URL must begin with postgresql://")
    try:
        given: dict[str, Any] = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise LauncherError(f"DATABASE_URL cannot be read: {str(error).strip()}") from None
    if not given.get("dbname"):
        raise LauncherError("DATABASE_URL must name a database: postgresql://user@host/name")
    host = str(given.pop("host", ""))
    return {
        "ENGINE": "chengxin.common.postgresql",
        "NAME": given.pop("dbname"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": host,
        "PORT": str(given.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **(SEVERAL if several(host) else {}),
            **given,
            "server_side_binding": True,
            "prepare_threshold": PREPARED_AFTER,
            **({"options": options} if options else {}),
        },
    }


def several(host: str) -> bool:
    """Say whether a host setting names more than one server."""
    return "," in host


def keep_to_primary(host: str, *, environment: MutableMapping[str, str] | None = None) -> None:
    """Where several servers are named, let connections beside Django's too go to the one that takes writes.

    libpq asks this variable wherever a connection of this program or its children says nothing itself.
    """
    if several(host):
        (os.environ if environment is None else environment).setdefault(ATTRIBUTES, SEVERAL["target_session_attrs"])


def session_options(*, statement_ms: int, lock_ms: int, idle_ms: int) -> str:
    """Return the limits every connection starts with (D-43); 0 = no limit."""
    limits = {
        "statement_timeout": statement_ms,
        "lock_timeout": lock_ms,
        "idle_in_transaction_session_timeout": idle_ms,
    }
    return " ".join(f"-c {name}={value}" for name, value in limits.items())
