"""backup and restore: what keeps an installation from being lost (D-20, D-21)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chengxin.commands import environment
from chengxin.common.clock import SHANGHAI
from chengxin.launcher.errors import LauncherError

if TYPE_CHECKING:
    from chengxin.backups.restoring import Restored

MOST_KEEP_DAYS = 35


def register(words: _SubParsersAction[ArgumentParser]) -> None:
    """Add the words of this module."""
    backup_word = words.add_parser("backup", help="back up the database of one moment and the files into a folder, or check such backups")
    backup_word.add_argument("target", type=Path, metavar="TARGET", help="the folder of backups, on another disk; with --check one of them")
    backup_word.add_argument("--keep-days", type=days, default=MOST_KEEP_DAYS, help="delete backups older than this many days, at most 35")
    chosen = backup_word.add_mutually_exclusive_group()
    chosen.add_argument("--list", action="store_true", help="list the backups of the folder, and write none")
    chosen.add_argument("--check", action="store_true", help="read every byte of one backup, or of the newest, and write none")
    backup_word.set_defaults(run=backup)
    restore_word = words.add_parser("restore", help="put a backup in place of the database and its files; web and workers are stopped")
    restore_word.add_argument("source", type=Path, nargs="?", metavar="SOURCE", help="one backup, or a folder of backups: then its newest")
    restore_word.add_argument(
        "--replace", action="store_true", help="put the data of a database that is not empty aside under another name"
    )
    restore_word.add_argument("--files-only", action="store_true", help="put only missing or damaged files back; nothing has to be stopped")
    restore_word.add_argument(
        "--without-journal", action="store_true", help="every copy of the checkpoints is lost: restore all the same, and succeed both logs"
    )
    restore_word.add_argument(
        "--present", action="store_true", help="the database was put back by other means: only end what has ended, sessions, codes"
    )
    restore_word.add_argument("--drop-former", action="store_true", help="after all is well: delete what --replace has put aside")
    restore_word.set_defaults(run=restore)
    acts = words.add_parser("maintenance", help="stop what is handed in while the public reads on").add_subparsers(
        dest="act", metavar="ACT", required=True
    )
    on = acts.add_parser("on", help="answer everything that is handed in with 503 and a sentence, and keep what was typed in the page")
    on.add_argument("--until", type=moment, metavar="'YYYY-MM-DD HH:MM'", help="when it will be over, in Shanghai; people are told")
    on.add_argument("--text", default="", help="a sentence that is shown at the top of every page")
    on.set_defaults(run=maintenance)
    acts.add_parser("off", help="take everything in again").set_defaults(run=maintenance)
    acts.add_parser("status", help="say whether it is on; exit code 1 where it is").set_defaults(run=maintenance)


def moment(text: str) -> datetime:
    """Read a moment in Shanghai, such as `2026-11-22 06:00`."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def days(text: str) -> int:
    """Read a number of days that backups may be kept: they hold salts that have been destroyed since (D-20)."""
    number = int(text)
    if not 1 <= number <= MOST_KEEP_DAYS:
        raise ValueError
    return number


def backup(words: Namespace) -> int:
    """Write a backup and delete old ones, or list or check what there is."""
    if words.list or words.check:
        environment.set_up()
        return _list(words.target) if words.list else _check(words.target)
    target = words.target.expanduser().absolute()
    with environment.database():
        environment.set_up()
        environment.require_migrated()
        from chengxin.backups import making

        whole = making.make(target, owner_url=environment.owner_url())
        gone = making.forget_old(target, keep_days=words.keep_days)
    _line(whole)
    if gone:
        print(f"deleted, older than {words.keep_days} days: {', '.join(gone)}")
    return 0


def _list(target: Path) -> int:
    from chengxin.backups import manifest

    for path in manifest.found(target):
        _line(path)
    return 0


def _line(path: Path) -> None:
    from chengxin.backups import manifest

    told = manifest.read(path)
    size = sum(file.bytes for file in told.files.values()) + told.uploads.bytes
    logs = ", ".join(f"{log} {state.size}" for log, state in told.logs.items())
    print(f"{path}  {told.made_at}  {size / 1024**2:.1f} MiB  {sum(told.rows.values())} rows, {told.uploaded} files, log {logs}")


def _check(target: Path) -> int:
    from chengxin.backups import checking

    folder = one(target)
    wrong = checking.problems(folder)
    for problem in wrong:
        print(problem)
    print(f"{'red' if wrong else 'ok'}: {folder}")
    return 1 if wrong else 0


def one(named: Path) -> Path:
    """The backup that is named, or the newest of a folder of backups."""
    from chengxin.backups import manifest

    folder = named.expanduser().absolute()
    if (folder / manifest.NAME).is_file() or not (all_found := manifest.found(folder)):
        return folder
    return all_found[-1]


def restore(words: Namespace) -> int:
    """Restore, and say what is left to do: a log that may not go on yet is red in `/readyz` and `doctor` until it is mended."""
    with environment.database():
        environment.set_up()
        from chengxin.backups import restoring

        if words.drop_former:
            print("\n".join(f"deleted: {name}" for name in restoring.drop_former(owner_url=environment.owner_url())))
            return 0
        if words.present:
            _tell_mended(*restoring.mend_present())
            return 0
        if words.source is None:
            raise LauncherError("Name the backup to restore, or the folder of backups: chengxin restore SOURCE")
        if words.files_only:
            print(f"{restoring.files_only(one(words.source))} files put back")
            return 0
        done = restoring.restore(
            one(words.source), owner_url=environment.owner_url(), replace=words.replace, without_journal=words.without_journal, say=_say
        )
    _tell(done)
    return 0


def _tell(done: Restored) -> None:
    print(f"restored: the backup of {done.manifest.made_at}, {sum(done.manifest.rows.values())} rows, {done.files} files put back")
    _tell_mended({"ended": done.ended, "sessions": done.sessions, "held": done.held}, done.problems)
    if done.former:
        print(f"the former data stand in the schema {done.former}; delete them when all is well: chengxin restore SOURCE --drop-former")


def _tell_mended(done: Mapping[str, int], problems: Mapping[str, str]) -> None:
    print("ended again: {ended} publications; ended: {sessions} sessions; held for a person: {held} messages".format(**done))
    for log, problem in problems.items():
        print(f"log {log} does not go on yet: {problem}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def maintenance(words: Namespace) -> int:
    """Switch maintenance on or off, or say which it is; needs no database."""
    environment.set_up()
    from chengxin.common import maintenance as state

    if words.act == "on":
        state.begin(until=words.until, text=words.text)
    elif words.act == "off":
        state.end()
    notice = state.current()
    until = f" until {notice.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if notice and notice.until else ""
    print(f"on{until}: {state.path()}" if notice else "off")
    return 1 if words.act == "status" and notice else 0
