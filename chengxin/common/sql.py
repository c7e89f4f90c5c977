"""Statements written out, for the few that every request runs.

For these the model layer takes longer to put a statement together than PostgreSQL to run it. So they are written out;
as all statements, they are prepared: each connection plans them once. Each statement stays in the app whose tables it
names; parameters go by name, never into the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

BETWEEN = "\x1f"


def listed(texts: Iterable[str]) -> str:
    """Many texts as one parameter, for `string_to_array(…, chr(31))`: an array is put together text by text, which takes longer."""
    made = list(texts)
    joined = BETWEEN.join(made)
    if made and joined.count(BETWEEN) != len(made) - 1:
        raise ValueError("A text holds the sign that stands between texts.")
    return joined


def rows(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def row(statement: str, given: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, if it has one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()  # type: ignore[no-any-return]


def execute(statement: str, given: Mapping[str, Any]) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)


def do_not_wait_for_disk() -> None:
    """The commit of this transaction does not wait until it is on disk: a crash within the next second may take it back whole.

    For steps that are simply done again, and of which nobody is told before a later commit, which waits for all before it.
    """
    execute("SELECT set_config('synchronous_commit', 'off', true)", {})


def wait_for_disk() -> None:
    """The commit of this transaction waits for the disk after all: of what it writes others are told, or the world is."""
    execute("SET LOCAL synchronous_commit TO DEFAULT", {})


@contextmanager
def snapshot() -> Iterator[None]:
    """Reads within see the database as of one moment; inside a transaction that has begun they see what it sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
