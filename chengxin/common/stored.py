"""Rows of tables as their models have them, read and written by statements that are put together once.

For the few tables that every hand-in reads and writes: the model layer puts a statement together anew each time, which
takes it longer than PostgreSQL to run it. What comes out are instances as the model layer gives them, of every field the
model has. The ending of a statement begins after the columns; parameters go by name, never into the text (`sql`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DatabaseError, connection
from django.db.models import Model

from chengxin.common import sql

M = TypeVar("M", bound=Model)
Plain = Callable[[Any], Any]
_KEPT = 256


def find(model: type[M], ending: str, given: Mapping[str, Any]) -> list[M]:
    """The rows of one table that a statement finds; `ending` begins with WHERE or ORDER."""
    statement = _selecting((model,)) + f" FROM {model._meta.db_table} {ending}"
    return [_instance(model, row) for row in sql.rows(statement, given)]


def first(model: type[M], ending: str, given: Mapping[str, Any]) -> M | None:
    """The first row of one table that a statement finds."""
    statement = _selecting((model,)) + f" FROM {model._meta.db_table} {ending}"
    row = sql.row(statement, given)
    return None if row is None else _instance(model, row)


def together(models: Sequence[type[Model]], ending: str, given: Mapping[str, Any]) -> list[Any] | None:
    """The first of the rows that a statement finds in several tables under their own names; `ending` begins with FROM."""
    row = sql.row(_selecting(tuple(models)) + " " + ending, given)
    if row is None:
        return None
    ends = [0]
    for model in models:
        ends.append(ends[-1] + len(_read_by(model)[0]))
    return [_instance(model, row[start:end]) for model, start, end in zip(models, ends, ends[1:], strict=False)]


def change(row: Model, *fields: str) -> None:
    """Write these fields of a row that is there; raises DatabaseError where it is not."""
    model = type(row)
    named = [_field(model, name) for name in (model._meta.pk.name, *fields)]
    if not sql.execute(_updating(model, fields), {f.attname: _stored(f, row) for f in named}):
        raise DatabaseError(f"{model.__name__} {row.pk} is not there.")


def add(row: M) -> M:
    """Write a new row, whose key it has already; returns it."""
    model = type(row)
    sql.execute(_inserting(model), {f.attname: _stored(f, row) for f in model._meta.concrete_fields})
    row._state.adding, row._state.db = False, connection.alias
    return row


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _stored(field: Any, row: Model) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)


def _instance(model: type[M], row: Sequence[Any]) -> M:
    names, readers = _read_by(model)
    values = [value if reader is None else reader(value) for value, reader in zip(row, readers, strict=True)]
    return model.from_db(connection.alias, names, values)


@lru_cache(maxsize=_KEPT)
def _read_by(model: type[Model]) -> tuple[list[str], list[Plain | None]]:
    """Names of a model's fields, and what makes a field's value of what the database gives; None where it is the same."""
    fields = model._meta.concrete_fields
    return [f.attname for f in fields], [_reader(f) for f in fields]


def _reader(field: Any) -> Plain | None:
    converters = field.get_db_converters(connection)
    if not converters:
        return None

    def read(value: Any) -> Any:
        for converter in converters:
            value = converter(value, field.cached_col, connection)
        return value

    return read


@lru_cache(maxsize=_KEPT)
def _selecting(models: tuple[type[Model], ...]) -> str:
    return "SELECT " + ", ".join(f'{m._meta.db_table}."{f.column}"' for m in models for f in m._meta.concrete_fields)


@lru_cache(maxsize=_KEPT)
def _updating(model: type[Model], fields: tuple[str, ...]) -> str:
    meta = model._meta
    pairs = ", ".join(f'"{f.column}" = %({f.attname})s' for f in (_field(model, name) for name in fields))
    return f'UPDATE {meta.db_table} SET {pairs} WHERE "{meta.pk.column}" = %({meta.pk.attname})s'


@lru_cache(maxsize=_KEPT)
def _inserting(model: type[Model]) -> str:
    fields = model._meta.concrete_fields
    columns, values = ", ".join(f'"{f.column}"' for f in fields), ", ".join(f"%({f.attname})s" for f in fields)
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({values})"
