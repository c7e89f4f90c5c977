"""Where several database servers are named: a connection to one that no longer leads is cut, so that nobody waits on it for ever.

A leader that dies breaks its connections. One that only stands still (a machine that hangs, a paused virtual machine, a full
disk queue) breaks none: the kernel goes on to acknowledge what it is sent, and whoever has asked it waits. So each process
looks every `LOOK_S` seconds who leads, and after two looks that agree it shuts the connections to anybody else: what was
waiting fails at once, is answered 503, and the next attempt reaches the one that leads.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db.backends.signals import connection_created

from chengxin.launcher import urls

LOOK_S, CONNECT_S = 2.0, 2
Place = tuple[str, str]
_open: weakref.WeakSet[Any] = weakref.WeakSet()
_watching: set[int] = set()
_lock = threading.Lock()
log = structlog.get_logger()


def watch() -> None:
    """From now on keep the connections of this program, and of what it forks, to the server that leads; with one server do nothing."""
    if urls.several(settings.DATABASES["default"]["HOST"]):
        connection_created.connect(_made, dispatch_uid="chengxin.launcher.leading")


def keep(connection: Any) -> None:
    """Cut this connection too (one of psycopg, not Django's) when its server no longer leads; with one server do nothing."""
    if not urls.several(settings.DATABASES["default"]["HOST"]):
        return
    with _lock:
        _open.add(connection)
        if os.getpid() not in _watching:
            _watching.add(os.getpid())
            threading.Thread(target=_look_on, name="leading", daemon=True).start()


def _made(sender: object, connection: Any, **_more: object) -> None:
    keep(connection.connection)


def _look_on() -> None:
    former: Place | None = None
    while True:
        time.sleep(LOOK_S)
        found = leader()
        if found is not None and found == former:
            cut(all_but=found)
        former = found


def leader() -> Place | None:
    """Host and port of the server that takes writes, None where none answers in time."""
    params = settings.DATABASES["default"]
    try:
        with psycopg.connect(
            host=params["HOST"], port=params["PORT"], user=params["USER"], password=params["PASSWORD"], dbname=params["NAME"],
            target_session_attrs="primary", connect_timeout=CONNECT_S, application_name="chengxin-leading",
        ) as connection:  # fmt: skip
            return place_of(connection)
    except psycopg.Error:
        return None


def place_of(connection: Any) -> Place:
    """Host and port that a connection goes to."""
    return connection.pgconn.host.decode(), connection.pgconn.port.decode()


def cut(*, all_but: Place) -> int:
    """Shut every connection to another server; whoever waits on one is told at once. Returns how many."""
    with _lock:
        stale = [each for each in _open if not each.closed and place_of(each) != all_but]
    for each in stale:
        _shut(each)
    if stale:
        log.warning("cut from a server that no longer leads", connections=len(stale), leader=":".join(all_but))
    return len(stale)


def _shut(connection: Any) -> None:
    """End both directions of its socket, not the socket: who waits on it finds it at its end, and closes it."""
    try:
        with socket.socket(fileno=os.dup(connection.pgconn.socket)) as own:
            own.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error):
        pass
