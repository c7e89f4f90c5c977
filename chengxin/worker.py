"""What happens without anyone asking: loops over tables, no job queue (D-44).

Each loop has its own thread and its own connection and is asked again and again: it takes up to `limit` rows and says how
many it took. The loops lock what they take (advisory lock or SKIP LOCKED), so several workers may run. A loop that fails
waits longer each time and never stops the others; a row that keeps failing is parked by the app that owns it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from chengxin.common import garbage, maintenance
from chengxin.launcher import leading

LONGEST_PAUSE_S = 30.0
LONGEST_PAUSE_WITHOUT_DATABASE_S = 1.0

# name, function taking at most `limit` rows and returning how many it took, seconds between two looks when idle (None: WORKER_POLL_MS)
JOBS: tuple[tuple[str, str, float | None], ...] = (
    ("sequencer", "chengxin.ledger.sequencer:turn", None),
    ("feed", "chengxin.records.changes:place_waiting", None),
    ("followers", "chengxin.followers:step", 1.0),
    ("outbox", "chengxin.gateways.actions:deliver_due", None),
    ("due", "chengxin.flow.due:run", 1.0),
    ("imports", "chengxin.flow.importing:carry_out", 1.0),
    ("itembooks", "chengxin.flow.itembooks:carry_out", 1.0),
    ("ocr", "chengxin.ocr.actions:read_waiting", 1.0),
    ("sweeps", "chengxin.worker:sweep", 60.0),
    ("snapshots", "chengxin.exchange.snapshots:due", 60.0),
    ("leftovers", "chengxin.flow.leftovers:sweep_store", 3600.0),
)
SWEEPS = (
    "chengxin.gateways.actions:sweep",
    "chengxin.access.actions:sweep",
    "chengxin.flow.leftovers:sweep",
    "chengxin.filings.drafts:sweep_copies",
    "chengxin.portal.watching:sweep",
    "chengxin.ledger.actions:sweep",
    "chengxin.exchange.actions:sweep",
    "chengxin.exchange.itemkeeping:sweep",
    "chengxin.ocr.actions:sweep",
)
GOES_ON = frozenset({"sequencer", "feed", "followers", "outbox"})
"""What goes on in maintenance: what was published gets its place, its proof and its mail; nothing else changes by itself."""
log = structlog.get_logger()


@dataclass
class Loop:
    """One function, asked again and again in a thread of its own."""

    name: str
    work: Callable[[int], int]
    pause_s: float
    limit: int
    failures: int = field(default=0)

    def turn(self) -> float:
        """Work once and return the seconds to wait before the next turn."""
        try:
            done = self.work(self.limit)
        except (OperationalError, InterfaceError) as error:
            log.warning("database out of reach", loop=self.name, error=str(error).strip().splitlines()[:1])
            return self._failed(LONGEST_PAUSE_WITHOUT_DATABASE_S)
        except Exception:
            log.exception("loop failed", loop=self.name, failures=self.failures + 1)
            return self._failed(LONGEST_PAUSE_S)
        self.failures = 0
        return 0.0 if done >= self.limit else self.pause_s

    def _failed(self, longest_s: float) -> float:
        """Count, let the connection go, and wait longer each time; a database that restarts is soon back."""
        self.failures += 1
        connections.close_all()
        return float(min(max(longest_s, self.pause_s), self.pause_s * 2 ** min(self.failures, 10)))

    def _rests(self) -> bool:
        return self.name not in GOES_ON and maintenance.current() is not None

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a turn that has begun is finished."""
        while not stop.is_set():
            stop.wait(self.pause_s if self._rests() else self.turn())
        connections.close_all()


def loops() -> list[Loop]:
    """Return the loops of this installation."""
    pause = settings.WORKER_POLL_MS / 1000
    return [Loop(name, named(target), pause if seconds is None else seconds, settings.WORKER_BATCH) for name, target, seconds in JOBS]


def named(target: str) -> Callable[..., Any]:
    """Return the function that `module:function` names; raise ImportError or AttributeError where there is none."""
    module, _, function = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def sweep(_limit: int) -> int:
    """Let every app remove what has had its time: expired codes, unbound files, old mails."""
    for target in SWEEPS:
        named(target)()
    return 0


def step_all() -> int:
    """Take one turn of every loop in this thread, and return how many rows were taken: for tests and demo data."""
    return sum(loop.work(loop.limit) for loop in loops())


def drain(*, rounds: int = 50) -> None:
    """Work until nothing is left, at most `rounds` times."""
    for _ in range(rounds):
        if not step_all():
            return


def run() -> None:
    """Run all loops until SIGTERM or SIGINT; every turn that has begun is finished first."""
    leading.watch()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=loop.run, args=[stop], name=loop.name) for loop in loops()]
    garbage.collect_seldom()
    for thread in threads:
        thread.start()
    log.info("worker started", loops=[thread.name for thread in threads])
    stop.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    log.info("worker stopped", seconds=round(time.monotonic() - began, 2))
