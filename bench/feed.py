"""The change feed: one consumer that catches up over HTTP, and what giving positions costs (ADR 0014).

`BENCH_FEED_CHANGES` changes (default 1,000,000), each of another file. The consumer asks a server started as an
operator starts it for the largest pages, reads every entry and sees that no position is missing. Floors of the same
run: the same pages out of the database by a program on the same machine, and INSERT...SELECT of the same rows.
"""

from __future__ import annotations

import http.client
import os
import sys

from bench.house import REPEATS, Figure, private, ratio, report, seconds, size
from bench.programs import web

CHANGES = int(size("FEED_CHANGES", full=1_000_000, small=50_000))
LEAST, GOAL = 20_000, 50_000
BATCH = 1_000

WAIT = """
INSERT INTO records_waitingchange (uscc, kind, etag, at)
SELECT '91330110' || lpad(n::text, 10, '0'), 'changed', md5(n::text), now() FROM generate_series(1, %s) AS n
"""
FLOOR = """
CREATE TEMP TABLE floor (LIKE records_change INCLUDING ALL);
INSERT INTO floor SELECT id, uscc, kind, etag, at FROM records_waitingchange ORDER BY id;
"""


def placed() -> list[Figure]:
    """Changes that get their place, a worker's batch at a time, against INSERT...SELECT of the same rows in one statement."""
    import psycopg

    from chengxin.records import changes

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(WAIT, [CHANGES])
        owner.execute("VACUUM ANALYZE records_waitingchange")
        floor = CHANGES / seconds(lambda: owner.execute(FLOOR))
        made = CHANGES / seconds(lambda: all(iter(lambda: changes.place(BATCH), 0)))
        owner.execute("VACUUM ANALYZE records_change")
    return [
        Figure("feed: INSERT...SELECT of the same rows (floor)", [floor], "rows/s"),
        Figure("feed: changes given their place by the worker", [made], "changes/s"),
        ratio("feed: placing against the floor", [made], [floor]),
    ]


def _from_database() -> None:
    from chengxin.records import changes

    after = 0
    while (page := changes.page(after=after, limit=changes.MAX_PAGE, between=",")).entries:
        after = page.next
    assert after == CHANGES


def _over_http(port: int) -> None:
    import orjson

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    after = 0
    while True:
        connection.request("GET", f"/api/v1/changes?after={after}&limit=10000")
        page = orjson.loads(connection.getresponse().read())
        if not page["items"]:
            break
        for item in page["items"]:
            after += 1
            assert item["position"] == after, "a change is missing"
        assert page["next"] == after
    connection.close()
    assert after == CHANGES


def read() -> list[Figure]:
    """One consumer from the beginning to the newest change."""
    floor, caught_up = [], []
    with web() as (port, _pids):
        _over_http(port)
        for _repeat in range(REPEATS):
            floor.append(CHANGES / seconds(_from_database))
            caught_up.append(CHANGES / seconds(lambda: _over_http(port)))
    return [
        Figure("feed: the same pages out of the database (floor)", floor, "changes/s"),
        Figure(f"feed: one consumer catching up {CHANGES:,} changes over HTTP", caught_up, "changes/s", least=LEAST, goal=GOAL),
        ratio("feed: over HTTP against the floor", caught_up, floor),
    ]


def run() -> list[Figure]:
    """All figures of the feed, in a house of its own."""
    with private(PUBLIC_READS_PER_MINUTE="0"):
        return [*placed(), *read()]


if __name__ == "__main__":
    sys.exit(report(run()))
