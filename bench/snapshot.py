"""The daily snapshot as `chengxin snapshot` makes it: how long it takes, and the most memory it needs (D-49).

`BENCH_SNAPSHOT_FILES` public files of about 3 KB (default 1,000,000) whose records differ in what differs in life:
ids, salts, numbers and names. Floor of the same run: COPY of the same rows out of the database, thrown away.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from bench.house import Figure, private, ratio, report, seconds, size

FILES = int(size("SNAPSHOT_FILES", full=1_000_000, small=20_000))
REPEATS = int(size("SNAPSHOT_REPEATS", full=3, small=3))
MOST_S, GOAL_S, MOST_MB = 90, 45, 500
CHUNK = 20_000

FILL = """
INSERT INTO records_publicfile (uscc, enterprise_id, head, body, etag, updated_at)
SELECT uscc, gen_random_uuid(), '', body, left(encode(sha256(body), 'hex'), 32), now()
FROM (
  SELECT '91330110' || lpad(n::text, 10, '0') AS uscc, convert_to(
    '{"approved_at":"2026-03-01T08:09:10Z","division":"330110","division_name":"浙江省杭州市余杭区","kind":"91","marks":[],"name":"'
    || '杭州第' || n || '号电子商务有限公司","schema":1,"type":"IN_PLATFORM","uscc":"91330110' || lpad(n::text, 10, '0')
    || '","groups":{"S06":{"more":false,"total":7}},"records":['
    || (SELECT string_agg('{"content":{"kind":"shop","licence_shown":true,"name":"第' || n * 7 + k
          || '号旗舰店","opened_on":"2024-03-05","platform":"样例平台"},"form":"' || md5('form') || md5('version')
          || '","group":"S06","origin":"enterprise","publicity_until":null,"published_at":"2026-03-01T08:09:10Z","salt":"'
          || encode(sha256((n * 7 + k)::text::bytea), 'base64') || '","source":null,"version_id":"' || gen_random_uuid() || '"}', ',')
        FROM generate_series(1, 7) AS k) || ']}', 'UTF8') AS body
  FROM generate_series(%(first)s::int, %(last)s::int) AS n
) AS made
"""
COPY = "COPY (SELECT enterprise_id, body, next_change_on FROM records_publicfile) TO STDOUT (FORMAT BINARY)"


def fill() -> float:
    """The files, without enterprises behind them: nothing here asks for these. Returns the bytes of one on average."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        rows = owner.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'records_publicfile'::regclass AND contype = 'f'")
        for (name,) in rows.fetchall():
            owner.execute(f'ALTER TABLE records_publicfile DROP CONSTRAINT "{name}"')
        for first in range(1, FILES + 1, CHUNK):
            owner.execute(FILL, {"first": first, "last": min(FILES, first + CHUNK - 1)})
        owner.execute("VACUUM ANALYZE records_publicfile")
        row = owner.execute("SELECT avg(octet_length(body))::float8 FROM records_publicfile WHERE uscc < '913301100000001'").fetchone()
    assert row
    return float(row[0])


def copied() -> None:
    """The floor: every row comes out of the database."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor().copy(COPY) as copy:
        for _piece in copy:
            pass


def made() -> tuple[float, float]:
    """Seconds of the whole command, and the most memory it had, in MB."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "chengxin.cli", "snapshot"], stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "chengxin snapshot failed"
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def run() -> list[Figure]:
    """All figures of the snapshot, in a house of its own."""
    floor, took, memory = [], [], []
    with private(SNAPSHOTS_KEPT="1"):
        file_bytes = fill()
        for _repeat in range(REPEATS):
            floor.append(seconds(copied))
            each_s, each_mb = made()
            took.append(each_s)
            memory.append(each_mb)
        from chengxin.exchange import snapshots

        [held] = snapshots.listing()
        assert held.count == FILES
    return [
        Figure("snapshot: COPY of the same rows (floor)", floor, "s"),
        Figure(f"snapshot: {FILES:,} public files", took, "s", most=MOST_S, goal=GOAL_S),
        ratio("snapshot: time against the floor", took, floor),
        Figure("snapshot: memory of the process", memory, "MB", most=MOST_MB),
        Figure("snapshot: size of a file in it", [file_bytes], "B"),
        Figure("snapshot: size against the files", [held.bytes / held.uncompressed_bytes], "x"),
    ]


if __name__ == "__main__":
    sys.exit(report(run()))
