"""Reading public files for all requests that wait in this process, with one statement (D-57).

While a statement is under way those who come wait for the next one, so each is answered by a
statement that began after it asked: the answer is exactly fresh by construction, and nothing has to
be invalidated. Files read before are kept; that statement is told the tag of each, which is the hash
of its bytes, and its day, and gives back what is otherwise now. The connection is the process's own
and is used through libpq; the event loop never waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import date, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from chengxin.launcher import leading
from chengxin.records import filesql

MAX_BATCH = 64
ANSWER_SECONDS = 5
MAX_KEPT_BYTES = 32 * 1024 * 1024  # in each process
PREPARED = b"lookup"
STATEMENT = filesql.READ_CHANGED.encode()
ONE_PLAN = b"SET plan_cache_mode = force_generic_plan"  # else a statement for few codes is planned each time
DAY_ZERO = date(2000, 1, 1)


class Row(NamedTuple):
    """A public file as it is stored, and tag and day of it as the statement is told them."""

    body: bytes
    etag: str
    next_change_on: date | None
    known: tuple[str, str] = ("NULL", "NULL")


class Kept:
    """Bodies by code, those not asked for the longest time are forgotten first."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._bytes = 0

    def row(self, uscc: str) -> Row | None:
        """What is kept of a code."""
        if uscc in self._rows:
            self._rows.move_to_end(uscc)
        return self._rows.get(uscc)

    def keep(self, uscc: str, row: Row) -> None:
        """Keep another body."""
        former = self._rows.pop(uscc, None)
        self._rows[uscc] = row
        self._bytes += len(row.body) - (len(former.body) if former else 0)
        while self._bytes > MAX_KEPT_BYTES:
            self._bytes -= len(self._rows.popitem(last=False)[1].body)


class GroupReader:
    """Reads for all waiting requests of one event loop over one connection of its own."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._waiting: list[tuple[str, asyncio.Future[Row | None]]] = []
        self._serving: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._socket = -1
        self._kept = Kept()
        self._arrived: asyncio.Future[None] | None = None

    async def read(self, uscc: str) -> Row | None:
        """The row of a code, read after this call began; raises `psycopg.OperationalError` without a database."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[Row | None] = loop.create_future()
        self._waiting.append((uscc, mine))
        if self._serving is None:
            self._serving = loop.create_task(self._serve())
        return await mine

    async def close(self) -> None:
        """Let the connection go; the next read makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            await connection.close()

    async def _serve(self) -> None:
        """Read for everyone who waits, until nobody does."""
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            try:
                rows = await self._query({uscc for uscc, _ in batch})
            except Exception as error:  # every waiting request gets the same failure, none hangs
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for uscc, future in batch:
                    if not future.done():
                        future.set_result(rows.get(uscc))
        self._serving = None

    async def _query(self, codes: set[str]) -> dict[str, Row | None]:
        try:
            return await self._ask(codes)
        except psycopg.OperationalError:  # the server was restarted: one new connection, one more try
            await self.close()
            return await self._ask(codes)

    async def _ask(self, codes: set[str]) -> dict[str, Row | None]:
        pgconn = await self._connected()
        rows = {uscc: self._kept.row(uscc) for uscc in codes}
        known = [row.known if row else ("NULL", "NULL") for row in rows.values()]
        values = [f"{{{','.join(each)}}}".encode() for each in (rows, *zip(*known, strict=True))]
        pgconn.send_query_prepared(PREPARED, values, result_format=Format.BINARY)
        found = await self._result(pgconn)
        _require(found)
        for at in range(found.ntuples):
            uscc = _value(found, at, 0).decode()
            rows[uscc] = self._taken(found, at, uscc) if found.get_value(at, 1) is not None else None
        return rows

    def _taken(self, found: PGresult, at: int, uscc: str) -> Row:
        """A file that is otherwise than what was kept of it, or new here."""
        etag, day = _value(found, at, 1).decode(), _day(found.get_value(at, 2))
        row = Row(_value(found, at, 3), etag, day, (f'"{etag}"', day.isoformat() if day else "NULL"))
        self._kept.keep(uscc, row)
        return row

    async def _connected(self) -> PGconn:
        """The connection, which has the one statement prepared."""
        if self._connection is not None and not self._connection.closed:
            return self._connection.pgconn
        self._connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        leading.keep(self._connection)
        pgconn = self._connection.pgconn
        self._socket = pgconn.socket
        asyncio.get_running_loop().add_reader(self._socket, self._readable, pgconn)
        pgconn.send_query(ONE_PLAN)
        _require(await self._result(pgconn), ExecStatus.COMMAND_OK)
        pgconn.send_prepare(PREPARED, STATEMENT)
        _require(await self._result(pgconn), ExecStatus.COMMAND_OK)
        return pgconn

    def _readable(self, pgconn: PGconn) -> None:
        """Take what has come; wake whoever waits for it when a result is whole or the connection is lost."""
        try:
            pgconn.consume_input()
        except psycopg.OperationalError as error:  # where nobody waits, the next statement finds it out
            asyncio.get_running_loop().remove_reader(self._socket)
            self._wake(error)
        else:
            if not pgconn.is_busy():
                self._wake()

    def _wake(self, error: Exception | None = None) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(error) if error else self._arrived.set_result(None)

    async def _result(self, pgconn: PGconn) -> PGresult:
        """The result of what was sent."""
        loop = asyncio.get_running_loop()
        pgconn.flush()
        results: list[PGresult] = []
        while True:
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    return results[-1]
                results.append(result)
            self._arrived = loop.create_future()
            late = loop.call_later(ANSWER_SECONDS, self._wake, psycopg.OperationalError(f"No answer in {ANSWER_SECONDS} seconds."))
            try:
                await self._arrived
            finally:
                late.cancel()
                self._arrived = None


def _require(result: PGresult, status: ExecStatus = ExecStatus.TUPLES_OK) -> None:
    if result.status != status:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


def _value(result: PGresult, row: int, column: int) -> bytes:
    return result.get_value(row, column) or b""


def _day(raw: bytes | None) -> date | None:
    """A date as PostgreSQL sends it: days since 2000."""
    return DAY_ZERO + timedelta(days=int.from_bytes(raw, "big", signed=True)) if raw else None
