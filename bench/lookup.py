"""Look-up by code over HTTP through the whole edge: rate limit, entity tags, counters and log on (D-57).

`BENCH_LOOKUP_FILES` public files (default 1,000,000; 3 KB, one in a thousand 200 KB),
`BENCH_LOOKUP_SECONDS` a repeat, `BENCH_LOOKUP_KEYS` different codes. Floors of the same run: pgbench
with the same prepared statement, and a constant answer of 3 KB through the same edge. Both sides are asked
by a generator written in C (pgbench, wrk), which shares the processors with them. While reads run, writers
change files and read them back over HTTP after their commit.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import load, wrk
from bench.house import REPEATS, Figure, private, ratio, report, size
from bench.programs import WORKERS, free_port
from chengxin.common import asgi
from chengxin.common.asgi import Receive, Scope, Send

FILES = int(size("LOOKUP_FILES", full=1_000_000, small=20_000))
SECONDS = size("LOOKUP_SECONDS", full=8, small=3)
KEYS = int(size("LOOKUP_KEYS", full=10_000, small=10_000))
CLIENTS, WRITERS = 32, 2
BODY = 3_000
BIG_EVERY, BIG = 1_000, 200_000
CHUNK = 50_000

FILL = """
INSERT INTO records_publicfile (uscc, enterprise_id, head, body, etag, updated_at)
SELECT '91330110' || lpad(n::text, 10, '0'), gen_random_uuid(), '',
  convert_to('{"name":"' || repeat(md5(n::text),
    CASE WHEN n %% %(big_every)s::int = 0 THEN %(big)s::int ELSE %(body)s::int END / 32) || '"}', 'UTF8'),
  md5(n::text), now()
FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
READ = r"""
\set n random(1, {keys})
SELECT uscc, body, etag, next_change_on FROM records_publicfile
WHERE uscc = ANY(ARRAY['91330110' || lpad(((:n::bigint * 7919) % {files} + 1)::text, 10, '0')]);
"""


def code(number: int) -> str:
    """The code of the nth file."""
    return f"91330110{number:010d}"


def keys() -> Iterator[bytes]:
    """Requests for random files out of `KEYS`."""
    chooser = random.Random(7)
    while True:
        yield load.get(f"/api/v1/files/{code((chooser.randint(1, KEYS) * 7919) % FILES + 1)}")


# The same for wrk, in Lua.
ASKED = """return string.format("GET /api/v1/files/91330110%010d HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
    (math.random({keys}) * 7919) % {files} + 1)"""


async def constant(scope: Scope, receive: Receive, send: Send) -> None:
    """The floor: a constant answer, nothing behind it."""
    headers = [(b"content-type", b"application/json"), (b"etag", b'"x"')]
    await asgi.respond(scope, send, status=200, headers=headers, body=b"x" * BODY)


def __getattr__(name: str) -> Any:
    if name == "edged":
        from chengxin.asgi import edged

        return edged(constant)
    raise AttributeError(name)


def serve(target: str, port: int) -> None:
    """Serve one application as `chengxin serve` does, until SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces

    from chengxin.common import garbage

    module, _, name = target.partition(":")
    getattr(import_module(module), name)  # loaded once, before the processes are forked
    garbage.collect_seldom()
    Granian(
        target, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, workers=WORKERS, websockets=False, log_enabled=False,
    ).serve()  # fmt: skip


@contextmanager
def served(target: str) -> Iterator[int]:
    """The port of a server of its own, stopped afterwards."""
    port = free_port()
    with tempfile.TemporaryDirectory() as metrics, Path(metrics, "log").open("wb") as log:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": metrics, "PORT": str(port)}
        command = [sys.executable, "-m", "bench.lookup", "--serve", target, str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log)
        try:
            load.wait_for(lambda: load.once(port=port, path="/healthz"))
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def fill() -> None:
    """The files, without enterprises behind them: nothing here asks for these."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        rows = owner.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'records_publicfile'::regclass AND contype = 'f'")
        for (name,) in rows.fetchall():
            owner.execute(f'ALTER TABLE records_publicfile DROP CONSTRAINT "{name}"')
        for first in range(1, FILES + 1, CHUNK):
            last = min(FILES, first + CHUNK - 1)
            owner.execute(FILL, {"first": first, "last": last, "big_every": BIG_EVERY, "big": BIG, "body": BODY})
        owner.execute("VACUUM ANALYZE records_publicfile")


def pgbench() -> float:
    """Reads a second by pgbench with the same prepared statement."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(READ.format(keys=KEYS, files=FILES))
        script.flush()
        command = ["pgbench", "-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(max(1, round(SECONDS))), "-f", script.name]
        done = subprocess.run([*command, os.environ["DATABASE_URL"]], capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    assert found, done.stdout
    return float(found[1])


def freshness(writer: int, port: int, stop: threading.Event, tally: dict[str, int]) -> None:
    """Change a file, commit, read it over HTTP at once; count what was not the new one. Each writer has files of its own."""
    import psycopg

    chooser = random.Random()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while not stop.is_set():
            uscc, tag = code(chooser.randrange(writer, min(KEYS, FILES), WRITERS) + 1), f"{chooser.getrandbits(128):032x}"
            connection.execute("UPDATE records_publicfile SET etag = %s WHERE uscc = %s", [tag, uscc])
            answer = load.once(port=port, path=f"/api/v1/files/{uscc}")
            tally["checked"] += 1
            tally["stale"] += f'"{tag}"'.encode() not in answer
            time.sleep(0.002)


def measure() -> list[Figure]:
    """All figures of the look-up."""
    base, floor, here, p99, checked, stale, failures = [], [], [], [], [], [], 0
    asked = ASKED.format(keys=KEYS, files=FILES)
    with served("bench.lookup:edged") as edged, served("chengxin.asgi:application") as port:
        for each in (edged, port):
            wrk.drive(port=each, request=asked, seconds=1, connections=CLIENTS)
        for _ in range(REPEATS):
            base.append(pgbench())
            floor.append(wrk.drive(port=edged, request=asked, seconds=SECONDS, connections=CLIENTS).per_second)
            found = wrk.drive(port=port, request=asked, seconds=SECONDS, connections=CLIENTS)
            here.append(found.per_second)
            p99.append(found.p99_ms)
            failures += found.failures
            tally = _fresh_under_load(port)
            checked.append(float(tally["checked"]))
            stale.append(float(tally["stale"]))
    return [
        Figure("look-up: pgbench, same prepared statement (floor)", base, "reads/s"),
        Figure("look-up: constant 3 KB through the same edge (floor)", floor, "reads/s"),
        Figure(f"look-up by code, {FILES:,} files, {WORKERS} workers", here, "reads/s"),
        ratio("look-up against pgbench", here, base, least=0.40, goal=0.55),
        ratio("look-up against the constant", here, floor, least=0.30, goal=0.50),
        Figure("look-up: p99", p99, "ms", most=15),
        Figure("look-up: answers that were not 200", [float(failures)], "answers", most=0),
        Figure("look-up: reads straight after a commit", checked, "reads"),
        Figure("look-up: of these not the committed file", stale, "reads", most=0),
    ]


def _fresh_under_load(port: int) -> dict[str, int]:
    tallies = [{"checked": 0, "stale": 0} for _ in range(WRITERS)]
    stop = threading.Event()
    threads = [threading.Thread(target=freshness, args=[writer, port, stop, tally]) for writer, tally in enumerate(tallies)]
    for thread in threads:
        thread.start()
    load.drive(port=port, requests=keys(), seconds=min(SECONDS, 3), connections=8)
    stop.set()
    for thread in threads:
        thread.join()
    return {name: sum(tally[name] for tally in tallies) for name in ("checked", "stale")}


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(PUBLIC_READS_PER_MINUTE="100000000", LOG_LEVEL="WARNING"):
        fill()
        return measure()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(report(run()))
