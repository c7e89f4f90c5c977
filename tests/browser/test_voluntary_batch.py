"""批量注册 in a real browser at both sizes: many pictures chosen at once go up one by one, and the page follows the worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chengxin.identity.values import Actor
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.test_voluntary_batch import BATCH, book, line, saved, work
from tests.journeys.voluntary import Registrant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def judge() -> Actor:
    """A reviewer who is competent for everything."""
    return people.reviewer()


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise that may register."""
    return voluntary.registrant(by=judge)


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, firm: Registrant, origin: str) -> Iterator[BrowserContext]:
    """Its browser, in a strong session; parametrise indirectly with options of a context."""
    fresh = visitor(browser, origin, firm.client(), **getattr(request, "param", {}))
    yield fresh
    fresh.close()


def picture(number: int) -> Any:
    return {"name": f"票据{number}.jpg", "mimeType": "image/jpeg", "buffer": voluntary.picture(f"proof {number}")}


def workbook(*lines: dict[str, str]) -> Any:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "2026年捐赠.xlsx", "mimeType": kind, "buffer": saved(book(*lines))}


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_a_workbook_from_its_upload_to_its_receipts(page: Page) -> None:
    page.goto(BATCH)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    good(page, "voluntary-batch")
    lines = [*(line(number) for number in range(1, 9)), line(9, amount="三万", donated_on="2026-02-29"), line(10, mode="合捐")]
    page.get_by_label("Excel工作簿").set_input_files(workbook(*lines))
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("2 行有错误，没有存为草稿")).to_be_visible()
    good(page, "voluntary-book")
    page.locator("#pictures input[type=file]").first.set_input_files([picture(number) for number in range(1, 9)])
    expect(page.locator("#pictures .files").get_by_text("已上传")).to_have_count(8)
    page.get_by_role("button", name="上传图片并更新").click()
    expect(page.get_by_text("下列图片在工作簿中填写了文件名")).not_to_contain_text("票据1.jpg")
    page.get_by_role("button", name="报送 8 条就绪的记录").click()
    expect(page.get_by_text("正在报送，还有 8 条等待")).to_be_visible()
    good(page, "voluntary-book-waiting")
    work()
    expect(page.get_by_role("cell", name="发布中").first).to_be_visible()
    good(page, "voluntary-book-done")
