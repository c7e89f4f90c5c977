"""Small makers for the tests of the ledger."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
from django.db import connection

from chengxin.common import clock
from chengxin.ledger import actions, rules
from chengxin.ledger.values import Publication


def publish(version_id: UUID | None = None) -> UUID:
    """Append one published record version."""
    version_id = version_id or uuid4()
    leaf = rules.published_leaf(version_id=version_id, commitment=hashlib.sha256(version_id.bytes).digest(), at=clock.now())
    actions.append(kind="record.published", subject=str(version_id), data={}, by=None, leaf=leaf, version_id=version_id)
    return version_id


def publications(number: int) -> list[Publication]:
    """So many record versions that become public."""
    return [Publication(uuid4(), uuid4(), "G06", bytes(32)) for _ in range(number)]


def end(version_id: UUID) -> None:
    """Append the end of a publication."""
    leaf = rules.ended_leaf(version_id=version_id, at=clock.now())
    actions.append(kind="record.ended", subject=str(version_id), data={}, by=None, leaf=leaf, version_id=version_id)


def note_event(number: int = 0) -> int:
    """Append one event of the audit log."""
    return actions.append(kind="filing.submitted", subject=f"filing-{number}", data={"round": number}, by="system:test")


def stranger_verifies(proof: str, leaf: bytes, verifier: str) -> int:
    """Check a proof file with nothing of ours but its text: parse by hand, judge by pymerkle. Returns the size."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from pymerkle import InclusionProof, verify_inclusion

    head, checkpoint = proof.split("\n\n", 1)
    first, index, *hashes = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    body, signatures = checkpoint.split("\n\n")
    origin, size, root = body.split("\n")
    name, _short, key = verifier.split("+", 2)
    signature = base64.b64decode(signatures.split(" ")[2])
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature[4:], f"{body}\n".encode())
    assert name == origin
    leaf_hash = hashlib.sha256(b"\x00" + leaf).digest()
    place, leaves = int(index.removeprefix("index ")), int(size)
    path = [leaf_hash, *map(base64.b64decode, hashes)]
    judged = InclusionProof("sha256", True, leaves, place + 1, _sides(place, leaves), path)
    verify_inclusion(leaf_hash, base64.b64decode(root), judged, index=place + 1, size=leaves)
    return leaves


def _sides(index: int, size: int) -> list[int]:
    """On which side each sibling stands (1: left), read off index and size; pymerkle wants a last 0."""
    sides, here, last = [], index, size - 1
    while last:
        if here & 1:
            sides.append(1)
        elif here < last:
            sides.append(0)
        here, last = here >> 1, last >> 1
    return [*sides, 0]


@contextmanager
def as_superuser() -> Iterator[None]:
    """Be who may do anything to the database of this test: a thief with the keys of the house."""
    from chengxin.launcher.postgres import SUPERUSER

    former = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = SUPERUSER
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = former


def empty_ledger() -> None:
    """Take out of this test's database what loading the reference data has put into the ledger."""
    from chengxin.launcher.postgres import SUPERUSER
    from tests import server

    url = server.url(connection.settings_dict["NAME"], role=SUPERUSER)
    with psycopg.connect(url, autocommit=True) as thief:
        if thief.execute("SELECT 1 FROM ledger_event LIMIT 1").fetchone():
            thief.execute("SET session_replication_role = replica")
            thief.execute("TRUNCATE ledger_event, ledger_tile, ledger_checkpoint, ledger_origin, ledger_followerposition")
