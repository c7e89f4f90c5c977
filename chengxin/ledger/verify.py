"""Full recomputation: `chengxin log verify` reads every event again and believes nothing.

Positions without a gap, leaves against the salted contents they commit to, every tile, every stored
checkpoint's root and signature, and the newest checkpoint outside the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from . import guard, rules, signing
from .merkle import Edge, TileChange, leaf_hash
from .models import Checkpoint, Event, Tile
from .notes import open_checkpoint
from .values import VerifyReport

BATCH = 5_000
MAX_PROBLEMS = 100


class _Findings(list[str]):
    """Problems found, up to a limit."""

    def add(self, problem: str) -> None:
        if len(self) < MAX_PROBLEMS:
            self.append(problem)


@transaction.atomic
def run() -> VerifyReport:
    """Recompute both logs, holding the sequencer off meanwhile; every difference is one sentence."""
    signing.lock()
    found, sizes, checkpoints = _Findings(), {}, 0
    _positions(found)
    for log in rules.LOGS:
        sizes[log], count = _log(log, found)
        checkpoints += count
        for problem in guard.problems(log):
            found.add(problem)
    return VerifyReport(sizes=sizes, checkpoints=checkpoints, problems=tuple(found))


def _positions(found: _Findings) -> None:
    placed = Event.objects.filter(position__isnull=False).order_by("position").values_list("position", flat=True)
    expected = 1
    for position in filter(None, placed.iterator(chunk_size=BATCH)):
        if position != expected:
            found.add(f"Position {expected} is missing: the next is {position}.")
        expected = position + 1


def _log(log: str, found: _Findings) -> tuple[int, int]:
    """Recompute one log; returns its size and how many checkpoints were compared."""
    roots = _checkpoints(log, found)
    count = sum(map(len, roots.values()))
    edge, stops = Edge(), sorted(roots)
    _compare_root(log, edge, roots, found)
    tiles: dict[tuple[int, int], bytes] = {}
    for hashes in _batches(log, stops, found):
        edge, changes = edge.append(hashes)
        _settle(log, changes, tiles, found)
        _compare_root(log, edge, roots, found)
    for place, data in tiles.items():
        _compare_tile(log, place, data, found)
    _count_tiles(log, edge.size, found)
    for size in roots:
        found.add(f"Log {log} has {edge.size} leaves but a checkpoint at size {size}.")
    return edge.size, count


def _checkpoints(log: str, found: _Findings) -> dict[int, list[bytes]]:
    """The roots of all checkpoints by size, their signatures checked."""
    roots: dict[int, list[bytes]] = {}
    rows = Checkpoint.objects.filter(log=log).values_list("origin__name", "origin__key_version", "origin__vkey", "size", "root", "note")
    for origin, version, kept, size, root, note in rows.iterator(chunk_size=BATCH):
        roots.setdefault(size, []).append(bytes(root))
        try:
            said = open_checkpoint(note, verifier=signing.known_verifier(log, origin=origin, key_version=version, kept=kept))
        except ValueError as error:
            found.add(f"The checkpoint of log {log} at size {size} is not signed well: {error}")
            continue
        if (said.size, said.root) != (size, bytes(root)):
            found.add(f"The note of log {log} at size {size} says something else than its row.")
    return roots


def _batches(log: str, stops: list[int], found: _Findings) -> Iterator[list[bytes]]:
    """Leaf hashes in order, cut at every checkpoint's size."""
    rows = Event.objects.filter(log=log, leaf_index__isnull=False).order_by("leaf_index")
    wanted, batch = iter([stop for stop in stops if stop]), list[bytes]()
    stop = next(wanted, None)
    for size, event in enumerate(rows.iterator(chunk_size=BATCH), start=1):
        _check_event(event, size - 1, found)
        batch.append(leaf_hash(bytes(event.leaf)))
        if size == stop or len(batch) == BATCH:
            yield batch
            stop, batch = next(wanted, None) if size == stop else stop, []
    if batch:
        yield batch


def _check_event(event: Event, index: int, found: _Findings) -> None:
    if event.leaf_index != index:
        found.add(f"Leaf {index} of log {event.log} is missing: the next is {event.leaf_index}.")
    try:
        right = _right_leaf(event)
    except ValueError as error:
        found.add(f"Event {event.pk} has an unfit leaf: {error}")
        return
    if right != bytes(event.leaf):
        found.add(f"Event {event.pk} is not what its leaf commits to.")


def _right_leaf(event: Event) -> bytes:
    if event.log == rules.PUBLIC:
        return rules.check_leaf(bytes(event.leaf), kind=event.kind, version_id=event.version_id)
    data: dict[str, Any] = event.data
    return rules.audit_leaf(
        kind=event.kind, subject=event.subject, actor=event.actor, data=data, salt=bytes(event.salt or b""), at=event.created_at
    )


def _compare_root(log: str, edge: Edge, roots: dict[int, list[bytes]], found: _Findings) -> None:
    said = roots.pop(edge.size, None)
    if said and any(root != edge.root() for root in said):
        found.add(f"The root of log {log} at size {edge.size} is not the one signed.")


def _settle(log: str, changes: list[TileChange], tiles: dict[tuple[int, int], bytes], found: _Findings) -> None:
    """Compare tiles that are full, keep the others until they are."""
    for change in changes:
        if len(change.data) == 8_192:
            tiles.pop((change.level, change.n), None)
            _compare_tile(log, (change.level, change.n), change.data, found)
        else:
            tiles[change.level, change.n] = change.data


def _compare_tile(log: str, place: tuple[int, int], data: bytes, found: _Findings) -> None:
    row = Tile.objects.filter(log=log, level=place[0], n=place[1]).values_list("data", flat=True).first()
    if row is None or bytes(row) != data:
        found.add(f"Tile {place[0]}/{place[1]} of log {log} is {'missing' if row is None else 'another one'}.")


def _count_tiles(log: str, size: int, found: _Findings) -> None:
    expected = 0
    while size:
        expected += (size + 255) >> 8
        size >>= 8
    count = Tile.objects.filter(log=log).count()
    if count != expected:
        found.add(f"Log {log} has {count} tiles instead of {expected}.")
