"""After a rotation: envelopes are sealed anew and blind indexes made anew, table by table, while everything goes on (D-40, D-41).

Each app says in its module `envelopes` which tables hold envelopes and what a row becomes. A row is changed only while nobody
else holds it, only if it still says what was read, and each batch is a transaction of its own: it may be stopped or killed at
any moment, and the next run goes on with what is left, because what is done needs nothing more. Look-ups try every version
meanwhile. The role that owns the tables does it: the running role cannot touch what is append-only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import connection, transaction

from chengxin.common import crypto
from chengxin.common.errors import ChengxinError

Row = Mapping[str, Any]
Changes = dict[str, Any]
BATCH_ROWS = 500
MAX_PASSES = 10
"""Passes over one table until nobody holds a row that needs it; what is left then is told."""
ROWS_BETWEEN_WORDS = 50_000


@dataclass(frozen=True)
class Table:
    """One table with envelopes: its key, the columns that are read, and what of a row changes (nothing where it is current)."""

    name: str
    key: str
    columns: tuple[str, ...]
    renew: Callable[[Row], Changes]


@dataclass
class Told:
    """How far one table is: rows that were looked at and changed in all, rows that another has held, keys that do not open."""

    table: str
    seen: int = 0
    changed: int = 0
    held: int = 0
    unopened: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Rows that are not current yet."""
        return self.held + len(self.unopened)


# --- What apps say of their rows ---------------------------------------------------------------------------------------
def text(row: Row, column: str, *, bound_to: str) -> Changes:
    """A column that holds an envelope, or nothing."""
    old = row[column]
    new = crypto.resealed(old, bound_to=bound_to) if old else old
    return {} if new == old else {column: new}


def values(row: Row, column: str, *, bound_to: Callable[[str], str]) -> Changes:
    """A column of JSON whose values may be envelopes, each bound to its name."""
    old: dict[str, Any] = row[column] or {}
    new = {name: crypto.resealed(each, bound_to=bound_to(name)) if crypto.is_envelope(each) else each for name, each in old.items()}
    return {} if new == old else {column: new}


def index(row: Row, column: str, *, of: str, bound_to: str, purpose: str, key: Callable[[str], str]) -> Changes:
    """A blind index of what the envelope in the column `of` says."""
    if row[column] is None or not row[of]:
        return {}
    new = crypto.blind(key(crypto.unseal(row[of], bound_to=bound_to)), purpose=purpose)
    return {} if new == bytes(row[column]) else {column: new}


# --- The work ------------------------------------------------------------------------------------------------------------
def tables() -> list[Table]:
    """Every table with envelopes, as the apps say."""
    from django.conf import settings

    found: list[Table] = []
    for app in settings.INSTALLED_APPS:
        if app.startswith("chengxin.") and find_spec(f"{app}.envelopes"):
            found += import_module(f"{app}.envelopes").TABLES
    return found


def run(*, batch: int = BATCH_ROWS, pause_s: float = 0.0, say: Callable[[str], None], only_look: bool = False) -> list[Told]:
    """Bring every table up to date, or only look how much is left; `say` is told how far it is."""
    return [_bring(table, batch=batch, pause_s=pause_s, say=say, only_look=only_look) for table in tables()]


def _bring(table: Table, *, batch: int, pause_s: float, say: Callable[[str], None], only_look: bool) -> Told:
    """Pass over a table until a pass finds nothing that another has held."""
    changed, rows = 0, _estimate(table)
    for _each in range(1 if only_look else MAX_PASSES):
        told = Told(table.name)
        for window in _windows(table, batch):
            _deal_with(table, window, told, only_look=only_look)
            if told.seen // ROWS_BETWEEN_WORDS != (told.seen - len(window)) // ROWS_BETWEEN_WORDS:
                say(f"{table.name}: {told.seen} of about {max(rows, told.seen)} rows looked at, {told.changed} changed")
            time.sleep(pause_s)
        changed, passed = changed + told.changed, told.changed
        if only_look or not (told.held or passed):
            break
    told.changed = changed
    return told


def _deal_with(table: Table, window: Sequence[Row], told: Told, *, only_look: bool) -> None:
    wanted: list[tuple[Row, Changes]] = []
    for row in window:
        told.seen += 1
        try:
            changes = table.renew(row)
        except ChengxinError:
            told.unopened.append(str(row[table.key]))
            continue
        if changes:
            wanted.append((row, changes))
    done = 0 if only_look or not wanted else _change(table, wanted)
    told.changed += done
    told.held += len(wanted) - done


def _change(table: Table, wanted: Sequence[tuple[Row, Changes]]) -> int:
    """Change those rows that nobody holds and that say what was read; returns how many."""
    with transaction.atomic():
        there = {
            row[table.key]: row for row in _rows(table, f"WHERE {_name(table.key)} = ANY(%s) {_LOCK}", [[r[table.key] for r, _c in wanted]])
        }
        done = [(row[table.key], changes) for row, changes in wanted if there.get(row[table.key]) == row]
        with connection.cursor() as cursor:
            for columns in {tuple(changes) for _key, changes in done}:
                settings = ", ".join(f"{_name(column)} = %s" for column in columns)
                given = [(*map(_stored, changes.values()), key) for key, changes in done if tuple(changes) == columns]
                cursor.executemany(f"UPDATE {_name(table.name)} SET {settings} WHERE {_name(table.key)} = %s", given)
    return len(done)


_LOCK = "FOR NO KEY UPDATE SKIP LOCKED"


def _windows(table: Table, batch: int) -> Iterator[list[Row]]:
    """The rows of a table in the order of its key; each window is a read of its own."""
    key = _name(table.key)
    rows = _rows(table, f"ORDER BY {key} LIMIT {int(batch)}", [])
    while rows:
        yield rows
        rows = _rows(table, f"WHERE {key} > %s ORDER BY {key} LIMIT {int(batch)}", [rows[-1][table.key]])


def _rows(table: Table, rest: str, given: Iterable[Any]) -> list[Row]:
    columns = (table.key, *table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(_name, columns))} FROM {_name(table.name)} {rest}", list(given))
        types = [column.type_code for column in cursor.description]
        return [dict(zip(columns, map(_read, row, types), strict=True)) for row in cursor.fetchall()]


def _estimate(table: Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table.name])
        return int(cursor.fetchone()[0])


_JSONB = 3802
"""PostgreSQL's number of the type jsonb."""


def _read(value: Any, type_code: int) -> Any:
    if type_code == _JSONB and isinstance(value, str):
        return json.loads(value)
    return bytes(value) if isinstance(value, memoryview) else value


def _stored(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _name(column: str) -> str:
    return connection.ops.quote_name(column)
