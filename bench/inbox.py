"""The reviewers' inbox with `BENCH_INBOX_PENDING` pending filings (default 100,000): first page and next item over HTTP, counts exact.

Every division has its agency with a reviewer; the filings lie in all counties, most of them with few, one in seven overdue. Three
reviewers are measured, each with what falls to them: one of a county while everybody is there, one of a province whose cities and
counties are away, and the national one while all others are away, who has all of it. Floor: one indexed read in the same run.
"""

from __future__ import annotations

import itertools
import re
import sys
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench import load, programs
from bench.house import REPEATS, Figure, percentile, private, report, size
from bench.submit import execute, owner

PENDING = int(size("INBOX_PENDING", full=100_000, small=5_000))
READS = int(size("INBOX_READS", full=200, small=40))
PROVINCE = "330000"
MOST_MS, GOAL_MS = 50, 20
FOUND = 302

AGENCIES = """
INSERT INTO identity_agency (id, code, name, kind, level, created_at)
VALUES (gen_random_uuid(), 'C000000', '国家', 'commerce', 'national', now());
CREATE TEMP TABLE made AS SELECT code, name, level, above_id, gen_random_uuid() AS id FROM identity_division WHERE NOT retired;
INSERT INTO identity_agency (id, code, name, kind, level, parent_id, division_id, created_at)
SELECT made.id, 'C' || made.code, made.name, 'commerce', (ARRAY['province', 'city', 'county'])[made.level],
  coalesce(above.id, (SELECT id FROM identity_agency WHERE level = 'national')), made.code, now()
FROM made LEFT JOIN made AS above ON above.code = made.above_id ORDER BY made.level;
CREATE TEMP TABLE person AS SELECT id AS agency, gen_random_uuid() AS id, name FROM identity_agency;
INSERT INTO identity_account (id, kind, state, display_name, email_sealed, phone_sealed, session_epoch, proven, created_at)
SELECT id, 'agency', 'active', name, '', '', 1, 'none', now() FROM person;
INSERT INTO identity_agencymembership (account_id, agency_id, roles, forms, since) SELECT id, agency, '{reviewer}', '{}', now() FROM person;
"""
# A county of rank r has about 1/r of the filings, as trade is spread; every third filing is a registration.
FILINGS = """
CREATE TEMP TABLE place AS
SELECT code, 1.0 / (row_number() OVER (ORDER BY md5(code)) + 20) AS share FROM identity_division WHERE NOT retired AND level = 3;
CREATE TEMP TABLE shared AS
SELECT code, coalesce(lag(upto) OVER (ORDER BY upto), 0) AS above, upto
FROM (SELECT code, round({pending} * sum(share) OVER (ORDER BY share DESC, code) / sum(share) OVER ())::int AS upto FROM place) AS summed;
CREATE TEMP TABLE firm AS
SELECT n, code, gen_random_uuid() AS id, '第' || n || '号电子商务有限公司' AS name FROM shared, generate_series(above + 1, upto) AS n;
INSERT INTO identity_enterprise (id, uscc, name, name_key, state, kind, division_id, claimed, created_at)
SELECT id, '91330110' || lpad(n::text, 10, '0'), name, name, 'known', '91', code, true, now() FROM firm;
INSERT INTO filings_filing (id, kind, form_id, form_version, enterprise_id, division_code, enterprise_type, commitment_version,
  state, round, page_done, submitted_at, due_at, due_provisional, overdue_at, opinion, created_at, updated_at)
SELECT gen_random_uuid(), split_part(form, '/', 1), form, 'bench', id, code, '', '',
  'submitted', 1, '[]', due - interval '1 day', due, false, CASE WHEN due < now() THEN now() END, '', now(), now()
FROM (SELECT id, code, now() + make_interval(secs => (n::bigint * 7919 % 86400) - 12343) AS due,
    (ARRAY['registration/enterprise', 'archive/PLATFORM', 'archive/SERVICE'])[1 + n % 3] AS form FROM firm) AS ready;
"""
AWAY = """
UPDATE identity_agencymembership AS m SET absent_from = CASE WHEN a.level IN ({levels}) THEN now() - interval '1 hour' END
FROM identity_agency AS a WHERE a.id = m.agency_id
"""
PERSON = """
SELECT m.account_id FROM identity_agencymembership AS m JOIN identity_agency AS a ON a.id = m.agency_id
WHERE coalesce(a.division_id, '') = %s
"""
COUNTED = """
SELECT count(*), count(*) FILTER (WHERE due_at < now()) FROM filings_filing WHERE state = 'submitted' AND division_code ~ %s
"""
SHOWN = re.compile(r"<b>([0-9,]+)</b> (?:件待审核|件逾期)")


@dataclass(frozen=True)
class Reviewer:
    """One of those who are measured: where, who is away meanwhile, and the codes (a regular expression) that fall to them."""

    name: str
    division: str
    away: tuple[str, ...]
    codes: str


def reviewers() -> list[Reviewer]:
    """The one of the county with most filings, of the province (宁波, 3302, stands directly under the nation, D-05), and of the nation."""
    busiest = execute("SELECT division_code FROM filings_filing GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    return [
        Reviewer("a county", busiest, (), f"^{busiest}"),
        Reviewer("a province", PROVINCE, ("county", "city"), "^33(?!02)"),
        Reviewer("the nation", "", ("county", "city", "province"), ""),
    ]


def fill() -> None:
    """Agencies, people, enterprises and their pending filings."""
    from chengxin import install
    from chengxin.filings import waiting

    install.load_reference()
    owner(AGENCIES)
    owner(FILINGS.format(pending=PENDING))
    waiting.settle(limit=PENDING)
    owner("VACUUM ANALYZE")


def session_of(division: str) -> str:
    """A session of the reviewer of a division; of the national one for the empty code."""
    from chengxin.access import actions as access

    account: UUID = execute(PERSON, [division])
    return access.open_session(account_id=account, assurance="password", network="127.0.0.1").session_key


def floor() -> float:
    """Milliseconds of one indexed read of a pending filing with its enterprise, p95."""
    from django.db import connection

    took = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM filings_filing ORDER BY id LIMIT %s", [READS])
        for (filing,) in cursor.fetchall():
            began = time.perf_counter()
            cursor.execute("SELECT * FROM filings_filing f JOIN identity_enterprise e ON e.id = f.enterprise_id WHERE f.id = %s", [filing])
            cursor.fetchone()
            took.append(1000 * (time.perf_counter() - began))
    return percentile(took, 0.95)


def p95(path: str, *, port: int, session: str, expect: int = 200) -> float:
    """The 95th percentile of one request after another, in ms."""
    requests = itertools.repeat(load.get(path, session=session), READS)
    found = load.drive(port=port, requests=requests, connections=1, expect=expect)
    if found.failures:
        raise RuntimeError(f"{path}: {found.failures} of {READS} refused")
    return found.p95_ms


def wrong_counts(each: Reviewer, *, port: int, session: str) -> float:
    """How far the two numbers of the page are from those counted one by one; what falls due meanwhile may be in either."""
    before = counted(each)
    answer = load.once(port=port, path="/desk", session=session).decode()
    pending, late = [*(int(found.replace(",", "")) for found in SHOWN.findall(answer)), 0][:2]
    after = counted(each)
    return float(abs(pending - before[0]) + max(0, before[1] - late, late - after[1]))


def counted(each: Reviewer) -> tuple[int, int]:
    """Pending and overdue filings of a reviewer, counted one by one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [each.codes])
        found: Any = cursor.fetchone()
    return int(found[0]), int(found[1])


def measure(*, port: int) -> list[Figure]:
    """All figures, one reviewer after the other."""
    figures = [Figure("inbox: one indexed read, p95 (floor)", [floor() for _ in range(REPEATS)], "ms")]
    for each in reviewers():
        owner(AWAY.format(levels=", ".join(f"'{level}'" for level in (*each.away, "nobody"))))
        session = session_of(each.division)
        having = f"{counted(each)[0]:,} with {each.name}"
        p95("/desk", port=port, session=session)
        page = [p95("/desk", port=port, session=session) for _ in range(REPEATS)]
        following = [p95("/desk/next", port=port, session=session, expect=FOUND) for _ in range(REPEATS)]
        wrong = [wrong_counts(each, port=port, session=session)]
        figures += [
            Figure(f"inbox: first page, p95, {having}", page, "ms", most=MOST_MS, goal=GOAL_MS),
            Figure(f"inbox: next item, p95, {having}", following, "ms", most=MOST_MS, goal=GOAL_MS),
            Figure(f"inbox: counts off, {having}", wrong, "filings", most=0),
        ]
    return figures


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private(LOG_LEVEL="WARNING"):
        fill()
        with programs.web() as (port, _pids):
            return measure(port=port)


if __name__ == "__main__":
    sys.exit(report(run()))
