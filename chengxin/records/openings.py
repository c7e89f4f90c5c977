"""What opens a leaf of the log: content and commitment as D-17 says, and the inside content with its envelopes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chengxin.common import crypto
from chengxin.common.canonical import canonical, rfc3339
from chengxin.common.canonical import plain as plain_json
from chengxin.ledger import rules as leaves

ENVELOPE_MARK = "v1:"


def commitment(*, content: Mapping[str, Any], salt: bytes) -> bytes:
    """What a leaf says of a record's public content (D-17): a hash over salt and RFC 8785 bytes."""
    return leaves.commitment(salt=salt, content=canonical(dict(content)))


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as plain JSON values, as D-17 writes them."""
    made: dict[str, Any] = plain_json(content)
    return made


def plain_moment(moment: datetime | None) -> str | None:
    """A moment as D-17 writes it."""
    return rfc3339(moment) if moment else None


def sealed(version_id: UUID, content: Mapping[str, Any], personal: frozenset[str]) -> dict[str, Any]:
    """All values (plain ones) for the inside archive; personal ones as envelopes bound to the version (D-41).

    An envelope holds the value as JSON. Typed text that looks like an envelope is put into one too, so that
    what looks like an envelope always is one.
    """
    return {
        code: envelope(version_id, code, value) if is_sealed(value, is_personal=code in personal) else value
        for code, value in content.items()
    }


def is_sealed(value: Any, *, is_personal: bool) -> bool:
    """Whether a plain value stands inside as an envelope."""
    return (is_personal or _is_envelope(value)) and value not in (None, "")


def envelope(version_id: UUID, code: str, value: Any) -> str:
    """A plain value in an envelope of its own, bound to version and field."""
    return crypto.seal(json.dumps(value, ensure_ascii=False), bound_to=f"{version_id}/{code}")


def inside_plain(version_id: UUID, inside: Mapping[str, Any]) -> dict[str, Any]:
    """The inside content with its envelopes opened."""
    return {
        code: json.loads(crypto.unseal(value, bound_to=f"{version_id}/{code}")) if _is_envelope(value) else value
        for code, value in inside.items()
    }


def sealed_codes(inside: Mapping[str, Any]) -> frozenset[str]:
    """Codes whose values are envelopes."""
    return frozenset(code for code, value in inside.items() if _is_envelope(value))


def _is_envelope(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(ENVELOPE_MARK)
