"""The programs of a private house as an operator starts them: `chengxin serve` and `chengxin worker`, and what they weigh."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import load

WORKERS, THREADS = 2, 4
STOP_S = 30


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def program(word: str, **settings: str) -> Iterator[int]:
    """Run `chengxin <word>` in the private house; gives its process id, and stops it afterwards."""
    log = Path(os.environ["CHENGXIN_HOME"], f"{word}.log")
    with log.open("wb") as out:
        command = [sys.executable, "-m", "chengxin.cli", word]
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=out, stderr=out)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_S)


@contextmanager
def web() -> Iterator[tuple[int, list[int]]]:
    """Web (2 processes) and worker; gives the port and the process ids of both."""
    port = free_port()
    settings = {"PORT": str(port), "WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)}
    with ExitStack() as stack:
        pids = [stack.enter_context(program(word, **settings)) for word in ("serve", "worker")]
        load.wait_for(lambda: load.once(port=port, path="/healthz"))
        yield port, pids


def family(pids: list[int]) -> list[int]:
    """These processes and all below them."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(status.parent.name))
    found = list(pids)
    for pid in found:
        found += parents.get(pid, [])
    return found


def weight_mb(pids: list[int]) -> float:
    """Memory of these processes and all below them, in MB; what several share is counted once (PSS)."""
    total = 0
    for pid in family(pids):
        try:
            said = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", said, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1024


def cpu_seconds(pids: list[int]) -> float:
    """Processor time these processes and all below them have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for pid in family(pids):
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(words[11]) + int(words[12])
    return total / ticks
