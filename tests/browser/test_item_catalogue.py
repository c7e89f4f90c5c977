"""自愿注册事项管理 as an administrator sees it: a new item from file to list, with and without faults (VOL-42)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from chengxin.portal.tests.makers import staff
from tests.browser.live import PHONE, good, visitor, watched
from tests.journeys.test_item_catalogue import FORM, NEW
from tests.journeys.test_portal import desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_new_item_goes_from_a_file_to_the_list(browser: Browser, origin: str, options: dict[str, Any]) -> None:
    troubles: list[str] = []
    context = visitor(browser, origin, desk(staff("system_admin")), **options)
    page = watched(context, troubles)
    page.goto(f"{origin}{NEW}")
    page.get_by_label("文件内容").fill(FORM.replace("kind: date", "kind: day"))
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("alert")).to_contain_text("不认识的值 day")
    good(page, "item-faults")
    page.get_by_label("文件内容").fill(FORM)
    page.get_by_role("button", name="检查文件").click()
    page.get_by_label("课程名称").fill("客服礼仪")
    page.get_by_label("培训日期").fill("2999-01-01")
    page.get_by_role("button", name="试填").click()
    expect(page.get_by_role("alert")).to_contain_text("培训日期不能晚于今天")
    good(page, "item-preview")
    page.get_by_label("注册期止").fill("2999-12-31")
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status").first).to_contain_text("“员工培训信息自愿注册”已更新")
    good(page, "item-list")
    page.get_by_role("link", name="员工培训信息自愿注册", exact=True).click()
    good(page, "item-settings")
    context.close()
    assert not troubles
