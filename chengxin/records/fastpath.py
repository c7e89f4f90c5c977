"""Looking a public file up by code, before Django: one grouped read for all who wait (D-57).

``GET /api/v1/files/{uscc}`` is answered from ready bytes. The thread that finds no reader at work
reads for everyone waiting in this process with one ``ANY($1)``: the query starts after each of
their requests arrived, so the answer is exactly fresh by construction, and nothing has to be
invalidated. Everything that is not such a plain look-up goes on to the application behind.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg
import psycopg.conninfo

from chengxin.common import clock
from chengxin.records import filesql

PATH = re.compile(r"/api/v1/files/([0-9A-HJ-NPQRTUWXY]{18})")
WAIT_SECONDS = 5.0
CONNECT_SECONDS = 5
MAX_BATCH = 64
CONNINFO_KEYS = frozenset({"host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "options"})

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Row = tuple[str, bytes, str, Any]


class Waiting:
    """One request that waits for its row."""

    __slots__ = ("done", "error", "row", "uscc")

    def __init__(self, uscc: str) -> None:
        self.uscc = uscc
        self.done = threading.Event()
        self.row: Row | None = None
        self.error: Exception | None = None


class GroupReader:
    """Reads for all waiting threads of a process over one connection of its own."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._queue: list[Waiting] = []
        self._queue_lock = threading.Lock()
        self._reading = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def read(self, uscc: str) -> Row | None:
        """The row of a code, read after this call began."""
        mine = Waiting(uscc)
        with self._queue_lock:
            self._queue.append(mine)
        while not mine.done.is_set():
            if not self._reading.acquire(timeout=WAIT_SECONDS):
                continue
            try:
                if not mine.done.is_set():
                    self._serve(self._take())
            finally:
                self._reading.release()
        if mine.error is not None:
            raise mine.error
        return mine.row

    def close(self) -> None:
        """Let the connection go; the next read makes another."""
        with self._reading:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _take(self) -> list[Waiting]:
        with self._queue_lock:
            batch, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        return batch

    def _serve(self, batch: list[Waiting]) -> None:
        try:
            rows = {row[0]: row for row in self._query(list({w.uscc for w in batch}))}
            for waiting in batch:
                waiting.row = rows.get(waiting.uscc)
        except Exception as error:  # every waiting request gets the same failure, none hangs
            for waiting in batch:
                waiting.error = error
        finally:
            for waiting in batch:
                waiting.done.set()

    def _query(self, codes: list[str]) -> list[Row]:
        try:
            return self._ask(codes)
        except psycopg.OperationalError:  # the server was restarted: one new connection, one more try
            if self._connection is not None:
                self._connection.close()
            return self._ask(codes)

    def _ask(self, codes: list[str]) -> list[Row]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=0)
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(filesql.READ_MANY, [codes])
            return cursor.fetchall()


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
        if row[3] is not None and row[3] <= clock.today():
            return following(environ, start_response)  # past its date: put together afresh behind
        return _send(environ, start_response, bytes(row[1]), row[2])

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
