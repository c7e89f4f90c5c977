"""backup, restore, keys and log succeed, as an operator runs them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from chengxin import install
from chengxin.commands.tests.test_words import chengxin, url_of_this_test
from chengxin.common.key_inventory import INVENTORY
from chengxin.ledger import sequencer
from chengxin.records.tests import makers


@pytest.fixture
def places(tmp_path: Path, settings: Any) -> dict[str, str]:
    """Variables of an installation of this test's own: keys, checkpoints, home."""
    install.make_keys(demo=True)
    shutil.copytree(settings.KEYS_DIR, tmp_path / "home" / "keys")
    settings.KEYS_DIR = tmp_path / "home" / "keys"
    sequencer.forget()
    return {
        "CHENGXIN_HOME": str(tmp_path / "home"),
        "CHECKPOINTS_DIR": str(settings.CHECKPOINTS_DIR),
        "LOG_ORIGIN": settings.LOG_ORIGIN,
    }


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_backup_list_check_and_restore(tmp_path: Path, places: dict[str, str]) -> None:
    makers.published(1, "杭州澜序桥电子商务有限公司", [makers.own_record(makers.shop("澜序旗舰店"))])
    sequencer.step()
    variables, target = {**url_of_this_test(), **places}, str(tmp_path / "backups")
    connections.close_all()
    made = chengxin("backup", target, **variables)
    assert made.returncode == 0, made.stderr
    folder = Path(made.stdout.split("  ")[0])
    assert chengxin("backup", target, "--list", **variables).stdout == made.stdout
    assert chengxin("backup", target, "--check", **variables).stdout == f"ok: {folder}\n"
    assert chengxin("keys", "check", "--backup", target, **variables).stdout.startswith("ok: ")
    full = chengxin("restore", target, **variables)
    assert full.returncode == 1 and "--replace" in full.stderr and len(full.stderr.splitlines()) == 2
    done = chengxin("restore", target, "--replace", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("restored: the backup of ")
    assert "ended again: 0 publications" in done.stdout
    dropped = chengxin("restore", target, "--drop-former", **variables)
    assert dropped.stdout.startswith("deleted: before_")
    (folder / "database.dump").write_bytes(b"damaged")
    bad = chengxin("backup", target, "--check", **variables)
    assert bad.returncode == 1 and f"red: {folder}" in bad.stdout
    nowhere = chengxin("restore", str(tmp_path / "none"), **variables)
    assert nowhere.returncode == 1 and "is no backup" in nowhere.stderr


def test_more_than_35_days_are_not_kept() -> None:
    for days in ("36", "0", "many"):
        answer = chengxin("backup", "somewhere", "--keep-days", days)
        assert answer.returncode == 2 and "--keep-days" in answer.stderr


def test_rotating_says_what_follows_and_a_log_keeps_its_key(places: dict[str, str]) -> None:
    rotated = chengxin("keys", "rotate", "receipt", **places)
    assert rotated.stdout.splitlines()[:2] == ["receipt v2", INVENTORY["receipt"].rotation]
    refused = chengxin("keys", "rotate", "ledger-public", **places)
    assert refused.returncode == 1 and "chengxin log succeed public --new-key" in refused.stderr
    assert chengxin("keys", "rotate", "nothing", **places).returncode == 1
    file = Path(settings.KEYS_DIR) / "token.v1.json"
    file.chmod(0o644)
    (Path(settings.KEYS_DIR) / "web.v1.json").unlink()
    checked = chengxin("keys", "check", **places)
    assert checked.returncode == 1
    assert "web  missing" in checked.stdout and "token v1  readable by others" in checked.stdout


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_log_is_succeeded_with_a_new_key_from_the_command(places: dict[str, str]) -> None:
    makers.published(1, "杭州澜序桥电子商务有限公司", [makers.own_record(makers.shop("澜序旗舰店"))])
    sequencer.step()
    variables = {**url_of_this_test(), **places}
    said = chengxin("log", "succeed", "public", "--new-key", "--reason", "yearly", **variables)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[0] == "chengxin/log-succession/v1" and "/public/2+" in said.stdout
    assert chengxin("log", "verify", **variables).stdout.startswith("ok: ")
    empty = chengxin("log", "succeed", "public", "--reason", " ", **variables)
    assert empty.returncode == 1 and empty.stderr == "chengxin: The reason is one line of text.\n"
