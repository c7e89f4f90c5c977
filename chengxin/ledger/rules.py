"""What goes into a leaf, which log it goes to, and how its files are named. Pure.

The tree itself is in `merkle`, notes and proof files in `notes`; both are offered here as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from chengxin.common.canonical import canonical, canonical_of_plain, rfc3339

from .merkle import TILE_WIDTH, leaf_hash, verify_consistency, verify_inclusion
from .notes import open_checkpoint, parse_proof, proof_text, sign, sign_checkpoint, verify_proof, vkey
from .values import LogFile

__all__ = [
    "audit_leaf",
    "catalogue_leaf",
    "check_data",
    "check_leaf",
    "commitment",
    "ended_leaf",
    "file_path",
    "leaf_hash",
    "log_of",
    "open_checkpoint",
    "parse_path",
    "parse_proof",
    "proof_text",
    "published_leaf",
    "published_leaves",
    "sign",
    "sign_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
    "vkey",
]

PUBLIC, AUDIT = "public", "audit"
LOGS = (PUBLIC, AUDIT)
PUBLISHED, ENDED, CATALOGUE = "record.published", "record.ended", "catalogue.version.published"
PUBLIC_KINDS = frozenset({PUBLISHED, ENDED, CATALOGUE})
SALT_BYTES = 32
MAX_LEAF_BYTES = 65_535
MAX_DATA_BYTES = 8_192
MAX_TEXT_CHARS = 256
PLAIN_TEXTS, PLAIN_CHARS = 16, 64  # with every sign escaped still less than MAX_DATA_BYTES

_KIND = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
_TILE_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<n>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


def log_of(kind: str) -> str:
    """The log an event of `kind` belongs to (D-18)."""
    return PUBLIC if kind in PUBLIC_KINDS else AUDIT


@lru_cache(maxsize=256)
def check_kind(kind: str) -> str:
    """`kind` when it is a dotted name such as `filing.submitted`; raises ValueError otherwise."""
    if not _KIND.fullmatch(kind) or len(kind) > 64:
        raise ValueError(f"{kind!r} is not the name of an event.")
    return kind


def check_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` as plain JSON values, once it is seen to hold identifiers and hashes only.

    Names, texts and addresses are not ASCII or not short; neither passes, so that none of them can
    get into a log that cannot forget. Raises ValueError or TypeError.
    """
    if _is_plain(data):
        return dict(data)
    raw = canonical(data)
    if len(raw) > MAX_DATA_BYTES:
        raise ValueError(f"The data of an event has at most {MAX_DATA_BYTES} bytes.")
    plain: dict[str, Any] = orjson.loads(raw)
    _check_texts(plain)
    return plain


def _is_plain(data: Mapping[str, Any]) -> bool:
    """Whether it is a few short ASCII texts: its own canonical form, seen without making it."""
    texts = [*data, *data.values()] if isinstance(data, dict) else [None]
    return len(texts) <= PLAIN_TEXTS and all(type(text) is str and len(text) <= PLAIN_CHARS and text.isascii() for text in texts)


def check_text(text: str) -> str:
    """`text` when it is short ASCII; raises ValueError otherwise."""
    if not text.isascii() or len(text) > MAX_TEXT_CHARS:
        raise ValueError("Events hold identifiers and hashes (short ASCII) only, never names or texts.")
    return text


def _check_texts(value: object) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            _check_texts(item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def commitment(*, salt: bytes, content: bytes, domain: str = "chengxin/record/v1") -> bytes:
    """SHA-256(domain ‖ 0x00 ‖ salt ‖ content) (D-17); `content` is canonical bytes, `salt` has 32."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes.")
    return sha256(domain.encode("ascii") + b"\x00" + salt + content).digest()


def published_leaf(*, version_id: UUID | str, commitment: bytes, at: datetime) -> bytes:
    """The exact leaf of a published record version (D-17)."""
    return published_leaves(at=at)(str(version_id), commitment)


def published_leaves(*, at: datetime) -> Callable[[str, bytes], bytes]:
    """What makes the leaves of record versions, by id and commitment, that are published in one moment (D-17)."""
    form = f'{{"at":"{rfc3339(at)}","commitment":"%b","id":"%b","kind":"{PUBLISHED}","v":1}}'.encode()

    def leaf(version_id: str, commitment: bytes) -> bytes:
        if len(commitment) != 32:
            raise ValueError("A commitment has 32 bytes.")
        return form % (binascii.b2a_base64(commitment, newline=False), version_id.encode())

    return leaf


def ended_leaf(*, version_id: UUID, at: datetime) -> bytes:
    """The exact leaf of the end of a publication (D-17, D-20)."""
    return canonical_of_plain({"v": 1, "kind": ENDED, "id": str(version_id), "at": rfc3339(at)})


def catalogue_leaf(*, version_hash: str, at: datetime) -> bytes:
    """The exact leaf of a catalogue version: its content hash and nothing else (D-18)."""
    if not re.fullmatch(r"[0-9a-f]{64}", version_hash):
        raise ValueError("A catalogue version is named by 64 hex digits.")
    return canonical({"v": 1, "kind": CATALOGUE, "id": version_hash, "at": rfc3339(at)})


def check_leaf(leaf: bytes, *, kind: str, version_id: UUID | None) -> bytes:
    """`leaf` when it is exactly what D-17 lets into the public log; raises ValueError otherwise."""
    try:
        body = orjson.loads(leaf)
    except ValueError as error:
        raise ValueError("A public leaf is canonical JSON.") from error
    keys = {"v", "kind", "id", "at"} | ({"commitment"} if kind == PUBLISHED else set())
    if not isinstance(body, dict) or set(body) != keys or not _is_exactly(body, leaf):
        raise ValueError(f"A leaf of {kind} is canonical JSON of exactly {', '.join(sorted(keys))}.")
    if (body["v"], body["kind"]) != (1, kind):
        raise ValueError(f"The leaf is not one of {kind}.")
    if kind != CATALOGUE and (version_id is None or body["id"] != str(version_id)):
        raise ValueError("The leaf names another record version.")
    return leaf


def _is_exactly(body: Mapping[str, Any], leaf: bytes) -> bool:
    """Whether a leaf is the canonical form of what it holds: ASCII texts and the number of its form."""
    return leaf.isascii() and all(type(value) in (str, int) for value in body.values()) and canonical_of_plain(body) == leaf


def audit_leaf(*, kind: str, subject: str, actor: str, data: Mapping[str, Any], salt: bytes, at: datetime) -> bytes:
    """The leaf of an event that is not public: a salted hash of all of it, and nothing to read."""
    content = canonical({"kind": kind, "subject": subject, "actor": actor, "data": data, "at": rfc3339(at)})
    return canonical({"v": 1, "commitment": _b64(commitment(salt=salt, content=content, domain="chengxin/event/v1"))})


def file_path(file: LogFile) -> str:
    """The C2SP path of a tile or bundle, such as `tile/0/x001/234.p/12`."""
    level = "entries" if file.level is None else str(file.level)
    groups = [f"{file.n % 1000:03}"]
    n = file.n // 1000
    while n:
        groups.insert(0, f"x{n % 1000:03}")
        n //= 1000
    suffix = "" if file.width == TILE_WIDTH else f".p/{file.width}"
    return f"tile/{level}/{'/'.join(groups)}{suffix}"


def parse_path(path: str) -> LogFile | None:
    """The tile or bundle that a C2SP path names, or None where it names none."""
    match = _TILE_PATH.fullmatch(path)
    if not match:
        return None
    n = int(match["n"].replace("/", "").replace("x", ""))
    level = None if match["level"] == "entries" else int(match["level"])
    width = int(match["width"] or TILE_WIDTH)
    file = LogFile(level=level, n=n, width=width)
    return file if file_path(file) == path else None
