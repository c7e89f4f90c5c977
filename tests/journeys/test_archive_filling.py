"""The integrity archive through HTTP: filling in, drafts, tabs and files (ARC-06 to ARC-10)."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengxin.filings import queries as filings
from chengxin.flow import archive
from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys.archives import SHOP, answers, autosaved, chosen, html, public_text, save, started
from tests.journeys.enterprises import Enterprise, fields, put, row_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- Filling in -----------------------------------------------------------------------------------------------------
def on_page(browser: Client, enterprise: Enterprise, code: str = "operation") -> tuple[str, str]:
    """Address of an archive and of one of its indicator pages."""
    at = started(browser)
    chosen(browser, at)
    return at, f"{at}/page/{code}"


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
    archive.save_page(filing_id=UUID(at.rpartition("/")[2]), page="other", base_rev=rev, changes={f"{row}/name": "乙"}, by=enterprise.actor)
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
