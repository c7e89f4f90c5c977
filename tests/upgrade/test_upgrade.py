"""The state of every released version, brought up to date by `chengxin migrate`: promises are kept and work goes on (D-48)."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from chengxin import checks, worker
from chengxin.access import sessions
from chengxin.launcher import places
from chengxin.ledger import notes, verify
from tests import server
from tests.journeys import enterprises as people

ROOT = Path(__file__).resolve().parents[2]
RELEASES = sorted(path.parent for path in (Path(__file__).parent / "releases").glob("*/promised.json"))
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from Python 3.11.4 on


class Installation:
    """An installation of the old version with this version's programs."""

    def __init__(self, release: Path, home: Path) -> None:
        self.told: dict[str, Any] = json.loads((release / "promised.json").read_text("utf-8"))
        name = connection.settings_dict["NAME"]
        self.owner = server.url(name, role=places.OWNER_ROLE)
        self.variables = {**os.environ, "DATABASE_URL": server.url(name), "OWNER_DATABASE_URL": self.owner, "CHENGXIN_HOME": str(home)}
        with tarfile.open(release / "home.tar.xz") as beside:
            beside.extractall(home, **SAFELY)
        connection.close()
        with psycopg.connect(self.owner, autocommit=True) as database:
            database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            database.execute(lzma.decompress((release / "database.sql.xz").read_bytes()))

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a word of the command."""
        line = [sys.executable, "-m", "chengxin.cli", *words]
        return subprocess.run(line, cwd=ROOT, env=self.variables, capture_output=True, text=True, check=False)


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def old(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Installation:
    """A released version's state, before anything was done to it."""
    home = tmp_path / "home"
    home.mkdir()
    settings.CHENGXIN_HOME, settings.KEYS_DIR = home, home / "keys"
    settings.CHECKPOINTS_DIR, settings.MEDIA_ROOT = home / "checkpoints", home / "uploads"
    return Installation(request.param, home)


def test_there_is_a_release() -> None:
    assert RELEASES


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_released_version_is_upgraded(old: Installation, client: Any) -> None:
    refused = old.command("serve")
    assert (refused.returncode, "chengxin migrate" in refused.stderr) == (1, True), refused.stderr
    for words in (["migrate"], ["catalogue", "load"]):
        done = old.command(*words)
        assert done.returncode == 0, done.stderr
    promises_are_kept(old.told, client)
    work_goes_on(old.told, client)
    promises_are_kept(old.told, client)
    assert not verify.run().problems
    assert not [check for check in checks.all_checks() if check.state == "red"]


def promises_are_kept(told: dict[str, Any], client: Any) -> None:
    """What was published, proved, acknowledged and reported is there to the byte."""
    file = client.get(f"/api/v1/files/{told['published']['uscc']}").json()
    assert [record["version_id"] for record in file["records"]] == told["published"]["versions"]
    for version, digest in told["entries"].items():
        entry = client.get(f"/api/v1/records/{version}/entry").content
        assert hashlib.sha256(entry).hexdigest() == digest
        proof = client.get(f"/api/v1/records/{version}/proof").content.decode()
        assert notes.verify_proof(proof, leaf=entry, verifier=told["vkey"]).size >= size(told["checkpoint"])
    for number in told["receipts"]:
        assert client.get(f"/verify/{number}.json").json()["genuine"] is True
    report = client.get(f"/verify/{told['report']['number']}.json").json()
    assert told["report"]["sha256"] in json.dumps(report)


def work_goes_on(told: dict[str, Any], client: Any) -> None:
    """Whoever was in the midst of something goes on: a draft is handed in, what waited is approved and published."""
    drafting, waiting = told["drafting"], told["waiting"]
    assert sessions.log_in(name=drafting["uscc"], password=told["password"], network="192.0.2.1").session_key
    firm = people.signed_in(UUID(drafting["account"]))
    sent = firm.post(f"/workbench/archive/{drafting['filing']}/submit", {"submission_key": str(uuid4())})
    assert sent.status_code == 302, said_in(sent)
    assert firm.get(sent["Location"]).status_code == 200
    judge = people.signed_in(UUID(told["judge"]))
    assert drafting["uscc"] in judge.get("/desk").content.decode()
    decided = judge.post(f"/desk/{waiting['filing']}/decide", {"round": "1", "outcome": "approved", "opinion": ""})
    assert decided.status_code == 302, said_in(decided)
    worker.drain()
    assert client.get(f"/api/v1/files/{waiting['uscc']}").json()["records"]
    assert size(client.get("/log/checkpoint").content.decode()) > size(told["checkpoint"])


def said_in(response: Any) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode().partition("<main")[2]).split())[:600]


def size(checkpoint: str) -> int:
    """The size a checkpoint names on its second line."""
    return int(checkpoint.splitlines()[1])
