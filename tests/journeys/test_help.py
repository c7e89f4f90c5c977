"""The help centre: every question of the sources, every `?` leads to its paragraph, messages are those of the product (D-38)."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.filings.file_rules import SAYS
from chengxin.portal import help as centre
from chengxin.web.account import forms as account
from chengxin.web.words import ROOT
from tests.journeys import enterprises as people

SOURCES = (*(f"000 §五 Q{n}" for n in (1, 2, 3, 5, 6)), *(f"002 §04 问题{n}" for n in range(1, 9)), *(f"001 §二({n})" for n in "一二三"))
MARK = re.compile(r'class="help-mark" href="/help#([^"]+)"')


def entries() -> list[centre.Entry]:
    """Every entry of the files."""
    return [entry for topic in centre.in_files() for entry in topic.entries]


def test_every_question_of_the_sources_has_its_entry() -> None:
    told = "；".join(entry.source for entry in entries())
    assert not [source for source in SOURCES if source not in told]
    assert len(entries()) >= 40


def test_messages_that_are_explained_are_said_by_the_product_and_all_of_uploads_are_explained() -> None:
    explained = {message for entry in entries() for message in entry.messages}
    said = "\n".join(path.read_text("utf-8") for path in sorted(ROOT.rglob("*.py")) if "tests" not in path.parts)
    assert not [message for message in explained if message not in said]
    assert not [str(text) for text in SAYS.values() if str(text) not in explained]


@pytest.mark.django_db
def test_every_field_that_is_named_exists() -> None:
    named = {field for entry in entries() for field in entry.fields}
    written = {f"{form.__name__}.{name}" for form in vars(account).values() if hasattr(form, "base_fields") for name in form.base_fields}
    reports = [f"report/{name}" for name in ("question", "objection", "tipoff", "suggestion")]
    forms = [catalogue.current(name) for name in ("archive/SELF_SITE", "archive/PLATFORM", *reports)]
    asked = {f"{group.code}.{field.code}" for form in forms for group in form.groups for field in group.fields}
    assert not named - written - asked and len(named) > 15


@pytest.mark.django_db(transaction=True)
def test_every_mark_beside_a_field_leads_to_a_paragraph() -> None:
    whole = Client().get("/help").content.decode()
    anchors = set(re.findall(r'<details id="([^"]+)"', whole))
    firm = people.approved(by=people.reviewer())
    own = firm.client()
    pages = [Client().get(at) for at in ("/register", "/login", "/password/forgot")]
    pages += [own.get("/workbench/questions/new"), own.get("/workbench/archive", follow=True)]
    marks = [set(MARK.findall(page.content.decode())) for page in pages]
    assert all(marks), [page.request["PATH_INFO"] for page, found in zip(pages, marks, strict=True) if not found]
    assert not set().union(*marks) - anchors
    assert {"Q3", "Q5", "Q6", "division", "password"} <= marks[0]


@pytest.mark.django_db
def test_search_finds_words_of_question_answer_and_message() -> None:
    def found(text: str) -> list[str]:
        return re.findall(r'<details id="([^"]+)"', Client().get("/help", {"q": text}).content.decode())

    assert found("HEIC") == ["heic"] and "Q2" in found("暂存 登出") and found("已领完") == ["claim-refused"]
    page = Client().get("/help", {"q": "没有这样的词"}).content.decode()
    assert "没有找到相关的说明" in page and "/help-desk" in page
    english = unescape(Client().get("/help?lang=en").content.decode())
    assert "Must I upload the business licence" in english and "注册必须上传" not in english


def test_a_fault_in_a_file_is_said_with_file_and_entry(tmp_path: Path, settings: object) -> None:
    folder = tmp_path / "help"
    folder.mkdir()
    settings.CATALOGUE_DIR = tmp_path  # type: ignore[attr-defined]
    whole = "{id: a, question: {zh: 问, en: Q}, answer: {zh: 答, en: A}}"
    faulty = {
        whole.replace("id: a", "id: a, colour: red"): "x.yaml a",
        whole.replace(", en: A", ""): "x.yaml a",
        f"{whole}, {whole}": "stands twice",
    }
    for entries_, fault in faulty.items():
        (folder / "x.yaml").write_text(f"topic: t\ntitle: {{zh: 题, en: T}}\nentries: [{entries_}]\n", "utf-8")
        centre._read.cache_clear()
        with pytest.raises(centre.HelpInvalid, match=fault):
            centre.in_files()
    centre._read.cache_clear()
