"""Judged lines between the check and the commit: compressed, sealed, with everything that takes long done already.

Rows hold personal data until they are taken in, so they stand in the database as an envelope bound to their chunk (D-41).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import zstandard

from chengxin.common import crypto
from chengxin.exchange import former_packing, judging
from chengxin.exchange.packed import Packed
from chengxin.exchange.values import Judged
from chengxin.records import inserting
from chengxin.records.supplying import Supply
from chengxin.records.values import Ready, Written

QUICK = 1
ZSTD = b"\x28\xb5\x2f\xfd"
"""What zstd begins with; chunks packed by a version before it were packed by zlib."""

BEGIN = b"\x02"
HEAD_BYTES = 4
ID_BYTES, MARK_BYTES = 16, 32
KEPT_INSIDE = -1


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
    """The lines of a chunk as one envelope: a head in JSON, and behind it the bytes that are written as they stand."""
    shared: dict[tuple[Any, ...], int] = {}
    rows, pieces = [], list[bytes]()
    for number, uscc, name, supply, is_unpublished in lines:
        about, inside, public = _shared(supply), b"", None
        pieces.append(supply.record_id.bytes)
        if supply.record is not None:
            inside, public = supply.record.inside, supply.record.public
            pieces += (supply.record.version_id.bytes, *supply.record.fingerprints, inside, public or b"")
        sizes = len(inside), len(public) if public is not None else KEPT_INSIDE
        rows.append((number, uscc, name, is_unpublished, supply.no, shared.setdefault(about, len(shared)), *sizes))
    head = orjson.dumps({"shared": list(shared), "rows": rows})
    plain = b"".join((BEGIN, len(head).to_bytes(HEAD_BYTES, "big"), head, *pieces))
    return crypto.seal_bytes(zstandard.ZstdCompressor(level=QUICK).compress(plain), bound_to=bound_to)


def _shared(supply: Supply) -> tuple[Any, ...]:
    """What many lines of a chunk have in common: what is asked, and of the record the number of its marks, its form and its term."""
    operation, group, unit, _no, _record_id, ready = supply
    if ready is None:
        return operation, group, unit, None, None, None
    form = ready.origin, ready.form_version, ready.order, ready.collected_at
    return operation, group, unit, len(ready.fingerprints), form, (ready.publicity_from, ready.publicity_until)


def unpack(payload: str, *, bound_to: str) -> list[Packed]:
    """The way back."""
    packed = crypto.unseal_bytes(payload, bound_to=bound_to)
    plain = zstandard.ZstdDecompressor().decompress(packed) if packed.startswith(ZSTD) else zlib.decompress(packed)
    return _unpacked(plain) if plain.startswith(BEGIN) else former_packing.unpacked(plain)


def _unpacked(plain: bytes) -> list[Packed]:
    at = len(BEGIN) + HEAD_BYTES
    end = at + int.from_bytes(plain[len(BEGIN) : at], "big")
    head, made, at = orjson.loads(plain[at:end]), [], end
    shared = [(*asked, marks, form, _term(term)) for *asked, marks, form, term in head["shared"]]
    for number, uscc, name, is_unpublished, no, nth, inside_size, public_size in head["rows"]:
        operation, group, unit, marks, form, term = shared[nth]
        record_id, ready = _id(plain, at), None
        at += ID_BYTES
        if form is not None:
            origin, form_version, order, collected_at = form
            marks_at = at + ID_BYTES
            inside_at = marks_at + marks * MARK_BYTES
            public_at = inside_at + inside_size
            named = _id(plain, at), record_id, origin, group, form_version, order, unit, no, collected_at
            at = public_at + max(public_size, 0)
            public = None if public_size == KEPT_INSIDE else plain[public_at:at]
            fingerprints = tuple([plain[each : each + MARK_BYTES] for each in range(marks_at, inside_at, MARK_BYTES)])
            ready = Ready(*named, plain[inside_at:public_at], public, fingerprints, *term)
        made.append(Packed(number, uscc, name, Supply(operation, group, unit, no, record_id, ready), is_unpublished))
    return made


def _term(days: Sequence[str | None] | None) -> tuple[date | None, ...]:
    """From which day until which a record is public."""
    return tuple(date.fromisoformat(day) if day else None for day in days or ())


def _id(plain: bytes, at: int) -> UUID:
    return UUID(int=int.from_bytes(plain[at : at + ID_BYTES], "big"))
