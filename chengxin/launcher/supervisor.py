"""Starts child programs, starts again what dies, and stops everything it started."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chengxin.launcher.errors import LauncherError

LOOK_EVERY_S = 0.5
STOP_WAIT_S = 15.0
RESTART_PAUSE_S = 1.0
LONGEST_RESTART_PAUSE_S = 10.0
SETTLED_S = 30.0
MOST_FAILURES = 5
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Called by a child: be asked to stop when the supervisor is killed (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One program that must run; `once`: until it has ended well, or has failed too often."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    last_start: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start the program in a group of its own, so that Ctrl-C reaches only the supervisor."""
        self.last_start = time.monotonic()
        self.process = subprocess.Popen(
            list(self.command), env=dict(self.environment), start_new_session=True, stdin=subprocess.DEVNULL
        )

    def mend(self) -> bool:
        """Start the program again where it has died, later each time it dies young; say whether it was dead."""
        if self.process is None or self.process.poll() is None:
            return False
        if self.once and (self.process.returncode == 0 or self.deaths >= MOST_FAILURES):
            return False
        self._signal(signal.SIGKILL)
        lived = time.monotonic() - self.last_start
        if lived > SETTLED_S and not self.once:
            self.deaths = 0
        if lived > min(LONGEST_RESTART_PAUSE_S, RESTART_PAUSE_S * 2**self.deaths):
            self.deaths += 1
            self.start()
        return True

    def stop(self) -> None:
        """Ask the program to stop, wait, then end its group."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WAIT_S)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


@contextlib.contextmanager
def only_one(base: Path) -> Iterator[None]:
    """Refuse a second supervisor of the same home."""
    with (base / ".run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LauncherError(
                f"The platform already runs from {base}. Stop it, or set CHENGXIN_HOME and PORT to run a second one."
            ) from None
        yield


def check_port(host: str, port: int) -> None:
    """Refuse a port that is in use, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            said = f"Cannot listen on {host}:{port}: {error.strerror}. Set PORT to a free port, e.g. PORT={port + 1}."
            raise LauncherError(said) from None


def keep_running(children: Sequence[Child], *, stop: threading.Event, mend: Callable[[], None]) -> None:
    """Keep the children and whatever `mend` looks after running until told to stop, then stop the children."""
    try:
        for child in children:
            child.start()
        while not stop.wait(LOOK_EVERY_S):
            mend()
            for child in children:
                child.mend()
    finally:
        for child in reversed(children):
            child.stop()


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def wait_for_port(host: str, port: int, *, stop: threading.Event) -> bool:
    """Wait until someone answers on the port; False where told to stop before."""
    while not stop.wait(0.1):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return True
    return False
