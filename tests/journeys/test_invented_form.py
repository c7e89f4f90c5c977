"""Adding a field, a group or an item is one YAML file and no Python: from the empty file to the proved record (D-34)."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from chengxin.access import actions as access
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import tools
from chengxin.catalogue.chosen_kinds import KINDS
from chengxin.commands.tests.test_words import chengxin, url_of_this_test
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.ledger import sequencer
from chengxin.ledger.tests.helpers import stranger_verifies
from chengxin.seals import pdf
from chengxin.web.session import cookie_name
from tests.journeys import enterprises as people
from tests.journeys import invented
from tests.journeys.archives import chosen, html, save
from tests.journeys.enterprises import Enterprise, fields, row_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def browser_of(actor: Actor) -> Client:
    """A browser in which an official is logged in."""
    assert actor.account_id is not None
    client = Client()
    session = access.open_session(account_id=actor.account_id, assurance="password", network="192.0.2.1")
    client.cookies[cookie_name("session")] = session.session_key
    return client


def command(*words: str) -> str:
    """What a word of the command prints in this test's database."""
    done = chengxin(*words, **url_of_this_test())
    assert done.returncode == 0, done.stderr
    return done.stdout


def update(browser: Client) -> str:
    """更新诚信档案: the address of the draft, with type and commitment in place."""
    at = str(browser.post("/workbench/archive/update").headers["Location"]).rpartition("/")[0]
    assert chosen(browser, at).status_code == 302
    return at


def add_record(browser: Client, at: str, group: str) -> tuple[dict[str, Any], str]:
    """新增记录 in a group: the values a browser would post now, and the row."""
    page = f"{at}/page/{invented.PAGE}"
    save(browser, page, fields(html(browser.get(page))) | {"_add": group})
    shown = html(browser.get(page))
    return fields(shown), row_of(shown, group)


def hand_in(browser: Client, at: str, judge: Actor) -> None:
    """Submit over HTTP; the reviewer approves over HTTP; the log takes the events in."""
    key = fields(html(browser.get(f"{at}/submit")))["submission_key"]
    assert browser.post(f"{at}/submit", {"submission_key": key}).status_code == 302
    filing_id = at.rpartition("/")[2]
    desk = browser_of(judge)
    page = html(desk.get(f"/desk/{filing_id}"))
    round_ = re.search(r'name="round" value="(\d+)"', page)
    assert round_
    assert desk.post(f"/desk/{filing_id}/decide", {"round": round_[1], "outcome": "approved"}).status_code == 302
    sequencer.step()


def record_of(group: str, uscc: str) -> dict[str, Any]:
    """The one public record of a group, read as a program reads it."""
    [record] = [r for r in Client().get(f"/api/v1/files/{uscc}").json()["records"] if r["group"] == group]
    return dict(record)


def printed_on(paper: bytes) -> str:
    """The text of a report without white space."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages))


def proved(version_id: str) -> int:
    """The size of the log under which an independent implementation finds the record."""
    stranger = Client()
    leaf = stranger.get(f"/api/v1/records/{version_id}/entry").content
    proof = stranger.get(f"/api/v1/records/{version_id}/proof").content.decode()
    return stranger_verifies(proof, leaf, stranger.get("/log/vkey").content.decode().strip())


@pytest.mark.requirement("ARC-16.1")
def test_an_invented_group_from_the_empty_file_to_the_proved_record(enterprise: Enterprise, judge: Actor, tmp_path: Path) -> None:
    browser = enterprise.client()
    first = people.submitted(enterprise)
    people.decide(first, "approved", judge)
    before = filings.one(filing_id=first, by=enterprise.actor).form_version
    kept = record_of("S06", enterprise.uscc)
    draft = update(browser)
    folder = invented.catalogue_with(tmp_path, invented.PACKAGING)
    assert "no fault" in command("catalogue", "check", str(folder))
    assert [line.split()[0] for line in command("catalogue", "load", str(folder)).splitlines()] == ["archive/IN_PLATFORM"]
    assert "绿色包装" in command("catalogue", "explain", "archive/IN_PLATFORM")

    at = update(browser)
    assert at == draft, "the open draft moved to the new version"
    values, row = add_record(browser, at, "X90")
    refused = save(browser, f"{at}/page/governance", values | {f"{row}/material": "棉布袋", f"{row}/share": "120"}, "next")
    assert refused.status_code == 422
    assert "可循环占比不能大于100" in html(refused)
    typed = {"material": "棉布袋", "share": "85.5", "supplier": "金华丝路棉纺厂", "_public": "1"}
    values = fields(html(refused)) | {f"{row}/{code}": value for code, value in typed.items()}
    assert save(browser, f"{at}/page/governance", values, "next").status_code == 302
    preview = html(browser.get(f"{at}/preview"))
    assert "绿色包装" in preview and "棉布袋" in preview
    hand_in(browser, at, judge)

    record = record_of("X90", enterprise.uscc)
    assert record["content"] == {"material": "棉布袋", "share": "85.50"}
    assert record["form"] == catalogue.current_version("archive/IN_PLATFORM") != before
    page = html(Client().get(f"/files/{enterprise.uscc}"))
    assert "绿色包装" in page and "可循环占比" in page and "85.50" in page
    assert "金华丝路棉纺厂" not in page
    assert proved(record["version_id"]) > 0
    former = filings.submission(filing_id=first, by=enterprise.actor)
    assert former is not None and former.receipt["form_version"] == before
    assert record_of("S06", enterprise.uscc)["version_id"] == kept["version_id"], "nothing unchanged is published again"


def test_a_published_record_keeps_its_words_when_the_form_gets_others(enterprise: Enterprise, judge: Actor, tmp_path: Path) -> None:
    people.decide(people.submitted(enterprise), "approved", judge)
    address = f"/files/{enterprise.uscc}"
    assert "<dt>名称</dt>" in html(Client().get(address))
    version = catalogue.current_version("archive/IN_PLATFORM")
    text = command("catalogue", "export", str(tmp_path / "out"))
    form = tmp_path / "out" / "forms" / "archive" / "IN_PLATFORM.yaml"
    assert str(form) in text
    body = yaml.safe_load(form.read_text("utf-8"))
    shops = next(group for group in body["groups"] if group["group"] == "S06")
    next(f for f in shops["fields"] if f["field"] == "name")["label"]["zh"] = "招牌名称"
    form.write_text(tools.dump(body), "utf-8")
    assert command("catalogue", "diff", str(form)) == "S06：修改字段 招牌名称（label）\n"
    published = command("catalogue", "publish", str(form)).strip()
    assert catalogue.current_version("archive/IN_PLATFORM") == published != version
    shown = html(Client().get(address))
    assert "<dt>名称</dt>" in shown and "招牌名称" not in shown
    at = update(enterprise.client())
    assert "招牌名称" in html(enterprise.client().get(f"{at}/page/operation"))
    assert "kept" in command("catalogue", "load")
    command("catalogue", "use", version)
    assert catalogue.current_version("archive/IN_PLATFORM") == version


def test_every_kind_of_field_on_page_in_rules_to_the_public_by_api_and_on_paper(
    enterprise: Enterprise, judge: Actor, tmp_path: Path
) -> None:
    assert set(invented.SAMPLES) == set(KINDS)
    command("catalogue", "load", str(invented.catalogue_with(tmp_path, invented.every_kind())))
    browser = enterprise.client()
    at = f"/workbench/archive/{people.fill(enterprise)}"
    page = f"{at}/page/{invented.PAGE}"
    values, row = add_record(browser, at, "X99")
    empty = save(browser, page, values | {f"{row}/f_text": "棉布袋"}, "next")
    assert empty.status_code == 422
    for kind in set(KINDS) - {"text"}:
        assert re.search(rf"请(填写|选择|上传)项目{kind}\b", html(empty)), kind
    upload = {f"{row}/f_file.new": SimpleUploadedFile("proof.jpg", invented.proof_paper(), "image/jpeg")}
    answer = save(browser, page, fields(html(empty)) | invented.typed(row) | upload, "next")
    assert answer.status_code == 302, re.findall(r'class="error[^>]*>([^<]*)', html(answer))
    again = fields(html(browser.get(page)))
    hand_in(browser, at, judge)

    record = record_of("X99", enterprise.uscc)
    public = {kind for kind, sample in invented.SAMPLES.items() if sample.shown is not None}
    assert set(record["content"]) == {f"f_{kind}" for kind in public}
    shown = re.sub(r"<[^>]*>", "", html(Client().get(f"/files/{enterprise.uscc}")))
    paper = Client().get(f"/files/{enterprise.uscc}.pdf?group=X99").content
    assert pdf.verify(paper)["ok"]
    printed = printed_on(paper)
    for kind, sample in invented.SAMPLES.items():
        if sample.shown is not None:
            assert f"项目{kind}" in shown and sample.shown in shown, kind
            assert f"项目{kind}" in printed and re.sub(r"\s", "", sample.shown) in printed, kind
        else:
            assert f"项目{kind}" not in shown and f"项目{kind}" not in printed, kind
    for hidden in ("11010519060606001X", "13987654321", "canary@hidden.example", "6222020000000000777", "欧阳明远"):
        assert hidden not in shown and hidden not in printed and hidden not in str(record), hidden
    assert again[f"{row}/f_phone"] == "13987654321", "but the enterprise sees what it typed"
    assert proved(record["version_id"])
