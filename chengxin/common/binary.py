"""Values in PostgreSQL's binary form, for rows that COPY takes by the thousand: what comes again and again is encoded once."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from psycopg.adapt import PyFormat, Transformer


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
