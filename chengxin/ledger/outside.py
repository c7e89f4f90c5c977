"""Every signed checkpoint, kept outside the database as well (D-21).

One file per log under `CHENGXIN_HOME/checkpoints`, one JSON line per checkpoint or succession, forced
to disk. A restored database that has lost what the world has already seen is found out against it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from .notes import Checkpoint, parse_checkpoint

_TAIL_BYTES = 65_536


def folder() -> Path:
    """Where the files are (setting CHECKPOINTS_DIR)."""
    return Path(settings.CHECKPOINTS_DIR)


def path(log: str) -> Path:
    """The file of one log."""
    return folder() / f"{log}.jsonl"


def append(log: str, notes: Sequence[str], *, what: str = "checkpoint") -> None:
    """Add `notes` to the file of a log and force them to disk."""
    if not notes:
        return
    file = path(log)
    new = not file.exists()
    if new:
        file.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({what: note}) + "\n" for note in notes)
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        _write(handle, _mend(handle) + lines.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        _sync_folder(file.parent)


def newest(log: str) -> Checkpoint | None:
    """The newest checkpoint outside, or None where there is none.

    A last line that was cut by a crash was never shown to anyone and does not count. Raises ValueError
    where a whole line cannot be read.
    """
    try:
        raw = _tail(path(log))
    except FileNotFoundError:
        return None
    for line in reversed(raw.split(b"\n")[:-1]):
        note = _note(line)
        if note is not None:
            return parse_checkpoint(note)
    return None


def _note(line: bytes) -> str | None:
    """The checkpoint in a line; None where it holds a succession, or the torn piece of a line."""
    if line.endswith(b"\x00torn"):
        return None
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("Not a line of a checkpoint file.")
    note = entry.get("checkpoint")
    return note if isinstance(note, str) else None


def _tail(file: Path) -> bytes:
    with file.open("rb") as stream:
        end = stream.seek(0, os.SEEK_END)
        start = max(0, end - _TAIL_BYTES)
        stream.seek(start)
        raw = stream.read()
    return raw if not start else raw.partition(b"\n")[2]


def _mend(handle: int) -> bytes:
    """What closes a line that a crash has cut, so that the next one starts afresh."""
    size = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return b""
    return b"\x00torn\n"


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(where: Path) -> None:
    handle = os.open(where, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
