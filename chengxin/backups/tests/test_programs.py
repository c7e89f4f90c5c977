"""PostgreSQL's client programs find the right database, and nobody reads the password from the list of processes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chengxin.backups import programs
from chengxin.backups.manifest import BackupRefused
from chengxin.launcher import binaries
from chengxin.launcher.errors import LauncherError

URL = "postgresql://chengxin_owner:geheim@db1,db2:5433/chengxin?sslmode=verify-full"


def program(folder: Path, script: str, name: str = "pg_dump") -> Path:
    """A program that does what the script says."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_program_is_told_by_variables_where_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICE", "another")
    made = programs.environment(URL)
    assert (made["PGHOST"], made["PGUSER"], made["PGPASSWORD"], made["PGDATABASE"]) == ("db1,db2", "chengxin_owner", "geheim", "chengxin")
    assert made["PGSSLMODE"] == "verify-full" and "PGSERVICE" not in made
    assert made["PGTARGETSESSIONATTRS"] == "primary", "of several servers the one that has the snapshot"
    assert "PGTARGETSESSIONATTRS" not in programs.environment("postgresql://u@db1/chengxin")


def test_a_failure_is_a_sentence_and_a_full_disk_is_told_apart(tmp_path: Path) -> None:
    assert programs.run(program(tmp_path, "exit 0"), [], url=URL) == ""
    with pytest.raises(BackupRefused, match="pg_dump failed: no such snapshot"):
        programs.run(program(tmp_path, "echo no such snapshot >&2; exit 1"), [], url=URL)
    for said in ("could not write: No space left on device", "Disk quota exceeded"):
        with pytest.raises(programs.NoRoom, match="found no room"):
            programs.run(program(tmp_path, f"echo '{said}' >&2; exit 1"), [], url=URL)
    with pytest.raises(programs.NoRoom):
        programs.run(program(tmp_path, "kill -XFSZ $$"), [], url=URL)


def test_the_nearest_version_that_is_not_older_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / number for number in ("18", "15", "17")]
    for folder in folders:
        program(folder, f"echo 'pg_dump (PostgreSQL) {folder.name}.2 (Debian)'")
    monkeypatch.setattr(binaries, "candidates", lambda: folders)
    assert binaries.client("pg_dump", least=16) == (folders[2] / "pg_dump", 17)
    assert binaries.client("pg_dump", least=18) == (folders[0] / "pg_dump", 18)
    with pytest.raises(LauncherError, match=r"pg_dump 19 or newer is needed \(found: 15, 17, 18\)"):
        binaries.client("pg_dump", least=19)
