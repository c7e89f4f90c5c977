"""The places of changes in the feed: one gives them at a time, and a worker does not wait for another (ADR 0014)."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from chengxin.records import changes
from chengxin.records.models import Change, WaitingChange
from chengxin.records.tests import makers

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
