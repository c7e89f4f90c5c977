"""Proofs, entries, checkpoints and static files, as a stranger takes them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chengxin.common.errors import NotFound
from chengxin.ledger import merkle, notes, queries, rules, sequencer
from chengxin.ledger.models import Event

from .helpers import end, note_event, publish, stranger_verifies

pytestmark = pytest.mark.django_db


def test_before_its_place_an_event_has_an_entry_and_no_proof() -> None:
    version_id = publish()
    with pytest.raises(queries.NotYetLogged) as caught:
        queries.proof(version_id)
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (503, "not-yet-logged", 1)
    assert queries.entry(version_id).startswith(b'{"at":')
    assert queries.leaf_index(version_id) is None


def test_a_stranger_verifies_every_proof() -> None:
    versions = [publish() for _ in range(300)]
    sequencer.step(200)
    sequencer.step(200)
    end(versions[5])
    sequencer.step()
    for version_id in versions[::7] + versions[-3:]:
        leaf = queries.entry(version_id)
        assert stranger_verifies(queries.proof(version_id), leaf, queries.vkey("public")) == 301
        assert notes.verify_proof(queries.proof(version_id), leaf=leaf, verifier=queries.vkey()).size == 301
    ended = queries.proof(versions[5], "ended")
    assert ended == queries.proof(versions[5], "record.ended")
    assert stranger_verifies(ended, queries.entry(versions[5], "ended"), queries.vkey()) == 301
    assert queries.leaf_index(versions[5], "ended") == 300


def test_a_first_leaf_alone_is_proven_by_the_checkpoint() -> None:
    version_id = publish()
    sequencer.step()
    assert stranger_verifies(queries.proof(version_id), queries.entry(version_id), queries.vkey()) == 1


def test_what_is_not_there_is_not_found() -> None:
    version_id = publish()
    sequencer.step()
    for ask in (
        lambda: queries.proof(uuid4()),
        lambda: queries.proof(version_id, "ended"),
        lambda: queries.entry(version_id, "nonsense"),
        lambda: queries.entry(version_id, "catalogue.version.published"),
        lambda: queries.checkpoint("other"),
        lambda: queries.vkey("other"),
        lambda: queries.tile("public", 0, 1, 1),
        lambda: queries.tile("public", 0, 0, 2),
        lambda: queries.tile("public", 0, 0, 0),
        lambda: queries.entries("public", 0, 2),
        lambda: queries.entries("public", 1, 1),
        lambda: queries.file("tile/0/000"),
        lambda: queries.file("nonsense"),
        lambda: queries.event_proof(0),
    ):
        with pytest.raises(NotFound):
            ask()


def test_of_the_audit_log_only_checkpoints_are_open() -> None:
    event_id = note_event()
    with pytest.raises(queries.NotYetLogged):
        queries.event_proof(event_id)
    sequencer.step()
    assert notes.open_checkpoint(queries.checkpoint("audit"), verifier=queries.vkey("audit")).size == 1
    closed: list[Callable[[], bytes]] = [
        lambda: queries.tile("audit", 0, 0, 1),
        lambda: queries.entries("audit", 0, 1),
        lambda: queries.file("tile/0/000.p/1", "audit"),
    ]
    for ask in closed:
        with pytest.raises(NotFound):
            ask()
    leaf, proof = queries.event_proof(event_id)
    assert stranger_verifies(proof, leaf, queries.vkey("audit")) == 1


def test_the_static_files_rebuild_the_whole_tree() -> None:
    for _ in range(520):
        publish()
    sequencer.step()
    checkpoint = notes.open_checkpoint(queries.checkpoint(), verifier=queries.vkey())
    leaves: list[bytes] = []
    for path in ("tile/entries/000", "tile/entries/001", "tile/entries/002.p/8"):
        bundle = queries.file(path)
        while bundle:
            (length,) = struct.unpack(">H", bundle[:2])
            leaves.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert len(leaves) == checkpoint.size == queries.size() == 520
    assert merkle.edge_of(hashes).root() == checkpoint.root
    tiles = b"".join(queries.file(path) for path in ("tile/0/000", "tile/0/001", "tile/0/002.p/8"))
    assert tiles == b"".join(hashes)
    assert len(queries.file("tile/1/000.p/2")) == 64
    assert queries.tile("public", 0, 0, 3) == tiles[:96]


def test_proofs_stay_right_when_the_tree_grows_under_a_warm_cache() -> None:
    versions = []
    for batch in (3, 200, 60, 5, 300):
        versions += [publish() for _ in range(batch)]
        sequencer.step()
        for version_id in {versions[0], versions[-1], versions[len(versions) // 2]}:
            size = stranger_verifies(queries.proof(version_id), queries.entry(version_id), queries.vkey())
            assert size == len(versions)


def test_a_proof_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    versions = [publish() for _ in range(600)]
    sequencer.step()
    queries.proof(versions[10])
    queries.proof(versions[300])
    queries.proof(versions[599])
    with django_assert_max_num_queries(2):
        queries.proof(versions[300])


def test_events_are_read_in_order_of_positions() -> None:
    for number in range(7):
        note_event(number)
    version_id = publish()
    assert queries.events_after(0) == []
    assert queries.last_position() == 0
    sequencer.step()
    events = queries.events_after(0, 5) + queries.events_after(5)
    assert [event.position for event in events] == list(range(1, 9))
    assert (events[0].kind, events[0].subject, events[0].data) == ("filing.submitted", "filing-0", {"round": 0})
    assert (events[-1].log, events[-1].version_id) == ("public", version_id)
    assert queries.last_position() == 8


def test_health_counts_what_waits() -> None:
    note_event()
    health = queries.health()
    assert (health.ok, health.pending, health.parked) == (True, 1, 0)
    assert health.oldest_pending_s >= 0
    sequencer.step()
    health = queries.health()
    assert (health.ok, health.pending, health.oldest_pending_s, dict(health.sizes)) == (True, 0, 0.0, {"public": 0, "audit": 1})


def test_the_tile_cache_keeps_only_so_many() -> None:
    from chengxin.ledger import store

    for _ in range(1_100):
        publish()
    sequencer.step(2_000)
    head = store.head(rules.PUBLIC)
    assert head
    cache = store.TileCache(kept=2)
    tree = store.Tree(log="public", origin_id=head.origin_id, size=head.size, cache=cache)
    leaves = [merkle.leaf_hash(bytes(leaf)) for leaf in Event.objects.order_by("leaf_index").values_list("leaf", flat=True)]
    for index in range(0, 1_100, 97):
        path = tree.inclusion_path(index)
        assert merkle.verify_inclusion(leaf=leaves[index], index=index, size=1_100, path=path, root=head.root)
        assert len(cache) <= 2
