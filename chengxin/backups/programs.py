"""Runs PostgreSQL's client programs against a database; the password goes by the environment, never by the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg import pq

from chengxin.backups.manifest import BackupRefused
from chengxin.launcher import urls

NO_ROOM = re.compile(r"No space left on device|File too large|Disk quota exceeded|could not extend file")
SHOWN_CHARS = 600


class NoRoom(BackupRefused):
    """The disk is full."""

    default_code = "no-room"


def environment(url: str) -> dict[str, str]:
    """Return the variables by which a client program finds a database."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
    given = {
        option.envvar.decode(): option.val.decode()
        for option in pq.Conninfo.parse(url.encode())
        if option.val is not None and option.envvar is not None
    }
    found = kept | given | {"LC_ALL": "C.UTF-8"}
    urls.keep_to_primary(found.get("PGHOST", ""), environment=found)
    return found


def run(program: Path, words: Sequence[str], *, url: str) -> str:
    """Run a program and return what it says on standard error; raises NoRoom or BackupRefused where it fails."""
    code, said = attempt(program, words, url=url)
    if code == -signal.SIGXFSZ or (code and NO_ROOM.search(said)):
        raise NoRoom(f"{program.name} found no room: {_last(said)}")
    if code:
        raise BackupRefused(f"{program.name} failed: {said.strip()[-SHOWN_CHARS:] or f'exit code {code}'}")
    return said


def attempt(program: Path, words: Sequence[str], *, url: str) -> tuple[int, str]:
    """Run a program; return its exit code and what it says on standard error."""
    done = subprocess.run(
        [str(program), *words], check=False, cwd="/", env=environment(url), text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    return done.returncode, done.stderr


def _last(said: str) -> str:
    return said.strip().splitlines()[-1] if said.strip() else "the largest size of a file is reached"
