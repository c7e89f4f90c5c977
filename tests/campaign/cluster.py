"""Three machines in miniature, each with etcd, Patroni and PostgreSQL from Debian's packages, made from `deploy/patroni/node.yml`."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import httpx
import psycopg
from psycopg import sql

from bench.programs import family, free_port
from chengxin.launcher import places
from chengxin.launcher.postgres import runner

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / "deploy" / "patroni" / "node.yml"
DEBIAN = Path("/usr/lib/postgresql")
HERE = "127.0.0.1"
MACHINES, FORM_S, POLL_S = 3, 120, 0.1


@dataclass
class Machine:
    """One of the three: its folder, its ports and the two programs it runs."""

    name: str
    base: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in ("etcd", "peer", "rest", "pg")})
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def client(self) -> str:
        """Where its etcd is asked."""
        return f"{HERE}:{self.ports['etcd']}"

    def start(self, *programs: Sequence[str]) -> None:
        """Start programs as the user who may run PostgreSQL."""
        user = runner()
        whom: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "PATRONI", "ETCD"))} | {"LC_ALL": "C.UTF-8"}
        for words in programs:
            with (self.base / f"{Path(words[0]).name}.log").open("ab") as out:
                self.running.append(subprocess.Popen(words, cwd="/", env=kept, stdout=out, stderr=out, start_new_session=True, **whom))

    def processes(self, *, etcd: bool = True) -> list[int]:
        """Everything that runs on it, or all but etcd; PostgreSQL is nobody's child."""
        pids = [program.pid for program in self.running if etcd or "/usr/bin/etcd" not in program.args]
        with contextlib.suppress(OSError, ValueError, IndexError):
            pids.append(int((self.base / "data" / "postmaster.pid").read_text().splitlines()[0]))
        return family(pids)

    def die(self) -> None:
        """The power is cut: everything ends at once and nobody says goodbye."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        for program in self.running:
            program.wait()
        self.running.clear()

    def freeze(self) -> None:
        """Patroni and PostgreSQL stand still: nothing ends, nothing answers, and the kernel goes on to acknowledge what comes in."""
        for pid in self.processes(etcd=False):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """They go on as if nothing had been."""
        for pid in self.processes(etcd=False):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def said(self) -> str:
        """The ends of its logs."""
        return "\n".join(path.read_text("utf-8", "replace")[-1500:] for path in sorted(self.base.glob("*.log")))


class Cluster:
    """The three machines together."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.passwords = {name: secrets.token_hex(12) for name in ("superuser", "replication", "rewind", "owner", "app")}
        self.machines = [self._machine(f"node{number}") for number in range(1, MACHINES + 1)]

    def _machine(self, name: str) -> Machine:
        machine = Machine(name, self.base / name)
        folders = [machine.base, *(machine.base / inside for inside in ("data", "run", "etcd"))]
        user = runner()
        for folder in folders:
            folder.mkdir(mode=0o700)
            if user:
                os.chown(folder, user.pw_uid, user.pw_gid)
        return machine

    def url(self, role: str, password: str, database: str = places.DATABASE) -> str:
        """All three machines in one URL; libpq finds the leader."""
        hosts = ",".join(f"{HERE}:{machine.ports['pg']}" for machine in self.machines)
        return f"postgresql://{role}:{self.passwords[password]}@{hosts}/{database}"

    @property
    def database(self) -> dict[str, str]:
        """The variables by which the platform uses the cluster."""
        return {
            "DATABASE_URL": self.url(places.APP_ROLE, "app"),
            "OWNER_DATABASE_URL": self.url(places.OWNER_ROLE, "owner"),
        }

    def form(self) -> None:
        """Start the machines, wait until they are a cluster, and make the roles and the database."""
        for machine in self.machines:
            self.boot(machine)
        self.wait(self.sound, FORM_S)
        self._make_database()

    def boot(self, machine: Machine) -> None:
        """Switch a machine on."""
        self._configure(machine)
        machine.start(self._etcd(machine), self._patroni(machine))

    def add(self, name: str) -> Machine:
        """A new machine joins with a copy of the leader's data; it asks the etcd of the others."""
        machine = self._machine(name)
        self._configure(machine)
        machine.start(self._patroni(machine))
        self.machines.append(machine)
        return machine

    def switch_over(self) -> None:
        """Let another node lead, as before work on the leader's machine; whoever is up may be asked."""
        config = str(self.machines[0].base / "patroni.yml")
        command = ["/usr/bin/patronictl", "-c", config, "switchover", "--leader", self.leader().name, "--force"]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def _patroni(self, machine: Machine) -> list[str]:
        return ["/usr/bin/patroni", str(machine.base / "patroni.yml")]

    def _configure(self, machine: Machine) -> None:
        config = machine.base / "patroni.yml"
        if not config.exists():
            config.write_text(self._config(machine))
            shutil.chown(config, *(machine.base.owner(), machine.base.group()))
            config.chmod(0o600)

    def _etcd(self, machine: Machine) -> list[str]:
        peers = ",".join(f"{one.name}=http://{HERE}:{one.ports['peer']}" for one in self.machines)
        peer, client = f"http://{HERE}:{machine.ports['peer']}", f"http://{machine.client}"
        words = {
            "name": machine.name, "data-dir": str(machine.base / "etcd"), "initial-cluster": peers,
            "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "listen-client-urls": client, "advertise-client-urls": client,
        }  # fmt: skip
        return ["/usr/bin/etcd", *(word for name, text in words.items() for word in (f"--{name}", text))]

    def _config(self, machine: Machine) -> str:
        newest = max(DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parents[1].name))
        return Template(NODE.read_text("utf-8")).substitute(
            NODE=machine.name, ADDRESS=HERE, NETWORK=f"{HERE}/32", REST_PORT=machine.ports["rest"], PG_PORT=machine.ports["pg"],
            ETCD_HOSTS=",".join(one.client for one in self.machines[:MACHINES]), BIN_DIR=newest.parent,
            DATA_DIR=machine.base / "data", RUN_DIR=machine.base / "run", SUPERUSER_PASSWORD=self.passwords["superuser"],
            REPLICATION_PASSWORD=self.passwords["replication"], REWIND_PASSWORD=self.passwords["rewind"],
        )  # fmt: skip

    def _make_database(self) -> None:
        admin = self.url("postgres", "superuser", "postgres")
        with psycopg.connect(admin, target_session_attrs="primary", autocommit=True) as connection:
            for role, password in ((places.OWNER_ROLE, "owner"), (places.APP_ROLE, "app")):
                made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(made.format(sql.Identifier(role), sql.Literal(self.passwords[password])))
            made = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(made.format(sql.Identifier(places.DATABASE), sql.Identifier(places.OWNER_ROLE)))

    # --- What state it is in ------------------------------------------------------------------------------------------
    def members(self) -> dict[str, str]:
        """Role by name of every member that runs, as any living machine tells it."""
        for machine in self.machines:
            with contextlib.suppress(httpx.HTTPError):
                found = httpx.get(f"http://{HERE}:{machine.ports['rest']}/cluster", timeout=2).json()["members"]
                return {each["name"]: each["role"] for each in found if each["state"] in ("running", "streaming")}
        return {}

    def leader(self) -> Machine:
        """The machine that takes writes."""
        named = next(name for name, role in self.members().items() if role == "leader")
        return next(machine for machine in self.machines if machine.name == named)

    def sound(self) -> bool:
        """Whether there is a leader, a standby that has every commit, and all others follow."""
        return sorted(self.members().values()) == ["leader", *["replica"] * (len(self.machines) - 2), "sync_standby"]

    def wait(self, condition: Callable[[], bool], seconds: float) -> float:
        """Seconds until the condition holds; fails with the logs of all machines."""
        began = time.monotonic()
        while not condition():
            said = f"not within {seconds} s: {self.members()}"
            assert time.monotonic() - began < seconds, "\n".join([said, *(machine.said() for machine in self.machines)])
            time.sleep(POLL_S)
        return time.monotonic() - began


@contextlib.contextmanager
def formed() -> Iterator[Cluster]:
    """A cluster that is ready; everything of it is gone afterwards."""
    base = Path(tempfile.mkdtemp(prefix="chengxin-cluster-"))
    base.chmod(0o711)
    cluster = Cluster(base)
    try:
        cluster.form()
        yield cluster
    finally:
        for machine in cluster.machines:
            machine.die()
        shutil.rmtree(base, ignore_errors=True)
