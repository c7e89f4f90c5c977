"""Makes `docs/reference/log_vectors.json`: examples another implementation must agree with, byte for byte.

Run `python -m chengxin.ledger.tests.vectors` after a change that is meant; a test compares the file.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chengxin.common.canonical import canonical
from chengxin.ledger import merkle, notes, rules
from chengxin.ledger.values import LogFile

FILE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "log_vectors.json"
AT = datetime(2026, 3, 1, 8, 9, 10, tzinfo=UTC)
SEED = sha256(b"chengxin test vector key: never sign with it").digest()
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
ORIGIN = "log.example/public"
SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 600)
CONTENTS: tuple[dict[str, Any], ...] = (
    {},
    {"amount_cny": Decimal("1200.50"), "donated_on": AT.date(), "title": "捐赠"},
    {"b": [True, None, 7], "a": {"€": "e\u0301", "\U00010000": "x", "\uffff": "y"}, "at": AT},
)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _records() -> list[dict[str, Any]]:
    made = []
    for number, content in enumerate(CONTENTS):
        salt, version_id = sha256(b"salt %d" % number).digest(), UUID(int=(4 << 76) + (8 << 60) + number)
        raw = canonical(content)
        promise = rules.commitment(salt=salt, content=raw)
        published = rules.published_leaf(version_id=version_id, commitment=promise, at=AT)
        ended = rules.ended_leaf(version_id=version_id, at=AT)
        made.append(
            {
                "version_id": str(version_id),
                "salt": _b64(salt),
                "content": raw.decode(),
                "commitment": _b64(promise),
                "published_leaf": published.decode(),
                "published_leaf_hash": _b64(merkle.leaf_hash(published)),
                "ended_leaf": ended.decode(),
                "ended_leaf_hash": _b64(merkle.leaf_hash(ended)),
            }
        )
    return made


def _leaves(count: int) -> list[bytes]:
    return [rules.catalogue_leaf(version_hash=sha256(b"%d" % number).hexdigest(), at=AT) for number in range(count)]


def _node(hashes: list[bytes]) -> merkle.Node:
    def node(height: int, index: int) -> bytes:
        return merkle.edge_of(hashes[index << height : (index + 1) << height]).root()

    return node


def _trees() -> list[dict[str, Any]]:
    hashes = [merkle.leaf_hash(leaf) for leaf in _leaves(max(SIZES))]
    made = []
    for size in SIZES:
        root = merkle.edge_of(hashes[:size]).root()
        note = notes.sign_checkpoint(notes.Checkpoint(ORIGIN, size, root), key=KEY)
        indexes = sorted({0, size // 2, size - 1})
        proofs = [
            notes.proof_text(index=index, path=merkle.inclusion_path(index, size, _node(hashes)), checkpoint=note) for index in indexes
        ]
        earlier = [old for old in SIZES if old < size]
        consistency = {str(old): list(map(_b64, merkle.consistency_path(old, size, _node(hashes)))) for old in earlier}
        made.append({"size": size, "root": _b64(root), "checkpoint": note, "proofs": proofs, "consistency_from": consistency})
    return made


def make() -> dict[str, Any]:
    """All vectors."""
    files = [LogFile(0, 0, 256), LogFile(0, 1234, 12), LogFile(2, 1_234_067, 256), LogFile(None, 3, 255)]
    return {
        "about": "Test vectors of the chengxin log (D-17 to D-19). Leaf n of `trees` is `leaf_rule` for n.",
        "leaf_rule": 'canonical {"at":"2026-03-01T08:09:10Z","id":hex(SHA-256(decimal n)),"kind":"catalogue.version.published","v":1}',
        "private_key_seed": SEED.hex(),
        "vkey": notes.vkey(ORIGIN, KEY.public_key()),
        "records": _records(),
        "first_leaf": _leaves(1)[0].decode(),
        "trees": _trees(),
        "paths": {rules.file_path(file): {"level": file.level, "n": file.n, "width": file.width} for file in files},
    }


def text() -> str:
    """The file as it stands in the tree."""
    return json.dumps(make(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
