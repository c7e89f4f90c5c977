"""All public files of one moment, one after the other, for snapshots: what the look-up gives, byte for byte.

One read-only transaction that sees one state of the database, over a connection of its own: its statement
runs for minutes, and no other work waits for it. Memory is bounded by one file and those past their date.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from chengxin.common import clock
from chengxin.records import filesql
from chengxin.records.models import PublicFile

LOCK_ID = 0x736E_6170
"""Advisory lock of the one who reads everything."""

STALE_BATCH = 500
_COPY = "COPY (SELECT enterprise_id, body, next_change_on FROM records_publicfile) TO STDOUT (FORMAT BINARY)"


@dataclass(frozen=True)
class Frozen:
    """One state of all public files: the position of the feed it holds at least, and the files in no order."""

    position: int
    files: Iterator[bytes]


def table_bytes() -> int:
    """What the public files take in the database, compressed as PostgreSQL does: an estimate for the room of a copy."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_table_size(%s::regclass)", [PublicFile._meta.db_table])
        return int(cursor.fetchone()[0])


@contextmanager
def frozen() -> Iterator[Frozen | None]:
    """One state of everything while the block lasts; None where somebody else is reading everything."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.ensure_connection()
    raw: psycopg.Connection[Any] = own.connection
    try:
        row = raw.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_ID]).fetchone()
        if not row or not row[0]:
            yield None
            return
        with raw.transaction():
            raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            raw.execute("SET LOCAL statement_timeout = 0")
            row = raw.execute("SELECT coalesce(max(position), 0) FROM records_change").fetchone()
            yield Frozen(position=row[0] if row else 0, files=_files(raw, day=clock.today()))
    finally:
        own.close()


def _files(raw: psycopg.Connection[Any], *, day: date) -> Iterator[bytes]:
    """Every file as it is on this day; those that the day changes are put together at the end (D-07)."""
    late: list[Any] = []
    with raw.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(["uuid", "bytea", "date"])
        for enterprise_id, body, turns_on in copy.rows():
            if turns_on is None or turns_on > day:
                yield body
            else:
                late.append(enterprise_id)
    for first in range(0, len(late), STALE_BATCH):
        made = raw.execute(filesql.ASSEMBLE, {"ids": late[first : first + STALE_BATCH], "day": day})
        yield from (bytes(row[2]) for row in made.fetchall())


def any_there() -> bool:
    """Whether there is a public file at all."""
    return PublicFile.objects.exists()
