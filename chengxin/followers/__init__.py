"""What follows from events, in their order, each exactly once and maybe seconds late (D-44).

A follower names the kinds of events it reads; `ledger.follow` remembers how far each has come, tries again, and parks
what cannot be digested. What a handler writes commits together with the follower's place. Nothing legal hangs on a
follower: what a person was promised was true before (docs/architecture.md, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chengxin.followers import deadlines, escalating, reviewers, secondlooks
from chengxin.ledger import actions as ledger
from chengxin.ledger.follow import Handler
from chengxin.ledger.values import EventView


@dataclass(frozen=True)
class Follower:
    """A name that is kept for life, for the place it has come to, and what it does with each kind of event."""

    name: str
    handlers: Mapping[str, Handler]

    def handle(self, event: EventView) -> None:
        """Do what follows from one event."""
        self.handlers[event.kind](event)


FOLLOWERS = (
    Follower("reviewers", reviewers.HANDLERS),
    Follower("deadlines", deadlines.HANDLERS),
    Follower("escalations", escalating.HANDLERS),
    Follower("second-looks", secondlooks.HANDLERS),
)


def step(limit: int) -> int:
    """Let every follower read at most `limit` new events; returns how many the busiest one dealt with."""
    return max(ledger.follow(each.name, each.handle, limit, kinds=each.handlers) for each in FOLLOWERS)
