"""Maintenance as a person meets it: a banner, and a page that keeps what was typed until it is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from chengxin.common import clock, maintenance
from tests.browser.live import SIZE_NAMES, SIZES, good

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_what_was_typed_is_handed_in_by_one_button_afterwards(
    browser: Browser, origin: str, settings: Any, tmp_path: Path, size: dict[str, Any]
) -> None:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance.json"
    page = browser.new_context(**size).new_page()
    page.goto(f"{origin}/register")
    page.fill("[name=name]", "杭州澜序桥电子商务有限公司")
    maintenance.begin(until=clock.now() + timedelta(hours=2), text="数据库迁移，请稍候。")
    page.locator("main form button").last.click()
    page.get_by_role("button", name="再次提交").wait_for()
    good(page, "maintenance")
    maintenance.end()
    page.get_by_role("button", name="再次提交").click()
    page.locator("[name=name]").wait_for()
    assert page.locator("[name=name]").input_value() == "杭州澜序桥电子商务有限公司"
    maintenance.begin()
    page.goto(f"{origin}/")
    assert "平台正在维护" in page.locator("aside.maintenance").inner_text()
    good(page, "maintenance-home")
    page.context.close()
