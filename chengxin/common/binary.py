"""Rows in the binary form of PostgreSQL's COPY, put together by the thousand: what comes again and again is encoded once.

A row is the number of its fields in two bytes, then each field: its length in four bytes and its value, or `NULL`
(PostgreSQL's documentation of COPY, "Binary Format").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from django.db import connection
from psycopg.adapt import PyFormat, Transformer

BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
ROWS_AT_ONCE = 200


def copy(statement: str, rows: Iterable[bytes]) -> None:
    """Run `COPY … FROM STDIN (FORMAT BINARY)` with these rows, each whole."""
    waiting = iter(rows)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        stream.write(BEGIN)
        while piece := b"".join(itertools.islice(waiting, ROWS_AT_ONCE)):
            stream.write(piece)
        stream.write(END)


def fields(number: int) -> bytes:
    """What a row of so many fields begins with."""
    return number.to_bytes(2, "big")


def field(value: bytes | None) -> bytes:
    """A value with its length before it."""
    return NULL if value is None else len(value).to_bytes(4, "big") + value


@lru_cache(maxsize=4096)
def day(value: date) -> bytes:
    """A date."""
    return _dumped(value)


@lru_cache(maxsize=64)
def moment(value: datetime) -> bytes:
    """A timestamptz; `value` is aware."""
    if value.tzinfo is None:
        raise ValueError("A naive moment is no timestamptz.")
    return _dumped(value)


def jsonb(text: bytes) -> bytes:
    """A jsonb of JSON text in UTF-8."""
    return b"\x01" + text


def int4(value: int) -> bytes:
    """An integer of four bytes."""
    return value.to_bytes(4, "big", signed=True)


def int8(value: int) -> bytes:
    """An integer of eight bytes."""
    return value.to_bytes(8, "big", signed=True)


def _dumped(value: date) -> bytes:
    made = Transformer().get_dumper(value, PyFormat.BINARY).dump(value)
    assert made is not None
    return bytes(made)
