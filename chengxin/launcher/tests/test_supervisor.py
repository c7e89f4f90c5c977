"""The supervisor starts again what dies and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from chengxin.launcher import supervisor
from chengxin.launcher.errors import LauncherError


def wait_until(condition: object, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_killed_child_comes_back_and_stop_ends_all() -> None:
    child = supervisor.Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], dict(os.environ))
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.keep_running, args=[[child]], kwargs={"stop": stop, "mend": lambda: None})
    thread.start()
    wait_until(lambda: child.process is not None)
    assert child.process is not None
    first = child.process.pid
    time.sleep(supervisor.RESTART_PAUSE_S)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: child.process is not None and child.process.pid != first)
    second = child.process.pid
    stop.set()
    thread.join(20)
    assert not alive(first)
    assert not alive(second)


def test_what_has_ended_well_is_left_and_what_keeps_failing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_PAUSE_S", 0.0)
    tried = []
    for code in (0, 3):
        child = supervisor.Child("filler", [sys.executable, "-c", f"raise SystemExit({code})"], dict(os.environ), once=True)
        child.start()
        for _ in range(supervisor.MOST_FAILURES + 3):
            assert child.process
            child.process.wait(20)
            child.mend()
        tried.append(child.deaths)
    assert tried == [0, supervisor.MOST_FAILURES]


def test_a_second_supervisor_is_refused_with_the_sentence_that_mends_it(tmp_path: Path) -> None:
    with supervisor.only_one(tmp_path), pytest.raises(LauncherError, match="CHENGXIN_HOME"), supervisor.only_one(tmp_path):
        pass


def test_a_taken_port_is_refused_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LauncherError, match="Set PORT"):
            supervisor.check_port("127.0.0.1", taken.getsockname()[1])
