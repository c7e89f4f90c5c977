"""Signed notes, checkpoints and proof files, byte for byte as C2SP has them. Pure.

Sources: c2sp.org/signed-note (Ed25519, type 0x01), c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chengxin.common.tokens import SigningKey

from .merkle import HASH_BYTES, leaf_hash, verify_inclusion

PROOF_HEAD = "c2sp.org/tlog-proof@v1"
_ED25519 = b"\x01"
_SIGNATURE_MARK = "— "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_MAX_SIGNATURES = 100


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself at one size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


@dataclass(frozen=True)
class Proof:
    """A proof file, read: one leaf of one log, and the checkpoint as it was signed."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("Not standard base64.") from error
    if _b64(data) != text:
        raise ValueError("Not canonical base64.")
    return data


def check_key_name(name: str) -> str:
    """`name` when it can name a key; raises ValueError otherwise."""
    if not name or "+" in name or any(char.isspace() or char < "!" for char in name):
        raise ValueError(f"{name!r} cannot name a key.")
    return name


def key_id(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def vkey(name: str, key: Ed25519PublicKey) -> str:
    """The verifier key to hand out: `<name>+<key id in hex>+<base64 of type and public key>`."""
    public = key.public_bytes_raw()
    return f"{check_key_name(name)}+{key_id(name, public).hex()}+{_b64(_ED25519 + public)}"


def parse_vkey(text: str) -> tuple[str, Ed25519PublicKey]:
    """Name and key of a verifier key; raises ValueError where it is not one of ours in form."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise ValueError("A verifier key has three parts.")
    name, short, data = check_key_name(parts[0]), parts[1], _unb64(parts[2])
    if len(data) != 1 + HASH_BYTES or data[:1] != _ED25519:
        raise ValueError("Not an Ed25519 verifier key.")
    if key_id(name, data[1:]).hex() != short:
        raise ValueError("The key id does not belong to this key.")
    return name, Ed25519PublicKey.from_public_bytes(data[1:])


def sign(text: str, *, name: str, key: SigningKey) -> str:
    """The signed note over `text` (which ends in a newline)."""
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise ValueError("A note ends in a newline and holds no other control character.")
    public = key.public_key().public_bytes_raw()
    signature = key_id(check_key_name(name), public) + key.sign(text.encode())
    return f"{text}\n{_SIGNATURE_MARK}{name} {_b64(signature)}\n"


def open_note(note: str, *, verifier: str) -> str:
    """The text of `note`, once the signature of `verifier` (a vkey) on it is found good.

    Signatures of other keys are passed over. Raises ValueError where none is ours, or ours is wrong.
    """
    name, key = parse_vkey(verifier)
    wanted = key_id(name, key.public_bytes_raw())
    text, lines = _split(note)
    found = False
    for line in lines:
        signer, signature = _signature(line)
        if (signer, signature[:4]) != (name, wanted):
            continue
        try:
            key.verify(signature[4:], text.encode())
        except InvalidSignature as error:
            raise ValueError(f"The signature of {name} is wrong.") from error
        found = True
    if not found:
        raise ValueError(f"The note is not signed by {name}.")
    return text


def _split(note: str) -> tuple[str, list[str]]:
    if any(char < " " and char != "\n" for char in note):
        raise ValueError("A note holds no control character.")
    body, gap, tail = note.rpartition("\n\n")
    lines = tail.splitlines()
    if not gap or not tail.endswith("\n") or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise ValueError("Not a signed note.")
    return body + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    name, space, data = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    if not line.startswith(_SIGNATURE_MARK) or not space:
        raise ValueError("Not a signature line.")
    signature = _unb64(data)
    if len(signature) < 5:
        raise ValueError("A signature is too short.")
    return check_key_name(name), signature


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note text or a whole note (whose signature is not looked at)."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not _DECIMAL.fullmatch(lines[1]):
        raise ValueError("Not a checkpoint.")
    root = _unb64(lines[2])
    if len(root) != HASH_BYTES:
        raise ValueError("The root of a checkpoint has 32 bytes.")
    return Checkpoint(lines[0], int(lines[1]), root)


def sign_checkpoint(checkpoint: Checkpoint, *, key: SigningKey) -> str:
    """The checkpoint as a note signed in the name of its origin."""
    return sign(checkpoint.text(), name=checkpoint.origin, key=key)


def open_checkpoint(note: str, *, verifier: str) -> Checkpoint:
    """The checkpoint of a note signed by `verifier`, whose name must be the origin."""
    checkpoint = parse_checkpoint(open_note(note, verifier=verifier))
    if checkpoint.origin != parse_vkey(verifier)[0]:
        raise ValueError("The checkpoint is of another log.")
    return checkpoint


def proof_text(*, index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """A proof file: head, index, hashes from the leaf's sibling upwards, an empty line, the checkpoint."""
    return "\n".join([PROOF_HEAD, f"index {index}", *map(_b64, path), "", checkpoint])


def parse_proof(text: str) -> Proof:
    """A proof file, read; raises ValueError where it is none."""
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != PROOF_HEAD:
        raise ValueError("Not a proof file.")
    rest = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    if not rest or not rest[0].startswith("index ") or not _DECIMAL.fullmatch(rest[0][6:]):
        raise ValueError("A proof file names its index.")
    path = tuple(_unb64(line) for line in rest[1:])
    if any(len(step) != HASH_BYTES for step in path):
        raise ValueError("A hash has 32 bytes.")
    return Proof(int(rest[0][6:]), path, checkpoint)


def verify_proof(text: str, *, leaf: bytes, verifier: str) -> Checkpoint:
    """The checkpoint under which `leaf` (exact bytes) is proven; raises ValueError where it is not."""
    proof = parse_proof(text)
    checkpoint = open_checkpoint(proof.checkpoint, verifier=verifier)
    if not verify_inclusion(leaf=leaf_hash(leaf), index=proof.index, size=checkpoint.size, path=proof.path, root=checkpoint.root):
        raise ValueError("The proof does not lead to the root.")
    return checkpoint
