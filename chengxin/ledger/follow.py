"""Followers: read events in the order of positions, each exactly once, from where they stopped (D-44)."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import timedelta

import structlog
from django.db import transaction

from chengxin.common import clock

from . import queries
from .models import FollowerPosition, ParkedEvent
from .values import EventView

MAX_TRIES = 10
"""After so many failures an event is parked and the follower goes on."""

Handler = Callable[[EventView], None]

log = structlog.get_logger(__name__)


def follow(name: str, handler: Handler, limit: int = 200, *, kinds: Container[str] | None = None) -> int:
    """Hand up to `limit` new events to `handler`, in order; returns how many were dealt with.

    With `kinds` the handler gets events of these kinds only; the others are passed over.
    What the handler writes and the follower's position are committed together. When it raises, the
    events before stay done, this one is tried again later (1 s, 2 s, 4 s, ... at most 5 min), and
    after `MAX_TRIES` it is parked. Another process at the same follower makes this return 0.
    """
    FollowerPosition.objects.get_or_create(name=name)
    with transaction.atomic():
        rows = FollowerPosition.objects.select_for_update(skip_locked=True).filter(name=name)
        place = rows.first()
        if place is None or (place.next_try_at and place.next_try_at > clock.now()):
            return 0
        start = place.position
        events = queries.events_after(start, limit)
        done = _hand_over(place, handler, events, kinds)
        if done or place.next_try_at:
            place.save()
        return done


def _hand_over(place: FollowerPosition, handler: Handler, events: list[EventView], kinds: Container[str] | None) -> int:
    for done, event in enumerate(events):
        try:
            if kinds is None or event.kind in kinds:
                with transaction.atomic():
                    handler(event)
        except Exception as error:
            log.warning("follower.failed", follower=place.name, position=event.position, error=type(error).__name__)
            return done + _failed(place, event, error)
        place.position, place.failures, place.next_try_at = event.position, 0, None
    return len(events)


def _failed(place: FollowerPosition, event: EventView, error: Exception) -> int:
    """Note a failure; returns 1 when the event is parked and thereby dealt with."""
    place.failures += 1
    if place.failures < MAX_TRIES:
        wait_s = min(2 ** (place.failures - 1), 300)
        place.next_try_at = clock.now() + timedelta(seconds=wait_s)
        return 0
    ParkedEvent.objects.create(follower=place.name, position=event.position, error=type(error).__name__, parked_at=clock.now())
    place.position, place.failures, place.next_try_at = event.position, 0, None
    return 1


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
