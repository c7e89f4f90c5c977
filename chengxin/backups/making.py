"""`chengxin backup`: one moment of the database, then the files, whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from chengxin.backups import programs, uploads
from chengxin.backups.manifest import DUMP, PREFIX, STAMP, SUMS, BackupRefused, FileSum, KeyName, LogState, Manifest, found
from chengxin.common import clock, keys
from chengxin.launcher import binaries, places
from chengxin.ledger import queries as ledger
from chengxin.ledger import rules as logs

FORMER_SCHEMAS = "before_*"
FILES_OF_ROWS = (
    "SELECT sha256 FROM filings_attachment WHERE state <> 'dropped' UNION SELECT sha256 FROM portal_file"
    " UNION SELECT paper FROM identity_membership WHERE paper <> ''"
)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make(target: Path, *, owner_url: str) -> Path:
    """Back the installation up into a new folder of `target` and return it.

    Raises BackupRefused with the sentence that mends it; then nothing of this backup is left.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(target), _private():
        partial = target / f".{PREFIX}unfinished"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        try:
            with _room(target):
                whole = _finish(_fill(partial, earlier=next(reversed(found(target)), None), owner_url=owner_url), partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return whole


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """One backup at a time in one folder; what a killed one left is then nobody's."""
    with (target / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"Another backup is being written to {target}. Wait for it, or name another folder.") from None
        yield


@contextmanager
def _private() -> Iterator[None]:
    """What is written meanwhile is for its owner only."""
    former = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(former)


@contextmanager
def _room(target: Path) -> Iterator[None]:
    """Say in a sentence that the disk is full."""
    try:
        yield
    except (OSError, programs.NoRoom) as error:
        if isinstance(error, OSError) and error.errno not in NO_ROOM:
            raise
        free = shutil.disk_usage(target).free / 1024**3
        raise programs.NoRoom(
            f"No room for the backup: {free:.1f} GiB are free in {target}. Nothing of it was kept; earlier backups stand. "
            "Free the disk, name another folder, or keep fewer days (--keep-days)."
        ) from error


def _fill(partial: Path, *, earlier: Path | None, owner_url: str) -> Manifest:
    moment = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version_num')::int / 10000")
        snapshot, server = cursor.fetchone()
        pg_dump, dumped_by = binaries.client("pg_dump", least=server)
        options = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--exclude-schema={FORMER_SCHEMAS}"]
        programs.run(pg_dump, [*options, f"--snapshot={snapshot}", f"--file={partial / DUMP}"], url=owner_url)
        rows, needed = _counts(), _hashes()
        state, position = {log: _state(log) for log in logs.LOGS}, ledger.last_position()
        migrations = dict(sorted(MigrationRecorder(connection).applied_migrations()))
    uploaded, told = uploads.copy(Path(settings.MEDIA_ROOT), partial, earlier=earlier)
    _require_files(needed, partial)
    return Manifest(
        made_at=moment.isoformat(timespec="seconds"), product=version("chengxin"), server=server, dumped_by=dumped_by,
        migrations=migrations, position=position, logs=state, rows=rows, keys=_keys(), uploads=told, uploaded=uploaded,
        files={name: FileSum((partial / name).stat().st_size, uploads.of_file(partial / name)) for name in (DUMP, SUMS)},
    )  # fmt: skip


def _counts() -> dict[str, int]:
    """The exact number of rows of every table, as the snapshot has them."""
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        counted = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            counted[name] = int(cursor.fetchone()[0])
    return counted


def _hashes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(FILES_OF_ROWS)
        return {row[0] for row in cursor.fetchall()}


def _state(log: str) -> LogState:
    size = ledger.size(log)
    note = ledger.checkpoint(log) if size or ledger.vkeys(log) else ""
    return LogState(origin=ledger.origin(log), size=size, checkpoint=note)


def _keys() -> tuple[KeyName, ...]:
    return tuple(KeyName(row.name, row.version, row.fingerprint) for row in keys.ring().rows())


def _require_files(needed: set[str], partial: Path) -> None:
    missing = uploads.absent(needed, partial)
    if missing:
        raise BackupRefused(
            f"{len(missing)} files that rows speak of are not in {settings.MEDIA_ROOT} (first: {missing[0]}). "
            "Put them back from an earlier backup: chengxin restore SOURCE --files-only"
        )


def _finish(manifest: Manifest, partial: Path) -> Path:
    """Force everything to disk and give the backup its name: from now on it counts."""
    manifest.write(partial)
    for path in (*partial.iterdir(), partial):
        _sync(path)
    whole = partial.with_name(f"{PREFIX}{manifest.moment.strftime(STAMP)}")
    if whole.exists():
        raise BackupRefused(f"{whole} is there already. Wait a second.")
    partial.rename(whole)
    _sync(whole.parent)
    _note(whole, manifest)
    return whole


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        uploads.sync(handle)
    finally:
        os.close(handle)


def _note(whole: Path, manifest: Manifest) -> None:
    """Leave word for `doctor` and `/metrics`."""
    size = sum(file.bytes for file in manifest.files.values()) + manifest.uploads.bytes
    body = {"at": manifest.made_at, "path": str(whole), "bytes": size, "position": manifest.position}
    with suppress(OSError):
        draft = Path(settings.CHENGXIN_HOME) / f".{places.LAST_BACKUP}"
        draft.write_text(json.dumps(body), "utf-8")
        draft.replace(draft.with_name(places.LAST_BACKUP))


def forget_old(target: Path, *, keep_days: int) -> list[str]:
    """Delete backups older than the term, but never the newest; return their names (D-20: old salts live 35 days at most).

    A backup that is damaged goes like the others; so does what a run that was killed left half deleted.
    """
    for left in target.glob(f".{PREFIX}*.gone"):
        shutil.rmtree(left)
    before = clock.now() - timedelta(days=keep_days)
    made = {path: moment for path in found(target) if (moment := _moment(path))}
    old = [path for path in list(made)[:-1] if made[path] < before]
    for path in old:
        gone = path.with_name(f".{path.name}.gone")
        path.rename(gone)
        shutil.rmtree(gone)
    return [path.name for path in old]


def _moment(whole: Path) -> datetime | None:
    """When a backup was made, by its name; None for a folder somebody named otherwise."""
    try:
        return datetime.strptime(whole.name, f"{PREFIX}{STAMP}").replace(tzinfo=UTC)
    except ValueError:
        return None
