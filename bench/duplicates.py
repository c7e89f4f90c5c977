"""Recognising a duplicate among `BENCH_DUPLICATES_RECORDS` voluntary records (default 5,000,000), within the submitting transaction.

The records lie with a tenth as many enterprises, and one of them has ten thousand, half of which are alike. Each check is what a
submission does in the database: the look-up of the same and the near-identical, and, where nothing is found, the fingerprint's
own row, in a transaction that is rolled back. Floor: one indexed read of the same table in the same run.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from bench.house import REPEATS, Figure, percentile, private, report, size
from bench.submit import owner

RECORDS = int(size("DUPLICATES_RECORDS", full=5_000_000, small=50_000))
CHECKS = int(size("DUPLICATES_CHECKS", full=2_000, small=300))
FIRMS = max(10, RECORDS // 10)
BUSY = 10_000
MOST_MS = 5
FORM = "voluntary/donation"

# The references are put back before anything is measured: what is written there is checked, what lies there is not.
FILL = """
{dropped}
CREATE TEMP TABLE firm AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, {firms}) AS n;
INSERT INTO identity_enterprise (id, uscc, name, name_key, state, kind, division_id, claimed, created_at)
SELECT id, '91330110' || lpad(n::text, 10, '0'), '第' || n || '号电子商务有限公司', n::text, 'known', '91', '330110', true, now() FROM firm;
INSERT INTO filings_fingerprint (filing_id, enterprise_id, form_id, whole, near, standing)
SELECT gen_random_uuid(), firm.id, '{form}', sha256(convert_to('whole' || m, 'UTF8')), sha256(convert_to('near' || m, 'UTF8')), m % 10 <> 0
FROM generate_series(1, {records}) AS m JOIN firm ON firm.n = 1 + m % {firms};
INSERT INTO filings_fingerprint (filing_id, enterprise_id, form_id, whole, near, standing)
SELECT gen_random_uuid(), firm.id, '{form}', sha256(convert_to('busy' || m, 'UTF8')),
  sha256(convert_to('near-busy' || CASE WHEN m % 2 = 0 THEN 0 ELSE m END, 'UTF8')), true
FROM generate_series(1, {busy}) AS m JOIN firm ON firm.n = {firms};
INSERT INTO filings_filing (id, kind, form_id, form_version, enterprise_id, division_code, enterprise_type, commitment_version,
  state, round, page_done, due_provisional, opinion, created_at, updated_at)
SELECT gen_random_uuid(), 'voluntary', '{form}', 'bench', id, '330110', '', '', 'draft', 0, '[]', false, '', now(), now()
FROM firm ORDER BY md5(n::text) LIMIT {checks};
SET CONSTRAINTS ALL IMMEDIATE;
{put_back}
"""
REFERENCES = """
SELECT format('ALTER TABLE filings_fingerprint DROP CONSTRAINT %I;', conname),
  format('ALTER TABLE filings_fingerprint ADD CONSTRAINT %I %s NOT VALID;', conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = 'filings_fingerprint'::regclass AND contype = 'f'
"""


def fill() -> None:
    """Enterprises, the fingerprints of their records, and the drafts that are handed in."""
    from chengxin import install

    install.load_reference()
    dropped, put_back = ("\n".join(statements) for statements in zip(*rows(REFERENCES), strict=True))
    owner(FILL.format(dropped=dropped, put_back=put_back, firms=FIRMS, records=RECORDS, busy=BUSY, checks=CHECKS, form=FORM))
    owner("VACUUM ANALYZE filings_fingerprint")


def rows(statement: str, *given: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, given or None)
        return list(cursor.fetchall())


def print_of(text: str) -> bytes:
    """A hash as the filled table has them."""
    return hashlib.sha256(text.encode()).digest()


def p99(checks: list[Callable[[], None]]) -> float:
    """Milliseconds of the slowest hundredth."""
    took = []
    for check in checks:
        began = time.perf_counter()
        check()
        took.append(1000 * (time.perf_counter() - began))
    return percentile(took, 0.99)


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that leaves nothing behind."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check(filing: UUID, firm: UUID, *, whole: str, near: str) -> None:
    """What a submission does: look, and let the record stand where nothing like it does."""
    from chengxin.filings import fingerprints

    whose = fingerprints.Whose(filing, firm, FORM)
    prints = fingerprints.Prints(whole=[print_of(whole)], near=[print_of(near)])
    with undone():
        found = fingerprints.like(whose=whose, prints=prints)
        if found.twin is None and not found.alike:
            fingerprints.put(whose=whose, prints=prints, again=False)


def measure() -> list[Figure]:
    """All figures."""
    drafts = rows("SELECT id, enterprise_id FROM filings_filing ORDER BY id")
    known = rows("SELECT enterprise_id, filing_id FROM filings_fingerprint TABLESAMPLE SYSTEM (5) WHERE standing LIMIT %s", CHECKS)
    firms = dict(rows("SELECT substr(uscc, 9)::int, id FROM identity_enterprise WHERE substr(uscc, 9)::int <= %s", FIRMS))
    busy, chance = firms[FIRMS], random.Random(7)
    standing = [m for m in (chance.randrange(1, RECORDS + 1) for _ in range(2 * CHECKS)) if m % 10][:CHECKS]
    here = "SELECT whole FROM filings_fingerprint WHERE filing_id = %s"
    floor = [lambda each=each: rows(here, each[1]) for each in known]
    fresh = [lambda n=n, each=each: check(*each, whole=f"new{n}", near=f"new{n}") for n, each in enumerate(drafts)]
    twins = [lambda m=m: check(drafts[0][0], firms[1 + m % FIRMS], whole=f"whole{m}", near=f"near{m}") for m in standing]
    alike = [lambda n=n: check(drafts[0][0], busy, whole=f"new{n}", near="near-busy0") for n in range(CHECKS)]
    p99(floor)
    return [
        Figure("duplicates: one indexed read, p99 (floor)", [p99(floor) for _ in range(REPEATS)], "ms"),
        Figure(f"duplicates: a new record among {RECORDS:,}, p99", [p99(fresh) for _ in range(REPEATS)], "ms", most=MOST_MS),
        Figure(f"duplicates: the same again, p99, {RECORDS:,}", [p99(twins) for _ in range(REPEATS)], "ms", most=MOST_MS),
        Figure(f"duplicates: alike among {BUSY // 2:,} of one enterprise, p99", [p99(alike) for _ in range(REPEATS)], "ms"),
    ]


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING"):
        fill()
        return measure()


if __name__ == "__main__":
    sys.exit(report(run()))
