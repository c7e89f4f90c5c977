"""The tree against an independent implementation (pymerkle), over thousands of sizes."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from pymerkle import InclusionProof, InmemoryTree
from pymerkle import verify_inclusion as judge_inclusion

from chengxin.ledger import merkle

SIZES = 2_600
LEAVES = [b"leaf %d" % number for number in range(SIZES)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


@pytest.fixture(scope="module")
def judge() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for leaf in LEAVES:
        tree.append_entry(leaf)
    return tree


class Tiles:
    """Tiles in memory, and nodes read out of them."""

    def __init__(self) -> None:
        self.data: dict[tuple[int, int], bytes] = {}
        self.edge = merkle.Edge()

    def append(self, hashes: list[bytes]) -> None:
        self.edge, changes = self.edge.append(hashes)
        for change in changes:
            old = self.data.get((change.level, change.n), b"")
            assert change.data.startswith(old)
            self.data[change.level, change.n] = change.data

    def node(self, height: int, index: int) -> bytes:
        level, n, row, place = merkle.tile_of(height, index)
        return merkle.tile_rows(self.data[level, n])[row][place * 32 : place * 32 + 32]


@pytest.fixture(scope="module")
def tiles() -> Tiles:
    tiles = Tiles()
    tiles.append(HASHES)
    return tiles


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert merkle.Edge().root() == hashlib.sha256(b"").digest() == merkle.root_at(0, lambda _h, _i: b"")


def test_every_size_has_the_root_the_judge_says(judge: InmemoryTree) -> None:
    edge = merkle.Edge()
    for size in range(1, SIZES + 1):
        edge, _changes = edge.append([HASHES[size - 1]])
        assert edge.root() == judge.get_root(size), size


def test_batches_of_any_size_give_the_same_tiles(tiles: Tiles) -> None:
    dice = random.Random(20260301)
    for _ in range(5):
        other, at = Tiles(), 0
        while at < SIZES:
            step = dice.choice([1, 2, 255, 256, 257, 700])
            other.append(HASHES[at : at + step])
            at += step
        assert other.data == tiles.data
        assert other.edge == tiles.edge


def test_the_root_of_every_earlier_size_is_read_from_the_tiles(tiles: Tiles, judge: InmemoryTree) -> None:
    rows = {place: merkle.tile_rows(data) for place, data in tiles.data.items()}

    def node(height: int, index: int) -> bytes:
        level, n, row, place = merkle.tile_of(height, index)
        return rows[level, n][row][place * 32 : place * 32 + 32]

    for size in range(1, SIZES + 1):
        assert merkle.root_at(size, node) == judge.get_root(size), size


def test_inclusion_proofs_are_those_of_the_judge(tiles: Tiles, judge: InmemoryTree) -> None:
    dice = random.Random(7)
    cases = [(index, size) for size in range(1, 70) for index in range(size)]
    cases += [(dice.randrange(size), size) for size in dice.choices(range(70, SIZES + 1), k=600)]
    cases += [(size - 1, size) for size in (255, 256, 257, 512, 513, 2_048, SIZES)]
    for index, size in cases:
        path = merkle.inclusion_path(index, size, tiles.node)
        theirs = judge.prove_inclusion(index + 1, size)
        assert [HASHES[index], *path] == theirs.path, (index, size)
        root = judge.get_root(size)
        judged = InclusionProof("sha256", True, size, index + 1, theirs.rule, [HASHES[index], *path])
        judge_inclusion(HASHES[index], root, judged, index=index + 1, size=size)
        assert merkle.verify_inclusion(leaf=HASHES[index], index=index, size=size, path=path, root=root)


def test_a_changed_inclusion_proof_is_refused(tiles: Tiles, judge: InmemoryTree) -> None:
    index, size = 1_234, 2_000
    path, root = merkle.inclusion_path(index, size, tiles.node), judge.get_root(size)
    good: dict[str, Any] = {"leaf": HASHES[index], "index": index, "size": size, "path": path, "root": root}
    assert merkle.verify_inclusion(**good)
    wrong: list[dict[str, Any]] = [
        {"leaf": HASHES[index + 1]},
        {"index": index + 1},
        {"index": index ^ 512},
        {"size": size + 1_000},
        {"index": size},
        {"index": -1},
        {"path": path[:-1]},
        {"path": [*path, root]},
        {"path": [path[1], path[0], *path[2:]]},
        {"root": judge.get_root(size - 1)},
    ]
    assert not [change for change in wrong if merkle.verify_inclusion(**{**good, **change})]


def test_an_index_outside_the_tree_has_no_proof(tiles: Tiles) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_path(5, 5, tiles.node)


def test_consistency_proofs_show_every_pair_and_nothing_else(tiles: Tiles, judge: InmemoryTree) -> None:
    dice = random.Random(11)
    cases = [(old, new) for new in range(1, 40) for old in range(1, new + 1)]
    cases += [(old, old + dice.randint(0, SIZES - old)) for old in dice.choices(range(1, SIZES + 1), k=200)]
    for old, new in cases:
        path = merkle.consistency_path(old, new, tiles.node)
        roots = judge.get_root(old), judge.get_root(new)
        good: dict[str, Any] = {"old_size": old, "old_root": roots[0], "new_size": new, "new_root": roots[1], "path": path}
        assert merkle.verify_consistency(**good), (old, new)
        assert not merkle.verify_consistency(**{**good, "old_root": HASHES[0][::-1]})
        assert not merkle.verify_consistency(**{**good, "new_root": HASHES[0][::-1]})
        assert not merkle.verify_consistency(**{**good, "path": [*path, HASHES[0]]})
        assert not path or not merkle.verify_consistency(**{**good, "path": path[:-1]})


def test_every_tree_continues_the_empty_one_and_none_shrinks() -> None:
    root = merkle.edge_of(HASHES[:9]).root()
    empty = merkle.EMPTY_ROOT
    assert merkle.verify_consistency(old_size=0, old_root=empty, new_size=9, new_root=root, path=[])
    assert not merkle.verify_consistency(old_size=0, old_root=root, new_size=9, new_root=root, path=[])
    assert not merkle.verify_consistency(old_size=9, old_root=root, new_size=8, new_root=root, path=[root])


def test_an_edge_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong tile"):
        merkle.Edge(3, (b"\x00" * 64,))


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    tiles = Tiles()
    tiles.append([number.to_bytes(32, "big") for number in range(70_000)])
    widths = {place: len(data) // 32 for place, data in tiles.data.items()}
    assert sum(level == 0 and width == 256 for (level, _n), width in widths.items()) == 273
    assert (widths[0, 273], widths[1, 0], widths[1, 1], widths[2, 0]) == (112, 256, 17, 1)
    assert len(widths) == 277
