"""A delivery of government records, each on another enterprise with a public file, taken in by the worker.

`BENCH_IMPORTS_LINES` lines of one CSV file (default 1,000,000): all rules of the group, duplicates, one leaf in the log per
record, every public file and search row rewritten, by two `chengxin worker` processes, from the stored upload to the last
chunk. Floor of the same run: COPY of the same rows into a copy of the same table with its indexes, its foreign key and as
many rows before. Meanwhile people publish records of their own, and wait for their proofs.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench import programs
from bench.house import Figure, percentile, private, ratio, report, size

LINES = int(size("IMPORTS_LINES", full=1_000_000, small=20_000))
PEOPLE = 50
WORKERS = 2
START_S = 5.0
EVERY_S = 0.5
LOOK_EVERY_S = 0.2
WEIGH_EVERY_S = 1.0
LEAST, GOAL = 0.30, 0.45
MOST_MB, MOST_LAST_PROOF_S, MOST_PERSON_S = 1_500, 60, 2
UNIT = "市场监管总局（演示）"
DIVISION = "330110"
VIOLATIONS = ("虚假宣传", "未公示营业执照信息", "价格欺诈", "销售不合格商品", "未履行退货义务")
FILL_CHUNK = 50_000
PATIENCE_S = 3 * 3600
COMPARED = 300

ENTERPRISES = "COPY identity_enterprise (id, uscc, name, name_key, state, kind, division_id, claimed, created_at) FROM STDIN"
OWN_RECORDS = """
INSERT INTO records_version (version_id, record_id, enterprise_id, origin, "group", form_version, "order", source_unit, source_no,
  inside, fingerprint, fragment, salt, created_at, end_reason)
SELECT gen_random_uuid(), gen_random_uuid(), id, 'enterprise', 'S06',
  (SELECT version_id FROM catalogue_currentform WHERE form_id = 'archive/IN_PLATFORM'), 0, '', '',
  jsonb_build_object('kind', 'shop', 'name', name), sha256(uscc::bytea),
  convert_to('{"content":{"kind":"shop","name":"' || name || '","about":"' || repeat(md5(uscc), 12)
    || '"},"group":"S06","version_id":"' || id || '"}', 'UTF8'), sha256(id::text::bytea), now() - interval '1 day', ''
FROM identity_enterprise
"""
FILES = """
INSERT INTO records_publicfile (uscc, enterprise_id, head, body, etag, updated_at)
SELECT uscc, id,
  convert_to('{"first_published_at":"2026-01-01T00:00:00Z","name":"' || name || '","schema":1,"uscc":"' || uscc || '"', 'UTF8'),
  ''::bytea, '', now()
FROM identity_enterprise
"""
SEARCH = """
INSERT INTO records_search (rank, enterprise_id, uscc, name, initials, division, division_name, type, records, text, words, approved_at)
SELECT row_number() OVER (ORDER BY uscc), id, uscc, name, '', division_id, '', 'IN_PLATFORM', 1, name,
  to_tsvector('simple', name || ' r330000 r330100 r330110 tIN_PLATFORM'), now()
FROM identity_enterprise
"""
FLOOR = """
CREATE TABLE bench_version (LIKE records_version INCLUDING ALL);
ALTER TABLE bench_version ALTER COLUMN fragment SET STORAGE EXTERNAL;
ALTER TABLE bench_version ADD FOREIGN KEY (enterprise_id) REFERENCES identity_enterprise (id) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO bench_version SELECT * FROM records_version WHERE origin = 'enterprise';
"""
ROWS = "records_version WHERE origin = 'government' ORDER BY source_no"


def code(number: int) -> str:
    """The nth credit code, with its check sign."""
    from chengxin.common.identifiers import uscc_check_char

    stem = f"91{DIVISION}{number:09d}"
    return stem + uscc_check_char(stem)


def fill() -> list[str]:
    """Agencies' data, enterprises with one record, a public file and a search row each; returns their codes."""
    import psycopg

    from chengxin import install
    from chengxin.records import files

    install.load_reference()
    codes = [code(number) for number in range(1, LINES + PEOPLE + 1)]
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("SET synchronous_commit = off")
        with owner.cursor() as cursor, cursor.copy(ENTERPRISES) as stream:
            for number, uscc in enumerate(codes):
                name = f"杭州澜序{number}电子商务有限公司"
                stream.write_row([uuid4(), uscc, name, name, "active", "91", DIVISION, True, "2026-01-01T00:00:00Z"])
        for statement in (OWN_RECORDS, FILES, SEARCH, "VACUUM ANALYZE"):
            owner.execute(statement.encode())
        ids = [row[0] for row in owner.execute("SELECT id FROM identity_enterprise ORDER BY uscc").fetchall()]
        for first in range(0, len(ids), FILL_CHUNK):
            files.rewrite(enterprise_ids=ids[first : first + FILL_CHUNK])
        owner.execute("TRUNCATE records_waitingchange")
        owner.execute("VACUUM ANALYZE")
    checkpoint()
    return codes


def checkpoint() -> None:
    """Let nothing that was written before weigh on what is measured."""
    import psycopg

    from chengxin.launcher.postgres import SUPERUSER, Server

    with psycopg.connect(Server(Path(os.environ["CHENGXIN_HOME"])).url(role=SUPERUSER), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def write(path: Path, codes: list[str]) -> None:
    """The delivery: one penalty for each of the enterprises, no two alike."""
    from chengxin.common import clock

    today = clock.today()
    columns = "subject_uscc,source_unit,source_record_no,collected_on,document_no,violation,facts,basis,kinds,content,fine_wan,decided_on"
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(f"{columns},authority,authority_uscc,dishonesty_grade\r\n")
        for number, uscc in enumerate(codes[:LINES]):
            fine, decided = 1 + number % 97, today - timedelta(days=30 + number % 300)
            out.write(
                f"{uscc},{UNIT},CF-{number:08d},{today},余市监罚〔2026〕{number}号,{VIOLATIONS[number % 5]},"
                f"当事人在第{number}号网店页面宣称未经证实的功效，误导消费者。,《中华人民共和国反不正当竞争法》第八条第一款,罚款,"
                f"罚款人民币{fine}万元。,{fine},{decided},杭州市余杭区市场监督管理局（演示）,{codes[9]},一般\r\n"
            )


@contextmanager
def workers() -> Iterator[list[int]]:
    """Workers as an operator starts them, several beside each other."""
    with ExitStack() as stack:
        yield [stack.enter_context(programs.program("worker", STATEMENT_TIMEOUT_MS="5000")) for _ in range(WORKERS)]


class Watcher(threading.Thread):
    """Looks at something again and again until told to stop."""

    def __init__(self, look: Callable[[], float], *, every_s: float) -> None:
        super().__init__()
        self.look, self.every_s, self.stopped, self.seen = look, every_s, threading.Event(), list[float]()

    def run(self) -> None:
        """Look, and keep what is seen."""
        from django.db import connections

        while not self.stopped.wait(self.every_s):
            self.seen.append(self.look())
        connections.close_all()

    def stop(self) -> list[float]:
        """What was seen."""
        self.stopped.set()
        self.join()
        return self.seen


def publisher(codes: list[str]) -> Callable[[], float]:
    """People who publish a record of their own and wait for its proof: the seconds from one to the other, a person a call."""
    turns = itertools.count(1)

    def look() -> float:
        turn = next(turns)
        version_id = publish(codes[turn % len(codes)], number=turn)
        began = time.perf_counter()
        while not placed(version_id):
            time.sleep(0.02)
        return time.perf_counter() - began

    return look


def publish(uscc: str, *, number: int) -> UUID:
    """One enterprise publishes another record than before, in one transaction with its lock, as an approval does."""
    from django.db import transaction

    from chengxin.identity import queries as identity
    from chengxin.identity.values import Actor
    from chengxin.records import actions
    from chengxin.records.tests import makers

    enterprise = identity.enterprise_by_uscc(uscc)
    assert enterprise is not None
    head, record = makers.head(uscc, enterprise.name), makers.own_record(makers.shop(f"澜序旗舰店{number}"))
    with transaction.atomic():
        identity.lock_enterprise(enterprise.id)
        changes = actions.publish(enterprise_id=enterprise.id, filing_id=uuid4(), records=[record], head=head, by=Actor.system("bench"))
    return changes.published[0]


def placed(version_id: UUID) -> bool:
    """Whether a publication stands in a signed tree, so that its proof is served."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM ledger_event WHERE version_id = %s AND log = 'public'", [version_id])
        return bool(cursor.fetchone()[0] is not None)


def taken_in(path: Path) -> tuple[float, float, Any]:
    """Hand the file in and wait: seconds to the last chunk, from there to the last proof, and what was found."""
    from chengxin.exchange import queries
    from chengxin.flow import importing
    from chengxin.identity.values import Actor
    from chengxin.ledger import queries as ledger

    began = time.perf_counter()
    with path.open("rb") as stream:
        by = Actor.system("bench")
        job = importing.hand_in(group="G06", stream=stream, name=path.name, key=str(uuid4()), wants_commit=True, by=by)
    while queries.progress(job.id)[0] in ("structure", "rows", "commit"):
        time.sleep(LOOK_EVERY_S)
        if time.perf_counter() - began > PATIENCE_S:
            raise RuntimeError("The import does not end.")
    done = time.perf_counter()
    while ledger.health().pending:
        time.sleep(0.05)
    return done - began, time.perf_counter() - done, queries.job(job.id)


def copied() -> float:
    """Rows a second that COPY alone writes of the same rows into the same indexed table."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner, tempfile.TemporaryFile() as file:
        owner.execute("SET synchronous_commit = on")
        owner.execute(FLOOR.encode())
        with owner.cursor() as cursor, cursor.copy(f"COPY (SELECT * FROM {ROWS}) TO STDOUT (FORMAT BINARY)".encode()) as out:
            for piece in out:
                file.write(piece)
        owner.execute("VACUUM ANALYZE bench_version")
        checkpoint()
        file.seek(0)
        began = time.perf_counter()
        with owner.cursor() as cursor, cursor.copy(b"COPY bench_version FROM STDIN (FORMAT BINARY)") as stream:
            while piece := file.read(1024 * 1024):
                stream.write(piece)
        took = time.perf_counter() - began
        owner.execute("DROP TABLE bench_version")
    return LINES / took


def differing(codes: list[str]) -> float:
    """Public files among these whose stored bytes are not what their records give, or that lack the new record."""
    from django.db import connection

    from chengxin.records import files

    with connection.cursor() as cursor:
        cursor.execute("SELECT uscc, enterprise_id, body FROM records_publicfile WHERE uscc = ANY(%s)", [codes])
        stored = {uscc: (holder, bytes(body)) for uscc, holder, body in cursor.fetchall()}
    made = files.assembled(enterprise_ids=[holder for holder, _body in stored.values()])
    return float(sum(made[uscc] != body or b'"group":"G06"' not in body for uscc, (_holder, body) in stored.items()))


def measure(codes: list[str], path: Path) -> list[Figure]:
    """All figures of the import."""
    with workers() as pids:
        weight = Watcher(lambda: programs.weight_mb(pids), every_s=WEIGH_EVERY_S)
        people = Watcher(publisher(codes[LINES:]), every_s=EVERY_S)
        people.look()
        time.sleep(START_S)
        weight.start()
        people.start()
        seconds, last_proof, job = taken_in(path)
        waits, seen = people.stop(), weight.stop()
    if job.phase != "done" or job.counts["new"] != LINES:
        raise RuntimeError(f"{job.phase}: {dict(job.counts)} {job.problem}")
    rate, floor = LINES / seconds, copied()
    return [
        Figure("imports: COPY of the same rows into the indexed table (floor)", [floor], "rows/s"),
        Figure(f"imports: {LINES:,} records, each on another enterprise, all told", [rate], "rows/s"),
        ratio("imports: against the floor", [rate], [floor], least=LEAST, goal=GOAL),
        Figure(f"imports: memory of {WORKERS} workers, the greatest seen", [max(seen)], "MB", most=MOST_MB),
        Figure("imports: last proof after the last row", [last_proof], "s", most=MOST_LAST_PROOF_S),
        Figure("imports: a person's publish-to-proof meanwhile, p50", [percentile(waits, 0.5)], "s"),
        Figure(f"imports: the same, p99 of {len(waits)}", [percentile(waits, 0.99)], "s", most=MOST_PERSON_S),
        Figure(f"imports: public files of {COMPARED} that differ from their records", [differing(codes[:COMPARED])], "files", most=0),
    ]


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING") as base:
        codes = fill()
        path = base / "delivery.csv"
        write(path, codes)
        return measure(codes, path)


if __name__ == "__main__":
    sys.exit(report(run()))
