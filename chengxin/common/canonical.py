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
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import rfc8785

_HIGHEST_PLAIN = "\ud7ff"
_MOST = 2**53 - 1


class _OutOfOrder(Exception):
    """A key has signs that UTF-16 sorts in another order than code points."""


def canonical(obj: object) -> bytes:
    """The canonical bytes of `obj`.

    Raises TypeError for a value that has no canonical form (floats, bytes, sets), ValueError for a
    naive moment, a decimal that is not finite, an integer beyond 2**53 - 1, text that is no
    Unicode, or two keys that are the same in NFC.
    """
    try:
        return canonical_of_plain(_plain(obj))
    except _OutOfOrder:
        return rfc8785.dumps(_plain(obj, any_key=True))


def plain(obj: object) -> Any:
    """`obj` as the plain JSON values whose canonical bytes are its own: text, integers, booleans, lists, mappings."""
    return _plain(obj, any_key=True)


def canonical_of_plain(obj: Any) -> bytes:
    """The canonical bytes of what `plain` gave, where every key is ASCII, as codes of fields are."""
    try:
        return orjson.dumps(obj, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ValueError("Text that is no Unicode has no canonical form.") from error


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=64)
def rfc3339(moment: datetime) -> str:
    """`moment` (aware) in UTC and whole seconds, such as `2026-11-02T01:02:03Z`."""
    if moment.tzinfo is None:
        raise ValueError("A naive moment has no canonical form.")
    return f"{moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _plain(obj: object, *, any_key: bool = False) -> Any:
    if isinstance(obj, str):
        return obj if obj.isascii() else unicodedata.normalize("NFC", obj)
    if obj is None or isinstance(obj, bool):
        return obj
    if isinstance(obj, int):
        if abs(obj) > _MOST:
            raise ValueError("A canonical integer is at most 2**53 - 1.")
        return obj
    if isinstance(obj, Mapping):
        return _plain_mapping(obj, any_key)
    if isinstance(obj, list | tuple):
        return [_plain(item, any_key=any_key) for item in obj]
    return _plain_scalar(obj)


def _plain_mapping(obj: Mapping[Any, Any], any_key: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in obj.items():
        if not isinstance(key, str):
            raise TypeError(f"A canonical key is text, not {type(key).__name__}.")
        name = key if key.isascii() else unicodedata.normalize("NFC", key)
        if name in plain:
            raise ValueError(f"Two keys are the same in NFC: {name!r}.")
        if not any_key and not name.isascii() and max(name) > _HIGHEST_PLAIN:
            raise _OutOfOrder
        if isinstance(value, str):
            plain[name] = value if value.isascii() else unicodedata.normalize("NFC", value)
        else:
            plain[name] = _plain(value, any_key=any_key)
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
