"""How many filings wait for review: exact sums of the lines that triggers write (goal: a page of 100,000 in a moment)."""

from __future__ import annotations

from chengxin.common import sql

_SETTLE = """
WITH gone AS (
  DELETE FROM filings_waiting WHERE id IN (
    SELECT id FROM filings_waiting WHERE NOT settled ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
  ) RETURNING division_code, form_id, kind, handler_id, pending, late
), summed AS (
  INSERT INTO filings_waiting AS held (division_code, form_id, kind, handler_id, pending, late, settled)
  SELECT division_code, form_id, kind, handler_id, sum(pending), sum(late), true FROM gone
  GROUP BY division_code, form_id, kind, handler_id ORDER BY division_code, form_id, kind, handler_id
  ON CONFLICT (division_code, form_id, kind, handler_id) WHERE settled
    DO UPDATE SET pending = held.pending + excluded.pending, late = held.late + excluded.late
)
SELECT count(*) FROM gone
"""
_WRONG = """
SELECT division_code, form_id FROM (
  SELECT division_code, form_id, kind, handler_id, pending, late FROM filings_waiting
  UNION ALL
  SELECT division_code, form_id, kind, handler_id, -1, -(overdue_at IS NOT NULL)::int FROM filings_filing WHERE state = 'submitted'
) AS compared GROUP BY division_code, form_id, kind, handler_id HAVING sum(pending) <> 0 OR sum(late) <> 0 ORDER BY 1, 2
"""


def settle(*, limit: int) -> int:
    """Take lines of differences together into sums; returns how many. The sum of all lines stays what it is."""
    found = sql.row(_SETTLE, {"limit": limit})
    return int(found[0]) if found else 0


def wrong() -> list[str]:
    """Where the sums differ from the filings themselves, as `division form`; empty when all is well."""
    return [f"{division} {form}" for division, form in sql.rows(_WRONG, {})]
