"""kill -9 of web, worker, PostgreSQL and the reader itself while a million changes pass through the feed (ADR 0014, D-22).

The reader is a program of its own that keeps its copy and its position in a database of its own, and goes on from there
after each death. In the end every change that was acknowledged to its writer is in the copy, once; none that was rolled
back; and no position is missing. `FEED_CHANGES`, `FEED_KILLS` and `CAMPAIGN_SEED` change the trial.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tests.campaign.house import House, running

pytestmark = pytest.mark.campaign

CHANGES = int(os.environ.get("FEED_CHANGES", "1000000"))
KILLS = int(os.environ.get("FEED_KILLS", "25"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261121"))
WRITERS = 3
KINDS = ("web", "web process", "worker", "postgres", "backend", "reader", "reader")

WRITE = """
INSERT INTO records_waitingchange (uscc, kind, etag, at)
SELECT 'K' || lpad(n::text, 17, '0'), 'changed', md5(n::text), now() FROM generate_series(%s::int, %s::int) AS n
"""
READER = """
import sqlite3, sys, time
import httpx
origin, place = sys.argv[1:]
copy = sqlite3.connect(place, isolation_level=None)
copy.execute("CREATE TABLE IF NOT EXISTS held (position INTEGER PRIMARY KEY, uscc TEXT UNIQUE, etag TEXT)")
with httpx.Client(base_url=origin, timeout=5) as site:
    while True:
        after = copy.execute("SELECT coalesce(max(position), 0) FROM held").fetchone()[0]
        try:
            answer = site.get("/api/v1/changes", params={"after": after, "limit": 10_000})
            items = answer.raise_for_status().json()["items"]
        except (httpx.HTTPError, ValueError):
            items = []
        if not items:
            time.sleep(0.05)
            continue
        copy.execute("BEGIN IMMEDIATE")
        copy.executemany("INSERT INTO held VALUES (:position, :uscc, :etag)", items)
        copy.execute("COMMIT")
"""


class Writer(threading.Thread):
    """Writes its share in transactions of any size, some of them given up; remembers what became of each row."""

    def __init__(self, house: House, first: int, last: int, *, seed: int) -> None:
        super().__init__(daemon=True)
        self.house, self.next, self.last = house, first, last
        self.dice = random.Random(seed)
        self.sure: set[str] = set()
        self.gone: set[str] = set()

    def run(self) -> None:
        while self.next <= self.last:
            upto = min(self.last, self.next + self.dice.choice((0, 9, 99, 999, 2_999)))
            codes = {f"K{number:017d}" for number in range(self.next, upto + 1)}
            with contextlib.suppress(psycopg.Error):
                self._write(upto, codes)
            if not codes & (self.sure | self.gone):
                time.sleep(0.2)  # killed on the way: whether it was kept is not known, so these rows are nobody's promise
            self.next = upto + 1

    def _write(self, upto: int, codes: set[str]) -> None:
        with self.house.connect() as connection:
            connection.execute(WRITE.encode(), [self.next, upto])
            time.sleep(self.dice.uniform(0, 0.02))
            if self.dice.random() < 0.05:
                connection.rollback()
                self.gone |= codes
                return
            connection.commit()
        self.sure |= codes


class Reader:
    """The program that keeps a copy, started again after each death."""

    def __init__(self, house: House, place: Path) -> None:
        self.command = [sys.executable, "-c", READER, house.origin, str(place)]
        self.start()

    def start(self) -> None:
        """Start it where it stopped."""
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE)

    def kill(self) -> None:
        """kill -9; a program that ended by itself has found a repeat."""
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()[-2000:]
        self.process.kill()
        self.process.wait()
        assert self.process.stderr
        self.process.stderr.close()


def test_a_reader_misses_nothing_and_reads_nothing_twice_however_often_parts_are_killed(tmp_path: Path) -> None:
    dice, place = random.Random(SEED), tmp_path / "copy.sqlite"
    with running() as house:
        share = CHANGES // WRITERS
        writers = [Writer(house, n * share + 1, (n + 1) * share, seed=SEED + n) for n in range(WRITERS)]
        reader = Reader(house, place)
        for writer in writers:
            writer.start()
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.2, 3.0))
            strike(house, reader, dice)
        for writer in writers:
            writer.join()
        last = settled(house)
        house.wait(lambda: held(place) == last, 120)
        reader.kill()
        stand = house.rows("SELECT position, uscc, etag FROM records_change ORDER BY position")
    with contextlib.closing(sqlite3.connect(place)) as copy:
        rows = copy.execute("SELECT position, uscc, etag FROM held ORDER BY position").fetchall()
    read = {uscc for _position, uscc, _etag in rows}
    sure, gone = (set().union(*(getattr(writer, name) for writer in writers)) for name in ("sure", "gone"))
    assert [position for position, _uscc, _etag in rows] == list(range(1, len(rows) + 1))
    assert rows == stand
    assert len(sure) > CHANGES // 2, "hardly any load"
    assert sure <= read
    assert not gone & read


def strike(house: House, reader: Reader, dice: random.Random) -> None:
    """Kill something and wait until everything runs again."""
    kind = dice.choice(KINDS)
    if kind == "reader":
        reader.kill()
        reader.start()
        return
    while house.kill(kind, dice) is None:
        time.sleep(0.02)
    house.wait(house.ready, 60)


def settled(house: House) -> int:
    """The newest position, when nothing waits any more."""
    house.wait(lambda: house.ask("SELECT count(*) FROM records_waitingchange") == 0, 120)
    return int(house.ask("SELECT max(position) FROM records_change"))


def held(place: Path) -> int:
    """How many changes the reader's copy has."""
    with contextlib.closing(sqlite3.connect(place)) as copy:
        return int(copy.execute("SELECT count(*) FROM held").fetchone()[0])
