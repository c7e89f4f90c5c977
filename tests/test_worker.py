"""The worker: loops that fail wait and go on, SIGTERM ends it cleanly, two may run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from chengxin import worker

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


@pytest.mark.django_db(transaction=True)
def test_two_workers_place_every_event_and_end_cleanly() -> None:
    from chengxin.commands.tests.test_words import url_of_this_test
    from chengxin.ledger import actions, queries

    running = [start(url_of_this_test()) for _ in range(2)]
    try:
        before = queries.health().sizes["audit"]
        for number in range(50):
            actions.append(kind="trial.made", subject=str(number), data={}, by=None)
        deadline = time.monotonic() + 60
        while queries.health().pending and time.monotonic() < deadline:
            time.sleep(0.1)
        assert queries.health().pending == 0
        assert queries.health().sizes["audit"] >= before + 50
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        said = [one.communicate(timeout=30)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0]
    assert all("worker stopped" in text and "loop failed" not in text for text in said), said
