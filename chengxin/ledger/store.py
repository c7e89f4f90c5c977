"""Tiles and checkpoints out of the database, with the built tiles kept in memory.

A full tile never changes, so what is built from it is kept until there are too many. A kept
tile is bound to the `Origin` it was read under: another database, another life of the log, another id.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from . import merkle
from .models import Checkpoint, Tile


@dataclass(frozen=True)
class Head:
    """The newest checkpoint of a log."""

    log: str
    origin_id: UUID
    origin: str
    size: int
    root: bytes
    note: str
    key_version: int


class TileCache:
    """Built tiles by origin, level and number, the oldest dropped first; safe between threads."""

    def __init__(self, *, kept: int) -> None:
        self.kept = kept
        self._lock = threading.Lock()
        self._tiles: OrderedDict[tuple[UUID, int, int], tuple[bytes, ...]] = OrderedDict()
        self._tails: OrderedDict[tuple[UUID, int], list[bytes]] = OrderedDict()

    def get(self, key: tuple[UUID, int, int], *, end: int) -> tuple[bytes, ...] | None:
        """The rows of a tile that reach at least to byte `end` of its lowest row."""
        rows = self._tiles.get(key)
        return rows if rows and len(rows[0]) >= end else None

    def put(self, key: tuple[UUID, int, int], data: bytes) -> tuple[bytes, ...]:
        """Build the rows of a tile and keep them."""
        rows = merkle.tile_rows(data)
        with self._lock:
            self._tiles[key] = rows
            self._tiles.move_to_end(key)
            while len(self._tiles) > self.kept:
                self._tiles.popitem(last=False)
        return rows

    def tail(self, tree: Tree) -> list[bytes]:
        """The ragged right side of a tree of this size, kept for the sizes asked for last."""
        key = (tree.origin_id, tree.size)
        tail = self._tails.get(key)
        if tail is None:
            tail = merkle.ragged(tree.size, tree.node)
            with self._lock:
                self._tails[key] = tail
                while len(self._tails) > 16:
                    self._tails.popitem(last=False)
        return tail

    def __len__(self) -> int:
        """How many built tiles are kept."""
        return len(self._tiles)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._tiles.clear()
            self._tails.clear()


CACHE = TileCache(kept=settings.LEDGER_TILES_KEPT)


class Tree:
    """One log at one size, read through its tiles."""

    def __init__(self, *, log: str, origin_id: UUID, size: int, cache: TileCache = CACHE) -> None:
        self.log = log
        self.origin_id = origin_id
        self.size = size
        self._cache = cache

    def node(self, height: int, index: int) -> bytes:
        """The hash of one complete node; raises LookupError where its tile is missing."""
        level, row = height >> 3, height & 7
        shift = 8 - row
        n, place = index >> shift, index & ((1 << shift) - 1)
        key = (self.origin_id, level, n)
        rows = self._cache.get(key, end=(place + 1) << row + 5) or self._load(key, end=(place + 1) << row + 5)
        return rows[row][place << 5 : place + 1 << 5]

    def _load(self, key: tuple[UUID, int, int], *, end: int) -> tuple[bytes, ...]:
        data = read_tile(self.log, level=key[1], n=key[2])
        if data is None or len(data) < end:
            raise LookupError(f"Tile {key[1]}/{key[2]} of log {self.log} is missing or too short.")
        return self._cache.put(key, data)

    def inclusion_path(self, index: int) -> list[bytes]:
        """The inclusion proof of leaf `index` at this size."""
        return merkle.inclusion_path(index, self.size, self.node, self._cache.tail(self))

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return merkle.root_at(size, self.node)


def read_tile(log: str, *, level: int, n: int) -> bytes | None:
    """The bytes of a tile as far as it goes, or None."""
    data = Tile.objects.filter(log=log, level=level, n=n).values_list("data", flat=True).first()
    return None if data is None else bytes(data)


def write_tiles(log: str, changes: Sequence[merkle.TileChange]) -> None:
    """Insert tiles or let them grow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_tile (log, level, n, data)"
            " SELECT %s, * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])"
            " ON CONFLICT (log, level, n) DO UPDATE SET data = excluded.data",
            [log, [c.level for c in changes], [c.n for c in changes], [c.data for c in changes]],
        )


def head(log: str) -> Head | None:
    """The newest checkpoint of a log, or None before the first."""
    fields: Any = ("log", "origin_id", "origin__name", "size", "root", "note", "origin__key_version")
    row = Checkpoint.objects.filter(log=log).order_by("-id").values_list(*fields).first()
    return Head(row[0], row[1], row[2], row[3], bytes(row[4]), row[5], row[6]) if row else None


def load_edge(log: str, *, size: int) -> merkle.Edge:
    """The edge of a log at `size`, from its tiles; raises LookupError where one is missing."""
    partials: list[bytes] = []
    for level, n, width in merkle.edge_tiles(size):
        data = read_tile(log, level=level, n=n) if width else b""
        if data is None or len(data) < width * merkle.HASH_BYTES:
            raise LookupError(f"Tile {level}/{n} of log {log} is missing or too short.")
        partials.append(data[: width * merkle.HASH_BYTES])
    return merkle.Edge(size, tuple(partials))
