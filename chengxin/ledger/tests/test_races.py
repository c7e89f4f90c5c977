"""Writers that commit out of order and in the middle of steps: no event is lost, none placed twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from chengxin.ledger import actions, queries, sequencer, verify
from chengxin.ledger.models import Event

from .helpers import note_event, publish

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
