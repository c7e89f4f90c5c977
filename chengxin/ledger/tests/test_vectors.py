"""The published vectors are what the code makes, and what a stranger makes without our code."""

from __future__ import annotations

import base64
import hashlib
import json

from pymerkle import InmemoryTree

from chengxin.ledger import rules

from .helpers import stranger_verifies
from .vectors import FILE, text


def test_the_published_file_is_what_the_code_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


def test_commitments_and_leaves_by_hand() -> None:
    for record in json.loads(FILE.read_text(encoding="utf-8"))["records"]:
        salt = base64.b64decode(record["salt"])
        commitment = hashlib.sha256(b"chengxin/record/v1\x00" + salt + record["content"].encode()).digest()
        assert base64.b64encode(commitment).decode() == record["commitment"]
        published = (
            f'{{"at":"2026-03-01T08:09:10Z","commitment":"{record["commitment"]}",'
            f'"id":"{record["version_id"]}","kind":"record.published","v":1}}'
        )
        assert published == record["published_leaf"]
        digest = hashlib.sha256(b"\x00" + published.encode()).digest()
        assert base64.b64encode(digest).decode() == record["published_leaf_hash"]


def test_trees_and_proofs_by_another_implementation() -> None:
    vectors = json.loads(FILE.read_text(encoding="utf-8"))
    tree = InmemoryTree(algorithm="sha256")
    leaves = [vectors["first_leaf"].replace(_hex(0), _hex(number)).encode() for number in range(vectors["trees"][-1]["size"])]
    for leaf in leaves:
        tree.append_entry(leaf)
    for case in vectors["trees"]:
        assert base64.b64decode(case["root"]) == tree.get_root(case["size"])
        for proof in case["proofs"]:
            index = int(proof.split("\n")[1].removeprefix("index "))
            assert stranger_verifies(proof, leaves[index], vectors["vkey"]) == case["size"]
        for old, path in case["consistency_from"].items():
            roots = tree.get_root(int(old)), tree.get_root(case["size"])
            steps = [base64.b64decode(step) for step in path]
            assert rules.verify_consistency(old_size=int(old), old_root=roots[0], new_size=case["size"], new_root=roots[1], path=steps)


def _hex(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()
