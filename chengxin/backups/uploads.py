"""The files handed in, in a backup: copied after the database, so that no row lacks its file.

Bytes are named by their hash and never change, so a backup beside an earlier one takes them from there by hard link where
the disk can. Page pictures can be drawn again and are left out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from chengxin.backups.manifest import SUMS, UPLOADS, FileSum

NAMED_BY_HASH = re.compile(r"[0-9a-f]{64}")
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<path>.+)\n")


def copy(store: Path, folder: Path, *, earlier: Path | None) -> tuple[int, FileSum]:
    """Copy the store into a backup with the list of its hashes; return how many files, and their bytes and the list's hash."""
    count = size = 0
    with (folder / SUMS).open("w", encoding="utf-8") as sums:
        for path in _kept(store):
            name = f"{UPLOADS}/{path.relative_to(store).as_posix()}"
            taken = _take(path, folder / name, earlier=earlier / name if earlier else None)
            if taken is not None:
                sums.write(f"{taken}  {name}\n")
                count, size = count + 1, size + (folder / name).stat().st_size
        sync(sums.fileno())
    return count, FileSum(bytes=size, sha256=of_file(folder / SUMS))


def _kept(store: Path) -> Iterator[Path]:
    """Every file of the store in the order of names, but what is only being taken in, and page pictures."""
    for root, folders, names in os.walk(store):
        folders[:] = sorted(name for name in folders if not name.endswith(".pages") and not (name == "tmp" and Path(root) == store))
        yield from (Path(root) / name for name in sorted(names))


def _take(source: Path, target: Path, *, earlier: Path | None) -> str | None:
    """Link or copy one file and return its hash; None where the sweep took it away meanwhile, as no row speaks of it."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if earlier is not None and NAMED_BY_HASH.fullmatch(source.name) and _linked(source, earlier, target):
        return source.name
    try:
        with source.open("rb") as taken, target.open("xb") as kept:
            os.fchmod(kept.fileno(), 0o600)
            shutil.copyfileobj(taken, kept, 1024 * 1024)
            kept.flush()
            sync(kept.fileno())
    except FileNotFoundError:
        return None
    return of_file(target)


def _linked(source: Path, earlier: Path, target: Path) -> bool:
    try:
        if earlier.stat().st_size != source.stat().st_size:
            return False
        os.link(earlier, target)
    except OSError:
        return False
    return True


def listed(folder: Path) -> Iterator[tuple[str, str]]:
    """Hash and path of every file a backup lists; raises ValueError for a line that is none."""
    with (folder / SUMS).open(encoding="utf-8") as sums:
        for line in sums:
            match = LINE.fullmatch(line)
            if match is None or ".." in Path(match["path"]).parts:
                raise ValueError(f"{SUMS} holds a line that names no file")
            yield match["sha256"], match["path"]


def put_back(folder: Path, store: Path) -> int:
    """Copy the files of a backup into the store; those that stand there whole are left; return how many were put back."""
    count = 0
    for sha256, name in listed(folder):
        target = store / Path(name).relative_to(UPLOADS)
        if target.is_file() and of_file(target) == sha256:
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        shutil.copyfile(folder / name, partial)
        partial.chmod(0o600)
        partial.replace(target)
        count += 1
    return count


def absent(hashes: Iterable[str], folder: Path) -> list[str]:
    """Which of these files a backup does not list."""
    return sorted(set(hashes) - {sha256 for sha256, _name in listed(folder)})


def of_file(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(handle: int) -> None:
    """Force a file to disk."""
    os.fsync(handle)
