"""Files that nothing speaks of any more are deleted; everything that keeps files is asked first (D-39)."""

from __future__ import annotations

from chengxin.exchange import itemviews
from chengxin.filings import attaching
from chengxin.identity import filers
from chengxin.portal import queries as portal


def sweep() -> int:
    """Delete files that were dropped or never handed in, a day after; returns how many went."""
    return attaching.sweep(held=_held)


def sweep_store(limit: int) -> int:
    """Delete bytes without any row, a day old: a process was killed between disk and database."""
    return attaching.sweep_store(limit, held=_held)


def _held(sha256: str) -> bool:
    return portal.holds(sha256) or filers.holds(sha256) or itemviews.holds(sha256)
