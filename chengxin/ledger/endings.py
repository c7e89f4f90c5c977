"""The journal of endings outside the database: whose publication has ended must not come back by a restore (D-20).

The sequencer writes a line for every `record.ended` it places, before it writes the checkpoint that covers it: a
checkpoint outside says that every ending under it stands in the journal. A line holds what the public log says anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import outside, store
from .models import Event
from .rules import ENDED, PUBLIC

NAME = "endings.jsonl"
CATCH_UP_BATCH = 1_000


@dataclass(frozen=True)
class Ending:
    """One publication that has ended: which version, when, why, and where the log says so."""

    version: str
    at: str
    reason: str
    origin: str
    index: int


def of_leaf(leaf: bytes, *, reason: str, origin: str, index: int) -> Ending:
    """The ending that a leaf of the public log states."""
    body = json.loads(leaf)
    return Ending(version=body["id"], at=body["at"], reason=reason, origin=origin, index=index)


def write(endings: Iterable[Ending], *, place: Path | None = None) -> None:
    """Add endings to the journal, in one place or everywhere, and force them to disk."""
    outside.add(NAME, [asdict(ending) for ending in endings], place=place)


def catch_up(head: store.Head, *, place: Path) -> None:
    """Write what a crash kept from being written, or what was before there was a journal or this mirror."""
    rows = Event.objects.filter(log=PUBLIC, kind=ENDED, leaf_index__gt=_written_to(head.origin, place=place)).order_by("leaf_index")
    batch: list[Ending] = []
    for leaf, data, index in rows.values_list("leaf", "data", "leaf_index").iterator(chunk_size=CATCH_UP_BATCH):
        assert index is not None
        batch.append(of_leaf(bytes(leaf), reason=str(data.get("reason", "")), origin=head.origin, index=index))
        if len(batch) == CATCH_UP_BATCH:
            write(batch, place=place)
            batch = []
    write(batch, place=place)


def _written_to(origin: str, *, place: Path) -> int:
    """The last leaf the journal holds under this name of the log; a new name begins anew, which costs only lines."""
    last = next(outside.last_entries(place / NAME), None)
    return int(last["index"]) if last and last["origin"] == origin else -1


def read() -> Iterator[Ending]:
    """Every ending of every place, a version as often as it stands there; raises ValueError for a line that is none."""
    for place in outside.places():
        yield from _read(place / NAME)


def _read(file: Path) -> Iterator[Ending]:
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return
    with stream:
        for line in stream:
            entry: dict[str, Any] | None = outside.entry_of(line.rstrip(b"\n")) if line.endswith(b"\n") else None
            if entry is not None:
                yield Ending(**entry)
