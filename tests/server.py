"""One private PostgreSQL per test run (D-51). Loaded by `-p tests.server`, before Django reads its settings.

The folder and the URL are fixed at once; the server starts only when the first test needs a database, is migrated and
loaded once into a template, and every worker and every race test gets a clone.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from chengxin.launcher import places, roles
from chengxin.launcher.postgres import SUPERUSER, TEST_SETTINGS, Server

PREFIX = "chengxin-test-"
TEMPLATE = "template_chengxin"
_numbers = itertools.count(1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sweep() -> None:
    """Remove what a killed run of ours left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        with contextlib.suppress(FileNotFoundError):  # another run is sweeping it too
            if folder.stat().st_uid == os.geteuid() and pid.isdigit() and not _alive(int(pid)):
                remove(folder)


def remove(base: Path) -> None:
    """Stop the server of a home and delete both."""
    server = Server(base, settings=TEST_SETTINGS)
    pid = server.postmaster()
    if pid and _alive(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
        server.stop(mode="immediate")
    shutil.rmtree(server.socket, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def _begin() -> Path:
    given = os.environ.get("CHENGXIN_TEST_HOME")
    if given:
        return Path(given)
    _sweep()
    base = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    base.chmod(0o711)
    os.environ.update(
        CHENGXIN_TEST_HOME=str(base),
        CHENGXIN_HOME=str(base),
        DATABASE_URL=places.url(role=places.APP_ROLE, socket=places.socket_folder(base)),
        OWNER_DATABASE_URL=places.url(role=places.OWNER_ROLE, socket=places.socket_folder(base)),
        DEMO="1",
        STATEMENT_TIMEOUT_MS="30000",
        IDLE_IN_TRANSACTION_MS="0",
        SECRET_KEY="only-for-tests",
    )
    return base


BASE = _begin()
MADE_HERE = BASE.name.startswith(f"{PREFIX}{os.getpid()}-")
SERVER = Server(BASE, settings=TEST_SETTINGS)


def url(database: str, *, role: str = places.APP_ROLE) -> str:
    """Return the URL of a database of the run's server."""
    return SERVER.url(role=role, database=database)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Only one worker at a time makes the template or a clone."""
    with (BASE / ".template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def administer(statement: sql.Composable) -> None:
    """Run one statement as the superuser."""
    with psycopg.connect(url("postgres", role=SUPERUSER), autocommit=True) as connection:
        connection.execute(statement)


def clone() -> str:
    """Make a fresh copy of the template and return its name."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with locked():
        administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(places.OWNER_ROLE)
            )
        )
    return name


def drop(name: str) -> None:
    """Drop a copy, with whoever is still connected."""
    administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def prepare() -> None:
    """Start the server and make the template, once per run."""
    with locked():
        SERVER.start()
        done = BASE / ".template.done"
        if done.exists():
            return
        drop(TEMPLATE)
        roles.create(url("postgres", role=SUPERUSER), database=TEMPLATE)
        from chengxin import install

        install.make_keys(demo=True)
        install.migrate(owner_url=url(TEMPLATE, role=places.OWNER_ROLE), verbosity=0)
        install.use(url(TEMPLATE))
        install.load_reference()
        from django.db import connections

        connections.close_all()
        done.touch()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server with the run that made it."""
    if MADE_HERE:
        remove(BASE)
