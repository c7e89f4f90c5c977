"""The command's words, run as a person runs them: a program with an environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chengxin.commands import environment
from chengxin.launcher.errors import LauncherError

ROOT = Path(__file__).resolve().parents[3]


def chengxin(*words: str, text: str | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "chengxin.cli", *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **changes}, input=text, text=True, capture_output=True, check=False)


def url_of_this_test() -> dict[str, str]:
    """Return the variables by which a child uses this test's database."""
    from django.db import connection

    from chengxin.launcher import places
    from tests import server

    name = connection.settings_dict["NAME"]
    return {"DATABASE_URL": server.url(name), "OWNER_DATABASE_URL": server.url(name, role=places.OWNER_ROLE)}


def test_a_bad_setting_is_one_sentence_not_a_traceback() -> None:
    answer = chengxin("keys", "list", PORT="eighty")
    assert answer.returncode == 1
    assert answer.stderr.startswith("chengxin: PORT: ")
    assert len(answer.stderr.splitlines()) == 1


def test_settings_prints_the_reference() -> None:
    assert chengxin("settings").stdout == (ROOT / "docs/reference/settings.md").read_text("utf-8")


@pytest.mark.django_db(transaction=True)
def test_an_agency_its_user_and_a_healthy_doctor() -> None:
    variables = url_of_this_test()
    made = chengxin("agency", "create", "N-TEST", "商务部电子商务司（测试）", **variables)
    assert made.returncode == 0, made.stderr
    weak = chengxin("agency", "user", "N-TEST", "shen.he", "审核员", "--role", "reviewer", text="123\n", **variables)
    assert weak.returncode == 1
    assert "password" in weak.stderr
    user = chengxin("agency", "user", "N-TEST", "shen.he", "审核员", "--role", "reviewer", text="Qingjiao-88\n", **variables)
    assert user.returncode == 0, user.stderr
    doctor = chengxin("doctor", **variables)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    verified = chengxin("log", "verify", **variables)
    assert verified.stdout.startswith("ok: "), verified.stdout + verified.stderr


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_is_checked_without_a_database(tmp_path: Path) -> None:
    good = chengxin("catalogue", "check")
    assert (good.returncode, good.stderr) == (0, "")
    assert re.fullmatch(r"\d+ forms, \d+ files of data: no fault\n", good.stdout)
    copy = tmp_path / "catalogue"
    shutil.copytree(ROOT / "catalogue", copy)
    path = copy / "groups" / "S04.yaml"
    path.write_text(path.read_text("utf-8").replace("kind: uscc", "kind: ussc"), "utf-8")
    bad = chengxin("catalogue", "check", str(copy))
    assert bad.returncode == 1
    [_title, fault] = bad.stderr.splitlines()
    assert fault.startswith("groups/S04.yaml: fields.1.kind：不认识的值 ussc")
    assert fault.endswith("（第19行）")
    missing = chengxin("catalogue", "publish", str(tmp_path / "none.yaml"), **url_of_this_test())
    assert missing.stderr == f"chengxin: {tmp_path / 'none.yaml'}: No such file or directory\n"


@pytest.mark.django_db
def test_serve_refuses_a_demo_that_others_can_reach(settings: Any) -> None:
    settings.DEMO = True
    environment.require_safe(host="127.0.0.1")
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(LauncherError, match=r"DEMO=1.*HOST=127\.0\.0\.1"):
            environment.require_safe(host=host)


@pytest.mark.django_db
def test_demo_keys_are_refused_even_without_demo_mode(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(LauncherError, match="demo keys"):
        environment.require_safe(host="0.0.0.0")


@pytest.mark.django_db(transaction=True)
def test_serve_and_worker_refuse_an_unmigrated_database() -> None:
    import psycopg

    variables = url_of_this_test()
    with psycopg.connect(variables["OWNER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'records'")
    for word in ("serve", "worker"):
        answer = chengxin(word, **variables)
        assert answer.returncode == 1
        assert "chengxin migrate" in answer.stderr
