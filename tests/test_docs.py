"""The documentation says what the code does."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chengxin import options
from chengxin.catalogue import loader, tools
from chengxin.cli import parser
from chengxin.filings import lifecycle
from chengxin.identity.values import AGENCY_ROLES, ENTERPRISE_ROLES
from chengxin.ledger import sequencer
from chengxin.records.reading import TYPE_LABELS
from chengxin.records.tests import makers
from tests import reference, traceability
from tests.site import running

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (reference.FOLDER / name).read_text("utf-8") == reference.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not broken


def test_decisions_are_numbered_and_titled() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text("utf-8")
        assert all(f"## {part}" in text for part in ("Context", "Decision", "Consequences")), page.name


def test_every_target_of_the_makefile_is_explained() -> None:
    made = (ROOT / "Makefile").read_text("utf-8")
    named = re.search(r"^\.PHONY: (.*)$", made, re.MULTILINE)
    assert named
    explained = set(re.findall(r"^([a-z]+):.*## ", made, re.MULTILINE))
    assert set(named.group(1).split()) == explained


def test_every_word_of_the_command_is_in_the_operations_page() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    words = next(iter(parser()._subparsers._group_actions)).choices  # type: ignore[union-attr]
    assert words is not None
    assert not [word for word in words if f"chengxin {word}" not in text]


def words(found: argparse.ArgumentParser, name: str = "chengxin") -> Iterator[str]:
    """Yield every word of the command, with the words before it."""
    for action in found._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield f"{name} {word}"
                yield from words(inner, f"{name} {word}")


def test_every_command_in_the_documentation_exists() -> None:
    known = set(words(parser()))
    for page in PAGES:
        for code in re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", page.read_text("utf-8"), re.DOTALL):
            for first, act in re.findall(r"^(?:\w+=\S+ )*chengxin ([a-z]+)(?: ([a-z]+)(?=\s|$))?", "".join(code), re.MULTILINE):
                assert f"chengxin {first}" in known, (page.name, first)
                nested = any(word.startswith(f"chengxin {first} ") for word in known)
                assert not act or not nested or f"chengxin {first} {act}" in known, (page.name, first, act)


# --- How-tos are run -------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_commands_that_verify_a_record_verify_it(tmp_path: Path, settings: Any) -> None:
    settings.PUBLIC_READS_PER_MINUTE = 0
    shops = [makers.own_record(makers.shop(name)) for name in ("澜序旗舰店", "“引号”与\\反斜线")]
    _enterprise, code = makers.published(1, "杭州澜序桥电子商务有限公司", shops)
    for number in range(2, 9):
        makers.published(number, f"杭州第{number}电子商务有限公司", [makers.own_record(makers.shop(f"第{number}店"))])
    sequencer.step()
    page = (ROOT / "docs" / "how-to" / "verify-a-record.md").read_text("utf-8")
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"```bash\n(.*?)```", page, re.DOTALL))
    with running() as site:
        variables = {**os.environ, "SITE": str(site.base_url).rstrip("/"), "CODE": code}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=variables, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "the entry is that of this record"
    assert re.fullmatch(r"entry \d+ of \d+", said[1])
    assert said[2] == "Signature Verified Successfully"
    assert said[3].startswith("the report is the one issued as BG")


def test_the_group_and_the_item_in_the_how_to_load(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(ROOT / "catalogue", folder)
    group, item = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "how-to" / "catalogue.md").read_text("utf-8"), re.DOTALL)
    (folder / "groups" / "X01.yaml").write_text(group, "utf-8")
    path = folder / "forms" / "archive" / "SERVICE.yaml"
    form = yaml.safe_load(path.read_text("utf-8"))
    form["pages"][-1]["groups"].append("X01")
    path.write_text(tools.dump(form), "utf-8")
    (folder / "forms" / "voluntary" / "training.yaml").write_text(item, "utf-8")
    bodies = loader.load_folder(folder)
    assert "X01" in {g["group"] for g in bodies["archive/SERVICE"]["groups"]}
    assert bodies["voluntary/training"]["item"]["order"] == 10


# --- Words -----------------------------------------------------------------------------------------------------------
def test_the_glossary_has_every_state_role_and_type() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for label in {str(label) for label in lifecycle.LABELS.values()} | set(map(str, TYPE_LABELS.values())):
        assert any(label in row.split("|")[1] for row in rows), label
    for code in {*lifecycle.STATES, *lifecycle.KINDS, *TYPE_LABELS, *AGENCY_ROLES, *ENTERPRISE_ROLES}:
        assert any(re.search(rf"`{code}`", row.split("|")[2]) for row in rows), code


def test_a_chinese_term_has_one_name() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    terms = [term for cell in cells if cell != "term" for term in cell.split("、")]
    assert len(terms) == len(set(terms)), sorted(term for term in terms if terms.count(term) > 1)


def test_names_in_the_glossary_are_names_in_the_code() -> None:
    folders = [*(ROOT / "chengxin").rglob("*.py"), *(ROOT / "catalogue").rglob("*.yaml"), *(ROOT / "catalogue").glob("*.json")]
    code = "\n".join(path.read_text("utf-8") for path in folders if "tests" not in path.parts)
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    now = "\n".join(line for line in text.splitlines() if line.startswith("| ") and "later" not in line.split("|")[3])
    missing = [name for name in re.findall(r"`([a-z_]+)`", now) if not re.search(rf"\b{name}\b", code)]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_no_machine(page: Path) -> None:
    assert not re.findall(r"/(?:work|root|tmp)/|pypi\.org|files\.pythonhosted|localhost:\d", page.read_text("utf-8"))


def test_every_setting_has_a_meaning_and_a_readable_default() -> None:
    for name, option in options.TABLE.items():
        assert option.meaning.endswith("."), name
        options.value(name, environment={})


def test_a_bad_setting_is_named() -> None:
    with pytest.raises(options.BadSetting, match=r"^PORT: "):
        options.value("PORT", environment={"PORT": "eighty"})


def test_requirements_are_numbered_once() -> None:
    names = [entry["id"] for entry in traceability.requirements()]
    assert len(names) == len(set(names))
