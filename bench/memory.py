"""Memory of the web (2 processes) and the worker, idle and under a load of everything people do; shared pages once (PSS).

The house holds `BENCH_MEMORY_FILINGS` drafts. Idle: after the first answers, with nobody there. Under load:
pages, searches, sessions and submissions at once, the greatest weight seen. PostgreSQL is not counted.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator, Sequence

from bench import load, programs, submit
from bench.house import REPEATS, Figure, private, report, size

FILINGS = int(size("MEMORY_FILINGS", full=400, small=100))
SECONDS = size("MEMORY_SECONDS", full=8, small=3)
IDLE_S = size("MEMORY_IDLE_S", full=10, small=3)
MOST_IDLE_MB, MOST_LOADED_MB = 400, 900
LOOK_EVERY_S = 0.25
CLIENTS = 32
PAGES = ("/", "/files", "/files?q=科技", "/overview", "/help", "/register", "/login", "/api/v1/files?q=公司", "/healthz")


def requests(ready: Sequence[submit.Ready], *, port: int) -> Iterator[bytes]:
    """Pages for everyone, an enterprise's own pages, and submissions, in turn."""
    everyone = itertools.cycle(load.get(path) for path in PAGES)
    for each in itertools.cycle(ready):
        yield next(everyone)
        yield load.get("/workbench", session=each.session)
        yield each.request(port=port)


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING", PUBLIC_READS_PER_MINUTE="0"):
        ready = submit.fill(FILINGS)
        with programs.web() as (port, pids):
            load.drive(port=port, requests=(load.get(path) for path in ("/", "/login", "/files") * 8), connections=8)
            time.sleep(IDLE_S)
            idle = [programs.weight_mb(pids) for _ in range(REPEATS)]
            loaded = [_heaviest(ready, port=port, pids=pids) for _ in range(REPEATS)]
    return [
        Figure("memory: web (2 processes) and worker, idle", idle, "MB", most=MOST_IDLE_MB),
        Figure("memory: the same under load, the greatest seen", loaded, "MB", most=MOST_LOADED_MB),
    ]


def _heaviest(ready: Sequence[submit.Ready], *, port: int, pids: list[int]) -> float:
    submit.execute(submit.OPEN_AGAIN)
    seen: list[float] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            seen.append(programs.weight_mb(pids))

    watcher = threading.Thread(target=look)
    watcher.start()
    load.drive(port=port, requests=requests(ready, port=port), connections=CLIENTS, seconds=SECONDS)
    done.set()
    watcher.join()
    return max(seen)


if __name__ == "__main__":
    sys.exit(report(run()))
