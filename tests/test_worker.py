"""The worker: loops that fail wait and go on, SIGTERM ends it cleanly, two may run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction

from chengxin import worker
from chengxin.common import clock

ROOT = Path(__file__).resolve().parents[1]


def test_a_failing_loop_waits_longer_each_time_and_recovers() -> None:
    answers: list[Any] = [ValueError("no"), ValueError("no"), 5, 0]

    def work(limit: int) -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    loop = worker.Loop("trial", work, pause_s=0.2, limit=5)
    assert [loop.turn() for _ in range(4)] == [0.4, 0.8, 0.0, 0.2]
    assert loop.failures == 0


def test_a_loop_soon_asks_a_database_that_restarts() -> None:
    def work(_limit: int) -> int:
        raise OperationalError("the database system is starting up")

    loop = worker.Loop("trial", work, pause_s=0.2, limit=5)
    assert [loop.turn() for _ in range(6)] == [0.4, 0.8, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("target", [*(job[1] for job in worker.JOBS), *worker.SWEEPS])
def test_every_loop_and_sweep_is_there(target: str) -> None:
    assert callable(worker.named(target))


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        worker.named("chengxin.worker:nothing")
    with pytest.raises(ImportError):
        worker.named("chengxin.nowhere:step")


def test_a_loop_stops_at_once_when_told() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.Loop("idle", lambda limit: 0, pause_s=60, limit=5).run, args=[stop])
    thread.start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def start(variables: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "chengxin.cli", "worker"], cwd=ROOT, env={**os.environ, **variables}, text=True, stderr=subprocess.PIPE
    )


MAILS, FIRMS, LAPSED = 30, 4, 12


def work_of_every_kind() -> None:
    """Events, filings that wait and are overdue, records past their term, mails."""
    from chengxin.gateways import actions as gateways
    from chengxin.records.tests import makers
    from tests import people

    people.office()
    with clock.at(clock.now() - timedelta(days=20)):
        for number in range(1, FIRMS + 1):
            people.handed_in(number)
        yesterday = clock.today() + timedelta(days=19)
        for number in range(101, 101 + LAPSED):
            enterprise, _uscc = makers.published(number, f"义乌市穗岚{number}针织经营部")
            makers.take_in(enterprise, makers.penalty(f"罚{number}", until=yesterday))
    for number in range(MAILS):
        params = {"name": "澜序桥", "title": f"第{number}号通知", "text": "请查收。", "link": "http://127.0.0.1/"}
        to = f"owner{number}@lanxu.example"
        with transaction.atomic():
            gateways.enqueue(channel="mail", purpose="trial", to=to, template="notice", params=params, dedupe_key=f"trial:{number}")


def left() -> dict[str, int]:
    """What still waits for a worker, by kind."""
    from chengxin.filings.models import Filing
    from chengxin.gateways.models import Outbox
    from chengxin.ledger import queries
    from chengxin.ledger.models import FollowerPosition
    from chengxin.records.models import PublicFile

    behind = FollowerPosition.objects.filter(position__lt=queries.last_position()).count()
    return {
        "events": queries.health().pending,
        "followers": behind if FollowerPosition.objects.exists() else 1,
        "mails": Outbox.objects.filter(state="queued").count(),
        "overdue": Filing.objects.filter(state="submitted", overdue_at=None).count(),
        "files": PublicFile.objects.filter(next_change_on__lte=clock.today()).count(),
    }


LOOKS, LOOK_S = 5, 0.5  # one loop's work is the next one's, which looks once a second


def wait_until_nothing_is_left(*, most_s: float) -> dict[str, int]:
    """Look until nothing waits for a while; returns what did at the last look."""
    deadline, quiet = time.monotonic() + most_s, 0
    while quiet < LOOKS and time.monotonic() < deadline:
        waiting = left()
        quiet = 0 if any(waiting.values()) else quiet + 1
        time.sleep(LOOK_S)
    return waiting


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_do_everything_exactly_once_and_end_cleanly(settings: Any) -> None:
    from chengxin.commands.tests.test_words import url_of_this_test
    from chengxin.gateways.models import DemoMail
    from chengxin.ledger.models import Event

    work_of_every_kind()
    places = {"CHECKPOINTS_DIR": str(settings.CHECKPOINTS_DIR)}
    running = [start({**url_of_this_test(), **places}) for _ in range(2)]
    try:
        waiting = wait_until_nothing_is_left(most_s=90)
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        said = [one.communicate(timeout=30)[1] for one in running]
    assert not any(waiting.values()), (waiting, said)
    assert [one.returncode for one in running] == [0, 0]
    assert all("worker stopped" in text and "loop failed" not in text for text in said), said
    positions = list(Event.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    assert Event.objects.filter(kind="record.ended").count() == LAPSED
    assert Event.objects.filter(kind="filing.overdue").count() == FIRMS
    boxes = Counter(DemoMail.objects.filter(channel="mail").values_list("to", "subject"))
    assert len([to for to, subject in boxes if subject.endswith("号通知")]) == MAILS
    assert len([to for to, subject in boxes if subject.startswith(("今日有新的待审核", "待审核事项已逾期"))]) == 2
    assert set(boxes.values()) == {1}
