"""Followers: read events in the order of positions, each exactly once, from where they stopped (D-44)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import structlog
from django.db import transaction

from chengxin.common import clock, sql

from . import queries
from .models import FollowerPosition, ParkedEvent
from .values import EventView

MAX_TRIES = 10
"""After so many failures an event is parked and the follower goes on."""

PASSED_AT_ONCE = 10_000
"""So many events a follower passes by at most in one statement."""

Handler = Callable[[EventView], None]

log = structlog.get_logger(__name__)


def follow(name: str, handler: Handler, limit: int = 200, *, kinds: Collection[str] | None = None, at_once: bool = False) -> int:
    """Hand up to `limit` new events to `handler`, in order; returns how many were dealt with.

    With `kinds` the handler gets events of these kinds only; the others are passed over.
    What the handler writes and the follower's position are committed together. When it raises, the
    events before stay done, this one is tried again later (1 s, 2 s, 4 s, ... at most 5 min), and
    after `MAX_TRIES` it is parked; `at_once` nothing stays done and what was raised goes on to the caller,
    which costs no savepoint for each event. Another process at the same follower makes this return 0.
    """
    if not queries.behind([name]):
        return 0
    if not FollowerPosition.objects.filter(name=name).exists():  # an insert would wait for another process that moves the follower
        FollowerPosition.objects.bulk_create([FollowerPosition(name=name)], ignore_conflicts=True)
    with transaction.atomic():
        rows = FollowerPosition.objects.select_for_update(skip_locked=True).filter(name=name)
        place = rows.first()
        if place is None or (place.next_try_at and place.next_try_at > clock.now()):
            return 0
        upto, events = queries.stretch(place.position, limit, kinds=kinds)
        done = _at_once(place, handler, events, upto) if at_once else _one_by_one(place, handler, events, upto)
        if done or place.next_try_at:
            place.save()
        return done


# A follower stands still where its next event is one that it reads, also one that it has failed at.
_PASS_BY = """
WITH held AS MATERIALIZED (
  SELECT name, position, ARRAY(
    SELECT reads.kind FROM unnest(%(readers)s::text[], %(kinds)s::text[]) AS reads(name, kind) WHERE reads.name = f.name) AS kinds
  FROM ledger_followerposition f WHERE name = ANY (%(names)s::text[]) FOR UPDATE SKIP LOCKED
), reached AS MATERIALIZED (
  SELECT held.name, held.position AS former, next.position AS next, coalesce(
    next.position - 1, least(held.position + %(limit)s, (SELECT coalesce(max(position), 0) FROM ledger_event))) AS position
  FROM held LEFT JOIN LATERAL (
    SELECT e.position FROM ledger_event e
    WHERE e.position > held.position AND e.position <= held.position + %(limit)s AND e.kind = ANY (held.kinds)
    ORDER BY e.position LIMIT 1) AS next ON true
), passed AS (
  UPDATE ledger_followerposition f SET position = reached.position, failures = 0, next_try_at = NULL
  FROM reached WHERE f.name = reached.name AND reached.position > f.position RETURNING f.name, reached.position - reached.former AS events
)
SELECT name, coalesce(events, 0), next IS NOT NULL FROM reached LEFT JOIN passed USING (name)
"""


def pass_by(kinds: Mapping[str, Collection[str]], *, limit: int = PASSED_AT_ONCE) -> dict[str, tuple[int, bool]]:
    """Let followers, each with the kinds that it reads, pass by up to `limit` events that it does not, in one statement for all.

    Returns for each how many it passed and whether the next event is one to read; those that are new, or that another
    process moves, are left out. Most events, as those of an import, concern no follower.
    """
    pairs = [(name, kind) for name, read in kinds.items() for kind in read]
    readers, read_kinds = [name for name, _kind in pairs], [kind for _name, kind in pairs]
    found = sql.rows(_PASS_BY, {"names": list(kinds), "readers": readers, "kinds": read_kinds, "limit": limit})
    return {name: (events, reads) for name, events, reads in found}


def _at_once(place: FollowerPosition, handler: Handler, events: list[EventView], upto: int) -> int:
    for event in events:
        handler(event)
    return _passed(place, upto)


def _one_by_one(place: FollowerPosition, handler: Handler, events: list[EventView], upto: int) -> int:
    start = place.position
    for event in events:
        try:
            with transaction.atomic():
                handler(event)
        except Exception as error:
            log.warning("follower.failed", follower=place.name, position=event.position, error=type(error).__name__)
            if event.position - 1 > place.position:
                _passed(place, event.position - 1)
            _failed(place, event, error)
            return place.position - start
        _passed(place, event.position)
    _passed(place, upto)
    return upto - start


def _passed(place: FollowerPosition, position: int) -> int:
    """Everything up to a position is dealt with; returns how many that were."""
    done = position - place.position
    place.position, place.failures, place.next_try_at = position, 0, None
    return done


def _failed(place: FollowerPosition, event: EventView, error: Exception) -> None:
    """Note a failure; after too many the event is parked and thereby dealt with."""
    place.failures += 1
    if place.failures < MAX_TRIES:
        wait_s = min(2 ** (place.failures - 1), 300)
        place.next_try_at = clock.now() + timedelta(seconds=wait_s)
        return
    ParkedEvent.objects.create(follower=place.name, position=event.position, error=type(error).__name__, parked_at=clock.now())
    _passed(place, event.position)


@transaction.atomic
def retry_parked(name: str, handler: Handler) -> int:
    """Hand the parked events of a follower to `handler` once more, in order; returns how many went well."""
    done = 0
    parked = ParkedEvent.objects.select_for_update().filter(follower=name).order_by("position")
    for row in parked:
        event = queries.events_after(row.position - 1, 1)[0]
        try:
            with transaction.atomic():
                handler(event)
        except Exception as error:
            log.warning("follower.failed", follower=name, position=row.position, error=type(error).__name__)
            continue
        row.delete()
        done += 1
    return done
