"""Bytes of the log: contents, commitments and leaves exactly as D-17 says. Pure but for unsealing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chengxin.common import crypto
from chengxin.common.canonical import canonical

DOMAIN = b"chengxin/record/v1\x00"
ENVELOPE_MARK = "v1:"


def commitment(*, content: Mapping[str, Any], salt: bytes) -> bytes:
    """``SHA-256("chengxin/record/v1" || 0x00 || salt[32] || content)``, content as RFC 8785 bytes."""
    return hashlib.sha256(DOMAIN + salt + canonical(dict(content))).digest()


def published_leaf(*, version_id: UUID, content: Mapping[str, Any], salt: bytes, at: datetime) -> bytes:
    """The leaf of ``record.published``: nothing but version, commitment and moment."""
    sealed = base64.b64encode(commitment(content=content, salt=salt)).decode()
    return canonical({"v": 1, "kind": "record.published", "id": str(version_id), "commitment": sealed, "at": at})


def ended_leaf(*, version_id: UUID, at: datetime) -> bytes:
    """The leaf of ``record.ended``."""
    return canonical({"v": 1, "kind": "record.ended", "id": str(version_id), "at": at})


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as plain JSON values, as D-17 writes them."""
    made: dict[str, Any] = json.loads(canonical(dict(content)))
    return made


def inside_plain(version_id: UUID, inside: Mapping[str, Any]) -> dict[str, Any]:
    """The inside content with its envelopes opened."""
    return {
        code: crypto.unseal(value, bound_to=f"{version_id}/{code}")
        if isinstance(value, str) and value.startswith(ENVELOPE_MARK)
        else value
        for code, value in inside.items()
    }


def sealed_codes(inside: Mapping[str, Any]) -> frozenset[str]:
    """Codes whose values are envelopes."""
    return frozenset(c for c, v in inside.items() if isinstance(v, str) and v.startswith(ENVELOPE_MARK))
