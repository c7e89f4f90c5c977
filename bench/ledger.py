"""The ledger: backlog, latency and proofs, each beside its floor.

`BENCH_LEDGER_EVENTS` events a repeat (default 200,000: five repeats make the million of the proofs),
`BENCH_LEDGER_RATE` arrivals a second for `BENCH_LEDGER_SECONDS`, `BENCH_LEDGER_PROOFS` proofs a repeat.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench.house import REPEATS, Figure, percentile, private, ratio, report, seconds, size

EVENTS = int(size("LEDGER_EVENTS", full=200_000, small=20_000))
RATE = int(size("LEDGER_RATE", full=2_000, small=500))
SECONDS = size("LEDGER_SECONDS", full=10, small=4)
PROOFS = int(size("LEDGER_PROOFS", full=20_000, small=4_000))
BATCH = 10_000
POLL_S = 0.2

STAGE = """
CREATE TEMP TABLE stage AS
SELECT n, 'public'::varchar AS log, 'record.published'::varchar AS kind, '{"form": "archive/platform"}'::jsonb AS data,
  convert_to('{"at":"2026-03-01T08:09:10Z","commitment":"' || encode(sha256(n::text::bytea), 'base64')
    || '","id":"' || gen_random_uuid() || '","kind":"record.published","v":1}', 'UTF8') AS leaf,
  'account:' || gen_random_uuid() AS actor
FROM generate_series(1, %s) AS n
"""
COPY_STAGE = """
INSERT INTO ledger_event (log, kind, subject, data, leaf, actor, version_id, created_at)
SELECT log, kind, gen_random_uuid()::text, data, leaf, actor, gen_random_uuid(), clock_timestamp() FROM stage ORDER BY n
"""
ARRIVAL = """
INSERT INTO ledger_event (log, kind, subject, data, leaf, salt, actor, created_at)
VALUES ('audit', 'filing.submitted', 'bench', '{}', convert_to(md5(random()::text), 'UTF8'), sha256('salt'), 'bench', clock_timestamp());
"""


def _execute(sql: str, params: Any = None) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def _drain() -> None:
    from chengxin.ledger import sequencer

    while sequencer.step(BATCH):
        pass


def backlog() -> list[Figure]:
    """Events placed, hashed into the tree, signed and stored, per second, against INSERT...SELECT of the same rows."""
    _execute(STAGE, [EVENTS])
    _drain()
    floor, placed = [], []
    for _ in range(REPEATS):
        floor.append(EVENTS / seconds(lambda: _execute(COPY_STAGE)))
        placed.append(EVENTS / seconds(_drain))
    return [
        Figure("log: INSERT...SELECT of the same rows (floor)", floor, "rows/s"),
        Figure("log: backlog placed, integrated, signed, stored", placed, "events/s", least=20_000, goal=50_000),
        ratio("log: backlog against the floor", placed, floor, least=0.3),
    ]


class _Sequencer(threading.Thread):
    """The worker's loop, noting when which position was committed."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.commits: list[tuple[float, int]] = []

    def run(self) -> None:
        from django.db import connection

        from chengxin.ledger import queries, sequencer

        while not self.stopped.is_set():
            done = sequencer.step(1_000)
            if done:
                self.commits.append((time.time(), queries.last_position()))
            if done < 1_000:
                self.stopped.wait(POLL_S)
        connection.close()


def latency() -> list[Figure]:
    """From an event's insertion to a signed checkpoint over it, while others arrive at `RATE` a second."""
    p50, p99, rates = [], [], []
    for _ in range(REPEATS):
        waits = _arrivals()
        p50.append(percentile(waits, 0.5) * 1_000)
        p99.append(percentile(waits, 0.99) * 1_000)
        rates.append(len(waits) / SECONDS)
    return [
        Figure("log: arrivals reached", rates, "events/s", least=RATE * 0.95),
        Figure("log: publish to proof, p50", p50, "ms"),
        Figure("log: publish to proof, p99", p99, "ms", most=500),
    ]


def _arrivals() -> list[float]:
    from chengxin.ledger import queries

    _drain()
    start = queries.last_position()
    loop = _Sequencer()
    loop.start()
    _pgbench()
    while queries.health().pending:
        time.sleep(POLL_S)
    time.sleep(POLL_S)
    loop.stopped.set()
    loop.join()
    rows = _execute(
        "SELECT position, extract(epoch FROM created_at)::float8 FROM ledger_event WHERE position > %s ORDER BY position", [start]
    )
    waits, commits = [], iter(loop.commits)
    moment, upto = next(commits)
    for position, created in rows:
        while position > upto:
            moment, upto = next(commits)
        waits.append(moment - created)
    return waits


def _pgbench() -> None:
    from django.conf import settings

    from chengxin.launcher import places
    from chengxin.launcher.postgres import Server

    server = Server(settings.CHENGXIN_HOME).start()
    script = Path(server.base) / "arrival.sql"
    script.write_text(ARRIVAL)
    script.chmod(0o644)
    where = ["-h", str(server.socket), "-U", places.APP_ROLE, places.DATABASE]
    rate = ["-n", "-R", str(RATE), "-T", str(round(SECONDS)), "-c", "8", "-j", "1", "-M", "prepared", "-f", str(script)]
    server.run("pgbench", *rate, *where)


def proofs() -> list[Figure]:
    """Inclusion proofs of random leaves with all tiles in memory, and the whole proof file through the database."""
    from chengxin.ledger import queries, store

    head = store.head("public")
    assert head
    tree = store.Tree(log="public", origin_id=head.origin_id, size=head.size)
    dice = random.Random(5)
    ids = [row[0] for row in _execute("SELECT version_id FROM ledger_event WHERE log = 'public' AND leaf_index % 97 = 3 LIMIT 5000")]
    cold = [1 / (seconds(lambda: _cold(tree, dice.randrange(head.size)))) for _ in range(200)]
    for n in range(0, head.size, 256):
        tree.inclusion_path(n)
    hot, full, floor = [], [], []
    for _ in range(REPEATS):
        wanted = [dice.randrange(head.size) for _ in range(PROOFS)]
        hot.append(PROOFS / seconds(lambda wanted=wanted: [tree.inclusion_path(index) for index in wanted]))  # type: ignore[misc]
        some = dice.choices(ids, k=min(len(ids), 2_000))
        full.append(len(some) / seconds(lambda some=some: [queries.proof(one) for one in some]))  # type: ignore[misc]
        floor.append(len(some) / seconds(lambda some=some: [_execute(READ, [one]) for one in some]))  # type: ignore[misc]
    return [
        Figure(f"log: inclusion proofs of {head.size:,} leaves, tiles hot", hot, "proofs/s", least=10_000, goal=25_000),
        Figure("log: the same, tiles cold, one at a time", cold, "proofs/s"),
        Figure("log: proof files, through the database", full, "proofs/s"),
        Figure("log: one indexed read (floor)", floor, "reads/s"),
    ]


READ = "SELECT leaf FROM ledger_event WHERE log = 'public' AND version_id = %s AND kind = 'record.published'"


def _cold(tree: Any, index: int) -> None:
    from chengxin.ledger import store

    store.CACHE.clear()
    tree.inclusion_path(index)


def run() -> list[Figure]:
    """All figures of the ledger, in a house of its own."""
    with private():
        return [*backlog(), *latency(), *proofs()]


if __name__ == "__main__":
    sys.exit(report(run()))
