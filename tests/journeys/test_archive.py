"""The integrity archive through HTTP: filled in page by page, previewed, handed in, updated (ARC-01 to ARC-17)."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as settings_
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.models import Filing, Submission
from chengxin.flow import archive, review
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.seals import pdf
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise, fields, put, row_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judge() -> Actor:
    """A reviewer who is competent for everything."""
    return people.reviewer()


@pytest.fixture
def enterprise(judge: Actor) -> Enterprise:
    """An enterprise that may file."""
    return people.approved(by=judge)


@pytest.fixture
def browser(enterprise: Enterprise) -> Client:
    """Its browser, without scripts."""
    return enterprise.client()


def started(browser: Client) -> str:
    """The address of a first archive, without its last part."""
    answer = browser.get("/workbench/archive")
    assert answer.status_code == 302
    return str(answer.headers["Location"]).rpartition("/")[0]


def html(answer: Any) -> str:
    return str(answer.content.decode())


def save(browser: Client, url: str, values: dict[str, Any], how: str = "draft") -> Any:
    return browser.post(url, {**values, "_save": how})


def chosen(browser: Client, at: str, type_: str = "IN_PLATFORM", **more: str) -> Any:
    values = {"version": catalogue.commitment("integrity").version, "commitment": "1", "enterprise_type": type_}
    return browser.post(f"{at}/commitment", values | more)


def answers(at: str, enterprise: Enterprise) -> dict[str, str]:
    return filings.draft(filing_id=UUID(at.rpartition("/")[2]), by=enterprise.actor).answers


def public_text(enterprise: Enterprise) -> str:
    return records.public_file(uscc=enterprise.uscc).body.decode()


# --- Entry, basic information, commitment, type ---------------------------------------------------------------------
@pytest.mark.requirement("ARC-01.1")
def test_first_visit_opens_the_basic_information_and_later_ones_the_status(browser: Client, enterprise: Enterprise) -> None:
    answer = browser.get("/workbench/archive", follow=True)
    page = html(answer)
    assert answer.redirect_chain[-1][0].endswith("/basic")
    assert "请按照营业执照补充企业基本信息" in page
    assert "来自登记信息" in page and "张澜" in page and "500.00" in page and enterprise.name in page
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
def test_a_new_text_must_be_ticked_again(
    browser: Client, enterprise: Enterprise, judge: Actor, tmp_path: Path
) -> None:
    filing_id = people.submitted(enterprise)
    people.decide(filing_id, "approved", judge)
    old = catalogue.commitment("integrity")
    assert ("integrity", old.version) in [c[:2] for c in filings.commitments(enterprise_id=enterprise.id)]
    at = str(browser.post("/workbench/archive/update").headers["Location"]).rpartition("/")[0]
    _change_catalogue(tmp_path, "commitments/integrity.yaml", "edition: 2026-1", "edition: 2026-2")
    stale = browser.post(f"{at}/commitment", {"version": old.version, "commitment": "1", "enterprise_type": "IN_PLATFORM"})
    assert stale.status_code == 409 and "承诺书已更新" in html(stale)
    refused = browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    assert refused.status_code == 422 and "承诺书" in html(refused)
    assert chosen(browser, at).status_code == 302


def _change_catalogue(folder: Path, file: str, old: str, new: str) -> None:
    """Load the catalogue with one file changed."""
    copy = folder / "catalogue"
    shutil.copytree(settings_.CATALOGUE_DIR, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), "utf-8")
    catalogue_actions.load(copy)


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
    assert "未迁移内容" in html(browser.get("/workbench/archive"))
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
def test_government_data_stand_above_the_line_and_on_the_public_page(
    browser: Client, enterprise: Enterprise, judge: Actor
) -> None:
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
    [given] = [r for r in document["records"] if r["origin"] == "government"]
    assert given["source"]["unit"] and given["source"]["collected_at"]
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


# --- Filling in -----------------------------------------------------------------------------------------------------
def on_page(browser: Client, enterprise: Enterprise, code: str = "operation") -> tuple[str, str]:
    """Address of an archive and of one of its indicator pages."""
    at = started(browser)
    chosen(browser, at)
    return at, f"{at}/page/{code}"


SHOP = people.PAGES["operation"]["S06"]


@pytest.mark.requirement("ARC-06.1")
@pytest.mark.requirement("ARC-10.1")
def test_required_items_stop_the_next_page_but_not_the_draft(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S06")
    put(values, row, SHOP | {"categories": ""})
    kept = save(browser, url, values)
    assert kept.status_code == 302
    values = fields(html(browser.get(url)))
    refused = save(browser, url, values, "next")
    assert refused.status_code == 422 and "请填写主营类目" in html(refused)
    assert "澜序桥旗舰店" in html(refused)
    values = fields(html(refused)) | {f"{row}/categories": "农产品"}
    done = save(browser, url, values, "next")
    assert done.headers["Location"] == f"{at}/page/trade"
    assert "待补充" in html(browser.get(f"{at}/page/trade"))
    walk = re.search(r'class="card walk".*?</nav>', html(browser.get(f"{at}/page/trade")), re.S)
    assert walk and "已完成" in walk[0]


@pytest.mark.requirement("ARC-08.1")
@pytest.mark.requirement("ARC-08.2")
def test_records_are_added_one_by_one_with_order_and_their_own_visibility(browser: Client, enterprise: Enterprise) -> None:
    _at, url = on_page(browser, enterprise)
    values = fields(html(browser.get(url)))
    empty = save(browser, url, values, "next")
    assert empty.status_code == 422, "a group with * and no records"
    for number, public in ((1, "1"), (2, "0"), (3, "1")):
        page = html(browser.get(url))
        values, row = fields(page), row_of(page, "S06", number - 1)
        put(values, row, SHOP | {"name": f"店铺{number}", "account_id": f"id-{number}"}, public=public)
        answer = browser.post(url, values | {"_add": "S06"})
        assert answer.status_code == 302 and "#S06-" in answer.headers["Location"]
    page = html(browser.get(url))
    names = [fields(page)[f"{row_of(page, 'S06', at)}/name"] for at in range(3)]
    assert names == ["店铺1", "店铺2", "店铺3"]
    assert [fields(page)[f"{row_of(page, 'S06', at)}/_public"] for at in range(3)] == ["1", "0", "1"]
    fresh = row_of(page, "S06", 3)
    assert f"{fresh}/_public" not in fields(page), "公开/不公开 has no default"


def test_a_deleted_record_can_be_brought_back(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S06")
    put(values, row, SHOP)
    gone = browser.post(url, values | {"_delete": row})
    assert gone.status_code == 200 and "撤销删除" in html(gone)
    assert not any(path.startswith(row) for path in answers(at, enterprise))
    browser.post(url, fields(html(gone)) | {"_restore": "1"})
    kept = answers(at, enterprise)
    assert kept[f"{row}/name"] == "澜序桥旗舰店" and kept[f"{row}/_public"] == "1"


@pytest.mark.requirement("ARC-09.1")
def test_half_filled_data_are_there_after_the_next_log_in(browser: Client, enterprise: Enterprise) -> None:
    _at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S06")
    values[f"{row}/name"] = "只填了名称"
    answer = save(browser, url, values)
    assert answer.status_code == 302 and "saved=" in answer.headers["Location"]
    assert "已暂存" in html(browser.get(answer.headers["Location"]))
    assert "只填了名称" in html(enterprise.client().get(url))


@pytest.mark.requirement("ARC-09.2")
def test_text_in_a_number_is_kept_as_typed_with_a_warning(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise, "basic")
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S05")
    values[f"{row}/total"] = "三十五人"
    answer = save(browser, url, values)
    assert answer.status_code == 302
    shown = html(browser.get(url))
    assert 'value="三十五人"' in shown and "已按您填写的原样保存" in shown and "职工总数" in shown
    assert answers(at, enterprise)[f"{row}/total"] == "三十五人"


def test_scripts_in_texts_are_shown_as_text(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S06")
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    put(values, row, SHOP | {"name": nasty, "categories": nasty})
    save(browser, url, values)
    for address in (url, f"{at}/preview", f"{url}?check=1", f"{at}/submit"):
        shown = html(browser.get(address))
        assert "<script>alert" not in shown and "<img src=x" not in shown, address
    assert answers(at, enterprise)[f"{row}/name"] == nasty
    gone = html(browser.post(url, fields(html(browser.get(url))) | {"_delete": row}))
    assert "<script>alert" not in gone


def test_ten_thousand_characters_are_kept_and_longer_ones_named(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise, "trade")
    page = html(browser.get(url))
    values, row = fields(page), row_of(page, "S14")
    values[f"{row}/policy"] = "长" * 10_000
    assert save(browser, url, values).status_code == 302
    assert answers(at, enterprise)[f"{row}/policy"] == "长" * 10_000
    assert "不能超过1000个字" in html(browser.get(url))
    values = fields(html(browser.get(url))) | {f"{row}/policy": "长" * 20_001}
    refused = save(browser, url, values)
    assert refused.status_code == 422 and "内容过长" in html(refused) and "长" * 20_001 in html(refused)


# --- Two tabs, autosave, files --------------------------------------------------------------------------------------
def test_two_tabs_on_one_draft_lose_nothing(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    row = row_of(page, "S06")
    first, second = fields(page), fields(page)
    put(first, row, {"name": "甲店", "platform": "商城甲"})
    put(second, row, {"name": "乙店", "categories": "日用品"})
    assert save(browser, url, first).status_code == 302
    clash = save(browser, url, second)
    assert clash.status_code == 409
    shown = html(clash)
    assert "此项已在另一窗口被修改" in shown and "甲店" in shown and "乙店" in shown
    kept = answers(at, enterprise)
    assert (kept[f"{row}/name"], kept[f"{row}/platform"], kept[f"{row}/categories"]) == ("甲店", "商城甲", "日用品")
    theirs = fields(shown) | {f"_keep/{row}/name": "theirs"}
    assert save(browser, url, theirs).status_code == 302
    assert answers(at, enterprise)[f"{row}/name"] == "甲店"
    assert save(browser, url, fields(shown)).status_code == 302
    assert answers(at, enterprise)[f"{row}/name"] == "乙店"


def test_what_one_tab_did_not_touch_is_not_undone_by_it(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    row = row_of(page, "S06")
    first, second = fields(page), fields(page)
    put(first, row, SHOP)
    save(browser, url, first)
    del second[f"{row}/url"]
    assert save(browser, url, second).status_code == 302
    assert answers(at, enterprise)[f"{row}/name"] == "澜序桥旗舰店"


def autosaved(browser: Client, url: str, base_rev: int, changes: dict[str, str]) -> Any:
    body = json.dumps({"base_rev": base_rev, "changes": changes})
    return browser.post(f"{url}/autosave", body, content_type="application/json", HTTP_ACCEPT="application/json")


def test_autosave_keeps_a_copy_that_is_offered_and_can_be_left(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    row, rev = row_of(page, "S06"), int(fields(page)["base_rev"])
    assert autosaved(browser, url, rev, {f"{row}/name": "自动保存店"}).json()["clashes"] == []
    assert autosaved(browser, url, rev, {f"{row}/categories": "茶叶"}).status_code == 200
    assert f"{row}/name" not in answers(at, enterprise), "autosave does not write the draft"
    offered = html(browser.get(url))
    assert "发现尚未暂存的内容" in offered and "自动保存店" not in offered
    recovered = html(browser.get(f"{url}?recover=1"))
    assert "自动保存店" in recovered and "茶叶" in recovered
    save(browser, url, fields(recovered))
    assert answers(at, enterprise)[f"{row}/categories"] == "茶叶"
    assert "发现尚未暂存的内容" not in html(browser.get(url))
    rev = int(fields(html(browser.get(url)))["base_rev"])
    autosaved(browser, url, rev, {f"{row}/name": "不要了"})
    asked = browser.get(f"{url}/leave")
    assert asked.status_code == 200 and "放弃" in html(asked)
    assert browser.post(f"{url}/leave").headers["Location"] == "/workbench/archive"
    assert "发现尚未暂存的内容" not in html(browser.get(url))
    assert browser.get(f"{url}/leave").status_code == 302


def test_a_copy_older_than_another_tabs_save_shows_both_values(browser: Client, enterprise: Enterprise) -> None:
    at, url = on_page(browser, enterprise)
    page = html(browser.get(url))
    row, rev = row_of(page, "S06"), int(fields(page)["base_rev"])
    archive.save_page(
        filing_id=UUID(at.rpartition("/")[2]), page="other", base_rev=rev, changes={f"{row}/name": "乙"}, by=enterprise.actor
    )
    assert autosaved(browser, url, rev, {f"{row}/name": "甲"}).json()["clashes"] == [f"{row}/name"]
    shown = html(browser.get(f"{url}?recover=1"))
    assert "此项已在另一窗口被修改" in shown


def test_broken_autosaves_are_refused_with_words(browser: Client, enterprise: Enterprise) -> None:
    _at, url = on_page(browser, enterprise)
    for body in ("", "[]", "{", '{"base_rev": "x", "changes": {}}', '{"base_rev": 1, "changes": {"nonsense": "1"}}'):
        answer = browser.post(f"{url}/autosave", body, content_type="application/json", HTTP_ACCEPT="application/json")
        assert answer.status_code in (403, 422), body
        assert answer.json()["detail"]


def licence_page(browser: Client, enterprise: Enterprise) -> tuple[str, str, str]:
    """A page with a file field: address of the archive, of the page, and path of the field."""
    at = started(browser)
    return at, f"{at}/basic", f"{row_of(html(browser.get(f'{at}/basic')), 'S01')}/logo"


def test_files_without_scripts_come_with_the_page(browser: Client, enterprise: Enterprise) -> None:
    at, url, path = licence_page(browser, enterprise)
    values = fields(html(browser.get(url)))
    file = SimpleUploadedFile("标识.jpg", people.picture(), content_type="image/jpeg")
    assert browser.post(url, {**values, f"{path}.new": file, "_save": "draft"}).status_code == 302
    shown = html(browser.get(url))
    assert "标识.jpg" in shown
    address = re.search(r"/files-of/[0-9a-f-]{36}/1\.png", shown)
    assert address and browser.get(address[0]).headers["Content-Type"].startswith("image/")
    sha = answers(at, enterprise)[path]
    browser.post(url, {**fields(shown), "_remove": f"{path}={sha}"})
    assert answers(at, enterprise)[path] == "" and "标识.jpg" not in html(browser.get(url))


def test_a_refused_file_keeps_everything_else(browser: Client, enterprise: Enterprise) -> None:
    at, url, path = licence_page(browser, enterprise)
    values = fields(html(browser.get(url))) | {path.replace("/logo", "/staff"): "77"}
    file = SimpleUploadedFile("x.jpg", b"MZ" + b"\0" * 500, content_type="image/jpeg")
    answer = browser.post(url, {**values, f"{path}.new": file, "_save": "draft"})
    assert answer.status_code == 422 and "aria-invalid" in html(answer)
    assert answers(at, enterprise)[path.replace("/logo", "/staff")] == "77"


def test_scripted_uploads_belong_to_the_record_once_saved(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.fill(enterprise)
    at = f"/workbench/archive/{filing_id}"
    url = f"{at}/basic"
    path = f"{row_of(html(browser.get(url)), 'S01')}/logo"
    ids = []
    for text in ("one", "two"):
        file = SimpleUploadedFile(f"{text}.jpg", people.picture(text, size=(300 + len(ids), 200)))
        made = browser.post(f"{at}/upload", {"file": file, "path": path}, HTTP_ACCEPT="application/json")
        assert made.status_code == 201
        ids.append(made.json()["id"])
    save(browser, url, fields(html(browser.get(url))) | {path: ids[0]})
    held = {a.name: a for a in filings.attachments(filing_id=filing_id, by=enterprise.actor)}
    other = people.approved(by=judge).client()
    assert other.get(f"/files-of/{held['one.jpg'].id}/1.png").status_code == 404
    assert Client().get(f"/files-of/{held['one.jpg'].id}/1.png").status_code == 302
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    kept = filings.attachments(filing_id=filing_id, by=enterprise.actor)
    assert [a.name for a in kept] == ["one.jpg"], "a file taken off the page is not handed in"
    people.decide(filing_id, "approved", judge)
    assert ids[0] not in public_text(enterprise)
    update = archive.open_archive(by=enterprise.actor)
    assert [a.name for a in filings.attachments(filing_id=update.id, by=enterprise.actor)] == ["one.jpg"]
    refused = browser.post(f"{at}/upload", {"file": SimpleUploadedFile("a.jpg", people.picture()), "path": path})
    assert refused.status_code == 409


# --- Preview, submission, receipt -----------------------------------------------------------------------------------
def test_the_preview_is_what_the_public_will_see(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.fill(enterprise)
    draft = filings.draft(filing_id=filing_id, by=enterprise.actor)
    hidden = {path: "0" for path in draft.answers if re.fullmatch(r"S(06|05)/.*/_public", path)}
    archive.save_page(filing_id=filing_id, page="", base_rev=draft.rev, changes=hidden, by=enterprise.actor)
    shown = html(browser.get(f"/workbench/archive/{filing_id}/preview"))
    struck = " ".join(re.findall(r"<del>.*?</del>", shown, re.S))
    assert "澜序桥旗舰店" in struck and "不公开 2 条" in shown
    seen = re.sub(r"<del>.*?</del>", "", shown, flags=re.S)
    assert "王小桥" not in shown and "13800138000" not in shown
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    public = html(browser.get(f"/files/{enterprise.uscc}"))
    records_shown = " ".join(re.findall(r"<article.*?</article>", public.partition('id="own"')[2], re.S))
    rows = re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", records_shown, re.S)
    assert len(rows) > 20
    for label, value in rows:
        text = re.sub(r"<[^>]*>", "", value).strip()
        assert label in seen and text in re.sub(r"<[^>]*>", "", seen), (label, text)
    assert "澜序桥旗舰店" not in public


@pytest.mark.requirement("ARC-11.1")
def test_an_incomplete_archive_is_refused_with_pages_and_items(browser: Client, enterprise: Enterprise) -> None:
    at = started(browser)
    chosen(browser, at)
    answer = browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    shown = html(answer)
    assert answer.status_code == 422
    for words in ("企业基本信息", "经营主体与资质", "请填写员工人数", "请选择是否亮照", f"{at}/page/operation?check=1#f-S06-"):
        assert words in shown, words
    link = re.search(rf'{at}/page/operation\?check=1#(f-S06-[^"]*)', shown)
    assert link and f'id="{link[1]}"' in html(browser.get(f"{at}/page/operation?check=1"))
    assert filings.one(filing_id=UUID(at.rpartition("/")[2]), by=enterprise.actor).state == "draft"


@pytest.mark.requirement("ARC-11.3")
def test_a_double_click_makes_one_submission(browser: Client, enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise)
    page = html(browser.get(f"/workbench/archive/{filing_id}/submit"))
    key = fields(page)["submission_key"]
    answers_ = [browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": key}) for _ in range(3)]
    assert len({a.headers["Location"] for a in answers_}) == 1
    assert Submission.objects.filter(filing_id=filing_id).count() == 1
    other = browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": str(uuid4())})
    assert other.status_code == 409


@pytest.mark.requirement("ARC-11.2")
def test_what_is_under_review_is_read_only(browser: Client, enterprise: Enterprise) -> None:
    url = f"/workbench/archive/{people.fill(enterprise)}"
    values = fields(html(browser.get(f"{url}/basic")))
    archive.submit(filing_id=UUID(url.rpartition("/")[2]), key=str(uuid4()), by=enterprise.actor)
    row = next(name for name in values if name.startswith("_was/")).removeprefix("_was/")
    assert browser.get(f"{url}/basic").headers["Location"] == f"{url}/status"
    refused = save(browser, f"{url}/basic", values | {f"{row}/staff": "1"})
    assert refused.status_code == 409 and "待审核" in html(refused)
    assert chosen(browser, url, "PLATFORM", confirmed="PLATFORM").status_code == 409
    assert autosaved(browser, f"{url}/page/operation", 99, {}).status_code == 409


def test_the_receipt_comes_as_page_pdf_and_json(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    from chengxin.ledger import sequencer

    filing_id = people.fill(enterprise)
    answer = browser.post(f"/workbench/archive/{filing_id}/submit", {"submission_key": str(uuid4())}, follow=True)
    page, address = html(answer), answer.redirect_chain[-1][0]
    filing = filings.one(filing_id=filing_id, by=enterprise.actor)
    assert filing.due_at is not None
    due = filing.due_at.astimezone(clock.SHANGHAI)
    assert "管理员将在一个工作日内审核，请耐心等待" in page
    assert f"{due.year}年{due.month}月{due.day}日 {due:%H:%M}" in page, "never 一个工作日 alone"
    assert "存证生成中" in page
    sequencer.step()
    assert "已存证" in html(browser.get(address))
    told = browser.get(f"{address}.json").json()
    assert told["receipt"]["sha256"] and told["signature"] and told["proof"]["text"].startswith("c2sp.org/tlog-proof@v1")
    paper = browser.get(f"{address}.pdf")
    assert paper.headers["Content-Type"] == "application/pdf" and pdf.verify(paper.content)["ok"]
    other = people.approved(by=judge).client()
    assert [other.get(f"{address}{end}").status_code for end in ("", ".pdf", ".json")] == [404, 404, 404]


# --- Review, update, hiding -----------------------------------------------------------------------------------------
@pytest.mark.requirement("ARC-13.1")
@pytest.mark.requirement("ARC-13.2")
def test_a_failed_archive_shows_opinion_and_remarks_and_goes_in_again(
    browser: Client, enterprise: Enterprise, judge: Actor
) -> None:
    filing_id = people.submitted(enterprise)
    at = f"/workbench/archive/{filing_id}"
    draft = filings.draft(filing_id=filing_id, by=enterprise.actor)
    path = next(p for p in draft.answers if re.fullmatch(r"S06/.*/name", p))
    review.remark(filing_id=filing_id, path=path, text="店铺名称与平台显示不一致", by=judge)
    people.decide(filing_id, "rejected", judge, "请核对网店名称")
    first_due = filings.one(filing_id=filing_id, by=enterprise.actor).due_at
    for address in ("/workbench", "/workbench/archive", f"{at}/status", f"{at}/page/operation"):
        assert "请核对网店名称" in html(browser.get(address)), address
    page = html(browser.get(f"{at}/page/operation"))
    assert "店铺名称与平台显示不一致" in page and "已处理" in page
    assert filings.draft(filing_id=filing_id, by=enterprise.actor).answers == draft.answers
    [remark] = re.findall(r'name="_dealt" value="([^"]*)"', page)
    values = fields(page) | {path: "澜序桥官方旗舰店", "_dealt": remark}
    assert save(browser, f"{at}/page/operation", values, "next").status_code == 302
    assert filings.remarks(filing_id=filing_id, by=enterprise.actor)[0].dealt_with
    with clock.at(clock.now() + timedelta(days=7)):
        archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    again = filings.one(filing_id=filing_id, by=enterprise.actor)
    assert again.state == "submitted" and again.round == 2 and first_due and again.due_at and again.due_at > first_due
    history = html(browser.get(f"{at}/status"))
    assert "第 1 次提交" in history and "第 2 次提交" in history and "请核对网店名称" in history


@pytest.mark.requirement("ARC-14.1")
def test_every_state_is_shown_with_time_and_opinion(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    def shown() -> str:
        return html(browser.get("/workbench/archive"))

    filing_id = people.fill(enterprise)
    assert "草稿" in shown() and "最近修改于" in shown()
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    assert "待审核" in shown() and "预计审核完成时间" in shown()
    people.decide(filing_id, "rejected", judge, "请补充说明")
    assert "审核未通过" in shown() and "请补充说明" in shown()
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    assert "审核通过" in shown() and "更新诚信档案" in shown() and re.search(r"已于 \d{4}年", shown())


@pytest.mark.requirement("ARC-15.1")
@pytest.mark.requirement("ARC-15.2")
@pytest.mark.requirement("ARC-15.3")
def test_an_update_replaces_the_public_version_only_when_approved(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    first = people.submitted(enterprise)
    people.decide(first, "approved", judge)
    before = records.document(uscc=enterprise.uscc)
    clicks = {browser.post("/workbench/archive/update").headers["Location"] for _ in range(3)}
    assert len(clicks) == 1
    at = clicks.pop().rpartition("/")[0]
    chosen(browser, at)
    page = html(browser.get(f"{at}/page/operation"))
    row = row_of(page, "S06")
    save(browser, f"{at}/page/operation", fields(page) | {f"{row}/name": "澜序桥新店"}, "next")
    browser.post(f"{at}/submit", {"submission_key": str(uuid4())})
    assert records.document(uscc=enterprise.uscc) == before and "澜序桥新店" not in public_text(enterprise)
    people.decide(UUID(at.rpartition("/")[2]), "approved", judge)
    after = records.document(uscc=enterprise.uscc)
    assert "澜序桥新店" in public_text(enterprise) and "澜序桥旗舰店" not in public_text(enterprise)
    same = {r["version_id"] for r in before["records"]} & {r["version_id"] for r in after["records"]}
    assert len(same) == len(before["records"]) - 1, "what did not change keeps its version"
    history = html(browser.get("/workbench/archive"))
    assert "已替代" in history and "审核通过" in history
    assert "澜序桥旗舰店" in html(browser.get(f"/workbench/archive/{first}/status"))


@pytest.mark.requirement("ARC-07.1")
def test_only_public_records_leave_the_house(browser: Client, enterprise: Enterprise, judge: Actor) -> None:
    filing_id = people.fill(enterprise)
    url = f"/workbench/archive/{filing_id}/page/operation"
    page = html(browser.get(url))
    added = browser.post(url, fields(page) | {"_add": "S06"})
    page = html(browser.get(added.headers["Location"].partition("#")[0]))
    values = fields(page)
    put(values, row_of(page, "S06", 1), SHOP | {"name": "内部渠道店", "account_id": "x-2"}, public="0")
    assert save(browser, url, values, "next").status_code == 302
    archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(filing_id, "approved", judge)
    anyone = Client()
    for address in (f"/files/{enterprise.uscc}", f"/api/v1/files/{enterprise.uscc}"):
        body = html(anyone.get(address))
        assert "澜序桥旗舰店" in body and "内部渠道店" not in body, address
    assert anyone.get("/api/v1/files", {"q": "内部渠道"}).json()["items"] == []
    assert anyone.get("/api/v1/files", {"q": "澜序桥旗舰"}).json()["items"]


@pytest.mark.requirement("ARC-07.2")
def test_a_hidden_record_leaves_at_once_and_no_open_update_brings_it_back(
    browser: Client, enterprise: Enterprise, judge: Actor
) -> None:
    people.decide(people.submitted(enterprise), "approved", judge)
    page = html(browser.get("/workbench/archive"))
    forms = re.findall(r'action="(/workbench/archive/records/[^"]*/hide)".*?：([^<]*)</span></button>', page, re.S)
    hide = next(address for address, title in forms if "旗舰店" in title)
    update = people.submitted(enterprise)
    assert "澜序桥旗舰店" in public_text(enterprise)
    assert browser.post(hide).status_code == 302
    assert "澜序桥旗舰店" not in public_text(enterprise)
    assert "澜序桥旗舰店" not in html(Client().get(f"/files/{enterprise.uscc}"))
    people.decide(update, "approved", judge)
    assert "澜序桥旗舰店" not in public_text(enterprise), "an update handed in before does not publish it again"
    again = archive.open_archive(by=enterprise.actor)
    marks = {p: v for p, v in filings.draft(filing_id=again.id, by=enterprise.actor).answers.items() if p.endswith("/_public")}
    assert [v for p, v in marks.items() if p.startswith("S06/")] == ["0"]
    assert browser.post(hide).status_code == 404
    stranger = people.approved(by=judge).client()
    assert stranger.post(hide).status_code == 404


@pytest.mark.requirement("ARC-16.1")
def test_a_new_template_is_for_updates_and_drafts_and_not_for_what_was_handed_in(
    browser: Client, enterprise: Enterprise, judge: Actor, tmp_path: Path
) -> None:
    filing_id = people.submitted(enterprise)
    old = filings.one(filing_id=filing_id, by=enterprise.actor).form_version
    _change_catalogue(tmp_path, "groups/S06.yaml", "zh: 主营类目", "zh: 主营商品类目")
    new = catalogue.current("archive/IN_PLATFORM").version
    assert new != old
    people.decide(filing_id, "approved", judge)
    assert filings.one(filing_id=filing_id, by=enterprise.actor).form_version == old
    assert "主营类目" in html(browser.get(f"/workbench/archive/{filing_id}/status"))
    answer = browser.post("/workbench/archive/update")
    update = UUID(str(answer.headers["Location"]).split("/")[3])
    assert filings.one(filing_id=update, by=enterprise.actor).form_version == new
    assert "主营商品类目" in html(browser.get(f"/workbench/archive/{update}/page/operation"))


# --- Lifecycle ------------------------------------------------------------------------------------------------------
EVENTS = ("edit", "submit", "approve", "reject")


def request_event(browser: Client, filing_id: UUID, event: str, judge: Actor) -> int:
    """Ask for an event as a person would; gives the status of the answer."""
    at = f"/workbench/archive/{filing_id}"
    if event == "edit":
        path = f"S06/{uuid4()}/name"
        body = {"base_rev": "99", f"_was/{path.rpartition('/')[0]}": "name:0", path: "改", "_save": "draft"}
        return int(browser.post(f"{at}/page/operation", body).status_code)
    if event == "submit":
        return int(browser.post(f"{at}/submit", {"submission_key": str(uuid4())}).status_code)
    desk = Client()
    from chengxin.access import actions as access
    from chengxin.web.session import cookie_name

    assert judge.account_id is not None
    opened = access.open_session(account_id=judge.account_id, assurance="password", network="192.0.2.9")
    desk.cookies[cookie_name("session")] = opened.session_key
    outcome = {"approve": "approved", "reject": "rejected"}[event]
    round_ = Filing.objects.get(id=filing_id).round
    return int(desk.post(f"/desk/{filing_id}/decide", {"round": round_, "outcome": outcome, "opinion": "理由"}).status_code)


def brought_to(state: str, enterprise: Enterprise, judge: Actor) -> UUID:
    """An archive in a state, by real steps where there are some."""
    if state == "draft":
        return people.fill(enterprise)
    filing_id = people.submitted(enterprise)
    if state == "rejected":
        people.decide(filing_id, "rejected", judge, "理由")
    if state in ("approved", "superseded"):
        people.decide(filing_id, "approved", judge)
    if state == "superseded":
        people.decide(people.submitted(enterprise), "approved", judge)
    if state in ("ended", "closed"):
        Filing.objects.filter(id=filing_id).update(state=state)
    return filing_id


@pytest.mark.requirement("ARC-17.1")
@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "rejected", "superseded", "ended", "closed"])
def test_no_pair_that_is_not_listed_happens(browser: Client, enterprise: Enterprise, judge: Actor, state: str) -> None:
    filing_id = brought_to(state, enterprise, judge)
    for event in EVENTS:
        listed = lifecycle.can(kind="archive", state=state, event=event) or (state == "draft" and event == "edit")
        if listed:
            continue
        assert request_event(browser, filing_id, event, judge) == 409, (state, event)
        assert Filing.objects.get(id=filing_id).state == state, (state, event)


def test_an_archive_without_code_is_unknown_to_all(browser: Client) -> None:
    with pytest.raises(NotFound):
        records.public_file(uscc="91330110WWTE000000")
    assert browser.get(f"/workbench/archive/{uuid4()}/basic").status_code == 404
