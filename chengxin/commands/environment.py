"""Prepares a command: a database (own or given), Django, keys, and the values its children inherit."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from pathlib import Path

from chengxin.launcher import places, roles, supervisor, urls
from chengxin.launcher.errors import LauncherError
from chengxin.launcher.postgres import SUPERUSER, Server

DATABASE_WAIT_S, DATABASE_PAUSE_S = 30.0, 0.2
SECRET_LABEL = b"chengxin/django-secret-key/v1"


def given_database() -> bool:
    """Say whether DATABASE_URL names a database; then no own PostgreSQL is started."""
    return bool(os.environ.get("DATABASE_URL"))


def owner_url() -> str:
    """Return the URL of the migrating role; with one role given, that one."""
    return os.environ.get("OWNER_DATABASE_URL") or os.environ["DATABASE_URL"]


def start_own(base: Path | None = None) -> Server:
    """Start the own PostgreSQL with both roles and name it in DATABASE_URL for this program and its children."""
    server = Server(base or places.home()).start()
    roles.create(server.url(role=SUPERUSER, database="postgres"))
    os.environ["CHENGXIN_HOME"] = str(server.base)
    os.environ["DATABASE_URL"] = server.url(role=places.APP_ROLE)
    os.environ["OWNER_DATABASE_URL"] = server.url(role=places.OWNER_ROLE)
    return server


@contextlib.contextmanager
def database() -> Iterator[Server | None]:
    """Have a database while the command runs; a server started here is stopped with it."""
    if given_database():
        yield None
        return
    server = Server(places.home())
    found_running = (server.data / "PG_VERSION").exists() and server.running()
    server = start_own()
    try:
        yield server
    finally:
        if not found_running:
            server.stop()


def set_up() -> None:
    """Set Django up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    import django

    django.setup()
    from django.conf import settings

    from chengxin.edge import logs

    urls.keep_to_primary(settings.DATABASES["default"]["HOST"])
    logs.configure(level=settings.LOG_LEVEL)


def follow_supervisor() -> None:
    """End with the supervisor that started this program, even when it is killed."""
    if os.environ.get("CHENGXIN_SUPERVISED"):
        supervisor.die_with_parent()


def share_secret() -> None:
    """Give all web processes the same SECRET_KEY, derived from the key ring, unless one is given."""
    if os.environ.get("SECRET_KEY"):
        return
    from chengxin.common import keys

    _, secret = keys.ring().secret("web")
    os.environ["SECRET_KEY"] = hmac.new(secret, SECRET_LABEL, hashlib.sha256).hexdigest()


def require_migrated() -> None:
    """Refuse a database whose schema is older or newer than the code (D-48); wait a while for one that restarts."""
    missing = _unapplied(until=time.monotonic() + DATABASE_WAIT_S)
    from chengxin.backups import restoring

    if restoring.unfinished():
        raise LauncherError("A restore is unfinished. Run the same chengxin restore again; until then nothing is served.")
    if missing:
        raise LauncherError(f"The database lacks {len(missing)} migrations (first: {missing[0]}). Run: chengxin migrate")


def _unapplied(*, until: float) -> list[str]:
    from django.db import OperationalError

    from chengxin import install

    while True:
        try:
            return install.unapplied()
        except OperationalError as error:
            if time.monotonic() > until:
                raise LauncherError(f"The database cannot be reached: {str(error).strip()}") from None
            time.sleep(DATABASE_PAUSE_S)


def require_safe(*, host: str) -> None:
    """Refuse demo mode, demo keys and debug pages on an address others can reach (D-53)."""
    from django.conf import settings

    from chengxin.common import keys
    from chengxin.edge.client import is_loopback

    if is_loopback(host):
        return
    reasons = {"DEMO=1": settings.DEMO, "DEBUG=1": settings.DEBUG, "demo keys": keys.is_demo()}
    wrong = [name for name, present in reasons.items() if present]
    if wrong:
        raise LauncherError(
            f"{host} can be reached by others, and {', '.join(wrong)} may only be used on a loopback address. "
            "Set HOST=127.0.0.1, or start with DEMO=0 and a new CHENGXIN_HOME."
        )
