"""The change feed: what happened to public files, in one series without holes (ADR 0014).

The transaction that changes a file leaves a row that waits; the worker gives committed rows their
positions, as the sequencer does with events (D-22). Of changes of one file that wait together only the
last is told: what was between has not been read by anybody since, and nobody can read it any more (D-20).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Max

from chengxin.common import clock, sql
from chengxin.records.models import Change, WaitingChange

MAX_PAGE = 10_000
"""Most changes in one page."""

MAX_TURN = 1_000
"""Most waiting changes that get their places in one turn."""

LOCK_ID = 0x6665_6564
"""Advisory lock of the one who gives positions."""

_LOCK = "SELECT pg_advisory_xact_lock(%(lock)s) IS NOT NULL"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%(lock)s)"
# By the index: the table itself may be full of rows that have been taken.
_FIRST = "SELECT id FROM records_waitingchange ORDER BY id LIMIT 1"
# Rows that wait are never altered, and taken by one at a time: so they are found again by where they stand.
_PLACE = """
WITH taken AS (
    DELETE FROM records_waitingchange WHERE ctid = ANY (ARRAY(SELECT ctid FROM records_waitingchange ORDER BY id LIMIT %(limit)s))
    RETURNING id, uscc, kind, etag, at
), newest AS (
    SELECT DISTINCT ON (uscc) id, uscc, kind, etag, at FROM taken ORDER BY uscc, id DESC
), placed AS (
    INSERT INTO records_change (position, uscc, kind, etag, at)
    SELECT (SELECT coalesce(max(position), 0) FROM records_change) + row_number() OVER (ORDER BY id), uscc, kind, etag, at
    FROM newest
)
SELECT count(*) FROM taken
"""
_TOLD = "FROM unnest(string_to_array(%(codes)s, chr(31)), string_to_array(%(tags)s, chr(31))) AS told (uscc, etag) ORDER BY uscc"
_WAIT = f"INSERT INTO records_waitingchange (uscc, kind, etag, at) SELECT uscc, 'changed', etag, %(now)s {_TOLD}"
_TELL = f"""
INSERT INTO records_change (position, uscc, kind, etag, at)
SELECT (SELECT coalesce(max(position), 0) FROM records_change) + row_number() OVER (ORDER BY uscc), uscc, 'changed', etag, %(now)s
{_TOLD}
"""
# The entries as JSON, ready to send: no value in them needs an escape.
_PAGE = """
SELECT coalesce(max(position), %(after)s), string_agg(
    '{"position":' || position || ',"uscc":"' || uscc || '","kind":"' || kind || '","etag":'
      || CASE kind WHEN 'removed' THEN 'null' ELSE '"' || etag || '"' END || '}', %(between)s ORDER BY position)
FROM (SELECT position, uscc, kind, etag FROM records_change WHERE position > %(after)s ORDER BY position LIMIT %(limit)s) AS page
"""


@dataclass(frozen=True)
class Page:
    """A part of the feed: the entries as JSON objects, put together; the position to go on after."""

    entries: bytes
    next: int


def tell_removed(*, uscc: str) -> None:
    """In the transaction that closes a file: its code leaves the public, nothing else is said (D-20)."""
    WaitingChange.objects.create(uscc=uscc, kind="removed", etag="", at=clock.now())


def tell_at_once(*, changed: Mapping[str, str]) -> None:
    """In the transaction that wrote these files, late in it: what changed, tags by code, with its place behind what waits.

    Who gives places is held to the end of the transaction, and its commit waits for the disk. Where more waits than one turn
    takes, these wait behind it.
    """
    sql.row(_LOCK, {"lock": LOCK_ID})
    taken = sql.row(_PLACE, {"limit": MAX_TURN})
    sql.wait_for_disk()
    given = {"codes": sql.listed(changed.keys()), "tags": sql.listed(changed.values()), "now": clock.now()}
    sql.execute(_WAIT if taken and taken[0] == MAX_TURN else _TELL, given)


@transaction.atomic
def place(limit: int = MAX_TURN, *, wait: bool = True) -> int:
    """Give up to `limit` waiting changes their place; returns how many. Of several callers one works at a time.

    Who need not `wait` returns 0 while another one works.
    """
    held = sql.row(_LOCK if wait else _TRY_LOCK, {"lock": LOCK_ID})
    taken = sql.row(_PLACE, {"limit": limit}) if held and held[0] else None
    return int(taken[0]) if taken else 0


def place_waiting(limit: int) -> int:
    """The worker's turn: nothing is locked while nothing waits, and nothing waits for another worker."""
    return place(limit, wait=False) if sql.row(_FIRST, {}) else 0


def page(*, after: int, limit: int, between: str) -> Page:
    """The changes after a position, at most `limit`, with `between` between any two."""
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, {"after": after, "limit": min(limit, MAX_PAGE), "between": between})
        row = cursor.fetchone()
    assert row is not None
    return Page(entries=(row[1] or "").encode(), next=row[0])


def last() -> int:
    """The newest position, 0 before the first."""
    return Change.objects.aggregate(last=Max("position"))["last"] or 0


def newest_of(*, usccs: Sequence[str], after: int, upto: int) -> dict[str, str]:
    """What happened last to each of these codes between two positions, by code; codes to which nothing happened are left out."""
    rows = Change.objects.filter(uscc__in=usccs, position__gt=after, position__lte=upto).order_by("uscc", "-position").distinct("uscc")
    return dict(rows.values_list("uscc", "kind"))


_UNTOLD = """
SELECT f.uscc FROM (SELECT uscc, etag FROM records_publicfile WHERE etag <> '' ORDER BY uscc LIMIT %(limit)s) AS f
LEFT JOIN LATERAL (SELECT etag FROM records_change c WHERE c.uscc = f.uscc ORDER BY position DESC LIMIT 1) AS told ON true
WHERE told.etag IS DISTINCT FROM f.etag AND NOT EXISTS (SELECT 1 FROM records_waitingchange w WHERE w.uscc = f.uscc)
"""


def untold(*, limit: int) -> list[str]:
    """Codes, of the first `limit` files, whose bytes the feed has not told of and is not about to: none, unless somebody wrote past it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD, {"limit": limit})
        return [row[0] for row in cursor.fetchall()]


def waiting() -> tuple[int, float]:
    """How many changes wait for their place, and for how many seconds the oldest has."""
    oldest = WaitingChange.objects.order_by("id").values_list("at", flat=True).first()
    return WaitingChange.objects.count(), max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
