"""Judged lines between the check and the commit: compressed, sealed, with everything that takes long done already.

Rows hold personal data until they are taken in, so they stand in the database as an envelope bound to their chunk (D-41).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import zstandard

from chengxin.common import crypto
from chengxin.exchange import judging
from chengxin.exchange.values import Judged
from chengxin.records import inserting
from chengxin.records.supplying import Supply
from chengxin.records.values import Ready, Written

QUICK = 1
ZSTD = b"\x28\xb5\x2f\xfd"
"""What zstd begins with; chunks packed by a version before it were packed by zlib."""


class Packed(NamedTuple):
    """One judged line as it is taken in."""

    number: int
    uscc: str
    name: str
    supply: Supply
    is_unpublished: bool


def made_ready(lines: Iterable[Judged], *, group: str) -> list[Packed]:
    """Do for lines what needs no database."""
    mark = inserting.marker()
    return [_made_ready(line, group, mark) for line in lines]


def _made_ready(line: Judged, group: str, mark: inserting.Marker) -> Packed:
    record = line.record
    if record is None:
        record_id = judging.record_id(unit=line.unit, number=line.no, group=group)
        supply = Supply(line.operation, group, line.unit, line.no, record_id, None)
    else:
        ready = inserting.ready_of(record, mark=mark) if isinstance(record, Written) else inserting.ready(record, mark=mark)
        supply = Supply(line.operation, group, line.unit, line.no, record.record_id, ready)
    return Packed(line.number, line.uscc, line.name, supply, bool(line.why_unpublished))


def pack(lines: Sequence[Packed], *, bound_to: str) -> str:
    """The lines of a chunk as one envelope."""
    rows = orjson.dumps([_row(line) for line in lines])
    return crypto.seal_bytes(zstandard.ZstdCompressor(level=QUICK).compress(rows), bound_to=bound_to)


def unpack(payload: str, *, bound_to: str) -> list[Packed]:
    """The way back."""
    packed = crypto.unseal_bytes(payload, bound_to=bound_to)
    if packed.startswith(ZSTD):
        return [_packed(*row) for row in orjson.loads(zstandard.ZstdDecompressor().decompress(packed))]
    return [_packed(*_as_now(row)) for row in orjson.loads(zlib.decompress(packed))]


def _as_now(row: list[Any]) -> list[Any]:
    """A row of the version that packed by zlib: what was made ready stood in a list of its own, ids with their hyphens."""
    *told, record_id, ready = row
    told.append(record_id.replace("-", ""))
    if ready is None:
        return told
    version_id, *rest = ready
    return [*told, version_id.replace("-", ""), *rest]


def _row(line: Packed) -> tuple[Any, ...]:
    number, uscc, name, supply, is_unpublished = line
    operation, group, unit, no, record_id, ready = supply
    told = (number, uscc, name, is_unpublished, operation, group, unit, no, record_id.hex)
    if ready is None:
        return told
    marks, since, until = ready.fingerprints, ready.publicity_from, ready.publicity_until
    return (
        *told,
        ready.version_id.hex,
        ready.origin,
        ready.form_version,
        ready.order,
        ready.collected_at,
        ready.inside,
        ready.public.decode() if ready.public is not None else None,
        [mark.hex() for mark in marks],
        since,
        until,
    )


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
        inside,
        public.encode() if public is not None else None,
        tuple(map(bytes.fromhex, marks)),
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
    )
    return Packed(number, uscc, name, Supply(operation, group, unit, no, known_as, record), is_unpublished)
