"""Two files at once for the same enterprises, and the same file by two programs at once: both whole, each once (D-43, D-44)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from chengxin.exchange.values import Report
from chengxin.flow import importing
from chengxin.ledger.models import Event
from chengxin.records import consistency
from chengxin.records.tests import makers
from tests.journeys.test_import import BY, penalty, shown, standing, table

pytestmark = pytest.mark.django_db(transaction=True)


def taken_in(data: bytes) -> Report:
    """Take a file in on a connection of its own."""
    try:
        return importing.run(group="G06", data=data, by=BY)
    finally:
        connections.close_all()


def test_two_files_for_the_same_enterprises_and_one_of_them_twice(monkeypatch: pytest.MonkeyPatch) -> None:
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
