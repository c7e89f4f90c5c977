"""Looking a public file up by code, before Django: one grouped read for all who wait (D-57).

``GET /api/v1/files/{uscc}`` is answered from ready bytes. The thread that finds no reader at work
reads for everyone waiting in this process with one ``ANY($1)``: the query starts after each of
their requests arrived, so the answer is exactly fresh by construction, and nothing has to be
invalidated. Everything that is not such a plain look-up goes on to the application behind.
"""

from __future__ import annotations

import re
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson
import psycopg
import psycopg.conninfo
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from chengxin.common import clock
from chengxin.records import filesql

PATH = re.compile(r"/api/v1/files/([0-9A-HJ-NPQRTUWXY]{18})")
CONNECT_SECONDS = 5
MAX_BATCH = 64
CONNINFO_KEYS = frozenset({"host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "options"})

PREPARED = b"lookup"
DAY_ZERO = date(2000, 1, 1)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Row(NamedTuple):
    """A public file as it is stored."""

    body: bytes
    etag: str
    next_change_on: date | None


class Waiting:
    """One request that waits for its row; its lock is let go when the row is there, or when it is its turn to read."""

    __slots__ = ("done", "error", "row", "turn", "uscc")

    def __init__(self, uscc: str) -> None:
        self.uscc = uscc
        self.turn = allocate_lock()
        self.done = False
        self.row: Row | None = None
        self.error: Exception | None = None


class GroupReader:
    """Reads for all waiting threads of a process over one connection of its own.

    One thread at a time reads, for itself and all that waited when it began. Then it hands the
    reading to the first of those that came meanwhile.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._queue: list[Waiting] = []
        self._lock = threading.Lock()
        self._reading = False
        self._connection: psycopg.Connection[Any] | None = None

    def read(self, uscc: str) -> Row | None:
        """The row of a code, read after this call began."""
        mine = Waiting(uscc)
        with self._lock:
            waits = self._reading
            if waits:
                mine.turn.acquire()
            self._queue.append(mine)
            self._reading = True
        if waits:
            mine.turn.acquire()
        if not mine.done:
            self._serve(mine)
        if mine.error is not None:
            raise mine.error
        return mine.row

    def close(self) -> None:
        """Let the connection go; the next read makes another. Only for when nobody reads."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _serve(self, mine: Waiting) -> None:
        """Read for everyone who waits, `mine` among them, and hand the reading on."""
        with self._lock:
            batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        try:
            rows = self._query({waiting.uscc for waiting in batch})
            for waiting in batch:
                waiting.row = rows.get(waiting.uscc)
        except Exception as error:  # every waiting request gets the same failure, none hangs
            for waiting in batch:
                waiting.error = error
        finally:
            with self._lock:
                following = self._queue[0] if self._queue else None
                self._reading = following is not None
            if following is not None:
                following.turn.release()
            for waiting in batch:
                waiting.done = True
                if waiting is not mine:
                    waiting.turn.release()

    def _query(self, codes: set[str]) -> dict[str, Row]:
        try:
            return self._ask(codes)
        except psycopg.OperationalError:  # the server was restarted: one new connection, one more try
            self.close()
            return self._ask(codes)

    def _ask(self, codes: set[str]) -> dict[str, Row]:
        if self._connection is None or self._connection.closed:
            self._connection = _connected(self._conninfo)
        array = f"{{{','.join(codes)}}}".encode()
        found = self._connection.pgconn.exec_prepared(PREPARED, [array], result_format=Format.BINARY)
        _require(found)
        return {
            _value(found, at, 0).decode(): Row(_value(found, at, 1), _value(found, at, 2).decode(), _day(found.get_value(at, 3)))
            for at in range(found.ntuples)
        }


def _connected(conninfo: str) -> psycopg.Connection[Any]:
    """A connection that has the one statement prepared; it is used through libpq, without the layers above."""
    connection = psycopg.connect(conninfo, autocommit=True)
    statement = filesql.READ_MANY.replace("%s", "$1::varchar[]").encode()
    _require(connection.pgconn.prepare(PREPARED, statement), ExecStatus.COMMAND_OK)
    return connection


def _require(result: PGresult, status: ExecStatus = ExecStatus.TUPLES_OK) -> None:
    if result.status != status:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


def _value(result: PGresult, row: int, column: int) -> bytes:
    return result.get_value(row, column) or b""


def _day(raw: bytes | None) -> date | None:
    """A date as PostgreSQL sends it: days since 2000."""
    return DAY_ZERO + timedelta(days=int.from_bytes(raw, "big", signed=True)) if raw else None


def looked_up(environ: Environ) -> str | None:
    """The code of a plain look-up, or None when the request is for the application behind."""
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD") or environ.get("QUERY_STRING"):
        return None
    match = PATH.fullmatch(environ.get("PATH_INFO", ""))
    return match.group(1) if match else None


def matches(environ: Environ, etag: str) -> bool:
    """Whether If-None-Match names this entity tag."""
    asked = environ.get("HTTP_IF_NONE_MATCH", "")
    return asked.strip() == "*" or any(tag.strip().removeprefix("W/") == f'"{etag}"' for tag in asked.split(","))


def application(following: Application, *, reader: GroupReader | None = None) -> Application:
    """The WSGI application that answers look-ups and hands everything else on."""
    reader = reader or GroupReader(conninfo())

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        uscc = looked_up(environ)
        if uscc is None:
            return following(environ, start_response)
        try:
            row = reader.read(uscc)
        except psycopg.Error:
            return _problem(environ, start_response, "503 Service Unavailable", UNAVAILABLE)
        if row is None:
            return _problem(environ, start_response, "404 Not Found", ABSENT)
        if row.next_change_on is not None and row.next_change_on <= clock.today():
            return following(environ, start_response)  # past its date: put together afresh behind
        return _send(environ, start_response, row.body, row.etag)

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
    ("Cache-Control", "public, no-cache"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"),
]


def _send(environ: Environ, start_response: StartResponse, body: bytes, etag: str) -> Iterable[bytes]:
    headers = [("ETag", f'"{etag}"'), *PUBLIC_HEADERS]
    if matches(environ, etag):
        start_response("304 Not Modified", headers)
        return []
    headers += [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _problem(environ: Environ, start_response: StartResponse, status: str, problem: dict[str, Any]) -> Iterable[bytes]:
    body = orjson.dumps(problem)
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    if status.startswith("503"):
        headers.append(("Retry-After", "1"))
    start_response(status, [*headers, *PUBLIC_HEADERS])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
