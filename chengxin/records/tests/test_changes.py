"""The places of changes in the feed: one gives them at a time, and a worker does not wait for another (ADR 0014)."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from chengxin.common import sql
from chengxin.records import changes
from chengxin.records.models import Change, WaitingChange
from chengxin.records.tests import makers
from tests.disk import waiting_for_disk, waits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_leaves_the_feed_to_the_one_that_is_at_it() -> None:
    for number in range(3):
        makers.published(number, f"杭州澜序{number}电子商务有限公司")
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert changes.place(1) == 1
            held.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    assert changes.place_waiting(10) == 0
    go.set()
    thread.join()
    assert (changes.place_waiting(10), changes.place_waiting(10)) == (2, 0)
    assert list(Change.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3]
    assert not WaitingChange.objects.exists()


def told(number: int) -> tuple[str, str]:
    """A code and the tag of its file."""
    return f"{number:018d}", "a" * 32


def tell(*changed: tuple[str, str]) -> None:
    with transaction.atomic():
        changes.tell_at_once(changed=dict(changed))


def fed() -> list[tuple[int, str, str]]:
    return list(Change.objects.order_by("position").values_list("position", "uscc", "etag"))


def test_what_is_told_at_once_stands_behind_what_waited() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序1电子商务有限公司")
    [waiting] = WaitingChange.objects.values_list("etag", flat=True)
    tell(told(2), told(1), (uscc, "b" * 32))
    assert fed() == [(1, uscc, waiting), (2, f"{1:018d}", "a" * 32), (3, f"{2:018d}", "a" * 32), (4, uscc, "b" * 32)]
    assert not WaitingChange.objects.exists()
    tell(told(3))
    tell()
    assert fed()[4:] == [(5, f"{3:018d}", "a" * 32)]


def test_what_is_told_at_once_does_not_overtake_what_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MAX_TURN", 2)
    for number in range(3):
        makers.published(number, f"杭州澜序{number}电子商务有限公司")
    tell(told(9))
    assert len(fed()) == 2
    assert list(WaitingChange.objects.order_by("id").values_list("uscc", flat=True))[1:] == [f"{9:018d}"]
    while changes.place():
        pass
    assert fed()[3][1:] == (f"{9:018d}", "a" * 32)


def test_who_is_told_at_once_is_told_for_good() -> None:
    with waiting_for_disk(), transaction.atomic():
        sql.do_not_wait_for_disk()
        changes.tell_at_once(changed=dict([told(1)]))
        assert waits()
