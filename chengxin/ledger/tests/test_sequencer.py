"""The sequencer: places without gaps, trees the judge agrees with, one checkpoint per batch and log."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection
from pymerkle import InmemoryTree

from chengxin.ledger import notes, queries, rules, sequencer
from chengxin.ledger.models import Checkpoint, Event, Origin, Tile

from .helpers import end, note_event, publish

pytestmark = pytest.mark.django_db


def _roots() -> dict[str, bytes]:
    return {log: notes.open_checkpoint(queries.checkpoint(log), verifier=queries.vkey(log)).root for log in rules.LOGS}


def _judged_roots() -> dict[str, bytes]:
    judged = {}
    for log in rules.LOGS:
        tree = InmemoryTree(algorithm="sha256")
        for leaf in Event.objects.filter(log=log).order_by("leaf_index").values_list("leaf", flat=True):
            tree.append_entry(bytes(leaf))
        judged[log] = tree.get_root() if tree.get_size() else hashlib.sha256(b"").digest()
    return judged


def test_the_first_step_opens_both_logs_with_an_empty_tree() -> None:
    assert sequencer.step() == 0
    assert set(Origin.objects.values_list("log", "name")) == {
        ("public", "log.example/public"),
        ("audit", "log.example/audit"),
    }
    for log in rules.LOGS:
        checkpoint = notes.open_checkpoint(queries.checkpoint(log), verifier=queries.vkey(log))
        assert (checkpoint.origin, checkpoint.size) == (f"log.example/{log}", 0)
    assert sequencer.step() == 0
    assert Checkpoint.objects.count() == 2


@pytest.mark.parametrize("size", [20_000, 40_000, 3 * 10**9])
def test_places_go_on_beyond_the_sizes_that_a_small_number_holds(size: int) -> None:
    publish()
    with connection.cursor() as cursor:
        cursor.execute(sequencer._PLACE, {"limit": 10, "public": size, "audit": size})
        assert [row[:2] for row in cursor.fetchall()] == [("public", size)]
    assert Event.objects.get().position == 2 * size + 1


def test_positions_are_one_series_and_leaf_indexes_one_per_log() -> None:
    for number in range(5):
        note_event(number)
        publish()
    assert sequencer.step() == 10
    rows = list(Event.objects.order_by("id").values_list("position", "log", "leaf_index"))
    assert [row[0] for row in rows] == list(range(1, 11))
    for log in rules.LOGS:
        assert [row[2] for row in rows if row[1] == log] == list(range(5))
    assert _roots() == _judged_roots()


def test_batches_of_every_size_grow_the_same_tree() -> None:
    versions = []
    for batch in (1, 1, 254, 1, 300, 7):
        versions += [publish() for _ in range(batch)]
        note_event(batch)
        assert sequencer.step() == batch + 1
    end(versions[0])
    assert sequencer.step() == 1
    assert _roots() == _judged_roots()
    assert Tile.objects.filter(log="public", level=0).count() == 3
    sizes = Checkpoint.objects.filter(log="public").order_by("id").values_list("size", flat=True)
    assert list(sizes) == [0, 1, 2, 256, 257, 557, 564, 565]


def test_a_limit_leaves_the_rest_for_the_next_step() -> None:
    for number in range(25):
        note_event(number)
    assert [sequencer.step(10) for _ in range(4)] == [10, 10, 5, 0]


def test_a_forgetful_sequencer_goes_on_where_it_was() -> None:
    for number in range(300):
        note_event(number)
        if number % 60 == 0:
            sequencer.step()
            sequencer.forget()
    sequencer.step()
    assert _roots() == _judged_roots()


def test_a_log_without_news_gets_no_new_checkpoint() -> None:
    publish()
    sequencer.step()
    note_event()
    sequencer.step()
    assert Checkpoint.objects.filter(log="public").count() == 2
