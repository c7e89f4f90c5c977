"""The container file says what a careful operator expects of it."""

from __future__ import annotations

import re
from pathlib import Path

from chengxin import options
from chengxin.cli import parser
from deploy import bundle

TEXT = (Path(__file__).resolve().parents[2] / "deploy" / "Containerfile").read_text("utf-8")
LINES = [line for line in re.sub(r"\\\n", " ", TEXT).splitlines() if line and not line.startswith("#")]
LAST_STAGE = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM")) :]
IN_THE_BUNDLE = {*bundle.TAKEN, bundle.SBOM, bundle.REQUIREMENTS, "wheels"}


def said(instruction: str, lines: list[str] = LINES) -> list[str]:
    return [line.split(" ", 1)[1].strip() for line in lines if line.startswith(f"{instruction} ")]


def test_what_builds_does_not_ship() -> None:
    assert len(said("FROM")) == 2
    assert not [line for line in said("RUN", LAST_STAGE) if "pip" in line]


def test_the_base_is_named_by_version() -> None:
    assert all(re.search(r":\$\{PYTHON\}-slim-bookworm", base) for base in said("FROM"))
    assert [re.fullmatch(r"PYTHON=3\.\d+", argument) is not None for argument in said("ARG")] == [True]


def test_packages_come_from_the_bundle_by_hash() -> None:
    (install,) = [line for line in said("RUN") if "pip install" in line]
    assert "--no-index" in install
    assert "--require-hashes" in install
    assert not said("ADD")
    copied = {name for line in said("COPY") if not line.startswith("--from") for name in line.split()[:-1]}
    assert copied <= IN_THE_BUNDLE


def test_it_runs_as_nobody_in_particular() -> None:
    (user,) = said("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    after = LINES[LINES.index(f"USER {user}") + 1 :]
    assert not said("RUN", after)
    assert f"--uid {user.split(':')[0]}" in TEXT


def test_its_settings_and_words_exist() -> None:
    names = re.findall(r"(\w+)=", said("ENV")[0])
    ours = [name for name in names if name not in ("PATH", "PYTHONDONTWRITEBYTECODE")]
    assert ours and set(ours) <= set(options.TABLE)
    assert not [name for name in ours if options.TABLE[name].secret]
    assert said("ENTRYPOINT") == ['["chengxin"]']
    parser().parse_args([said("CMD")[0].strip('["]')])
    assert said("STOPSIGNAL") == ["SIGTERM"]
