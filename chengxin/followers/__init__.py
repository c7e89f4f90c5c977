"""What follows from events, in their order, each exactly once and maybe seconds late (D-44).

A follower names the kinds of events it reads; `ledger.follow` remembers how far each has come, tries again, and parks
what cannot be digested. What a handler writes commits together with the follower's place. Nothing legal hangs on a
follower: what a person was promised was true before (docs/architecture.md, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from chengxin.followers import deadlines, escalating, handovers, proofs, reviewers, secondlooks
from chengxin.ledger import actions as ledger
from chengxin.ledger import queries
from chengxin.ledger.follow import Handler, pass_by

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Follower:
    """A name that is kept for life, for the place it has come to, and what one reading does with each kind of event."""

    name: str
    handlers: Callable[[], Mapping[str, Handler]]

    def read(self, limit: int) -> int:
        """Read at most `limit` new events; returns how many were dealt with. Where one fails, they are read one by one."""
        try:
            return self._read(limit, at_once=True)
        except Exception as error:
            log.warning("reading one by one", follower=self.name, error=type(error).__name__)
            return self._read(limit, at_once=False)

    def _read(self, limit: int, *, at_once: bool) -> int:
        handlers = self.handlers()
        return ledger.follow(self.name, lambda event: handlers[event.kind](event), limit, kinds=handlers.keys(), at_once=at_once)


FOLLOWERS = (
    Follower("reviewers", lambda: {**reviewers.handlers(), **handovers.HANDLERS}),
    Follower("deadlines", lambda: deadlines.HANDLERS),
    Follower("escalations", lambda: escalating.HANDLERS),
    Follower("second-looks", lambda: secondlooks.HANDLERS),
    Follower("proofs", lambda: proofs.HANDLERS),
)


def step(limit: int) -> int:
    """Let every follower read at most `limit` new events; returns how many the busiest one dealt with.

    What comes next and concerns none of its kinds, each passes by first, all in one statement.
    """
    behind = queries.behind([each.name for each in FOLLOWERS])
    if not behind:
        return 0
    passed = pass_by({each.name: each.handlers().keys() for each in FOLLOWERS if each.name in behind})
    reading = behind - {name for name, (_events, reads) in passed.items() if not reads}
    return max([*(events for events, _reads in passed.values()), *(each.read(limit) for each in FOLLOWERS if each.name in reading)])
