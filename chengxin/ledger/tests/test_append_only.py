"""Nobody changes what has been written: not the program, not the owner of the tables, not by accident."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Field

from chengxin.common import clock
from chengxin.ledger import actions, sequencer
from chengxin.ledger.models import APPEND_ONLY, Checkpoint, Event

from .helpers import as_superuser, note_event, publish

FORBIDDEN = [
    "UPDATE ledger_event SET position = 77 WHERE position = 1",
    "UPDATE ledger_event SET position = NULL, leaf_index = NULL WHERE position = 1",
    "UPDATE ledger_event SET leaf_index = 77 WHERE position = 1",
    "UPDATE ledger_event SET position = 77 WHERE position IS NULL",
    "UPDATE ledger_event SET position = 77, leaf_index = 77, subject = 'x' WHERE position IS NULL",
    "UPDATE ledger_event SET position = 77, leaf_index = 77, leaf = 'x' WHERE position IS NULL",
    "UPDATE ledger_event SET salt = NULL WHERE position = 2",
    "UPDATE ledger_event SET subject = subject",
    "DELETE FROM ledger_event",
    "TRUNCATE ledger_event",
    "INSERT INTO ledger_event SELECT 99, 99, log, 99, kind, subject, data, leaf, salt, actor, NULL, created_at"
    " FROM ledger_event WHERE log = 'audit' LIMIT 1",
    "UPDATE ledger_tile SET data = decode(repeat('00', 32), 'hex')",
    "UPDATE ledger_tile SET data = substring(data FOR 32) WHERE octet_length(data) > 32",
    "UPDATE ledger_tile SET n = n + 1",
    "UPDATE ledger_tile SET data = data || decode('00', 'hex')",
    "DELETE FROM ledger_tile",
    "TRUNCATE ledger_tile",
    "UPDATE ledger_origin SET name = 'other'",
    "DELETE FROM ledger_origin",
    "UPDATE ledger_checkpoint SET note = ''",
    "DELETE FROM ledger_checkpoint",
    "TRUNCATE ledger_checkpoint",
]


def _fill() -> None:
    for number in range(3):
        publish()
        note_event(number)
    sequencer.step()
    note_event()


def _refused(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_running_role_changes_nothing(statement: str) -> None:
    _fill()
    before = list(Event.objects.order_by("id").values())
    _refused(statement)
    assert list(Event.objects.order_by("id").values()) == before


@pytest.mark.django_db(transaction=True)
def test_not_even_the_superuser_changes_anything() -> None:
    _fill()
    with as_superuser():
        before = list(Event.objects.order_by("id").values())
        for statement in FORBIDDEN:
            _refused(statement)
        assert list(Event.objects.order_by("id").values()) == before


INSERT_PLACED = """
SELECT set_config('ledger.covered', 'yes', true);
INSERT INTO ledger_event (position, log, leaf_index, kind, subject, data, leaf, actor, created_at)
SELECT {position}, 'public', {index}, kind, subject, data, leaf, actor, created_at FROM ledger_event WHERE log = 'public' LIMIT 1
"""
BEYOND: list[tuple[int, int, dict[str, int]]] = [(8, 3, {}), (8, 3, {"audit": 5}), (9, 4, {"public": 4, "audit": 5})]
TAKEN_BACK = " RETURNING set_config('ledger.covered', 'no', true)"


@pytest.mark.django_db
@pytest.mark.parametrize("taken_back", ["", TAKEN_BACK])
@pytest.mark.parametrize(("position", "index", "covered"), BEYOND)
def test_who_says_that_places_are_covered_is_looked_after(position: int, index: int, covered: dict[str, int], taken_back: str) -> None:
    """Seven are placed: three of the public log, four of the audit log. `covered` are the sizes that another checkpoint says."""
    _fill()
    sequencer.step()
    for log, size in covered.items():
        _checkpoint(log, size)
    before = list(Event.objects.order_by("id").values())
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT_PLACED.format(position=position, index=index) + taken_back)
    assert "no checkpoint covers" in str(refused.value)
    assert list(Event.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_places_that_a_checkpoint_covers_come_in() -> None:
    _fill()
    sequencer.step()
    _checkpoint("public", 4)
    with connection.cursor() as cursor:
        cursor.execute(INSERT_PLACED.format(position=8, index=3))
    assert Event.objects.filter(position=8, leaf_index=3).exists()


def _checkpoint(log: str, size: int) -> None:
    newest = Checkpoint.objects.filter(log=log).latest("id")
    about = {"origin_id": newest.origin_id, "root": newest.root, "note": "", "created_at": newest.created_at}
    Checkpoint.objects.create(log=log, size=size, **about)


@pytest.mark.django_db
def test_the_one_update_is_allowed_once() -> None:
    _fill()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_event SET position = 7, leaf_index = 3 WHERE position IS NULL")
        assert cursor.rowcount == 1
    _refused("UPDATE ledger_event SET position = 8, leaf_index = 4 WHERE position = 7")


@pytest.mark.django_db
def test_the_trigger_names_every_column() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'ledger_event_update'")
        definition = cursor.fetchone()[0]
    columns = {field.column for field in Event._meta.get_fields() if isinstance(field, Field)}
    assert not [column for column in columns if f"new.{column}" not in definition.lower().replace('"', "")]


@pytest.mark.django_db
def test_the_running_role_may_update_exactly_the_named_columns() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relname = ANY(%s) AND a.attnum > 0 AND has_column_privilege(c.oid, a.attnum, 'UPDATE')",
            [list(APPEND_ONLY)],
        )
        assert set(cursor.fetchall()) == {(table, column) for table, columns in APPEND_ONLY.items() for column in columns}
        cursor.execute("SELECT bool_or(has_table_privilege(t, 'DELETE')) FROM unnest(%s::text[]) AS t", [list(APPEND_ONLY)])
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db
def test_old_checkpoints_may_be_pruned_and_the_newest_stays() -> None:
    for _ in range(3):
        publish()
        sequencer.step()
    assert actions.prune_checkpoints(before=clock.now()) == 3
    assert sorted(Checkpoint.objects.values_list("log", "size")) == [("audit", 0), ("public", 3)]
    publish()
    assert sequencer.step() == 1
