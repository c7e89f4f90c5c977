"""What becomes due by itself, a step at a time, each in its own transaction (D-04, D-07, D-44).

Nothing waits for this to be true: a reader that finds a date passed renders the public file afresh, and an inbox marks
what is overdue by the clock. This gives the events, the proofs of the end, and rows that are ready to send.
"""

from __future__ import annotations

from collections.abc import Callable

from chengxin.filings import deadlines, waiting
from chengxin.flow import bulk, handlers, helpdesk, portal, watching
from chengxin.flow.step import step
from chengxin.identity.values import Actor
from chengxin.records import actions as records
from chengxin.records import files

BATCH = 100
BY = Actor.system("due")


@step
def end_lapsed(limit: int) -> int:
    """Records past their term end: an event with its own proof, the public salt destroyed (D-07, D-20)."""
    return records.end_lapsed(limit=limit, by=BY)


@step
def refresh_files(limit: int) -> int:
    """Public files whose day of change has come are put together anew (D-07)."""
    return files.refresh_due(limit=limit)


@step
def mark_overdue(limit: int) -> int:
    """Filings past their due moment are marked, and their reviewers reminded by what follows (D-04, REG-09)."""
    return deadlines.mark_overdue(limit=limit, by=BY)


@step
def settle_counts(limit: int) -> int:
    """The lines that count what waits are taken together; their sum stays what it is."""
    return waiting.settle(limit=limit)


STEPS: tuple[Callable[[int], int], ...] = (
    end_lapsed,
    refresh_files,
    mark_overdue,
    settle_counts,
    bulk.carry_out,
    helpdesk.carry_out,
    portal.publish_due,
    watching.tell,
    handlers.remind,
)


def run(limit: int) -> int:
    """Take every step, in batches, up to `limit` rows each; returns how many rows the busiest one took."""
    return max(_taken(each, limit) for each in STEPS)


def _taken(take: Callable[[int], int], limit: int) -> int:
    done = 0
    while done < limit:
        batch = min(BATCH, limit - done)
        taken = take(batch)
        done += taken
        if taken < batch:
            break
    return done
