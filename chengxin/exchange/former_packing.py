"""Chunks that former versions packed, of imports that were under way when the new one came: lists of JSON (D-48)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson

from chengxin.exchange.packed import Packed
from chengxin.records.supplying import Supply
from chengxin.records.values import Ready

FLAT = (9, 19)
"""Values in a row of the version before this one, without and with a record."""


def unpacked(plain: bytes) -> list[Packed]:
    """The lines of a chunk."""
    return [_packed(*row if len(row) in FLAT else _flat(row)) for row in orjson.loads(plain)]


def _flat(row: list[Any]) -> list[Any]:
    """A row of the version before that: what was made ready stood in a list of its own, ids with their hyphens."""
    *told, record_id, ready = row
    version_id, *rest = ready or [None]
    return [*told, record_id.replace("-", ""), *([version_id.replace("-", ""), *rest] if ready else [])]


def _packed(
    number: int, uscc: str, name: str, is_unpublished: bool, operation: str, group: str, unit: str, no: str, record_id: str, *ready: Any
) -> Packed:
    known_as = UUID(int=int(record_id, 16))
    if not ready:
        return Packed(number, uscc, name, Supply(operation, group, unit, no, known_as, None), is_unpublished)
    version_id, origin, form_version, order, collected_at, inside, public, marks, since, until = ready
    record = Ready(
        UUID(int=int(version_id, 16)),
        known_as,
        origin,
        group,
        form_version,
        order,
        unit,
        no,
        collected_at,
        inside.encode(),
        public.encode() if public is not None else None,
        tuple(map(bytes.fromhex, marks)),
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
    )
    return Packed(number, uscc, name, Supply(operation, group, unit, no, known_as, record), is_unpublished)
