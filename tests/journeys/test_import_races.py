"""Two files at once for the same enterprises, and the same file by two programs at once: both whole, each once (D-43, D-44)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from chengxin.exchange.values import Report
from chengxin.flow import importing
from chengxin.ledger import sequencer, verify
from chengxin.ledger.models import Event
from chengxin.records import changes, consistency, files, supplying
from chengxin.records.models import PublicFile
from chengxin.records.tests import makers
from tests.journeys.test_import import BY, penalty, shown, standing, table, wait_for_a_waiting_lock

pytestmark = pytest.mark.django_db(transaction=True)


def taken_in(data: bytes) -> Report:
    """Take a file in on a connection of its own."""
    try:
        return importing.run(group="G06", data=data, by=BY)
    finally:
        connections.close_all()


@pytest.mark.parametrize("many", [1, 100])
def test_two_files_for_the_same_enterprises_and_one_of_them_twice(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(supplying, "MANY", many)
    monkeypatch.setattr("chengxin.exchange.shaping.CHUNK_LINES", 3)
    firms = [makers.published(number, f"杭州澜序桥{number}电子商务有限公司")[1] for number in range(1, 5)]
    one = table(*(penalty(uscc, f"A-{uscc}") for uscc in firms))
    two = table(*(penalty(uscc, f"B-{uscc}") for uscc in reversed(firms)))
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(taken_in, [one, two, one]))
    assert not any(report.faults for report in reports)
    assert standing() == 8 and Event.objects.filter(kind="record.published").count() == 8
    assert [len(shown(uscc)) for uscc in firms] == [2, 2, 2, 2]
    assert consistency.differing_files() == []
    while sequencer.step() or changes.place():
        pass
    assert verify.run().ok and changes.untold(limit=10) == []


def test_a_file_that_somebody_writes_meanwhile_is_waited_for_and_lacks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplying, "MANY", 1)
    firms = [makers.published(number, f"杭州澜序桥{number}电子商务有限公司") for number in range(1, 5)]
    held = threading.Event()

    def write() -> None:
        """Write files without holding their enterprises, and something that nobody else knows into them."""
        try:
            with transaction.atomic():
                for enterprise_id, uscc in firms[1:3]:
                    files.open_file(enterprise_id=enterprise_id, head=makers.head(uscc, "杭州澜序桥改名电子商务有限公司"))
                files.rewrite(enterprise_ids=[firms[1][0], firms[2][0]])
                held.set()
                wait_for_a_waiting_lock()
        finally:
            held.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        assert held.wait(20)
        report = taken_in(table(*(penalty(uscc, f"A-{uscc}") for _id, uscc in firms)))
        writing.result()
    assert report.new == 4 and [len(shown(uscc)) for _id, uscc in firms] == [1, 1, 1, 1]
    renamed = [uscc for _id, uscc in firms if "改名" in bytes(PublicFile.objects.get(uscc=uscc).body).decode()]
    assert renamed == [firms[1][1], firms[2][1]]
    assert consistency.differing_files() == []
    while changes.place():
        pass
    assert changes.untold(limit=10) == []
