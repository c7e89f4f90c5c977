"""What an enterprise shows and takes away of its voluntary registration: confirmations, 亮信用, its own data (VOL-13, VOL-29, VOL-31)."""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from chengxin.filings import voluntary_queries
from chengxin.filings.models import Correction
from chengxin.flow import correcting, takedowns
from chengxin.flow import voluntary as flow
from chengxin.identity.models import AccessLog
from chengxin.identity.values import Actor
from chengxin.ledger import sequencer
from chengxin.ledger.models import Event
from chengxin.records import heading
from chengxin.records import queries as records
from chengxin.seals import pdf
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, FINANCE, HONOUR, LICENCE, Registrant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise with a public file that may register."""
    made = voluntary.registrant(by=judge)
    voluntary.with_archive(made, by=judge)
    return made


def words(document: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages).split())


def groups(firm: Registrant) -> dict[str, Any]:
    found: dict[str, Any] = records.document(uscc=firm.uscc)["groups"]
    return found


def record_of(firm: Registrant, filing_id: UUID) -> UUID:
    return voluntary_queries.one(filing_id=filing_id, by=firm.actor).record_id


# --- What the public counts and sees ----------------------------------------------------------------------------------
@pytest.mark.requirement("VOL-13.1", "VOL-13.2")
def test_only_published_records_are_counted_and_public(firm: Registrant, judge: Actor) -> None:
    flow.withdraw(filing_id=voluntary.handed_in(firm, project="撤销的项目"), by=firm.actor)
    for project in ("待审项目甲", "待审项目乙"):
        voluntary.handed_in(firm, project=project)
    assert voluntary_queries.counts(firm.id) == {} and "V07" not in groups(firm)
    voluntary.published(firm, project="已发布的项目", by=judge)
    assert voluntary_queries.counts(firm.id) == {DONATION: 1}
    assert groups(firm)["V07"] == {"more": False, "total": 1}
    shown = voluntary.shown(firm)
    assert "已发布的项目" in shown
    assert not [word for word in ("撤销的项目", "待审项目甲", "待审项目乙") if word in shown]


@pytest.mark.requirement("VOL-29.1")
def test_a_revision_is_public_only_when_it_is_published(firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(firm, HONOUR, name="银牌网商", by=judge)
    record_id, badge = record_of(firm, filing_id), f"/badge/{firm.uscc}/{record_of(firm, filing_id)}.svg"
    revision = flow.revise(filing_id=filing_id, by=firm.actor).id
    voluntary.type_in(firm, revision, {"name": "金牌网商"})
    voluntary.submit(firm, revision, though_alike=True)
    assert "银牌网商" in voluntary.shown(firm) and "金牌网商" not in voluntary.shown(firm)
    assert "银牌网商" in Client().get(badge).content.decode() and groups(firm)["V02"]["total"] == 1
    people.decide(revision, "approved", judge)
    assert "金牌网商" in voluntary.shown(firm) and "银牌网商" not in voluntary.shown(firm)
    assert "金牌网商" in Client().get(badge).content.decode() and groups(firm)["V02"]["total"] == 1
    assert record_of(firm, revision) == record_id, "its identity for life"


@pytest.mark.requirement("VOL-02.1")
def test_a_false_record_that_staff_revoke_leaves_every_outlet(firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(firm, HONOUR, name="虚假的荣誉称号", by=judge)
    badge = f"/badge/{firm.uscc}/{record_of(firm, filing_id)}.svg"
    before = set(Event.objects.values_list("id", flat=True))
    flow.propose_revocation(filing_id=filing_id, reason="证书系伪造", by=judge)
    seen = str(Correction.objects.get(filing_id=filing_id).id)
    correcting.settle(filing_id=filing_id, seen=seen, confirmed=True, by=people.reviewer())
    assert "虚假的荣誉称号" not in voluntary.shown(firm) and "V02" not in groups(firm)
    assert "已停止公示" in Client().get(badge).content.decode()
    assert Client().get("/api/v1/files", {"q": "虚假的荣誉称号"}).json()["items"] == []
    kinds = set(Event.objects.exclude(id__in=before).values_list("kind", flat=True))
    assert "record.ended" in kinds and any("breach" in kind for kind in kinds), kinds


# --- Confirmations ----------------------------------------------------------------------------------------------------
def confirmation(firm: Registrant, filing_id: UUID) -> tuple[bytes, str]:
    answer = firm.client().get(f"/voluntary/records/{filing_id}/confirmation.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return answer.content, str(answer["X-Report-Number"])


def test_a_confirmation_is_signed_says_the_public_part_and_is_checked_by_its_number(firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(firm, "voluntary/contract", by=judge)
    sequencer.step()
    document, number = confirmation(firm, filing_id)
    assert pdf.verify(document)["ok"] and number.startswith("QR")
    text = words(document)
    for sentence in (firm.name, firm.uscc, number, "合同履约信息自愿注册", "农产品年度供货合同", "本确认书不能说明什么"):
        assert sentence in text, sentence
    assert not [secret for secret in ("宁波舸宸", "1,200,000", "1200000", "GH-2025-07") if secret in text]
    page = Client().get(f"/verify/{number}").content.decode()
    assert "本平台出具过这份确认书" in page and "仍在发布" in page and hashlib.sha256(document).hexdigest() in page
    body = Client().get(f"/verify/{number}.json").json()
    assert (body["kind"], body["state"], body["sha256"]) == ("confirmation", "standing", hashlib.sha256(document).hexdigest())
    assert Event.objects.filter(kind="confirmation.issued", subject=number).count() == 1


def test_a_confirmation_says_later_that_its_record_was_replaced_and_that_it_ended(firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(firm, HONOUR, by=judge)
    _document, number = confirmation(firm, filing_id)
    revision = flow.revise(filing_id=filing_id, by=firm.actor).id
    voluntary.type_in(firm, revision, {"name": "金牌网商"})
    voluntary.submit(firm, revision, though_alike=True)
    people.decide(revision, "approved", judge)
    assert "已被新的内容替代" in Client().get(f"/verify/{number}").content.decode()
    case = flow.ask_takedown(filing_id=revision, reason="证书已交回", key=str(uuid4()), by=firm.actor)
    takedowns.decide(filing_id=case.filing_id, outcome="approved", answer="", by=judge)
    assert Client().get(f"/verify/{number}.json").json()["state"] == "ended"
    assert "已停止公示" in Client().get(f"/verify/{number}").content.decode()
    assert firm.client().get(f"/voluntary/records/{revision}/confirmation.pdf").status_code == 409


def test_what_is_not_published_not_public_or_not_ones_own_has_no_confirmation(firm: Registrant, judge: Actor) -> None:
    waiting = voluntary.handed_in(firm, project="待审项目")
    assert firm.client().get(f"/voluntary/records/{waiting}/confirmation.pdf").status_code == 409
    filing_id = voluntary.published(firm, FINANCE, by=judge)
    document, _number = confirmation(firm, filing_id)
    text = words(document)
    assert "本事项的内容依规定不对外公示" in text and "财务信息自愿注册" in text
    assert not [secret for secret in ("5,600,000", "5600000", "9800000", "9,800,000", "120,000") if secret in text]
    other = voluntary.registrant(by=judge)
    assert other.client().get(f"/voluntary/records/{filing_id}/confirmation.pdf").status_code == 404
    alone = voluntary.published(other, HONOUR, by=judge)
    refused = other.client().get(f"/voluntary/records/{alone}/confirmation.pdf")
    assert refused.status_code == 409 and "没有公示中的诚信档案" in refused.content.decode()


# --- 亮信用 -----------------------------------------------------------------------------------------------------------
def test_the_enterprise_copies_its_badge_and_takes_its_posters(firm: Registrant, judge: Actor, settings: Any) -> None:
    filing_id = voluntary.published(firm, HONOUR, by=judge)
    record_id, browser = record_of(firm, filing_id), firm.client()
    page = browser.get("/voluntary/show").content.decode()
    snippet = f"&lt;a href=&quot;{settings.SITE_ORIGIN}/show/{firm.uscc}&quot;"
    assert snippet in page and f"{settings.SITE_ORIGIN}/badge/{firm.uscc}/{record_id}.svg" in page
    assert "script" not in re.findall(r"<textarea.*?</textarea>", page, re.S)[0]
    assert "诚信经营示范企业" in page and f"/voluntary/records/{filing_id}/confirmation.pdf" in page
    whole = browser.get("/voluntary/show/poster.pdf")
    assert pdf.verify(whole.content)["ok"] and firm.name in words(whole.content)
    assert f"{settings.SITE_ORIGIN}/show/{firm.uscc}" in words(whole.content)
    one = words(browser.get(f"/voluntary/show/poster.pdf?record={record_id}").content)
    assert "诚信经营示范企业" in one and "企业自行注册，未经政府核实" in one
    assert browser.get("/voluntary/show/poster.pdf?record=nonsense").status_code == 422
    assert browser.get(f"/voluntary/show/poster.pdf?record={uuid4()}").status_code == 404


def test_the_page_of_badges_asks_the_database_as_often_for_many_records_as_for_one(firm: Registrant, judge: Actor) -> None:
    voluntary.published(firm, by=judge)
    browser = firm.client()

    def questions(lines: int) -> int:
        browser.get("/voluntary/show")
        with CaptureQueriesContext(connection) as found:
            page = browser.get("/voluntary/show").content.decode()
        assert page.count("/confirmation.pdf") == lines
        return len(found)

    once = questions(1)
    for n in (1, 2):
        voluntary.published(firm, by=judge, project=f"山区小学图书角第{n}期")
    assert questions(3) == once


def test_marks_on_the_file_stand_on_its_papers(firm: Registrant, judge: Actor) -> None:
    honour, finance = voluntary.published(firm, HONOUR, by=judge), voluntary.published(firm, FINANCE, by=judge)
    with transaction.atomic():
        heading.mark(enterprise_id=firm.id, text="主体身份核实中", on=True)
    papers = [confirmation(firm, honour)[0], confirmation(firm, finance)[0], firm.client().get("/voluntary/show/poster.pdf").content]
    assert ["主体身份核实中" in words(paper) for paper in papers] == [True, True, True]


def test_without_a_public_file_there_is_nothing_to_show_yet(judge: Actor) -> None:
    firm = voluntary.registrant(by=judge)
    voluntary.published(firm, HONOUR, by=judge)
    page = firm.client().get("/voluntary/show").content.decode()
    assert "诚信档案尚未公示" in page and "<textarea" not in page
    assert firm.client().get("/voluntary/show/poster.pdf").status_code == 409
    assert "已停止公示" in Client().get(f"/badge/{firm.uscc}.svg").content.decode()


def test_the_archive_shows_them_where_its_indicators_ask(firm: Registrant, judge: Actor) -> None:
    voluntary.published(firm, HONOUR, by=judge)
    voluntary.published(firm, DONATION, by=judge)
    browser = firm.client()
    assert browser.post("/workbench/archive/update").status_code == 302
    at = people.open_draft(firm)
    page = browser.get(f"/workbench/archive/{at}/page/voluntary").content.decode()
    honours, duty = page.index('id="group-S20"'), page.index('id="group-S21"')
    assert "诚信经营示范企业" in page[honours:duty] and "山区小学图书角" in page[duty:]
    preview = browser.get(f"/workbench/archive/{at}/preview").content.decode()
    assert "诚信经营示范企业" in preview and "企业自行注册，未经政府核实" in preview
    listed = browser.get("/workbench/archive").content.decode()
    assert "诚信经营示范企业" not in listed, "no 改为不公开: taking down is asked for"


# --- Its own data -----------------------------------------------------------------------------------------------------
def test_an_enterprise_takes_away_everything_it_registered_and_that_is_noted(firm: Registrant, judge: Actor) -> None:
    finance = voluntary.published(firm, FINANCE, by=judge)
    honour = voluntary.published(firm, HONOUR, name="=1+1", by=judge)
    refused = voluntary.handed_in(firm, LICENCE)
    people.decide(refused, "rejected", judge, "证照照片不清晰")
    draft = voluntary.draft(firm, project="草稿项目")
    gone = voluntary.draft(firm, project="删除的项目")
    flow.delete(filing_id=gone, by=firm.actor)
    other = voluntary.registrant(by=judge)
    voluntary.draft(other, project="别人的项目")
    noted = AccessLog.objects.count()
    answer = firm.client().get("/voluntary/download.json")
    assert answer.streaming
    body = json.loads(b"".join(answer.streaming_content))  # type: ignore[arg-type]
    assert AccessLog.objects.count() == noted + 1
    told = {entry["filing_id"]: entry for entry in body["filings"]}
    assert set(told) == {str(each) for each in (finance, honour, refused, draft)}
    assert told[str(finance)]["records"][0]["fields"]["assets"] == {
        "label": "资产总额", "value": "5600000", "text": "5600000", "public": "never",
    }  # fmt: skip
    assert told[str(refused)]["state_label"] == "未通过" and told[str(refused)]["decisions"][0]["opinion"] == "证照照片不清晰"
    assert told[str(draft)]["state"] == "draft" and told[str(draft)]["records"][0]["fields"]["project"]["value"] == "草稿项目"
    public = next(r for r in records.document(uscc=firm.uscc)["records"] if r["group"] == "V02")
    assert told[str(honour)]["records"][0]["version_id"] == public["version_id"]
    assert told[str(finance)]["records"][0]["version_id"] is None
    assert told[str(honour)]["files"][0]["name"] == "证明.jpg" and told[str(honour)]["submissions"][0]["number"].startswith("HZ")
    assert body["enterprise"]["uscc"] == firm.uscc and [c["document"] for c in body["commitments"]].count("voluntary") == 1


def test_the_workbook_has_a_sheet_for_each_item_and_no_formulas(firm: Registrant, judge: Actor) -> None:
    voluntary.published(firm, FINANCE, by=judge)
    honour = voluntary.published(firm, HONOUR, name="=1+1", by=judge)
    answer = firm.client().get("/voluntary/download.xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[arg-type]
    assert book.sheetnames == ["财务信息自愿注册", "荣誉表彰信息自愿注册"]
    head, line = list(book["荣誉表彰信息自愿注册"].iter_rows())
    values = {cell.value: beside for cell, beside in zip(head, line, strict=True)}
    assert values["填报编号"].value == str(honour) and values["数据状态"].value == "已发布"
    assert (values["荣誉名称（公开）"].value, values["荣誉名称（公开）"].data_type) == ("=1+1", "s")
    assert values["荣誉级别（公开）"].value == "省市级"
    finance = list(book["财务信息自愿注册"].iter_rows(values_only=True))
    assert "资产总额（不公开）" in finance[0] and "5600000" in finance[1]


def test_with_nothing_registered_the_downloads_say_so(firm: Registrant) -> None:
    browser = firm.client()
    assert "下载 Excel" in browser.get("/voluntary/download").content.decode()
    body = json.loads(b"".join(browser.get("/voluntary/download.json").streaming_content))  # type: ignore[arg-type]
    assert body["filings"] == []
    answer = browser.get("/voluntary/download.xlsx")
    assert load_workbook(io.BytesIO(b"".join(answer.streaming_content))).sheetnames == ["没有数据"]  # type: ignore[arg-type]
