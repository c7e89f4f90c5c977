"""The integrity archive through HTTP: entry, commitment, type and what stands above the line (ARC-01 to ARC-05)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from tests.journeys import enterprises as people
from tests.journeys.archives import answers, change_catalogue, chosen, html, save, started
from tests.journeys.enterprises import Enterprise, fields, put, row_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- Entry, basic information, commitment, type ---------------------------------------------------------------------
@pytest.mark.requirement("ARC-01.1")
def test_first_visit_opens_the_basic_information_and_later_ones_the_status(browser: Client, enterprise: Enterprise) -> None:
    answer = browser.get("/workbench/archive", follow=True)
    page = html(answer)
    assert answer.redirect_chain[-1][0].endswith("/basic")
    assert "请按照营业执照补充企业基本信息" in page
    assert "来自登记信息" in page and "张澜" in page and 'value="500"' in page and enterprise.name in page
    again = html(browser.get("/workbench/archive"))
    assert "草稿" in again and "继续填报" in again


@pytest.mark.requirement("ARC-01.2")
def test_another_enterprises_draft_is_not_there(browser: Client, judge: Actor) -> None:
    at = started(browser)
    stranger = people.approved(by=judge).client()
    for page in ("basic", "commitment", "page/basic", "preview", "submit", "status", "page/basic/leave"):
        assert stranger.get(f"{at}/{page}").status_code == 404, page
    for page in ("basic", "commitment", "page/basic", "submit", "page/basic/leave", "upload"):
        assert stranger.post(f"{at}/{page}", {"submission_key": str(uuid4())}).status_code in (404, 422), page
    body = json.dumps({"base_rev": 0, "changes": {}})
    assert stranger.post(f"{at}/page/basic/autosave", body, content_type="application/json").status_code == 404


@pytest.mark.requirement("ARC-02.1")
def test_an_empty_required_field_keeps_the_step_open_and_is_marked(browser: Client, enterprise: Enterprise) -> None:
    at = started(browser)
    page = html(browser.get(f"{at}/basic"))
    values, row = fields(page), row_of(page, "S01")
    put(values, row, people.BASIC)
    values[f"{row}/staff"] = ""
    answer = save(browser, f"{at}/basic", values, "next")
    assert answer.status_code == 422
    assert "请填写员工人数" in html(answer)
    assert re.search(rf'id="f-{row.replace("/", "-")}-staff"[^>]*aria-invalid="true"', html(answer))
    values[f"{row}/staff"] = "35"
    values["base_rev"] = fields(html(answer))["base_rev"]
    answer = save(browser, f"{at}/basic", values, "next")
    assert answer.headers["Location"] == f"{at}/commitment"


@pytest.mark.requirement("ARC-02.2")
def test_established_in_the_future_is_refused(browser: Client) -> None:
    at = started(browser)
    page = html(browser.get(f"{at}/basic"))
    values, row = fields(page), row_of(page, "S01")
    put(values, row, people.BASIC | {"established_on": (clock.today() + timedelta(days=1)).isoformat()})
    answer = save(browser, f"{at}/basic", values, "next")
    assert answer.status_code == 422
    assert "成立日期" in html(answer) and "aria-invalid" in html(answer)


def test_name_and_code_come_from_the_account_only(browser: Client, enterprise: Enterprise) -> None:
    at = started(browser)
    page = html(browser.get(f"{at}/basic"))
    values, row = fields(page), row_of(page, "S01")
    put(values, row, {"name": "冒名公司", "uscc": "91330110WWTE999999", "staff": "9"})
    save(browser, f"{at}/basic", values)
    kept = answers(at, enterprise)
    assert (kept[f"{row}/name"], kept[f"{row}/uscc"], kept[f"{row}/staff"]) == (enterprise.name, enterprise.uscc, "9")


@pytest.mark.requirement("ARC-03.1")
@pytest.mark.requirement("ARC-04.1")
def test_without_tick_or_type_there_is_no_way_on(browser: Client) -> None:
    at = started(browser)
    assert 'name="commitment" value="1" checked' not in html(browser.get(f"{at}/commitment"))
    version = catalogue.commitment("integrity").version
    untied = browser.post(f"{at}/commitment", {"version": version, "enterprise_type": "PLATFORM"})
    assert untied.status_code == 422 and "请阅读并勾选承诺书" in html(untied)
    untyped = browser.post(f"{at}/commitment", {"version": version, "commitment": "1"})
    assert untyped.status_code == 422 and "请选择企业类型" in html(untyped)
    assert browser.get(f"{at}/page/basic").headers["Location"] == f"{at}/commitment"
    assert chosen(browser, at).headers["Location"] == f"{at}/page/basic"


@pytest.mark.requirement("ARC-03.2")
def test_a_new_text_must_be_ticked_again(browser: Client, enterprise: Enterprise, judge: Actor, tmp_path: Path) -> None:
    filing_id = people.submitted(enterprise)
    people.decide(filing_id, "approved", judge)
    old = catalogue.commitment("integrity")
    assert ("integrity", old.version) in [c[:2] for c in filings.commitments(enterprise_id=enterprise.id)]
    at = str(browser.post("/workbench/archive/update").headers["Location"]).rpartition("/")[0]
    change_catalogue(tmp_path, "commitments/integrity.yaml", "edition: 2026-1", "edition: 2026-2")
    stale = browser.post(f"{at}/commitment", {"version": old.version, "commitment": "1", "enterprise_type": "IN_PLATFORM"})
    assert stale.status_code == 409 and "承诺书已更新" in html(stale)
    refused = browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    assert refused.status_code == 422 and "承诺书" in html(refused)
    assert chosen(browser, at).status_code == 302


@pytest.mark.requirement("ARC-04.2")
def test_a_change_of_type_names_what_it_drops_and_deletes_nothing(browser: Client, enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise, type_="IN_PLATFORM")
    at = f"/workbench/archive/{filing_id}"
    before = answers(at, enterprise)
    shops = {path: value for path, value in before.items() if path.startswith("S10/")}
    asked = chosen(browser, at, "SERVICE")
    assert asked.status_code == 200 and "交易平台" in html(asked) and "不会被删除" in html(asked)
    assert answers(at, enterprise) == before
    assert filings.one(filing_id=filing_id, by=enterprise.actor).enterprise_type == "IN_PLATFORM"
    done = chosen(browser, at, "SERVICE", confirmed="SERVICE")
    assert done.status_code == 302
    assert shops and not any(path.startswith("S10/") for path in answers(at, enterprise))
    left = html(browser.get("/workbench/archive"))
    assert re.search(r"未迁移内容.*<li>交易平台[^<]*：示例", left, re.S)
    chosen(browser, at, "IN_PLATFORM", confirmed="IN_PLATFORM")
    assert shops.items() <= answers(at, enterprise).items()


# --- Above the dashed line ------------------------------------------------------------------------------------------
@pytest.mark.requirement("ARC-05.1")
def test_government_data_cannot_be_written(browser: Client, enterprise: Enterprise) -> None:
    at = started(browser)
    chosen(browser, at)
    before = answers(at, enterprise)
    path = f"G05/{uuid4()}/document"
    body = json.dumps({"base_rev": 9, "changes": {path: "假许可"}})
    refused = browser.post(f"{at}/page/basic/autosave", body, content_type="application/json", HTTP_ACCEPT="application/json")
    assert refused.status_code == 403 and refused.json()["code"] == "read-only-group"
    uploaded = browser.post(f"{at}/upload", {"file": SimpleUploadedFile("a.jpg", people.picture()), "path": path})
    assert uploaded.status_code == 403
    page = html(browser.get(f"{at}/page/basic"))
    save(browser, f"{at}/page/basic", fields(page) | {path: "假许可", f"_was/{path.rpartition('/')[0]}": "document:0"})
    assert answers(at, enterprise) == before


@pytest.mark.requirement("ARC-05.2")
def test_government_data_stand_above_the_line_and_on_the_public_page(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    from chengxin.records.tests import makers

    at = started(browser)
    chosen(browser, at)
    makers.take_in(enterprise.id, makers.penalty("余市监罚〔2026〕1号", until=clock.today() + timedelta(days=300)))
    page = html(browser.get(f"{at}/page/basic"))
    above, line, below = page.partition('class="origin-line"')
    assert line and "余市监罚〔2026〕1号" in above and "来源：" in above and "获取时间：" in above
    assert "仅供查看不可修改" in above and "通过本平台对公众公示" in above
    assert "余市监罚" not in below and "_public" not in above
    people.decide(people.submitted(enterprise), "approved", judge)
    document = records.document(uscc=enterprise.uscc)
    given = {r["group"]: r["source"] for r in document["records"] if r["origin"] == "government"}
    assert set(given) == {"G01", "G06"}
    assert all(source["unit"] and source["collected_at"] for source in given.values())
    assert "余市监罚〔2026〕1号" in html(browser.get(f"/files/{enterprise.uscc}"))


@pytest.mark.requirement("ARC-05.3")
def test_a_register_that_is_down_shows_its_last_answer_and_filing_goes_on(
    browser: Client, enterprise: Enterprise, judge: Actor, settings: Any
) -> None:
    filing_id = people.submitted(enterprise)
    people.decide(filing_id, "approved", judge)
    fetched = records.snapshot(uscc=enterprise.uscc)
    assert fetched is not None
    settings.REGISTER_FAULT = "down"
    answer = browser.post("/workbench/archive/update", follow=True)
    assert answer.status_code == 200 and "最近一次获取的数据" in html(answer)
    at = answer.redirect_chain[-1][0].rpartition("/")[0]
    chosen(browser, at)
    page = html(browser.get(f"{at}/page/basic"))
    day = fetched[1].astimezone(clock.SHANGHAI)
    assert f"获取时间：{day.year}年{day.month}月{day.day}日" in page and "杭州市余杭区市场监督管理局" in page


def test_a_first_archive_without_register_starts_empty(browser: Client, settings: Any) -> None:
    settings.REGISTER_FAULT = "down"
    answer = browser.get("/workbench/archive", follow=True)
    assert answer.status_code == 200 and "不受影响" in html(answer)
