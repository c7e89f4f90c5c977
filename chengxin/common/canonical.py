"""Canonical bytes (D-17): the same value always gives the same bytes, anywhere.

RFC 8785 JSON over a narrowed set of values: strings in NFC, no floats; decimals as plain strings,
days as `YYYY-MM-DD`, moments as RFC 3339 in UTC and whole seconds, UUIDs in lower case.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import rfc8785


def canonical(obj: object) -> bytes:
    """The canonical bytes of `obj`.

    Raises TypeError for a value that has no canonical form (floats, bytes, sets), ValueError for a
    naive moment, a decimal that is not finite, an integer beyond 2**53 - 1, text that is no
    Unicode, or two keys that are the same in NFC.
    """
    return rfc8785.dumps(_plain(obj))


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def rfc3339(moment: datetime) -> str:
    """`moment` (aware) in UTC and whole seconds, such as `2026-11-02T01:02:03Z`."""
    if moment.tzinfo is None:
        raise ValueError("A naive moment has no canonical form.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def _plain(obj: object) -> Any:
    if obj is None or isinstance(obj, bool | int):
        return obj
    if isinstance(obj, str):
        return unicodedata.normalize("NFC", obj)
    if isinstance(obj, Mapping):
        return _plain_mapping(obj)
    if isinstance(obj, list | tuple):
        return [_plain(item) for item in obj]
    return _plain_scalar(obj)


def _plain_mapping(obj: Mapping[Any, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in obj.items():
        if not isinstance(key, str):
            raise TypeError(f"A canonical key is text, not {type(key).__name__}.")
        name = unicodedata.normalize("NFC", key)
        if name in plain:
            raise ValueError(f"Two keys are the same in NFC: {name!r}.")
        plain[name] = _plain(value)
    return plain


def _plain_scalar(obj: object) -> str:
    if isinstance(obj, Decimal):
        if not obj.is_finite():
            raise ValueError("A canonical decimal is finite.")
        return format(obj, "f")
    if isinstance(obj, datetime):
        return rfc3339(obj)
    if isinstance(obj, date):
        return obj.isoformat()
    if isinstance(obj, UUID):
        return str(obj)
    raise TypeError(f"{type(obj).__name__} has no canonical form.")
