"""The systemd units: systemd takes them, they are locked up well, and they run words that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chengxin import options
from chengxin.cli import parser

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
SETTINGS = ROOT / "deploy" / "chengxin.env"
PROGRAM = "/opt/chengxin/venv/bin/chengxin"
MOST_EXPOSED = "20"  # tenths of systemd's scale, on which 10 is naked
SERVICES = ("web", "worker", "backup", "doctor")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program that exists on this machine."""
    shutil.copytree(UNITS, tmp_path / "units")
    for path in (tmp_path / "units").glob("*.service"):
        path.write_text(path.read_text("utf-8").replace(PROGRAM, str(Path(sys.executable).with_name("chengxin"))), "utf-8")
    return tmp_path / "units"


def analyse(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong(units: Path) -> None:
    answer = analyse("verify", *(str(path) for path in units.glob("*.*") if path.is_file()))
    assert (answer.returncode, answer.stderr) == (0, "")
    (units / "chengxin-web.service").write_text("[Service]\nExecStart=nowhere\n")
    assert analyse("verify", str(units / "chengxin-web.service")).returncode


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_touch_little(units: Path, name: str) -> None:
    unit = str(units / f"chengxin-{name}.service")
    assert analyse("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit).returncode == 0
    shutil.rmtree(units / "chengxin-.service.d")
    assert analyse("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit).returncode == 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_word_of_the_command(name: str) -> None:
    found = re.search(rf"^ExecStart={PROGRAM} (.+)$", (UNITS / f"chengxin-{name}.service").read_text("utf-8"), re.MULTILINE)
    assert found
    parser().parse_args(found[1].split())


def settings_file() -> dict[str, str]:
    lines = (line.strip() for line in SETTINGS.read_text("utf-8").splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_settings_file_can_be_read() -> None:
    given = settings_file()
    for name in given:
        options.value(name, environment=given)
    assert given["DEMO"] == "0"


def test_nginx_and_the_settings_agree() -> None:
    given, site = settings_file(), (ROOT / "deploy" / "nginx" / "chengxin.conf").read_text("utf-8")
    assert f"server {given['HOST']}:{given['PORT']} " in site
    assert f"server_name {given['SITE_ORIGIN'].removeprefix('https://')};" in site
    megabytes = re.search(r"client_max_body_size (\d+)m;", site)
    assert megabytes
    assert int(megabytes[1]) * 1024 * 1024 == options.value("MAX_BODY_BYTES", environment=given)
