"""What the platform keeps outside the database as well (D-20, D-21).

One file per log under `CHECKPOINTS_DIR`, one JSON line per checkpoint or succession, and one file of endings, each line
forced to disk. A restored database that has lost what the world has already seen is found out against them. The same
lines go to every folder of `CHECKPOINT_MIRRORS`, which stand on other machines: one that is out of reach does not stop
the log, and is brought up to date when it is back; one that says something else stops it.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from .notes import Checkpoint, parse_checkpoint

OUT_OF_ORDER = 16
"""So many checkpoints at the end of a file may stand in another order than they were signed in."""

_TAIL_BYTES = 65_536
_behind: set[Path] = set()
_away: set[Path] = set()
_lock = threading.Lock()
log = structlog.get_logger(__name__)


def folder() -> Path:
    """Where the files are (setting CHECKPOINTS_DIR)."""
    return Path(settings.CHECKPOINTS_DIR)


def mirrors() -> list[Path]:
    """Where else they are (setting CHECKPOINT_MIRRORS)."""
    return [Path(name) for name in settings.CHECKPOINT_MIRRORS]


def places() -> list[Path]:
    """Every folder, our own first."""
    return [folder(), *mirrors()]


def behind() -> list[Path]:
    """Mirrors that could not be written since they were last brought up to date by this process."""
    with _lock:
        return sorted(_behind & set(mirrors()))


def path(log: str, *, place: Path | None = None) -> Path:
    """The file of one log."""
    return (place or folder()) / f"{log}.jsonl"


def append(log: str, notes: Sequence[str], *, what: str = "checkpoint", place: Path | None = None) -> None:
    """Add `notes` to the file of a log, in one place or everywhere, and force them to disk."""
    add(path(log).name, [{what: note} for note in notes], place=place)


def add(name: str, entries: Sequence[Mapping[str, Any]], *, place: Path | None = None) -> None:
    """Add lines to a file, in one place or everywhere; a mirror that cannot be written is noted as being behind."""
    if not entries:
        return
    lines = [f"{json.dumps(entry)}\n".encode("ascii") for entry in entries]
    for where in places() if place is None else [place]:
        if where == folder():
            where.mkdir(parents=True, exist_ok=True)
            _add(where / name, lines)
        else:
            _mirror(where / name, lines)


def _mirror(file: Path, lines: Sequence[bytes]) -> None:
    try:
        _add(file, lines)
    except OSError as error:
        note_behind(file.parent, error)
        return
    with _lock:
        back = file.parent in _away
        _away.discard(file.parent)
    if back:
        log.info("mirror of checkpoints is back", mirror=str(file.parent))


def note_behind(place: Path, error: OSError) -> None:
    """A mirror is out of reach: it is brought up to date by the first step after it is back. Said once, not at every step."""
    with _lock:
        known = place in _away
        _behind.add(place)
        _away.add(place)
    if not known:
        log.warning("mirror of checkpoints out of reach", mirror=str(place), error=error.strerror)


def note_level() -> None:
    """Every mirror is about to be brought up to date."""
    with _lock:
        _behind.clear()


def _add(file: Path, lines: Sequence[bytes]) -> None:
    """Add lines; those that another process, which came next, has found missing and added already stand there once."""
    new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        known = _end_of(handle)
        _write(handle, _mend(known) + b"".join(line for line in lines if line not in known))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        _sync_folder(file.parent)


def newest(log: str, *, place: Path | None = None) -> Checkpoint | None:
    """The newest checkpoint outside, or None where there is none.

    A last line that was cut by a crash was never shown to anyone and does not count. Of the last lines the one that goes
    furthest: who signs one after the other may write the other way round. Raises ValueError where a whole line cannot be read.
    """
    notes = (entry.get("checkpoint") for entry in last_entries(path(log, place=place)))
    last = [parse_checkpoint(note) for note in itertools.islice((note for note in notes if isinstance(note, str)), OUT_OF_ORDER)]
    return max((seen for seen in last if seen.origin == last[0].origin), key=lambda seen: seen.size, default=None)


def last_entries(file: Path) -> Iterator[dict[str, Any]]:
    """The last lines of a file that are whole, newest first; raises ValueError where one cannot be read."""
    try:
        raw = _tail(file)
    except FileNotFoundError:
        return
    yield from (entry for line in reversed(raw.split(b"\n")[:-1]) if (entry := entry_of(line)) is not None)


def entry_of(line: bytes) -> dict[str, Any] | None:
    """What a line holds; None for the torn piece of a line."""
    if line.endswith(b"\x00torn"):
        return None
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("Not a line of a checkpoint file.")
    return entry


def _tail(file: Path) -> bytes:
    with file.open("rb") as stream:
        return _end_of(stream.fileno())


def _end_of(handle: int) -> bytes:
    """The last lines of a file, with what may be left of one that was cut."""
    start = max(0, os.fstat(handle).st_size - _TAIL_BYTES)
    raw = os.pread(handle, _TAIL_BYTES, start)
    return raw if not start else raw.partition(b"\n")[2]


def _mend(last: bytes) -> bytes:
    """What closes a line that a crash has cut, so that the next one starts afresh."""
    return b"" if not last or last.endswith(b"\n") else b"\x00torn\n"


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(where: Path) -> None:
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
