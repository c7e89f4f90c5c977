"""A stranger's first minutes: clone into a home nobody else may read, install what is locked, start, look, stop.

This is the only test that reaches the package registries (D-51). It runs as the user who runs the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from chengxin.launcher import places
from chengxin.launcher.postgres import Server

ROOT = Path(__file__).resolve().parents[2]
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"
START_S = 240
STOP_S = 30
pytestmark = pytest.mark.slow


@pytest.fixture
def stranger() -> Iterator[Path]:
    """An empty home with mode 0700, and this checkout copied into it."""
    folder = Path(tempfile.mkdtemp(prefix="chengxin-stranger-"))
    folder.chmod(0o700)
    tree = folder / "chengxin"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    named = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, named.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    base = places.SYSTEM_DATA / places.short_name(tree) if places.is_root() else folder / ".local/share/chengxin"
    yield folder
    if (base / "postgres" / "PG_VERSION").exists():
        Server(base).stop(mode="immediate")
    shutil.rmtree(base, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def children_of(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == group and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found


def test_make_run_on_a_fresh_machine(stranger: Path) -> None:
    port = free_port()
    plain = {"HOME": str(stranger), "PATH": PLAIN_PATH, "PORT": str(port), "LANG": "C.UTF-8"}
    if os.environ.get("PYTHON"):
        plain["PYTHON"] = os.environ["PYTHON"]
    subprocess.run(["make", "setup"], cwd=stranger / "chengxin", env=plain, check=True, timeout=600)
    with (
        (stranger / "run.log").open("w") as log,
        subprocess.Popen(["make", "run"], cwd=stranger / "chengxin", env=plain, stdout=log, stderr=log, start_new_session=True) as program,
    ):
        try:
            deadline = time.monotonic() + START_S
            while not ready(port):
                assert program.poll() is None, (stranger / "run.log").read_text()[-3000:]
                assert time.monotonic() < deadline, (stranger / "run.log").read_text()[-3000:]
                time.sleep(0.5)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        finally:
            os.killpg(program.pid, signal.SIGINT)
            program.wait(STOP_S)
    said = (stranger / "run.log").read_text()
    assert f"http://127.0.0.1:{port}/" in said
    assert "Stopped." in said
    assert not ready(port)
    assert not children_of(program.pid)
