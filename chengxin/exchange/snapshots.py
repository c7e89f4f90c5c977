"""Daily snapshots of all public files: one compressed file of lines, one manifest, kept for some days (D-49).

A line is the public file as the look-up sends it, byte for byte. With the changes after the manifest's
position a copy is what the site says now. Data and manifest are static files: any server may serve them.

The manifest is renamed into place last: a snapshot is there when its manifest is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
import structlog
import zstandard
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.canonical import rfc3339
from chengxin.common.errors import NotFound, Unavailable
from chengxin.identity.values import Actor
from chengxin.ledger import actions as log_actions
from chengxin.ledger import queries as log_queries
from chengxin.records import everything

NAME = re.compile(r"\d{4}-\d{2}-\d{2}-\d{12}\.(?:json|ndjson\.zst)")
MANIFEST, DATA = ".json", ".ndjson.zst"
LEVEL = 1
"""Of Zstandard: on files of this kind higher levels take longer and save nothing (`bench/snapshot.py`)."""
BLOCK_BYTES = 1 << 20
LEAST_LEFT_BYTES = 256 * 1024**2
"""What a snapshot leaves free on its disk."""

GROWTH = 1.2
"""How much larger than the last one a snapshot may become."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Manifest:
    """What one snapshot is: `file` beside the manifest has `bytes` bytes and this hash, `count` lines, all changes up to `position`."""

    name: str
    file: str
    made_at: str
    position: int
    origin: str
    log_size: int
    count: int
    bytes: int
    sha256: str
    uncompressed_bytes: int


def folder() -> Path:
    """Where snapshots lie."""
    return Path(settings.SNAPSHOTS_DIR)


def listing() -> list[Manifest]:
    """The snapshots there are, the newest first."""
    found = sorted((path for path in folder().glob(f"*{MANIFEST}") if NAME.fullmatch(path.name)), reverse=True)
    return [Manifest(**orjson.loads(path.read_bytes())) for path in found]


def age_days() -> float | None:
    """How old the newest snapshot is; None where there is none."""
    found = listing()
    return (clock.now() - datetime.fromisoformat(found[0].made_at)).total_seconds() / 86_400 if found else None


def manifest(name: str) -> bytes:
    """The bytes of a manifest; raises NotFound."""
    with opened(name + MANIFEST) as file:
        return file.read()


def opened(name: str) -> IO[bytes]:
    """A manifest or data file by its name, open for reading; raises NotFound. It stays readable when it is swept meanwhile."""
    if not NAME.fullmatch(name):
        raise NotFound
    try:
        return (folder() / name).open("rb")
    except FileNotFoundError:
        raise NotFound from None


def data(name: str) -> tuple[IO[bytes], str]:
    """The data of a snapshot, open for reading, and their SHA-256; raises NotFound also where there is no manifest."""
    sha256: str = orjson.loads(manifest(name))["sha256"]
    return opened(name + DATA), sha256


def due(_limit: int = 0) -> int:
    """The worker's turn: today's snapshot once its hour has come; returns 1 where one was made."""
    local = clock.now().astimezone(clock.SHANGHAI)
    if not settings.SNAPSHOTS_KEPT or local.hour < settings.SNAPSHOT_HOUR or not everything.any_there():
        return 0
    if any(path.name.startswith(clock.today().isoformat()) for path in folder().glob(f"*{MANIFEST}")):
        return 0
    return 1 if make() else 0


def make() -> Manifest | None:
    """Make a snapshot now and sweep old ones; None where another process is making one.

    Raises Unavailable where the disk has no room for it; an OSError leaves no half file behind.
    """
    folder().mkdir(parents=True, exist_ok=True, mode=0o755)
    _require_room()
    with everything.frozen() as state:
        if state is None:
            return None
        _sweep_parts()
        made = _written(state)
    with transaction.atomic():
        data = {"sha256": made.sha256, "position": made.position, "count": made.count}
        log_actions.append(kind="snapshot.made", subject=made.name, data=data, by=Actor.system("snapshots"))
    sweep()
    log.info("snapshot made", **asdict(made))
    return made


def _require_room() -> None:
    """Ask for room before minutes of work, and leave some to uploads and the database."""
    former = listing()
    needed = int(former[0].bytes * GROWTH) if former else everything.table_bytes()
    free = shutil.disk_usage(folder()).free
    if free < needed + LEAST_LEFT_BYTES:
        room = {"free": free // 1024**2, "needed": (needed + LEAST_LEFT_BYTES) // 1024**2, "folder": folder()}
        raise Unavailable(_("磁盘空间不足，未生成快照：%(folder)s 剩余 %(free)s MB，需要 %(needed)s MB。") % room)


def _written(state: everything.Frozen) -> Manifest:
    at = clock.now()
    name = f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d}-{state.position:012d}"
    with _in_place(name + DATA) as out:
        lines = _Lines(state.files)
        sha256 = _compressed(lines, out)
        size = out.tell()
    made = Manifest(
        name=name,
        file=name + DATA,
        made_at=rfc3339(at),
        position=state.position,
        origin=log_queries.origin(),
        log_size=log_queries.size(),
        count=lines.count,
        bytes=size,
        sha256=sha256,
        uncompressed_bytes=lines.bytes,
    )
    with _in_place(name + MANIFEST) as out:
        out.write(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return made


class _Lines:
    """Files as blocks of lines, counted as they pass."""

    def __init__(self, files: Iterator[bytes]) -> None:
        self._files = files
        self.count = 0
        self.bytes = 0

    def blocks(self) -> Iterator[bytes]:
        """About `BLOCK_BYTES` at a time."""
        block: list[bytes] = []
        size = 0
        for body in self._files:
            block.append(body)
            size += len(body) + 1
            if size >= BLOCK_BYTES:
                yield self._taken(block, size)
                block, size = [], 0
        if block:
            yield self._taken(block, size)

    def _taken(self, block: list[bytes], size: int) -> bytes:
        self.count += len(block)
        self.bytes += size
        return b"\n".join(block) + b"\n"


def _compressed(lines: _Lines, out: IO[bytes]) -> str:
    """Write the lines compressed; the SHA-256 of what was written."""
    digest = hashlib.sha256()
    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    for block in lines.blocks():
        _both(packer.compress(block), out, digest)
    _both(packer.flush(), out, digest)
    return digest.hexdigest()


def _both(packed: bytes, out: IO[bytes], digest: Any) -> None:
    if packed:
        out.write(packed)
        digest.update(packed)


@contextmanager
def _in_place(name: str) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all."""
    part = folder() / f"{name}.part"
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, folder() / name)
    finally:
        part.unlink(missing_ok=True)
    handle = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep() -> int:
    """Remove all but the newest `SNAPSHOTS_KEPT`, manifests first, and data without manifest; returns how many files."""
    kept = {made.name for made in listing()[: max(1, settings.SNAPSHOTS_KEPT)]}
    gone = [path for path in folder().iterdir() if NAME.fullmatch(path.name) and path.name.split(".")[0] not in kept]
    for path in sorted(gone, key=lambda path: path.name.endswith(DATA)):
        path.unlink(missing_ok=True)
    return len(gone)


def _sweep_parts() -> None:
    """What a killed process left: nobody else writes while this one holds the lock."""
    for part in folder().glob("*.part"):
        part.unlink(missing_ok=True)
