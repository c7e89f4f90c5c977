"""Followers: in order, once each, from where they stopped, whatever happens between."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from chengxin.common import clock
from chengxin.ledger import actions, queries, sequencer
from chengxin.ledger.follow import MAX_TRIES, pass_by
from chengxin.ledger.models import Event, FollowerPosition, ParkedEvent
from chengxin.ledger.values import EventView

from .helpers import note_event, publish


def _events(count: int) -> None:
    for number in range(count):
        note_event(number)
    sequencer.step(count)


def _mark(event: EventView) -> None:
    """Leave a trace that can be left only once."""
    FollowerPosition.objects.create(name=f"seen-{event.position}")


def _marks() -> int:
    return FollowerPosition.objects.filter(name__startswith="seen-").count()


def _stopped_at(name: str) -> int:
    return FollowerPosition.objects.get(name=name).position


@pytest.mark.django_db
def test_a_follower_sees_everything_once_and_in_order() -> None:
    seen: list[int] = []
    _events(25)
    publish()
    assert [actions.follow("notices", lambda event: seen.append(event.position), 10) for _ in range(3)] == [10, 10, 5]
    sequencer.step()
    assert actions.follow("notices", lambda event: seen.append(event.position)) == 1
    assert actions.follow("notices", lambda event: seen.append(event.position)) == 0
    assert seen == list(range(1, 27))


@pytest.mark.django_db
def test_followers_do_not_know_of_each_other() -> None:
    _events(5)
    assert actions.follow("a", _mark, 3) == 3
    assert actions.follow("b", lambda event: None) == 5
    assert (_stopped_at("a"), _stopped_at("b")) == (3, 5)


@pytest.mark.django_db
def test_a_failure_keeps_what_was_done_and_comes_back_later() -> None:
    _events(5)
    broken = [True]

    def handler(event: EventView) -> None:
        _mark(event)
        if event.position == 3 and broken[0]:
            raise RuntimeError

    now = clock.now()
    with clock.at(now):
        assert actions.follow("a", handler) == 2
        assert (_stopped_at("a"), _marks()) == (2, 2)
        broken[0] = False
        assert actions.follow("a", handler) == 0
    with clock.at(now + timedelta(seconds=2)):
        assert actions.follow("a", handler) == 3
    assert (_stopped_at("a"), _marks()) == (5, 5)


@pytest.mark.django_db
def test_an_indigestible_event_is_parked_and_can_be_retried() -> None:
    _events(4)
    broken = [True]

    def handler(event: EventView) -> None:
        if event.position == 2 and broken[0]:
            raise ZeroDivisionError
        _mark(event)

    now = clock.now()
    for attempt in range(MAX_TRIES):
        with clock.at(now + timedelta(hours=attempt)):
            actions.follow("a", handler)
    parked = ParkedEvent.objects.get()
    assert (parked.follower, parked.position, parked.error) == ("a", 2, "ZeroDivisionError")
    assert (queries.health().parked, _stopped_at("a"), _marks()) == (1, 2, 1)
    assert actions.follow("a", handler) == 2
    assert actions.retry_parked("a", handler) == 0
    broken[0] = False
    assert actions.retry_parked("a", handler) == 1
    assert (queries.health().parked, _marks()) == (0, 4)


@pytest.mark.django_db(transaction=True)
def test_what_the_handler_wrote_and_the_place_are_one() -> None:
    _events(6)

    class Killed(BaseException):
        pass

    def handler(event: EventView) -> None:
        _mark(event)
        if event.position == 4:
            raise Killed

    with pytest.raises(Killed):
        actions.follow("a", handler)
    assert (_stopped_at("a"), _marks()) == (0, 0)
    assert actions.follow("a", _mark) == 6
    assert _marks() == 6


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_one_follower_do_everything_once() -> None:
    _events(200)
    total, lock = [0], threading.Lock()

    def work() -> None:
        idle = 0
        while idle < 20:
            done = actions.follow("a", _mark, 7)
            idle = 0 if done else idle + 1
            with lock:
                total[0] += done
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (total[0], _marks(), _stopped_at("a")) == (200, 200, 200)


def _standing(*names: str) -> None:
    for name in names:
        FollowerPosition.objects.create(name=name)


@pytest.mark.django_db
def test_followers_pass_by_what_they_do_not_read_and_stop_before_what_they_do() -> None:
    for _ in range(3):
        publish()
    note_event()
    publish()
    sequencer.step()
    _standing("notes", "others")
    kinds = {"notes": ["filing.noted", "filing.submitted"], "others": ["workday.loaded"]}
    kind = Event.objects.exclude(kind="record.published").get().kind
    kinds["notes"].append(kind)
    assert pass_by(kinds) == {"notes": (3, True), "others": (5, False)}
    assert (_stopped_at("notes"), _stopped_at("others")) == (3, 5)
    assert pass_by(kinds | {"new": ["x"]}) == {"notes": (0, True), "others": (0, False)}
    assert queries.behind(["notes", "others", "new"]) == {"notes", "new"}
    seen: list[int] = []
    assert actions.follow("notes", lambda event: seen.append(event.position), kinds=kinds["notes"]) == 2
    assert seen == [4] and queries.behind(["notes", "others"]) == set()


@pytest.mark.django_db
def test_what_is_passed_by_at_once_has_a_limit_and_an_empty_log_no_place() -> None:
    _standing("a")
    assert pass_by({"a": ["x"]}) == {"a": (0, False)}
    for _ in range(5):
        publish()
    sequencer.step()
    assert [pass_by({"a": ["x"]}, limit=2)["a"] for _ in range(4)] == [(2, False), (2, False), (1, False), (0, False)]
    assert _stopped_at("a") == 5


@pytest.mark.django_db
def test_a_follower_that_has_failed_does_not_pass_by_what_it_failed_at() -> None:
    publish()
    note_event()
    sequencer.step()
    kind = Event.objects.get(position=2).kind

    def handler(_event: EventView) -> None:
        raise RuntimeError

    actions.follow("a", handler, kinds=[kind])
    failed = FollowerPosition.objects.filter(name="a").values_list("position", "failures")
    assert list(failed) == [(1, 1)]
    assert pass_by({"a": [kind]}) == {"a": (0, True)}
    assert list(failed) == [(1, 1)]


@pytest.mark.django_db(transaction=True)
def test_a_follower_that_somebody_moves_is_left_where_it_is() -> None:
    publish()
    sequencer.step()
    _standing("a", "b")
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            FollowerPosition.objects.filter(name="a").update(failures=1)
            held.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    assert pass_by({"a": ["x"], "b": ["x"]}) == {"b": (1, False)}
    assert actions.follow("a", lambda event: None) == 0, "nor is it waited for"
    assert thread.is_alive() and (_stopped_at("a"), _stopped_at("b")) == (0, 1)
    go.set()
    thread.join()
    assert pass_by({"a": ["x"], "b": ["x"]}) == {"a": (1, False), "b": (0, False)}
    assert _stopped_at("a") == 1
