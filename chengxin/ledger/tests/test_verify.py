"""The full recomputation finds nothing in a good ledger and each kind of damage in a bad one."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from chengxin.ledger import sequencer, verify

from .helpers import as_superuser, end, note_event, publish


def fill() -> None:
    versions = [publish() for _ in range(300)]
    for number in range(20):
        note_event(number)
    sequencer.step(100)
    sequencer.step(1_000)
    end(versions[0])
    sequencer.step()


@pytest.mark.django_db
def test_a_good_ledger_is_found_good() -> None:
    fill()
    report = verify.run()
    assert (report.ok, report.problems) == (True, ())
    assert (dict(report.sizes), report.checkpoints) == ({"public": 301, "audit": 20}, 6)


@pytest.mark.django_db
def test_an_empty_ledger_is_good() -> None:
    assert verify.run().ok
    sequencer.step()
    report = verify.run()
    assert (report.ok, report.checkpoints) == (True, 2)


DAMAGE = {
    "UPDATE ledger_event SET subject = 'other' WHERE log = 'audit' AND leaf_index = 3": "commits to",
    "UPDATE ledger_event SET data = '{\"round\": 99}' WHERE log = 'audit' AND leaf_index = 3": "commits to",
    "UPDATE ledger_event SET leaf = '{}' WHERE log = 'public' AND leaf_index = 3": "unfit leaf",
    "DELETE FROM ledger_event WHERE position = 40": "Position 40 is missing",
    "UPDATE ledger_tile SET data = substring(data FROM 33) || substring(data FOR 32) WHERE log = 'public' AND level = 0": "another one",
    "DELETE FROM ledger_tile WHERE log = 'audit'": "missing",
    "INSERT INTO ledger_tile VALUES ('audit', 0, 9, decode(repeat('00', 32), 'hex'))": "2 tiles instead of 1",
    "UPDATE ledger_checkpoint SET root = decode(repeat('00', 32), 'hex') WHERE log = 'public' AND size = 301": "not the one signed",
    "UPDATE ledger_checkpoint SET note = replace(note, E'\\n301\\n', E'\\n300\\n') WHERE log = 'public' AND size = 301": "not signed well",
    "UPDATE ledger_checkpoint SET size = 999 WHERE log = 'public' AND size = 301": "says something else",
    "UPDATE ledger_checkpoint SET size = 998 WHERE log = 'audit' AND size = 20": "a checkpoint at size 998",
}


@pytest.mark.django_db(transaction=True)
def test_each_damage_is_found() -> None:
    fill()
    with as_superuser():
        for statement, words in DAMAGE.items():
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute(statement)
                    assert cursor.rowcount >= 1, statement
                report = verify.run()
                transaction.set_rollback(True)
            assert any(words in problem for problem in report.problems), (statement, report.problems)
        assert verify.run().ok
