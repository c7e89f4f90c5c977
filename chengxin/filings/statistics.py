"""异议办理统计: how many objections and reports of errors came, how they ended and how long they took (D-09)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chengxin.common import sql

MONTHS = 12
UNITS = 20

_COUNTED = """
WITH told AS (
  SELECT to_char(f.submitted_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, f.kind, c.result,
         CASE WHEN c.origin = 'government' THEN c.source_unit ELSE '' END AS unit, f.state, f.decided_at,
         extract(epoch FROM f.decided_at - f.submitted_at)::float8 / 86400 AS days, f.decided_at <= f.due_at AS in_time
  FROM filings_case c JOIN filings_filing f ON f.id = c.filing_id
  WHERE f.kind = ANY(%(kinds)s) AND f.submitted_at IS NOT NULL
)
SELECT month, kind, result, unit, grouping(month), grouping(kind), grouping(result), grouping(unit),
       count(*), count(*) FILTER (WHERE state = 'submitted'), count(decided_at), coalesce(avg(days), 0), coalesce(max(days), 0),
       count(*) FILTER (WHERE in_time)
FROM told GROUP BY GROUPING SETS ((month), (kind), (result), (unit), ())
"""


@dataclass(frozen=True)
class Line:
    """Counts under one key: handed in, waiting, decided, of these in time, and days to close, on average and at most."""

    key: str
    all: int
    waiting: int
    decided: int
    in_time: int
    days: float
    longest: float


NOTHING = Line("", 0, 0, 0, 0, 0.0, 0.0)


@dataclass(frozen=True)
class Statistics:
    """The whole, and by month of handing in, kind, outcome and supplying unit ("" for self-reported items)."""

    whole: Line
    months: tuple[Line, ...]
    kinds: tuple[Line, ...]
    results: tuple[Line, ...]
    units: tuple[Line, ...]


def wrong_data(*, kinds: tuple[str, ...] = ("objection", "error_report")) -> Statistics:
    """Everything in one pass over the cases; no case is told apart."""
    rows = sql.rows(_COUNTED, {"kinds": list(kinds)})
    return Statistics(
        whole=next((_line("", row) for row in rows if row[4:8] == (1, 1, 1, 1)), NOTHING),
        months=tuple(sorted(_by(rows, 0), key=lambda line: line.key)[-MONTHS:]),
        kinds=tuple(_by(rows, 1)),
        results=tuple(line for line in _by(rows, 2) if line.key),
        units=tuple(_by(rows, 3)[:UNITS]),
    )


def _by(rows: list[tuple[Any, ...]], column: int) -> list[Line]:
    found = [_line(str(row[column]), row) for row in rows if row[4 + column] == 0]
    return sorted(found, key=lambda line: (-line.all, line.key))


def _line(key: str, row: tuple[Any, ...]) -> Line:
    return Line(key, row[8], row[9], row[10], row[13], float(row[11]), float(row[12]))
