"""The documentation says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chengxin import options
from chengxin.cli import parser
from tests import reference, traceability

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
