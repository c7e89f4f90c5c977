"""What is typed and uploaded in the form of an item: wrong answers, wrong files, two tabs, a window that closes (VOL-17, VOL-20, D-32)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue import items
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from tests import people as drawn
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import html
from tests.journeys.itemforms import LIST, donation, id_of, opened, problem_at, save, submit, typed, with_proof
from tests.journeys.voluntary import Registrant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(firm: Registrant) -> Client:
    """Its browser, without scripts."""
    return firm.client()


def huge() -> bytes:
    """A picture of 12,000 × 12,000 pixels in few bytes."""
    out = io.BytesIO()
    Image.new("L", (12_000, 12_000)).save(out, "JPEG", quality=10)
    return out.getvalue()


BAD_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "png": ("证明.png", lambda: drawn.picture("proof", kind="PNG"), "支持上传的文件类型为jpg"),
    "pdf": ("证明.pdf", lambda: b"%PDF-1.7\n" + bytes(2000), "支持上传的文件类型为jpg"),
    "png-renamed": ("证明.jpg", lambda: drawn.picture("proof", kind="PNG"), "支持上传的文件类型为jpg"),
    "truncated": ("证明.jpg", lambda: voluntary.picture()[:900], "图片不完整或已损坏"),
    "huge": ("证明.jpg", huge, "图片尺寸过大"),
    "empty": ("证明.jpg", lambda: b"", "文件是空的"),
}


@pytest.mark.requirement("VOL-20.1", "VOL-20.2", "VOL-20.3")
def test_a_wrong_file_is_said_beside_its_field_and_nothing_is_lost(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    save(browser, url, donation(text))
    for case, (name, body, says) in BAD_FILES.items():
        text = html(browser.get(url))
        refused = submit(browser, url, with_proof(typed(text), text, body=body(), name=name))
        told = html(refused)
        assert refused.status_code == 422 and says in problem_at(told, "proof"), case
        assert "山区小学图书角" in told and 'value="50000"' in told, case
        assert "支持上传的文件类型为jpg，单个文件不超过 5 MB" in told
        again = submit(browser, url, typed(told))
        assert again.status_code == 422 and problem_at(html(again), "proof") == "请上传证明附件", case
    assert voluntary.one(firm, id_of(url)).state == "draft"
    assert submit(browser, url, with_proof(typed(told), told)).status_code == 302


def test_a_script_is_told_the_same_about_a_wrong_file(browser: Client) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    values = with_proof({}, text, body=drawn.picture("proof", kind="PNG"))
    path = f"{people.row_of(text, 'V07')}/proof"
    answer = browser.post(url.replace("/edit", "/upload"), {"path": path, "file": values[f"{path}.new"]}, HTTP_ACCEPT="application/json")
    assert answer.status_code == 422
    assert "支持上传的文件类型为jpg" in str(answer.json()["errors"])


def test_a_picture_stays_while_other_fields_are_wrong(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    refused = submit(browser, url, with_proof(donation(text, amount="abc"), text))
    told = html(refused)
    assert refused.status_code == 422 and "证明.jpg" in told and "证明.jpg" in html(browser.get(url))
    assert submit(browser, url, typed(told, amount="50000")).status_code == 302
    assert len(filings.attachments(filing_id=id_of(url), by=firm.actor)) == 1


BAD_ANSWERS = [
    ("amount", "abc", "捐赠金额"),
    ("amount", "三万", "捐赠金额"),
    ("amount", "5万", "请填写50000"),
    ("amount", "-1", "捐赠金额"),
    ("amount", "1e99", "捐赠金额"),
    ("amount", "1234567890123456", "捐赠金额"),
    ("amount", "0.001", "捐赠金额"),
    ("donated_on", "2999-01-01", "捐赠日期"),
    ("donated_on", "2025-02-29", "捐赠日期"),
    ("donated_on", "昨天", "捐赠日期"),
    ("project", "善" * 5_000, "100"),
    ("receiver", "<script>alert(1)</script>" * 10, "100"),
]


@pytest.mark.requirement("VOL-17.2", "VOL-22.2")
def test_a_wrong_answer_is_said_beside_its_field_and_stays_as_typed(browser: Client, firm: Registrant) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    save(browser, url, with_proof(donation(text), text))
    for code, value, says in BAD_ANSWERS:
        answers = voluntary.filled(voluntary.DONATION, **{code: value})
        refused = submit(browser, url, typed(html(browser.get(url)), **answers))
        told = html(refused)
        assert refused.status_code == 422 and says in problem_at(told, code), (value[:20], problem_at(told, code))
        kept, row = people.fields(told), people.row_of(told, "V07")
        assert {kept[f"{row}/{name}"] for name in answers} == set(answers.values())
        assert "<script>alert" not in told and "证明.jpg" in told
    assert voluntary.one(firm, id_of(url)).state == "draft"
    assert filings.submission(filing_id=id_of(url), by=firm.actor) is None


def test_amounts_as_people_write_them_are_read(browser: Client, firm: Registrant) -> None:
    for number, amount in enumerate(("50,000", "５００００", "50000.00元", " 50000 ")):
        url = opened(browser)
        text = html(browser.get(url))
        answers = donation(text, amount=amount, project=f"第{number}个项目")
        assert submit(browser, url, with_proof(answers, text)).status_code == 302, amount
        assert voluntary.one(firm, id_of(url)).state == "submitted"


def test_a_script_in_a_text_is_shown_as_text(browser: Client) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    answers = donation(text, project="<script>alert(1)</script>图书角")
    assert submit(browser, url, with_proof(answers, text)).status_code == 302
    for page in (f"{LIST}/donation/records", url.replace("/edit", "")):
        shown = html(browser.get(page))
        assert "&lt;script&gt;alert(1)&lt;/script&gt;图书角" in shown and "<script>alert" not in shown


def test_two_tabs_of_one_draft_let_the_person_choose(browser: Client) -> None:
    url = opened(browser)
    first = html(browser.get(url))
    save(browser, url, typed(first, project="第一个窗口", receiver="甲基金会"))
    clash = save(browser, url, typed(first, project="第二个窗口", means="现场捐赠"))
    told = html(clash)
    assert clash.status_code == 409 and "此项已在另一窗口被修改" in told and "第一个窗口" in told and "第二个窗口" in told
    assert people.fields(told)[f"{people.row_of(told, 'V07')}/receiver"] == "甲基金会"
    row = people.row_of(told, "V07")
    save(browser, url, {**people.fields(told), f"_keep/{row}/project": "theirs"})
    kept = people.fields(html(browser.get(url)))
    assert (kept[f"{row}/project"], kept[f"{row}/means"]) == ("第一个窗口", "现场捐赠")


def test_a_tab_left_open_keeps_what_was_typed_when_the_record_is_handed_in_elsewhere(browser: Client) -> None:
    url = opened(browser)
    text, other_tab = html(browser.get(url)), html(browser.get(url))
    assert submit(browser, url, with_proof(donation(text), text)).status_code == 302
    late = save(browser, url, donation(other_tab, project="另一个窗口里写的"))
    assert late.status_code == 409 and "发布中" in html(late) and "另一个窗口里写的" in html(late)


def test_an_item_that_closes_while_its_form_is_open_keeps_the_draft(browser: Client, firm: Registrant, judge: Actor) -> None:
    url = opened(browser)
    text = html(browser.get(url))
    closed = items.settings(voluntary.DONATION)
    yesterday = clock.today().replace(year=clock.today().year - 1)
    window(closed, opens_on=yesterday, closes_on=yesterday)
    stopped = submit(browser, url, with_proof(donation(text), text))
    told = html(stopped)
    assert stopped.status_code == 409 and "不在注册期内" in told and "已保存为草稿" in told and "山区小学图书角" in told
    assert voluntary.listed(firm) == [id_of(url)]
    row = html(browser.get(LIST)).split(">慈善捐赠信息自愿注册</th>")[1]
    assert "不在注册期内" in row[: row.index("</tr>")]
    refused = browser.post(f"{LIST}/donation/new")
    assert refused.status_code == 409 and "不在注册期内" in html(refused)
    window(closed)
    assert submit(browser, url, typed(html(browser.get(url)))).status_code == 302


def window(settings: items.ItemSettings, **changes: Any) -> None:
    """Set the window of an item as an administrator does."""
    catalogue_actions.set_item(wanted=replace(settings, **changes), by=people.SYSTEM)


BODIES = (
    '{"base_rev": 1e999, "changes": {}}',
    f'{{"base_rev": {10**30}, "changes": {{}}}}',
    '{"base_rev": -1, "changes": {}}',
    "[" * 200_000,
)


def test_what_no_page_of_ours_sends_is_refused_without_a_fault(browser: Client, firm: Registrant) -> None:
    filing_id = voluntary.handed_in(firm)
    at = f"/voluntary/records/{voluntary.draft(firm, project='另一项目')}/autosave"
    assert [browser.post(at, body, content_type="application/json").status_code for body in BODIES] == [422] * len(BODIES)
    again = browser.post(f"/voluntary/records/{filing_id}/edit", {"_save": "submit", "submission_key": "\0", "base_rev": "1"})
    assert again.status_code == 409
    visitor = Client()
    assert [visitor.get(url).status_code for url in ("/show/%00", "/badge/%00.svg")] == [404, 200]
    assert [visitor.post(url, {"submission_key": "\0"}).status_code for url in ("/tipoff", "/suggestion")] == [422, 422]
