"""What opens a leaf of the log: content and commitment as D-17 says, and the inside content with its envelopes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chengxin.common import crypto
from chengxin.common.canonical import canonical
from chengxin.ledger import rules as leaves

ENVELOPE_MARK = "v1:"


def commitment(*, content: Mapping[str, Any], salt: bytes) -> bytes:
    """What a leaf says of a record's public content (D-17): a hash over salt and RFC 8785 bytes."""
    return leaves.commitment(salt=salt, content=canonical(dict(content)))


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
