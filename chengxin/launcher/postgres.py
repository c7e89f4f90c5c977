"""The platform's own PostgreSQL: made, started, asked and stopped; one server for all who ask (D-50)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chengxin.launcher import binaries, places
from chengxin.launcher.errors import LauncherError

SUPERUSER = "chengxin"
SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
REJECTING = 1
START_TRIES = 60
START_PAUSE_S = 0.25
START_WAIT_S = 300
LOG_BYTES = 64 * 1024**2
"""A log that is longer when the server starts is begun anew; one former is kept."""
LEAST_BUFFERS_MB, MOST_BUFFERS_MB, BUFFERS_SHARE = 128, 4096, 8
LEAST_WAL_MB, MOST_WAL_MB, WAL_SHARE = 1024, 8192, 4
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")


def memory_bytes() -> int:
    """Return the memory this machine, or the container we run in, has."""
    here = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):
        here = min(here, int(CGROUP_MEMORY.read_text()))
    return here


def buffers(memory: int) -> str:
    """Return how much PostgreSQL keeps of its pages: an eighth of the memory, within bounds; the system's cache holds the rest."""
    return f"{min(max(memory // BUFFERS_SHARE >> 20, LEAST_BUFFERS_MB), MOST_BUFFERS_MB)}MB"


def wal(memory: int) -> str:
    """Return how much WAL may come between checkpoints: a quarter of the memory, within bounds; after a crash it is read again."""
    return f"{min(max(memory // WAL_SHARE >> 20, LEAST_WAL_MB), MOST_WAL_MB)}MB"


SETTINGS = {
    "shared_buffers": buffers(memory_bytes()),
    "max_wal_size": wal(memory_bytes()),  # after each checkpoint pages are written whole, and an import touches most of them
    "wal_buffers": "64MB",  # so that it is the WAL writer that writes what a chunk of an import leaves, not the import
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "recovery_init_sync_method": "syncfs",  # after a crash one sync of the disk instead of one for each file
    "timezone": "UTC",
    "log_timezone": "UTC",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
TEST_SETTINGS = {**SETTINGS, **HASTY, "shared_buffers": "256MB", "wal_buffers": "16MB", "max_connections": "200"}


def runner() -> pwd.struct_passwd | None:
    """Return the user who runs PostgreSQL; None = ourselves. PostgreSQL refuses root, so root needs another."""
    if not places.is_root():
        return None
    for name in ("postgres", "chengxin"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    useradd = shutil.which("useradd", path=SYSTEM_PATH) or "useradd"
    subprocess.run([useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "chengxin"], check=True)
    return pwd.getpwnam("chengxin")


@dataclass
class Server:
    """One PostgreSQL server of our own under a home."""

    base: Path
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)
    user: pwd.struct_passwd | None = field(default_factory=runner)
    bin: Path | None = None

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return places.data_folder(self.base)

    @property
    def socket(self) -> Path:
        """Return the folder of the socket."""
        return places.socket_folder(self.base)

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.data / "server.log"

    def turn_log(self) -> None:
        """Begin the log anew where it has grown long; no server writes to it yet."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_name("server.log.1"))

    def url(self, *, role: str = places.APP_ROLE, database: str = places.DATABASE) -> str:
        """Return the URL of a database for a role."""
        return places.url(role=role, socket=self.socket, database=database)

    def start(self) -> Server:
        """Start the server, or find it running; safe from several processes at once.

        Raises LauncherError with the sentence that mends the matter.
        """
        self._make_folders()
        with self._locked():
            self._check_owner(self.data)
            self._check_owner(self.socket)
            self.bin = self._programs()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._bring_up()
        return self

    def running(self) -> bool:
        """Ask the server itself; its pid file says "running" even after kill -9."""
        self.bin = self.bin or self._programs()
        return self.run("pg_isready", "-q", "-h", str(self.socket), check=False).returncode == 0

    def gone(self) -> bool:
        """Say whether nobody is there; a server that recovers from a crash is there and only asks for patience."""
        self.bin = self.bin or self._programs()
        return self.run("pg_isready", "-q", "-h", str(self.socket), check=False).returncode > REJECTING

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server; nothing happens where it does not run."""
        self.bin = self.bin or self._programs()
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop", check=False)

    def postmaster(self) -> int | None:
        """Return the process id the data directory names, or None."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return None

    def run(self, program: str, *words: str, check: bool = True, timeout: float = 330) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the user who owns the data."""
        assert self.bin is not None
        path = self.bin / program
        environment = {name: text for name, text in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
        if self.user:
            answer = subprocess.run(
                [str(path), *words], check=False, cwd="/", env=environment, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[],
            )  # fmt: skip
        else:
            answer = subprocess.run(
                [str(path), *words], check=False, cwd="/", env=environment, timeout=timeout, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
        if check and answer.returncode:
            raise LauncherError(f"PostgreSQL's {program} failed: {answer.stderr.strip()[-800:]}")
        return answer

    def _programs(self) -> Path:
        made_by = self.data / "PG_VERSION"
        found = binaries.find(major=made_by.read_text().strip() if made_by.exists() else None)
        if self.user:
            places.SYSTEM_DATA.mkdir(mode=0o755, parents=True, exist_ok=True)
            found = binaries.install(found, under=places.SYSTEM_DATA)
        return found.folder

    def _make_folders(self) -> None:
        try:
            self.base.mkdir(mode=0o711 if self.user else 0o700, parents=True, exist_ok=True)
            self._make_own(self.data)
            if self.user and not self._reaches(self.base):
                raise LauncherError(
                    f"The user {self.user.pw_name}, who runs PostgreSQL, cannot enter {self.base}. "
                    "Run `chmod o+x` on that folder and those above it, or unset CHENGXIN_HOME, or set DATABASE_URL."
                )
            if self.user:
                self.socket.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._make_own(self.socket)
        except PermissionError as error:
            raise LauncherError(
                f"{error.filename} cannot be written by this user. Set CHENGXIN_HOME to a folder of yours, or run as its owner."
            ) from None

    def _make_own(self, folder: Path) -> None:
        if folder.exists():
            return
        folder.mkdir(mode=0o700)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _reaches(self, folder: Path) -> bool:
        assert self.user is not None
        return (
            subprocess.run(
                ["test", "-x", str(folder)], cwd="/", check=False, user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[]
            ).returncode
            == 0
        )

    def _check_owner(self, folder: Path) -> None:
        ours = self.user.pw_uid if self.user else os.geteuid()
        owner = folder.stat().st_uid
        if owner == ours:
            return
        with contextlib.suppress(KeyError):
            name = pwd.getpwuid(owner).pw_name
            raise LauncherError(
                f"{folder} belongs to {name}. Run as {name}, or set CHENGXIN_HOME to another folder, "
                f"or give it away: chown -R {pwd.getpwuid(ours).pw_name} {folder}"
            )
        raise LauncherError(f"{folder} belongs to user number {owner}. Set CHENGXIN_HOME to another folder.")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.base / ".postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        for leftover in self.data.iterdir():
            raise LauncherError(f"{self.data} holds {leftover.name} but no database. Move it away, or set CHENGXIN_HOME to another folder.")
        self.run(
            "initdb", "-D", str(self.data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--data-checksums", "--no-instructions", *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n" + "".join(f"{name} = '{text}'\n" for name, text in self.settings.items()))

    def _bring_up(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.socket}' -c unix_socket_permissions=0700"
        said = ""
        for _ in range(START_TRIES):
            if self.running():
                return
            self.turn_log()
            # After kill -9, orphaned children hold the shared memory for a while and the start fails: try again.
            answer = self.run(
                "pg_ctl", "-D", str(self.data), "-w", "-t", str(START_WAIT_S), "-l", str(self.log), "-o", options, "start", check=False
            )
            said = answer.stderr.strip()
            if answer.returncode:
                time.sleep(START_PAUSE_S)
        raise LauncherError(f"PostgreSQL did not start: {said[-400:]} See {self.log}.")
