"""Judged lines between the check and the commit: compressed, sealed, with everything that takes long done already.

Rows hold personal data until they are taken in, so they stand in the database as an envelope bound to their chunk (D-41).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from chengxin.common import crypto
from chengxin.exchange import judging
from chengxin.exchange.values import Judged
from chengxin.records import inserting
from chengxin.records.inserting import Ready
from chengxin.records.supplying import Supply

QUICK = 1


@dataclass(frozen=True, slots=True)
class Packed:
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
    record_id = line.record.record_id if line.record else judging.record_id(unit=line.unit, number=line.no, group=group)
    ready = inserting.ready(line.record, mark=mark) if line.record else None
    supply = Supply(line.operation, group, line.unit, line.no, record_id, ready)
    return Packed(line.number, line.uscc, line.name, supply, bool(line.why_unpublished))


def pack(lines: Sequence[Packed], *, bound_to: str) -> str:
    """The lines of a chunk as one envelope."""
    rows = orjson.dumps([_row(line) for line in lines])
    return crypto.seal_bytes(zlib.compress(rows, QUICK), bound_to=bound_to)


def unpack(payload: str, *, bound_to: str) -> list[Packed]:
    """The way back."""
    rows = orjson.loads(zlib.decompress(crypto.unseal_bytes(payload, bound_to=bound_to)))
    return [_packed(row) for row in rows]


def _row(line: Packed) -> list[Any]:
    supply = line.supply
    head = [line.number, line.uscc, line.name, line.is_unpublished]
    told = [supply.operation, supply.group, supply.unit, supply.no, str(supply.record_id)]
    return [*head, *told, _ready_row(supply.record) if supply.record else None]


def _ready_row(ready: Ready) -> list[Any]:
    return [
        str(ready.version_id),
        ready.origin,
        ready.form_version,
        ready.order,
        ready.collected_at,
        ready.inside,
        ready.public.decode() if ready.public is not None else None,
        [mark.hex() for mark in ready.fingerprints],
        ready.publicity_from.isoformat() if ready.publicity_from else None,
        ready.publicity_until.isoformat() if ready.publicity_until else None,
    ]


def _packed(row: list[Any]) -> Packed:
    number, uscc, name, is_unpublished, operation, group, unit, no, record_id, rest = row
    supply = Supply(operation, group, unit, no, UUID(record_id), None)
    if rest is not None:
        supply = Supply(operation, group, unit, no, supply.record_id, _ready(rest, supply))
    return Packed(number, uscc, name, supply, is_unpublished)


def _ready(row: list[Any], supply: Supply) -> Ready:
    version_id, origin, form_version, order, collected_at, inside, public, marks, since, until = row
    return Ready(
        version_id=UUID(version_id),
        record_id=supply.record_id,
        origin=origin,
        group=supply.group,
        form_version=form_version,
        order=order,
        source_unit=supply.unit,
        source_no=supply.no,
        collected_at=collected_at,
        inside=inside,
        public=public.encode() if public is not None else None,
        fingerprints=tuple(bytes.fromhex(mark) for mark in marks),
        publicity_from=date.fromisoformat(since) if since else None,
        publicity_until=date.fromisoformat(until) if until else None,
    )
