"""A real installation to be killed from outside: `chengxin run` with its own PostgreSQL (fsync on) or a given one, and what runs in it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.programs import family, free_port
from chengxin.launcher import places
from chengxin.launcher.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S = 120, 40
NEWEST_EVENT = "SELECT coalesce(max(id), 0) FROM ledger_event"
NOT_PLACED = "SELECT count(*) FROM ledger_event WHERE position IS NULL AND id <= %s"


class House:
    """The installation, the processes of it, and whether it serves."""

    def __init__(self, base: Path, *, database: Mapping[str, str] | None = None) -> None:
        self.base, self.port = base, free_port()
        self.server = None if database else Server(base)
        self._given = dict(database or {})
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = base / "house.log"
        kept = {name: text for name, text in os.environ.items() if name not in ("DATABASE_URL", "OWNER_DATABASE_URL", "SECRET_KEY")}
        fixed = {"CHENGXIN_HOME": str(base), "PORT": str(self.port), "DEMO": "1", "PUBLIC_READS_PER_MINUTE": "0", "LOG_LEVEL": "WARNING"}
        self.variables = kept | fixed | self._given | {"STATEMENT_TIMEOUT_MS": "5000", "IDLE_IN_TRANSACTION_MS": "10000"}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> dict[str, str]:
        """The variables by which another program uses the same database."""
        if self.server is None:
            return self._given
        return {"DATABASE_URL": self.server.url(), "OWNER_DATABASE_URL": self.server.url(role=places.OWNER_ROLE)}

    def start(self) -> None:
        """Start everything and wait until it serves."""
        command = [sys.executable, "-m", "chengxin.cli", "run", "--no-demo"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.variables, stdout=out, stderr=out, start_new_session=True)
        self.wait(self.ready, START_S)

    def stop(self) -> None:
        """Ctrl-C, and whatever is left."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_S)
        self.process.kill()
        self.process.wait()
        if self.server:
            self.server.stop(mode="immediate")

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of one's own to the database; raises psycopg.Error while it is down."""
        return psycopg.connect(self.database["DATABASE_URL"], connect_timeout=2, target_session_attrs="primary")

    def command(self, *words: str, module: str = "chengxin.cli") -> subprocess.CompletedProcess[str]:
        """Run another program in this house while it runs."""
        line = [sys.executable, "-m", module, *words]
        return subprocess.run(line, cwd=ROOT, env=self.variables | self.database, check=False, capture_output=True, text=True, timeout=600)

    def stock(self, count: int) -> list[dict[str, Any]]:
        """Enterprises with archives that are ready to be handed in."""
        done = self.command(str(count), module="tests.campaign.stock")
        assert done.returncode == 0, done.stderr[-3000:]
        found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return found

    def ask(self, statement: str, *params: object) -> Any:
        """One value from the database; raises psycopg.Error while it is down."""
        with self.connect() as connection:
            row = connection.execute(statement.encode(), params).fetchone()
            return row[0] if row else None

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        with self.connect() as connection:
            return connection.execute(statement.encode()).fetchall()

    # --- Who runs, and whether it serves ------------------------------------------------------------------------------
    def processes(self) -> dict[str, list[int]]:
        """The processes of the house by what they do; those of the web server's own children apart."""
        assert self.process
        found: dict[str, list[int]] = {"web": [], "web process": [], "worker": [], "postgres": [], "backend": []}
        programs = {"serve": "web", "worker": "worker"}
        for pid in family([self.process.pid])[1:]:
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid:
                    found[next((kind for word, kind in programs.items() if word in words), "web")].append(pid)
                elif parent in found["web"]:
                    found["web process"].append(pid)
        postmaster = self.server.postmaster() if self.server else None
        if postmaster:
            found["postgres"] = [postmaster]
            found["backend"] = [pid for pid in family([postmaster])[1:] if b"chengxin_app" in _title(pid)]
        return found

    def kill(self, kind: str, dice: random.Random) -> int | None:
        """kill -9 one process of a kind; None where there is none at this moment."""
        pids = self.processes()[kind]
        if not pids:
            return None
        pid = dice.choice(pids)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return pid

    def ready(self) -> bool:
        """Whether the web answers from the database, on a fresh connection."""
        with contextlib.suppress(httpx.HTTPError), httpx.Client(base_url=self.origin, timeout=3) as client:
            return client.get("/readyz").status_code == 200 and client.get("/").status_code == 200
        return False

    def placed(self, newest: int) -> bool:
        """Whether the worker has given every event up to `newest` its place."""
        with contextlib.suppress(psycopg.Error):
            return self.ask(NOT_PLACED, newest) == 0
        return False

    def wait(self, condition: Callable[[], bool], seconds: float) -> float:
        """Seconds until the condition holds; fails with the end of the log after `seconds`."""
        assert self.process
        began = time.monotonic()
        while not condition():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() - began < seconds, f"not within {seconds} s: {self.log.read_text()[-3000:]}"
            time.sleep(0.05)
        return time.monotonic() - began


def _title(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@contextlib.contextmanager
def running(*, database: Mapping[str, str] | None = None) -> Iterator[House]:
    """A fresh house that serves, with a database of its own or a given one; everything of it is gone afterwards."""
    base = Path(tempfile.mkdtemp(prefix="chengxin-campaign-"))
    base.chmod(0o711)
    house = House(base, database=database)
    try:
        house.start()
        yield house
    finally:
        house.stop()
        if os.environ.get("CAMPAIGN_LOG"):
            shutil.copy(house.log, os.environ["CAMPAIGN_LOG"])
        if house.server:
            if os.environ.get("CAMPAIGN_LOG"):
                shutil.copy(house.server.log, f"{os.environ['CAMPAIGN_LOG']}.postgres")
            shutil.rmtree(house.server.socket, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)
