"""The database goes away under a running web server: everyone is told to come back, and the same server serves again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from bench.programs import free_port
from chengxin.launcher import places, roles
from chengxin.launcher.postgres import SUPERUSER, TEST_SETTINGS, Server

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
PAGES = ("/", "/files?q=澜序桥", "/overview", "/login")
CALLS = ("/api/v1/files/91330110WWTE00010Y", "/api/v1/files?q=澜序桥", "/api/v1/divisions")


class Web:
    """A web server on a database of its own."""

    def __init__(self, base: Path) -> None:
        self.server = Server(base, settings=TEST_SETTINGS).start()
        roles.create(self.server.url(role=SUPERUSER, database="postgres"))
        self.port = free_port()
        self.variables = os.environ | {
            "CHENGXIN_HOME": str(base),
            "DATABASE_URL": self.server.url(),
            "OWNER_DATABASE_URL": self.server.url(role=places.OWNER_ROLE),
            "PORT": str(self.port),
            "WEB_WORKERS": "1",
            "WEB_STOP_SECONDS": "3",
            "PUBLIC_READS_PER_MINUTE": "0",
            "OVERVIEW_SECONDS": "0",
            "CHECKPOINTS_DIR": str(base / "checkpoints"),
        }
        for words in (["migrate"], ["keys", "generate"], ["catalogue", "load"]):
            subprocess.run([*self.command, *words], cwd=ROOT, env=self.variables, check=True, capture_output=True)
        self.process = self.serve()

    command = (sys.executable, "-m", "chengxin.cli")

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the web server."""
        return subprocess.Popen([*self.command, "serve"], cwd=ROOT, env=self.variables, stdout=subprocess.DEVNULL)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """One request on a fresh connection."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=20)

    def wait(self, status: int) -> None:
        """Until /readyz says so."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if self.get("/readyz").status_code == status:
                    return
            time.sleep(0.1)
        raise AssertionError(f"/readyz is not {status}")

    def stop(self) -> None:
        """End both."""
        self.process.terminate()
        self.process.wait(30)
        self.server.stop(mode="immediate")


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    base = Path(tempfile.mkdtemp(prefix="chengxin-restart-"))
    base.chmod(0o711)
    made = Web(base)
    yield made
    made.stop()
    shutil.rmtree(made.server.socket, ignore_errors=True)
    shutil.rmtree(base, ignore_errors=True)


def test_a_restart_of_the_database_is_a_503_and_then_over(web: Web) -> None:
    web.wait(200)
    assert {web.get(path).status_code for path in PAGES} == {200}
    web.server.stop(mode="immediate")
    web.wait(503)
    assert web.get("/readyz").json()["checks"]["database"] == "unreachable"
    assert web.get("/healthz").status_code == 200, "the process itself lives"
    for path in PAGES[:3]:
        page = web.get(path, Accept="text/html")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "1"), path
        assert "服务暂时不可用" in page.text and "Traceback" not in page.text
    for path in CALLS:
        call = web.get(path)
        assert (call.status_code, call.headers["Retry-After"], call.json()["code"]) == (503, "1", "unavailable"), path
        assert call.headers["Content-Type"] == "application/problem+json"
    web.server.start()
    web.wait(200)
    for _ in range(3):
        assert [web.get(path).status_code for path in PAGES] == [200] * 4
        assert [web.get(path).status_code for path in CALLS] == [404, 200, 200]
    assert web.process.poll() is None


def test_a_web_server_started_without_its_database_waits_for_it(web: Web) -> None:
    web.process.terminate()
    web.process.wait(30)
    web.server.stop(mode="immediate")
    web.process = web.serve()
    with pytest.raises(subprocess.TimeoutExpired):
        web.process.wait(5)
    web.server.start()
    web.wait(200)
    assert web.get("/").status_code == 200


def test_a_web_server_ends_when_it_is_stopped_though_a_client_left_its_request_behind(web: Web) -> None:
    web.wait(200)
    with psycopg.connect(web.variables["OWNER_DATABASE_URL"]) as owner:
        owner.execute("LOCK TABLE records_search IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"http://127.0.0.1:{web.port}/files?q=澜序桥", timeout=0.5)
        web.process.terminate()
        time.sleep(0.5)
    assert web.process.wait(15) == 0
    web.process = web.serve()
    web.wait(200)
