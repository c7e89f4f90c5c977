"""The portal's pages as people see them: content, the editors' desk, services, help (PUB-08, SVC-03)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.flow import portal
from chengxin.flow import services as products
from chengxin.portal.tests.makers import product, staff
from chengxin.portal.values import Content
from tests.browser.live import DESK, PHONE, good, visitor
from tests.journeys import enterprises as people

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BODY = (
    "## 第一条\n\n为了规范网络交易活动，维护网络交易秩序。\n\n- 第一项\n- 第二项\n\n| 事项 | 时限 |\n|---|---|\n| 注册审核 | 1个工作日 |\n"
)
FACTS = {
    "number": "演示令〔2026〕1号",
    "issuer": "演示机关",
    "issued_on": "2026-01-05",
    "valid_from": "2026-02-01",
    "source_url": "https://policy.example/1",
}


def on_both(page: Page, address: str, name: str) -> None:
    """The page is good on a desk and on a phone."""
    page.goto(address)
    for size in (DESK, PHONE):
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        good(page, name)
    page.set_viewport_size(DESK["viewport"])  # type: ignore[arg-type]


def test_an_editor_writes_another_publishes_everyone_reads(page: Page, browser: Browser, origin: str) -> None:
    writer, second = staff(name="周编"), staff(name="吴核")
    desk = visitor(browser, origin, people.signed_in(writer.id))
    own = desk.new_page()
    on_both(own, "/desk/content/new/policy", "content-new")
    own.get_by_label("标题").fill("网络交易管理规定（演示）")
    own.get_by_label("正文").fill(BODY)
    for name, value in FACTS.items():
        own.locator(f"#f-{name}").fill(value)
    own.get_by_role("button", name="保存并预览").click()
    own.get_by_role("button", name="提交复核").click()
    expect(own.get_by_text("已办理：提交复核。")).to_be_visible()
    at = own.url.partition("?")[0]
    good(own, "content-handed-in")
    other = visitor(browser, origin, people.signed_in(second.id))
    theirs = other.new_page()
    on_both(theirs, at, "content-review")
    theirs.get_by_role("button", name="发布", exact=True).click()
    expect(theirs.get_by_text("已办理：发布。")).to_be_visible()
    on_both(theirs, "/desk/content", "content-list")
    page.goto("/content/policy")
    page.get_by_role("link", name="网络交易管理规定（演示）").click()
    expect(page.get_by_role("heading", name="第一条")).to_be_visible()
    on_both(page, page.url, "content-article")
    on_both(page, "/content", "content-all")
    other.close()
    desk.close()


def test_products_on_the_desk_and_versions_beside_each_other(browser: Browser, origin: str) -> None:
    admin, writer = staff("system_admin"), staff("editor")
    products.list_product(service_id=products.create(product=product(stock=5), by=admin), by=admin)
    item = portal.create(kind="notice", content=Content(title="通知", body="第一行\n第二行"), key="k", by=writer)
    portal.save(item_id=item, base=1, content=Content(title="通知（修订）", body="第一行\n改过的第二行"), files=(), key="k2", by=writer)
    for person, addresses in (
        (admin, ("/desk/services", "/desk/services/new")),
        (writer, (f"/desk/content/{item}/versions", f"/desk/content/{item}/edit")),
    ):
        context = visitor(browser, origin, people.signed_in(person.id))
        page = context.new_page()
        for address in addresses:
            on_both(page, address, address.strip("/").replace("/", "-").replace(str(item), "item"))
        context.close()
