"""The Merkle tree of RFC 6962 and RFC 9162, cut into the tiles of C2SP tlog-tiles. Pure.

A *node* `(height, index)` is the hash of the leaves `[index << height, (index + 1) << height)`, all
of them present. A *tile* `(level, n)` is up to 256 nodes of height `8 * level` side by side; a partial
tile is a prefix of the full one. The *edge* is the partial tile of every level: all that is needed
to grow the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf: SHA-256(0x00 ‖ leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two nodes side by side: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def _row_above(row: bytes) -> bytes:
    """The complete nodes one height up; an odd last node has none."""
    step = 2 * HASH_BYTES
    stop = len(row) - step + 1
    return b"".join([sha256(b"\x01" + row[at : at + step]).digest() for at in range(0, stop, step)])


def tile_rows(data: bytes) -> tuple[bytes, ...]:
    """The complete nodes inside a tile, by height 0 to 7: what one read of a tile can answer."""
    rows = [data]
    while len(rows) < TILE_HEIGHT:
        rows.append(_row_above(rows[-1]))
    return tuple(rows)


def _full_tile_root(data: bytes) -> bytes:
    row = data
    for _ in range(TILE_HEIGHT):
        row = _row_above(row)
    return row


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over `hashes` (one or more), of which only the last may be smaller than the others."""
    row = list(hashes)
    while len(row) > 1:
        paired = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = paired + row[len(row) - len(row) % 2 :]
    return row[0]


@dataclass(frozen=True)
class TileChange:
    """One tile as it stands after an append."""

    level: int
    n: int
    data: bytes


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree: its size and the partial tile of each level (empty bytes where none)."""

    size: int = 0
    partials: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        for (level, _n, width), data in zip(edge_tiles(self.size), self.partials, strict=True):
            if len(data) != width * HASH_BYTES:
                raise ValueError(f"The edge of size {self.size} has a wrong tile at level {level}.")

    def append(self, leaf_hashes: Sequence[bytes]) -> tuple[Edge, list[TileChange]]:
        """The edge after `leaf_hashes`, and every tile that changed, whole as it now stands."""
        changes: list[TileChange] = []
        partials: list[bytes] = []
        added = b"".join(leaf_hashes)
        size = self.size + len(leaf_hashes)
        for level, _n, _width in edge_tiles(size):
            old = self.partials[level] if level < len(self.partials) else b""
            first = self.size >> (TILE_HEIGHT * (level + 1))
            rest, added, tiles = _grow(level, first, old, added)
            partials.append(rest)
            changes += tiles
        return Edge(size, tuple(partials)), changes

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.size:
            return EMPTY_ROOT
        tail: list[bytes] = []
        for data in self.partials:
            nodes = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
            if nodes or tail:
                tail = [_fold(nodes + tail)]
        return tail[0]


def _grow(level: int, n: int, old: bytes, added: bytes) -> tuple[bytes, bytes, list[TileChange]]:
    """One level: what is left over, the roots of the tiles that became full, and the changed tiles."""
    if not added:
        return old, b"", []
    data, changes, roots = old + added, [], []
    full = len(data) - len(data) % TILE_BYTES
    for at in range(0, full, TILE_BYTES):
        tile = data[at : at + TILE_BYTES]
        changes.append(TileChange(level, n + at // TILE_BYTES, tile))
        roots.append(_full_tile_root(tile))
    rest = data[full:]
    if rest:
        changes.append(TileChange(level, n + full // TILE_BYTES, rest))
    return rest, b"".join(roots), changes


def edge_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """The place `(level, n, width)` of the partial tile of each level; width 0 where there is none."""
    level = 0
    while size:
        yield level, size >> TILE_HEIGHT, size % TILE_WIDTH
        size >>= TILE_HEIGHT
        level += 1


def tile_of(height: int, index: int) -> tuple[int, int, int, int]:
    """Where a node stands: `(level, n)` of its tile, and `(row, place)` inside `tile_rows`."""
    level, row = divmod(height, TILE_HEIGHT)
    shift = TILE_HEIGHT - row
    return level, index >> shift, row, index & ((1 << shift) - 1)


def ragged(size: int, node: Node) -> list[bytes]:
    """By height, the hash of the last and perhaps incomplete subtree of a tree of `size` > 0.

    The last item is the root.
    """
    last = size - 1
    hashes = [node(0, last)]
    for height in range(last.bit_length()):
        index = last >> height
        hashes.append(node_hash(node(height, index - 1), hashes[-1]) if index & 1 else hashes[-1])
    return hashes


def root_at(size: int, node: Node) -> bytes:
    """The root of the first `size` leaves."""
    return ragged(size, node)[-1] if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node, tail: Sequence[bytes] | None = None) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves (RFC 9162 §2.1.3.1).

    `tail` is `ragged(size, node)`, for a caller that has kept it. Raises ValueError outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"Leaf {index} is not in a tree of {size}.")
    inner = (index ^ (size - 1)).bit_length()
    path = [node(height, (index >> height) ^ 1) for height in range(inner - 1)]
    if inner:
        path.append((tail or ragged(size, node))[inner - 1])
    path += [node(height, (index >> height) - 1) for height in range(inner, index.bit_length()) if index >> height & 1]
    return path


def consistency_path(old: int, new: int, node: Node) -> list[bytes]:
    """The hashes that show `old` leaves to be the beginning of `new` (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"There is no consistency proof from {old} to {new}.")
    return _subproof(old, 0, new, True, node)


def _subproof(old: int, start: int, end: int, whole: bool, node: Node) -> list[bytes]:
    if old == end - start:
        return [] if whole else [_range(start, end, node)]
    split = 1 << (end - start - 1).bit_length() - 1
    if old <= split:
        return [*_subproof(old, start, start + split, whole, node), _range(start + split, end, node)]
    return [
        *_subproof(old - split, start + split, end, False, node),
        _range(start, start + split, node),
    ]


def _range(start: int, end: int, node: Node) -> bytes:
    """The hash of an aligned range of leaves, complete or not."""
    width = end - start
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        return node(height, start >> height)
    split = 1 << (width - 1).bit_length() - 1
    return node_hash(_range(start, start + split, node), _range(start + split, end, node))


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` leads from the leaf hash `leaf` to `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, result = index, size - 1, leaf
    for step in path:
        if not last:
            return False
        if here & 1 or here == last:
            result = node_hash(step, result)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            result = node_hash(result, step)
        here, last = here >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(*, old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` shows the old tree to be the beginning of the new one (RFC 9162 §2.1.4.2)."""
    if old_size == new_size or not old_size:
        expected = new_root if old_size else EMPTY_ROOT
        return not path and old_root == expected and old_size <= new_size
    if old_size > new_size or not path:
        return False
    steps = list(path) if old_size & (old_size - 1) else [old_root, *path]
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if here & 1 or here == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, step)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def edge_of(leaf_hashes: Iterable[bytes]) -> Edge:
    """The edge of a tree built from nothing."""
    return Edge().append(list(leaf_hashes))[0]
