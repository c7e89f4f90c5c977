"""Joint organisations and last days in a real browser: rows that are added, codes checked beside them, 长期 (VOL-22, VOL-38)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.live import PHONE, good, visitor, watched
from tests.browser.test_voluntary import field, start
from tests.journeys import enterprises as people
from tests.journeys import voluntary

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNITS = [("深圳市屿墨跨境供应链有限公司", "91440305WWTE0003XG"), ("宁波舸宸进出口有限公司", "91330106WWTE000213"), ("只有名称的单位", "")]


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_each_joint_donor_has_a_row_and_every_fault_is_told_by_row(browser: Browser, origin: str, options: dict[str, Any]) -> None:
    troubles: list[str] = []
    context = visitor(browser, origin, voluntary.registrant(by=people.reviewer()).client(), **options)
    page = watched(context, troubles)
    start(page)
    page.locator(f'{field(page, "mode")} input[value="joint"]').check()
    row = page.locator(field(page, "joint_units"))
    for number, (name, code) in enumerate(UNITS):
        if number >= row.get_by_placeholder("单位名称").count():
            row.get_by_role("button", name="再加一个单位").click()
        row.get_by_placeholder("单位名称").nth(number).fill(name)
        row.get_by_placeholder("统一社会信用代码").nth(number).fill(code)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(row).to_contain_text("第2个单位：统一社会信用代码校验位不正确")
    expect(row).to_contain_text("第3个单位：请填写统一社会信用代码")
    kept = [
        (row.get_by_placeholder("单位名称").nth(n).input_value(), row.get_by_placeholder("统一社会信用代码").nth(n).input_value())
        for n in range(3)
    ]
    assert kept == UNITS
    good(page, "units-wrong")
    start(page, "licence")
    last = page.locator(field(page, "valid_until"))
    last.get_by_label("长期", exact=True).check()
    expect(last.locator("input[type=date]")).to_be_disabled()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(last.get_by_label("长期", exact=True)).to_be_checked()
    context.close()
    assert not troubles
