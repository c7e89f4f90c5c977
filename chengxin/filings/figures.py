"""Figures of review by division, for units and supervisors: what waits, what is late, how long decisions took (REG-09)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chengxin.common import clock, sql

DAYS = 30  # decisions older than this are not counted

_WAITING = """
SELECT division_code, sum(pending)::int, sum(late)::int FROM (
  SELECT division_code, pending, late FROM filings_waiting
  UNION ALL
  SELECT division_code, 0, 1 FROM filings_filing WHERE state = 'submitted' AND overdue_at IS NULL AND due_at < %(now)s
) AS lines GROUP BY division_code
"""
_DECIDED = """
SELECT f.division_code, count(*), count(*) FILTER (WHERE d.outcome = 'approved'),
  sum(extract(epoch FROM d.at - s.submitted_at))::float
FROM filings_decision AS d JOIN filings_filing AS f ON f.id = d.filing_id
JOIN filings_submission AS s ON s.filing_id = d.filing_id AND s.round = d.round
WHERE d.at >= %(since)s AND d.at <= %(now)s GROUP BY f.division_code
"""


@dataclass(frozen=True)
class Load:
    """What lies in some divisions: pending, overdue, and the decisions of the last days with the seconds they took."""

    pending: int = 0
    overdue: int = 0
    decided: int = 0
    approved: int = 0
    seconds: float = 0.0

    def __add__(self, other: Load) -> Load:
        return Load(
            self.pending + other.pending,
            self.overdue + other.overdue,
            self.decided + other.decided,
            self.approved + other.approved,
            self.seconds + other.seconds,
        )

    @property
    def mean(self) -> timedelta | None:
        """How long a decision took on average, from handing in."""
        return timedelta(seconds=self.seconds / self.decided) if self.decided else None

    @property
    def approved_percent(self) -> int | None:
        """Share of approvals among the decisions, in whole per cent."""
        return round(100 * self.approved / self.decided) if self.decided else None

    @property
    def overdue_percent(self) -> float:
        """Share of what is overdue among what waits."""
        return 100 * self.overdue / self.pending if self.pending else 0.0


def by_division() -> dict[str, Load]:
    """The figures of each division as of now, exact for what waits."""
    now = clock.now()
    with sql.snapshot():
        waiting = sql.rows(_WAITING, {"now": now})
        decided = sql.rows(_DECIDED, {"now": now, "since": now - timedelta(days=DAYS)})
    found = {code: Load(pending, late) for code, pending, late in waiting}
    for code, count, approved, seconds in decided:
        found[code] = found.get(code, Load()) + Load(decided=count, approved=approved, seconds=seconds)
    return found


def total(of: Mapping[str, Load], codes: Iterable[str]) -> Load:
    """The figures of several divisions together."""
    return sum((of[code] for code in codes if code in of), Load())
