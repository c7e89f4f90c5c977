"""kill -9 of sequencers at random moments under load: positions without a gap, one tree, no event lost.

Two sequencers work at a time, so that they also meet at the lock. `LEDGER_KILLS` sets how many are killed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from pymerkle import InmemoryTree

from chengxin.common import keys
from chengxin.ledger import actions, notes, outside, queries, rules, sequencer, verify
from chengxin.ledger.models import Event
from chengxin.ledger.tests.helpers import empty_ledger, note_event, publish, stranger_verifies
from tests import server

KILLS = int(os.environ.get("LEDGER_KILLS", "12"))
NURSERY = """
import os, signal, sys, time
import django
from django.conf import settings
django.setup()
settings.KEYS_DIR, settings.CHECKPOINTS_DIR, settings.LOG_ORIGIN = sys.argv[1], sys.argv[2], "log.example"
from chengxin.ledger import sequencer
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    while True:
        if not sequencer.step(40):
            time.sleep(0.005)
"""


class Nursery:
    """A process that has everything loaded and gives birth to sequencers, each a process of its own."""

    def __init__(self, places: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, *places],
            env={**os.environ, "DATABASE_URL": server.url(connection.settings_dict["NAME"])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.children: list[int] = []

    def bear(self) -> None:
        """Start one more sequencer."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.children.append(int(self.process.stdout.readline()))

    def kill_oldest(self) -> None:
        """kill -9, at whatever moment."""
        os.kill(self.children.pop(0), signal.SIGKILL)

    def close(self) -> None:
        """Kill the rest and end."""
        while self.children:
            self.kill_oldest()
        self.process.communicate()


class Load(threading.Thread):
    """Writes until told to stop, and remembers what was acknowledged."""

    def __init__(self, seed: int) -> None:
        super().__init__(daemon=True)
        self.dice = random.Random(seed)
        self.stopped = threading.Event()
        self.acknowledged = 0

    def run(self) -> None:
        while not self.stopped.is_set():
            with transaction.atomic():
                publish()
                note_event(self.acknowledged)
                gone = self.dice.random() < 0.1
                transaction.set_rollback(gone)
            self.acknowledged += 0 if gone else 2
            time.sleep(0.002)
        connection.close()


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> list[str]:
    settings.KEYS_DIR, settings.CHECKPOINTS_DIR = tmp_path / "keys", tmp_path / "checkpoints"
    settings.LOG_ORIGIN = "log.example"
    keys.ring().generate_missing(demo=True)
    sequencer.forget()
    return [str(settings.KEYS_DIR), str(settings.CHECKPOINTS_DIR)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_sequencer_leaves_no_half_state(places: list[str]) -> None:
    dice = random.Random(20261121)
    empty_ledger()
    nursery, loads = Nursery(places), [Load(seed) for seed in range(3)]
    for load in loads:
        load.start()
    seen: list[int] = []
    nursery.bear()
    for _ in range(KILLS):
        nursery.bear()
        time.sleep(dice.uniform(0.02, 0.4))
        nursery.kill_oldest()
        actions.follow("kills", lambda event: seen.append(event.position), 500)
    nursery.close()
    for load in loads:
        load.stopped.set()
        load.join()
    acknowledged = sum(load.acknowledged for load in loads)
    _finish(acknowledged, seen)


def _finish(acknowledged: int, seen: list[int]) -> None:
    """What must hold after every kill, judged by another implementation."""
    before = queries.last_position()
    while sequencer.step():
        pass
    assert before > 0 and Event.objects.count() == queries.last_position() == acknowledged
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(range(1, acknowledged + 1))
    while actions.follow("kills", lambda event: seen.append(event.position), 500):
        pass
    assert seen == list(range(1, acknowledged + 1))
    for log in rules.LOGS:
        judge = InmemoryTree(algorithm="sha256")
        for leaf in Event.objects.filter(log=log).order_by("leaf_index").values_list("leaf", flat=True):
            judge.append_entry(bytes(leaf))
        checkpoint = notes.open_checkpoint(queries.checkpoint(log), verifier=queries.vkey(log))
        assert (checkpoint.size, checkpoint.root) == (judge.get_size(), judge.get_root())
        assert outside.newest(log) == checkpoint
    assert verify.run().problems == ()
    version_id = Event.objects.filter(log="public").order_by("?").values_list("version_id", flat=True)[0]
    assert version_id
    assert stranger_verifies(queries.proof(version_id), queries.entry(version_id), queries.vkey()) == judge.get_size()
