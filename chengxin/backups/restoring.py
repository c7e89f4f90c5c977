"""`chengxin restore`: the database as it was, the files, and what must not come back (D-20, D-21).

The steps, each safe to run again: look, make room, load, count, migrate, end what the journal says has ended, end sessions
and codes, hold messages, compare the logs with the world. Until the last of them is done the schema carries a mark, and
web and worker refuse to start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from chengxin import install
from chengxin.access import actions as access
from chengxin.backups import checking, programs, uploads
from chengxin.backups.manifest import DUMP, BackupRefused, Manifest, read
from chengxin.common import clock
from chengxin.gateways import actions as gateways
from chengxin.identity.values import Actor
from chengxin.launcher import binaries, places
from chengxin.ledger import actions as ledger_actions
from chengxin.ledger import endings, guard, outside
from chengxin.ledger import queries as ledger
from chengxin.ledger import rules as logs
from chengxin.records import actions as records

MARK = "chengxin: this restore is unfinished"
HARMLESS = re.compile(r'unrecognized configuration parameter "transaction_timeout"')
LOST = "The checkpoints outside the database are lost; how far the log had been signed is not known."
FORMER = "before_%Y%m%d_%H%M%S"
FIND_FORMER = "SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY nspname"
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
"""
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
TOLD = "SELECT obj_description('public'::regnamespace, 'pg_namespace')"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    former: str
    files: int
    ended: int
    sessions: int
    held: int
    problems: Mapping[str, str] = field(default_factory=dict)


def restore(source: Path, *, owner_url: str, replace: bool = False, without_journal: bool = False, say: Say) -> Restored:
    """Put the backup `source` in place of whatever the database holds.

    Raises BackupRefused before anything is changed where the backup is damaged, a key is missing, the journal outside
    the database is not there, somebody is connected, or the database holds data and `replace` is not given.
    """
    manifest = read(source)
    _require_known(manifest)
    checking.require_keys(manifest)
    if not without_journal:
        _require_outside(manifest)
    say(f"Checking the backup of {manifest.made_at} …")
    damage = checking.problems(source)
    if damage:
        raise BackupRefused(f"The backup is damaged: {' '.join(damage[:5])} Nothing was changed; use another one.")
    connections.close_all()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        former = _make_room(connection, manifest, replace=replace)
    say("Loading the database …")
    _load(source, manifest, owner_url=owner_url)
    _compare_rows(manifest, owner_url=owner_url)
    say("Putting the files back …")
    files = uploads.put_back(source, Path(settings.MEDIA_ROOT))
    say("Migrating …")
    install.migrate(owner_url=owner_url, verbosity=0)
    say("Ending what has ended since …")
    done = _mend(backup=manifest.made_at, position=manifest.position)
    if without_journal:
        _succeed_logs(manifest)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("COMMENT ON SCHEMA public IS NULL")
    return Restored(manifest, former, files, problems=log_problems(), **done)


def _require_known(manifest: Manifest) -> None:
    """A backup of a newer version has a schema that this one does not know."""
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    ours = {label for label, _name in known}
    unknown = [f"{app}.{name}" for app, name in manifest.migrations.items() if app in ours and (app, name) not in known]
    if unknown:
        raise BackupRefused(
            f"The backup is of version {manifest.product} with {unknown[0]}, which this version does not know. Install that version first."
        )


def _require_outside(manifest: Manifest) -> None:
    """The checkpoints and the journal of endings must be here, or what has ended would come back unnoticed."""
    for log, state in manifest.logs.items():
        if state.size:
            _require_checkpoints(log)


def _require_checkpoints(log: str) -> None:
    if not any(outside.path(log, place=place).is_file() for place in outside.places()):
        raise BackupRefused(
            f"No checkpoints of log {log} are in {outside.folder()}: what was published or ended since the backup would be unknown. "
            "Copy the folder of checkpoints there from the old machine or from a mirror, or name a mirror in CHECKPOINT_MIRRORS. "
            "Only where every copy is lost: chengxin restore SOURCE --without-journal; both logs are then closed and succeeded."
        )


def _make_room(connection: psycopg.Connection[Any], manifest: Manifest, *, replace: bool) -> str:
    """Leave an empty schema with the mark of an unfinished restore; return under which name the former data stand, or empty."""
    server = connection.info.server_version // 10000
    if server < manifest.server:
        raise BackupRefused(
            f"The backup is of PostgreSQL {manifest.server}, this server is {server}. Use a server of {manifest.server} or newer."
        )
    if (others := _number(connection, OTHERS)) > 0:
        raise BackupRefused(f"{others} others are connected to the database. Stop web and workers first, then restore again.")
    unfinished, full = _is_unfinished(connection), _number(connection, TABLES) > 0
    if full and not unfinished and not replace:
        raise BackupRefused(
            "The database is not empty. Nothing was changed. To put its data aside under another name and restore over them: "
            "chengxin restore SOURCE --replace"
        )
    former = clock.now().strftime(FORMER) if full and not unfinished else ""
    with connection.transaction():
        if former:
            connection.execute(sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(former)))
        elif full:
            connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA IF NOT EXISTS public")
        connection.execute(sql.SQL("COMMENT ON SCHEMA public IS {}").format(sql.Literal(MARK)))
    return former


def _number(connection: psycopg.Connection[Any], statement: sql.SQL | str) -> int:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _is_unfinished(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(TOLD).fetchone()
    return bool(row and row[0] == MARK)


def unfinished() -> bool:
    """Say whether the database holds half of a restore, which neither web nor worker may touch."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'public'")
        row = cursor.fetchone()
    return bool(row and row[0] == MARK)


def _load(source: Path, manifest: Manifest, *, owner_url: str) -> None:
    pg_restore, _major = binaries.client("pg_restore", least=max(manifest.server, manifest.dumped_by))
    words = ["--dbname=", "--no-owner", "--no-privileges", "--no-comments", "--jobs=2", str(source / DUMP)]
    code, said = programs.attempt(pg_restore, words, url=owner_url)
    wrong = [line for line in said.splitlines() if ": error: " in line and not HARMLESS.search(line) and "errors ignored" not in line]
    if programs.NO_ROOM.search(said):
        raise programs.NoRoom(
            f"The disk of the database is full: {wrong[0] if wrong else said[-200:]} Free it, then run the same command again."
        )
    if wrong or code > 1:
        raise BackupRefused(
            f"pg_restore failed: {' '.join(wrong[:3]) or said[-400:]} The database is unfinished; run the same command again."
        )


def _compare_rows(manifest: Manifest, *, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        for table, rows in manifest.rows.items():
            counted = _number(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", table)))  # type: ignore[arg-type]
            if counted != rows:
                raise BackupRefused(
                    f"{table} has {counted} rows instead of {rows}. The database is unfinished; run the same command again."
                )


def mend_present() -> tuple[dict[str, int], dict[str, str]]:
    """Do what follows a restore to a database that was put back by other means: a base backup, or archived WAL.

    Returns what was ended and held, and what stands against signing, by log.
    """
    for log in logs.LOGS:
        if ledger.size(log):
            _require_checkpoints(log)
    return _mend(backup="by other means", position=ledger.last_position()), log_problems()


def _mend(*, backup: str, position: int) -> dict[str, int]:
    """What must not come back, in one transaction: endings, sessions, codes, messages that may have gone out."""
    by = Actor.system("restore")
    with transaction.atomic():
        ended = records.replay_endings(endings={ending.version: ending.reason for ending in endings.read()}, by=by)
        sessions = access.void_all(by=by)
        held = gateways.hold_queued()
        data = {"backup": backup, "position": position, "ended": ended, "sessions": sessions, "held": held}
        ledger_actions.append(kind="system.restored", subject="database", data=data, by=by)
    return {"ended": ended, "sessions": sessions, "held": held}


def _succeed_logs(manifest: Manifest) -> None:
    """Nobody knows how far the logs had been signed: close both, so that no size is ever signed twice (D-21)."""
    for log, state in manifest.logs.items():
        if state.checkpoint:
            ledger_actions.succeed(log=log, reason=LOST)


def files_only(source: Path) -> int:
    """Put back what is missing or damaged of the files handed in; return how many."""
    read(source)
    return uploads.put_back(source, Path(settings.MEDIA_ROOT))


def log_problems() -> dict[str, str]:
    """What stands against signing, by log; each sentence ends with what mends it."""
    found = {log: " ".join(problems) for log in logs.LOGS if (problems := guard.problems(log))}
    connections["default"].close()
    return found


def drop_former(*, owner_url: str) -> list[str]:
    """Delete the data that restores have put aside; return their names."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        names = [row[0] for row in connection.execute(FIND_FORMER, [places.FORMER_SCHEMA])]
        for name in names:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
    return names
