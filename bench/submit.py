"""One filing submitted over HTTP, the full path to the signed and stored receipt, with PostgreSQL on the same processors.

`BENCH_SUBMIT_FILINGS` invented enterprises hand in their archives through `chengxin serve` (2 processes) while
`chengxin worker` runs: session, CSRF check, all rules of the catalogue's form, frozen answers, receipt signed, event
and message, fsync on. Answers differ and come from the demo's inventor, in all provinces. Before each repeat the
filings are open again, as after a rejection. Then half of the rate reached arrives at moments of its own.
Floor of the same run: pgbench writing rows of the same bytes with the same number of commits.
"""

from __future__ import annotations

import csv
import os
import random
import re
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from bench import load, programs
from bench.house import REPEATS, Figure, private, ratio, report, size

FILINGS = int(size("SUBMIT_FILINGS", full=2_000, small=400))
CLIENTS = 16
LEAST, GOAL, MOST_P95_MS = 200, 400, 100
CHECKED = 20
REDIRECT = 302
DRAWN = "draw:"

# What stands in the database besides the drafts: the registration of each enterprise, approved.
REGISTRATIONS = """
INSERT INTO filings_filing (id, kind, form_id, form_version, enterprise_id, filer_id, division_code, enterprise_type, commitment_version,
  state, round, page_done, submitted_at, due_at, due_provisional, opinion, created_at, updated_at, decided_at)
SELECT gen_random_uuid(), 'registration', 'registration/enterprise', %s, enterprise_id, filer_id, division_code, '', '',
  'approved', 1, '[]', created_at, created_at, false, '', created_at, created_at, created_at
FROM filings_filing WHERE kind = %s
"""
OPEN_AGAIN = "UPDATE filings_filing SET state = 'draft' WHERE kind = 'archive' AND state = 'submitted'"
COUNT = "SELECT count(*) FROM filings_submission"
SAMPLE = "SELECT number FROM filings_submission ORDER BY number LIMIT %s"
BYTES = """
SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY length(answers::text) + length(receipt::text) + length(signature)))::int
FROM filings_submission
"""
WRITTEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"

# The floor: the session's clock in one commit, the rows of a submission in another.
FLOOR_TABLES = """
CREATE TABLE bench_session (id int PRIMARY KEY, at timestamptz);
CREATE TABLE bench_filing (id int PRIMARY KEY, state text, at timestamptz);
CREATE TABLE bench_submission (id uuid PRIMARY KEY, filing int REFERENCES bench_filing, key text UNIQUE, body text);
CREATE TABLE bench_event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, filing int, leaf bytea);
CREATE TABLE bench_message (id uuid PRIMARY KEY, filing int, body text);
INSERT INTO bench_session SELECT n, now() FROM generate_series(1, 10000) n;
INSERT INTO bench_filing SELECT n, 'draft', now() FROM generate_series(1, 10000) n;
"""
FLOOR = r"""
\set n random(1, 10000)
UPDATE bench_session SET at = now() WHERE id = :n;
BEGIN;
UPDATE bench_filing SET state = 'submitted', at = now() WHERE id = :n;
INSERT INTO bench_submission VALUES (gen_random_uuid(), :n, gen_random_uuid()::text, repeat(md5(random()::text), {chunks}));
INSERT INTO bench_event (filing, leaf) VALUES (:n, convert_to(repeat(md5(random()::text), 10), 'UTF8'));
INSERT INTO bench_message VALUES (gen_random_uuid(), :n, repeat(md5(random()::text), 6));
COMMIT;
"""


@dataclass(frozen=True)
class Ready:
    """An archive that can be handed in, and the session of the person who does it."""

    filing_id: UUID
    session: str

    def request(self, *, port: int) -> bytes:
        """What the browser sends when 点击提交 is pressed."""
        token = "".join(random.choices(string.ascii_letters + string.digits, k=32))
        body = f"csrfmiddlewaretoken={token}&submission_key={uuid4()}"
        return (
            f"POST /workbench/archive/{self.filing_id}/submit HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Origin: http://localhost:{port}\r\nCookie: session={self.session}; csrf={token}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def fill(count: int) -> list[Ready]:
    """Agencies, and enterprises with a complete archive, by the platform's own actions; each is logged in."""
    from chengxin import install
    from chengxin.catalogue import codes, queries
    from chengxin.common import clock
    from chengxin.demo import inventing, reading, setting_up

    install.load_reference()
    start = clock.now()
    setting_up.agencies(start=start)
    words = reading.document("words.yaml", start=start)
    with (reading.folder() / "economy.csv").open(encoding="utf-8") as table:
        shares = [(row["province"], int(row["share"])) for row in csv.DictReader(table)]
    made = inventing.invent(count=count, words=words, shares=shares, codes=codes.shipped(), start=start, taken=set())
    ready = [_drafted(each, words, start) for each in made]
    execute(REGISTRATIONS, [queries.current_version("registration/enterprise"), "archive"])
    owner("VACUUM ANALYZE")
    return ready


def _drafted(made: Any, words: Any, start: datetime) -> Ready:
    """One enterprise with a complete draft."""
    from django.db import transaction

    from chengxin.access import actions as access
    from chengxin.catalogue import queries as catalogue
    from chengxin.common import clock
    from chengxin.demo import telling
    from chengxin.filings import actions as filings
    from chengxin.flow import archive
    from chengxin.identity import actions as identity
    from chengxin.identity import queries
    from chengxin.identity.values import Actor

    told = telling.answers(made, words=words, day=start.astimezone(clock.SHANGHAI).date())
    with transaction.atomic():
        account_id, enterprise_id = identity.open_enterprise(
            uscc=made.uscc, name=made.name, division_code=made.division, email=made.email, phone=made.phone, by=Actor.nobody()
        )
        identity.activate(enterprise_id=enterprise_id, by=Actor.system("bench"))
        by = queries.actor_for(account_id, "password")
        opening = filings.Opening(archive.KIND, f"archive/{made.type}", enterprise_id, made.division, made.type)
        filing = filings.open_filing(opening=opening, answers=typed(told), by=by)
        version = catalogue.commitment(archive.COMMITMENT).version
        filings.sign_commitment(filing_id=filing.id, document=archive.COMMITMENT, version=version, by=by)
        session = access.open_session(account_id=account_id, assurance="password", network="127.0.0.1")
    return Ready(filing.id, session.session_key)


def typed(told: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """Rows of answers as a draft keeps them, all of them public, without the records that come with drawn papers."""
    from chengxin.catalogue.answers import ORDER, PUBLIC, path

    found: dict[str, str] = {}
    for group, rows in told.items():
        for number, row in enumerate(rows, start=1):
            record = str(uuid4())
            if not any(value.startswith(DRAWN) for value in row.values()):
                found |= {path(group, record, code): value for code, value in {**row, ORDER: str(number), PUBLIC: "1"}.items()}
    return found


def execute(sql: str, params: Sequence[Any] = ()) -> Any:
    """Run one statement; returns the first value of its first row, if it has any."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def owner(sql: str) -> None:
    """Run statements as the owner of the tables."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.encode())


def pgbench(*, transactions: int) -> float:
    """Submissions a second that the database alone writes."""
    script = FLOOR.format(chunks=max(1, int(execute(BYTES)) // 32))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = ["pgbench", "-n", "-M", "prepared", "-c", "8", "-j", "1", "-t", str(transactions // 8), "-f", file.name]
        done = subprocess.run([*command, os.environ["OWNER_DATABASE_URL"]], capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    assert found, done.stdout
    return float(found[1])


def requests(ready: Sequence[Ready], *, port: int) -> Iterator[bytes]:
    """One submission of each archive, in a random order."""
    yield from (each.request(port=port) for each in random.Random(3).sample(ready, len(ready)))


def handed_in(ready: Sequence[Ready], *, port: int, per_second: float = 0) -> load.Load:
    """Hand all of them in once more; every one must be stored."""
    execute(OPEN_AGAIN)
    before = execute(COUNT)
    found = load.drive(port=port, requests=requests(ready, port=port), connections=CLIENTS, expect=REDIRECT, per_second=per_second)
    stored = execute(COUNT) - before
    if found.failures or stored != len(ready):
        raise RuntimeError(f"{len(ready)} handed in, {found.failures} refused, {stored} stored")
    return found


def unverified(*, port: int) -> float:
    """Receipts, out of a sample, that do not verify at the public page."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, [CHECKED])
        numbers = [row[0] for row in cursor.fetchall()]
    from chengxin.filings import queries

    return float(sum(not queries.receipt(number=number).genuine for number in numbers))


def measure(ready: Sequence[Ready], *, port: int, pids: list[int]) -> list[Figure]:
    """All figures of the submission."""
    floor, peak, peak_p95, half, p95, p99, cpu, commits = ([] for _ in range(8))  # type: ignore[var-annotated]
    handed_in(ready[: len(ready) // 4], port=port)
    owner(FLOOR_TABLES)
    for _ in range(REPEATS):
        floor.append(pgbench(transactions=len(ready) * 4))
        used, committed = programs.cpu_seconds(pids), execute(WRITTEN)
        at_peak = handed_in(ready, port=port)
        cpu.append(1000 * (programs.cpu_seconds(pids) - used) / len(ready))
        commits.append((execute(WRITTEN) - committed) / len(ready))
        peak.append(at_peak.per_second)
        peak_p95.append(at_peak.p95_ms)
        at_half = handed_in(ready[: len(ready) // 2], port=port, per_second=at_peak.per_second / 2)
        half.append(at_half.per_second)
        p95.append(at_half.p95_ms)
        p99.append(at_half.p99_ms)
    return [
        Figure("submit: pgbench, same bytes and commits (floor)", floor, "1/s"),
        Figure("submit one filing, full path to the receipt", peak, "1/s", least=LEAST, goal=GOAL),
        ratio("submit: against the floor", peak, floor),
        Figure(f"submit: p95 with {CLIENTS} at once", peak_p95, "ms"),
        Figure("submit: at half, arrivals", half, "1/s"),
        Figure("submit: at half, p95", p95, "ms", most=MOST_P95_MS),
        Figure("submit: at half, p99", p99, "ms"),
        Figure("submit: processor time of web and worker", cpu, "ms"),
        Figure("submit: transactions that write", commits, "each"),
        Figure(f"submit: receipts of {CHECKED} that do not verify", [unverified(port=port)], "receipts", most=0),
    ]


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING"):
        ready = fill(FILINGS)
        with programs.web() as (port, pids):
            return measure(ready, port=port, pids=pids)


if __name__ == "__main__":
    sys.exit(report(run()))
