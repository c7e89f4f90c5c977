"""Signed notes, checkpoints and proof files, byte for byte."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chengxin.ledger import merkle, notes

# The published example of the signed-note format: made by another program, long ago.
KNOWN_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "log.example/public"
VKEY = notes.vkey(NAME, KEY.public_key())


def test_a_note_of_another_program_opens() -> None:
    assert notes.open_note(KNOWN_NOTE, verifier=KNOWN_VKEY).startswith("If you think")


def test_what_is_signed_opens_and_keeps_its_bytes() -> None:
    text = "第一行\n\nthird line\n"
    note = notes.sign(text, name=NAME, key=KEY)
    assert notes.open_note(note, verifier=VKEY) == text
    assert note.startswith(f"{text}\n— {NAME} ") and note.endswith("=\n")


def test_signatures_of_others_are_passed_over() -> None:
    witness = notes.sign("a\n", name="witness.example", key=Ed25519PrivateKey.generate()).splitlines()[-1]
    note = notes.sign("a\n", name=NAME, key=KEY) + witness + "\n"
    assert notes.open_note(note, verifier=VKEY) == "a\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("a\n", "b\n", 1),
        lambda note: note.replace(NAME, "other.example"),
        lambda note: note[:-1],
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note + "\x01\n",
        lambda note: note.replace("=\n", "\n"),
        lambda note: note.partition("\n\n")[0] + "\n\n",
    ],
)
def test_a_note_that_is_not_ours_or_changed_is_refused(change: object) -> None:
    note = notes.sign("a\n", name=NAME, key=KEY)
    with pytest.raises(ValueError):
        notes.open_note(change(note), verifier=VKEY)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb"])
def test_names_that_cannot_name_a_key(name: str) -> None:
    with pytest.raises(ValueError):
        notes.sign("a\n", name=name, key=KEY)


@pytest.mark.parametrize("text", ["no newline", "tab\there\n"])
def test_texts_that_cannot_be_notes(text: str) -> None:
    with pytest.raises(ValueError):
        notes.sign(text, name=NAME, key=KEY)


@pytest.mark.parametrize("vkey", ["", "a+b", VKEY.replace("+0", "+1").replace("+f", "+e") + "A", "n+00000000+AAAA"])
def test_verifier_keys_that_are_none(vkey: str) -> None:
    with pytest.raises(ValueError):
        notes.parse_vkey(vkey)


def test_a_verifier_key_is_bound_to_its_name() -> None:
    name, short, data = VKEY.split("+", 2)
    with pytest.raises(ValueError, match="key id"):
        notes.parse_vkey(f"{name}x+{short}+{data}")


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    checkpoint = notes.Checkpoint(NAME, 7, merkle.EMPTY_ROOT)
    note = notes.sign_checkpoint(checkpoint, key=KEY)
    assert note.splitlines()[:4] == [NAME, "7", base64.b64encode(merkle.EMPTY_ROOT).decode(), ""]
    assert notes.open_checkpoint(note, verifier=VKEY) == checkpoint


@pytest.mark.parametrize("text", ["", "a\n", "a\n07\nAAAA\n", "a\n-1\nAAAA\n", "a\n7\nAAAA\n", "a\n7\n!\n"])
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(ValueError):
        notes.parse_checkpoint(text)


def _proof() -> tuple[str, list[bytes]]:
    leaves = [b"a", b"b", b"c"]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    root = merkle.edge_of(hashes).root()
    note = notes.sign_checkpoint(notes.Checkpoint(NAME, 3, root), key=KEY)
    path = [hashes[0], hashes[2]]
    return notes.proof_text(index=1, path=path, checkpoint=note), leaves


def test_a_proof_file_has_the_lines_of_the_specification() -> None:
    proof, leaves = _proof()
    lines = proof.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 1"]
    assert lines[4] == "" and lines[5] == NAME
    assert notes.verify_proof(proof, leaf=leaves[1], verifier=VKEY).size == 3
    assert notes.parse_proof(proof.replace("\nindex", "\nextra AAAA\nindex", 1)) == notes.parse_proof(proof)


def test_a_proof_of_one_leaf_has_no_hash() -> None:
    note = notes.sign_checkpoint(notes.Checkpoint(NAME, 1, merkle.leaf_hash(b"a")), key=KEY)
    proof = notes.proof_text(index=0, path=[], checkpoint=note)
    assert proof.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example")
    assert notes.verify_proof(proof, leaf=b"a", verifier=VKEY).size == 1


def test_proof_files_that_prove_nothing() -> None:
    proof, leaves = _proof()
    bad = [
        (proof, leaves[0]),
        (proof.replace("@v1", "@v2"), leaves[1]),
        (proof.replace("index 1", "index 01"), leaves[1]),
        (proof.replace("index 1", "index 2"), leaves[1]),
        (proof.replace("index 1\n", ""), leaves[1]),
        (proof.replace("\n3\n", "\n4\n"), leaves[1]),
        (proof.partition("\n\n")[0], leaves[1]),
        (proof.replace("index 1\n", "index 1\nAAAA\n"), leaves[1]),
    ]
    for text, leaf in bad:
        with pytest.raises(ValueError):
            notes.verify_proof(text, leaf=leaf, verifier=VKEY)
