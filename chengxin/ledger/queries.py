"""Reads of the ledger: proofs, entries, checkpoints, static files, events in order, health."""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, sql
from chengxin.common.errors import NotFound, Unavailable

from . import guard, outside, rules, signing, store
from .merkle import HASH_BYTES, TILE_WIDTH
from .models import Checkpoint, Event, FollowerPosition, Origin, ParkedEvent
from .values import EventView, Health, LogFile

MAX_EVENTS = 10_000


class NotYetLogged(Unavailable):
    """Published, and waiting for its place in the log: come back in a second (D-19)."""

    default_code = "not-yet-logged"
    default_message = _("已公示，存证生成中")
    default_retry_after = 1


def proof(version_id: UUID, kind: str = "published") -> str:
    """The `tlog-proof` file of a record version, against the newest checkpoint.

    `kind` is `published` or `ended` (or the full `record.published`, `record.ended`). Raises NotFound
    where there is no such event, NotYetLogged where it has no place yet.
    """
    index, _leaf = _record(version_id, kind)
    if index is None:
        raise NotYetLogged
    head = _head(rules.PUBLIC)
    tree = store.Tree(log=rules.PUBLIC, origin_id=head.origin_id, size=head.size)
    return rules.proof_text(index=index, path=tree.inclusion_path(index), checkpoint=head.note)


def entry(version_id: UUID, kind: str = "published") -> bytes:
    """The exact leaf bytes of a record version, at once; raises NotFound."""
    return _record(version_id, kind)[1]


def leaf_index(version_id: UUID, kind: str = "published") -> int | None:
    """The place of a record version in the public log, None while it has none; raises NotFound."""
    return _record(version_id, kind)[0]


def _record(version_id: UUID, kind: str) -> tuple[int | None, bytes]:
    name = kind if kind.startswith("record.") else f"record.{kind}"
    rows = Event.objects.filter(log=rules.PUBLIC, version_id=version_id, kind=name)
    row = rows.values_list("leaf_index", "leaf").first() if name in rules.PUBLIC_KINDS else None
    if row is None:
        raise NotFound
    return row[0], bytes(row[1])


def leaves(*, version_ids: list[UUID]) -> dict[UUID, bytes]:
    """The leaves of `record.published` of many record versions, of those that have one."""
    rows = Event.objects.filter(log=rules.PUBLIC, version_id__in=version_ids, kind="record.published")
    return {version_id: bytes(leaf) for version_id, leaf in rows.values_list("version_id", "leaf") if version_id}


def event_of(*, kind: str, subject: str, data: Mapping[str, object]) -> int | None:
    """The id of the newest event of a kind about a subject whose data hold `data`, or None."""
    rows = Event.objects.filter(kind=kind, subject=subject, data__contains=dict(data)).order_by("-id")
    return rows.values_list("id", flat=True).first()


def event_proof(event_id: int) -> tuple[bytes, str]:
    """Leaf bytes and proof file of any event, the audit log's included (for receipts, D-23).

    Raises NotFound or NotYetLogged. Nothing can be read from an audit leaf: it is a salted hash.
    """
    row = Event.objects.filter(pk=event_id).values_list("log", "leaf_index", "leaf").first()
    if row is None:
        raise NotFound
    log, index, leaf = row
    if index is None:
        raise NotYetLogged
    head = _head(log)
    tree = store.Tree(log=log, origin_id=head.origin_id, size=head.size)
    return bytes(leaf), rules.proof_text(index=index, path=tree.inclusion_path(index), checkpoint=head.note)


def checkpoint(log: str = rules.PUBLIC) -> str:
    """The newest signed checkpoint of a log; raises NotFound for another name, NotYetLogged before the first."""
    return _head(log).note


def size(log: str = rules.PUBLIC) -> int:
    """The number of leaves under the newest checkpoint, 0 before the first."""
    head = store.head(log)
    return head.size if head else 0


def _head(log: str) -> store.Head:
    if log not in rules.LOGS:
        raise NotFound
    head = store.head(log)
    if head is None:
        raise NotYetLogged
    return head


def vkey(log: str = rules.PUBLIC) -> str:
    """The signed-note verifier key of a log under its present origin; raises NotFound for another name."""
    if log not in rules.LOGS:
        raise NotFound
    named = vkeys(log)
    return named[-1] if named else signing.verifier(log, signing.origin_name(log), key_version=1)


def vkeys(log: str = rules.PUBLIC) -> list[str]:
    """The verifier keys of a log under every name it has had, the present one last: by them old proofs are checked."""
    rows = Origin.objects.filter(log=log).order_by("number").values_list("name", "key_version", "vkey")
    return [signing.known_verifier(log, origin=name, key_version=version, kept=kept) for name, version, kept in rows]


def origin(log: str = rules.PUBLIC) -> str:
    """The name under which a log lives now; it changes when a backup is restored that is behind it (D-21)."""
    name = Origin.objects.filter(log=log).order_by("-number").values_list("name", flat=True).first()
    return name or signing.origin_name(log)


def successions(log: str = rules.PUBLIC) -> list[str]:
    """The signed statements by which the log was given a new origin, oldest first (D-21)."""
    rows = Origin.objects.filter(log=log, number__gt=1).order_by("number")
    return list(rows.values_list("statement", flat=True))


def tile(log: str, level: int, n: int, width: int = TILE_WIDTH) -> bytes:
    """The bytes of a tile of the public log; raises NotFound where there is none so wide."""
    data = store.read_tile(log, level=level, n=n) if log == rules.PUBLIC else None
    if data is None or not 1 <= width <= TILE_WIDTH or len(data) < width * HASH_BYTES:
        raise NotFound
    return data[: width * HASH_BYTES]


def entries(log: str, n: int, width: int = TILE_WIDTH) -> bytes:
    """The entry bundle `n` of the public log: each leaf after its length (uint16); raises NotFound."""
    if log != rules.PUBLIC or not 1 <= width <= TILE_WIDTH:
        raise NotFound
    start = n * TILE_WIDTH
    rows = Event.objects.filter(log=log, leaf_index__gte=start, leaf_index__lt=start + width)
    leaves = [bytes(leaf) for leaf in rows.order_by("leaf_index").values_list("leaf", flat=True)]
    if len(leaves) < width:
        raise NotFound
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def file(path: str, log: str = rules.PUBLIC) -> bytes:
    """The static file of the public log at a C2SP path such as `tile/0/x001/234.p/12`; raises NotFound."""
    named = rules.parse_path(path)
    if named is None:
        raise NotFound
    return _file(named, log)


def _file(named: LogFile, log: str) -> bytes:
    if named.level is None:
        return entries(log, named.n, named.width)
    return tile(log, named.level, named.n, named.width)


def events_after(position: int, limit: int = 200) -> list[EventView]:
    """Events with a place after `position` (0: from the start), in order, at most `limit`."""
    return stretch(position, limit)[1]


_REACH = """
SELECT max(position) FROM (SELECT position FROM ledger_event WHERE position > %(after)s ORDER BY position LIMIT %(limit)s) AS reach
"""
_STRETCH = """
SELECT position, id, log, kind, subject, data, actor, version_id, created_at FROM ledger_event
WHERE position > %(after)s AND position <= %(upto)s AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s)) ORDER BY position
"""
_BEHIND = """
SELECT names.name FROM unnest(%(names)s::text[]) AS names(name) LEFT JOIN ledger_followerposition f USING (name)
WHERE coalesce(f.position, 0) < coalesce((SELECT max(position) FROM ledger_event), 0)
"""


def stretch(position: int, limit: int, *, kinds: Collection[str] | None = None) -> tuple[int, list[EventView]]:
    """The last position among the next `limit` events after `position`, and those of them that are of these kinds, in order."""
    reach = sql.row(_REACH, {"after": position, "limit": min(limit, MAX_EVENTS)})
    upto = reach[0] if reach and reach[0] is not None else position
    given = {"after": position, "upto": upto, "kinds": None if kinds is None else list(kinds)}
    found = sql.rows(_STRETCH, given) if upto > position else []
    return upto, [_event(*row) for row in found]


def _event(position: int, id: int, log: str, kind: str, subject: str, data: str, *rest: Any) -> EventView:
    return EventView(position, id, log, kind, subject, json.loads(data), *rest)


def behind(names: Collection[str]) -> set[str]:
    """Those of these followers that have not come to the newest event with a place; without a lock."""
    return {row[0] for row in sql.rows(_BEHIND, {"names": list(names)})}


def last_position() -> int:
    """The newest position, 0 before the first: as of where derived data is complete."""
    row = Event.objects.filter(position__isnull=False).order_by("-position").values_list("position", flat=True)
    return row.first() or 0


def may_sign(log: str) -> bool:
    """Whether nothing stands against signing for a log."""
    return not guard.problems(log)


def checkpoint_at(log: str = rules.PUBLIC) -> datetime | None:
    """When the newest checkpoint of a log was signed, None before the first."""
    return Checkpoint.objects.filter(log=log).order_by("-id").values_list("created_at", flat=True).first()


def mirrors() -> dict[str, float]:
    """How many leaves of the public log each mirror of the checkpoints has not seen; -1 for one that cannot be read."""
    return {str(place): _missing_leaves(place) for place in outside.mirrors()}


def _missing_leaves(place: Path) -> float:
    if not place.is_dir():
        return -1.0
    try:
        seen = outside.newest(rules.PUBLIC, place=place)
    except (OSError, ValueError):
        return -1.0
    return float(max(0, size() - (seen.size if seen else 0)))


def followers() -> dict[str, float]:
    """How many events each follower has not seen yet."""
    last = last_position()
    rows = FollowerPosition.objects.order_by("name").values_list("name", "position")
    return {name: float(max(0, last - position)) for name, position in rows}


def health() -> Health:
    """Whether the logs may sign, and how far they are behind; for `/readyz` and `doctor`."""
    problems = [problem for log in rules.LOGS for problem in guard.problems(log)]
    waiting = Event.objects.filter(position__isnull=True)
    oldest = waiting.order_by("id").values_list("created_at", flat=True).first()
    parked = ParkedEvent.objects.count()
    return Health(
        ok=not problems,
        problems=tuple(problems),
        sizes={log: size(log) for log in rules.LOGS},
        pending=waiting.count(),
        oldest_pending_s=max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0,
        parked=parked,
    )
