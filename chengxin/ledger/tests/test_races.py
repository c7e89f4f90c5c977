"""Writers that commit out of order and in the middle of steps: no event is lost, none placed twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from chengxin.common import clock
from chengxin.ledger import actions, queries, sequencer, signing, verify
from chengxin.ledger.models import Event

from .helpers import note_event, publications, publish

pytestmark = pytest.mark.django_db(transaction=True)


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _who_places() -> tuple[threading.Thread, threading.Event]:
    """Somebody who keeps the signer's lock until told to let it go."""
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            signing.lock()
            held.set()
            go.wait(10)

    thread = _in_thread(hold)
    assert held.wait(10)
    return thread, go


def test_an_event_that_commits_late_is_placed_late_and_not_lost() -> None:
    drawn, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            note_event(1)
            drawn.set()
            go.wait(10)

    thread = _in_thread(slow)
    assert drawn.wait(10)
    late_id = note_event(2)
    seen: list[str] = []
    assert sequencer.step() == 1
    assert actions.follow("f", lambda event: seen.append(event.subject)) == 1
    go.set()
    thread.join()
    assert sequencer.step() == 1
    assert actions.follow("f", lambda event: seen.append(event.subject)) == 1
    assert seen == ["filing-2", "filing-1"]
    rows = list(Event.objects.order_by("id").values_list("id", "position"))
    assert rows[1] == (late_id, 1) and rows[0][0] < late_id and rows[0][1] == 2


def test_writers_and_sequencer_together_lose_nothing() -> None:
    acknowledged: list[int] = []

    def write(seed: int) -> Callable[[], None]:
        dice = random.Random(seed)

        def work() -> None:
            for number in range(60):
                try:
                    with transaction.atomic():
                        publish()
                        note_event(number)
                        if dice.random() < 0.2:
                            raise RuntimeError
                except RuntimeError:
                    continue
                acknowledged.append(number)

        return work

    threads = [_in_thread(write(seed)) for seed in range(6)]
    placed = 0
    while any(thread.is_alive() for thread in threads):
        placed += sequencer.step(17)
    while step := sequencer.step(17):
        placed += step
    assert placed == 2 * len(acknowledged) == Event.objects.count() == queries.last_position()
    report = verify.run()
    assert report.problems == ()
    assert dict(report.sizes) == {"public": len(acknowledged), "audit": len(acknowledged)}


def test_a_turn_does_not_wait_for_who_places_and_a_step_does() -> None:
    sequencer.step()
    publish()
    thread, go = _who_places()
    assert sequencer.turn(100) == 0
    placed: list[int] = []
    waiting = _in_thread(lambda: placed.append(sequencer.step()))
    assert not placed
    go.set()
    thread.join()
    waiting.join()
    assert placed == [1]
    publish()
    assert sequencer.turn(100) == 1


def test_of_two_workers_the_one_that_placed_last_goes_on_until_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    assert sequencer.turn(100) == 1
    ours = dict(sequencer._memory)
    publish()
    assert sequencer.turn(100) == 1
    theirs = dict(sequencer._memory)

    def become(memory: dict[str, sequencer._Tree]) -> None:
        with sequencer._memory_lock:
            sequencer._memory.clear()
            sequencer._memory.update(memory)

    become(ours)
    publish()
    assert sequencer.turn(100) == 0, "another one has gone on from where we were"
    become(theirs)
    assert sequencer.turn(100) == 1
    become(ours)
    publish()
    assert sequencer.turn(100) == 0, "it still does"
    monkeypatch.setattr(sequencer, "QUIET_S", 0.0)
    assert sequencer.turn(100) == 1, "it has rested"
    assert queries.size() == 4 and verify.run().ok


def test_a_turn_that_has_placed_something_leaves_nothing_behind() -> None:
    for number in range(5):
        note_event(number)
    assert [sequencer.turn(2) for _ in range(5)] == [2, 2, 1, 0, 0]
    publish()
    assert [sequencer.turn(2), sequencer.turn(2)] == [1, 0]
    assert verify.run().ok


def test_who_publishes_many_waits_a_moment_for_who_places_and_then_leaves_it_to_others() -> None:
    sequencer.step()

    def append() -> None:
        with transaction.atomic():
            many = publications(3)
            actions.append_published(publications=many, at=clock.now(), by=None, at_once=True)

    thread, go = _who_places()
    append()
    assert Event.objects.filter(position=None).count() == 3
    second = _in_thread(append)
    go.set()
    thread.join()
    second.join()
    assert Event.objects.filter(position=None).count() == 0, "what waited went before"
    assert verify.run().ok and queries.size() == 6


def test_many_publishers_and_the_sequencer_together_lose_nothing() -> None:
    def publish_many(seed: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(12):
                with transaction.atomic():
                    note_event(number)
                    many = publications(seed * 40 + number)
                    actions.append_published(publications=many, at=clock.now(), by=None, at_once=True)

        return work

    threads = [_in_thread(publish_many(seed)) for seed in range(4)]
    while any(thread.is_alive() for thread in threads):
        sequencer.turn(17)
    while sequencer.step(17):
        pass
    expected = sum(seed * 40 + number for seed in range(4) for number in range(12))
    report = verify.run()
    assert report.problems == ()
    assert dict(report.sizes) == {"public": expected, "audit": 48}
    assert queries.health().ok
