"""`chengxin backup --check`: every byte of a backup is what its manifest says, and the dump can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chengxin.backups import programs, uploads
from chengxin.backups.manifest import DUMP, SUMS, BackupRefused, Manifest, read
from chengxin.common import keys
from chengxin.launcher import binaries


def problems(folder: Path) -> list[str]:
    """Return what is wrong with a backup, as sentences; empty where it is whole."""
    manifest = read(folder)
    return [*_files(folder, manifest), *_uploads(folder, manifest), *_dump(folder, manifest)]


def _files(folder: Path, manifest: Manifest) -> Iterator[str]:
    for name, told in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing."
        elif path.stat().st_size != told.bytes or uploads.of_file(path) != told.sha256:
            yield f"{name} is not the file that was written."


def _uploads(folder: Path, manifest: Manifest) -> Iterator[str]:
    count = 0
    try:
        for sha256, name in uploads.listed(folder):
            count += 1
            if not (folder / name).is_file():
                yield f"{name} is missing."
            elif uploads.of_file(folder / name) != sha256:
                yield f"{name} is not the file that was handed in."
    except (OSError, ValueError):
        yield f"{SUMS} cannot be read."
    if count != manifest.uploaded:
        yield f"{SUMS} lists {count} files instead of {manifest.uploaded}."


def _dump(folder: Path, manifest: Manifest) -> Iterator[str]:
    pg_restore, _major = binaries.client("pg_restore", least=manifest.dumped_by)
    code, said = programs.attempt(pg_restore, ["--list", str(folder / DUMP)], url="postgresql:///")
    if code:
        yield f"{DUMP} cannot be read: {said.strip().splitlines()[-1] if said.strip() else code}"


def missing_keys(manifest: Manifest) -> list[str]:
    """Return the keys that the data need and the ring lacks, or has another one of."""
    held = {(row.name, row.version): row.fingerprint for row in keys.ring().rows()}
    wanted = ((key, held.get((key.name, key.version))) for key in manifest.keys)
    return [f"{key.name} v{key.version}" + (" (another key)" if have else "") for key, have in wanted if have != key.fingerprint]


def require_keys(manifest: Manifest) -> None:
    """Refuse to go on without the keys that the manifest names (D-40)."""
    missing = missing_keys(manifest)
    if missing:
        raise BackupRefused(
            f"{len(missing)} keys of this backup are not in the key ring: {', '.join(missing)}. "
            "Put the key files back into KEYS_DIR, or set KEYS_DIR to where they are; nothing was changed."
        )
