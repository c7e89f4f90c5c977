"""The portal's pages as people see them: content, the editors' desk, services, help (PUB-08, SVC-03)."""

from __future__ import annotations

import io

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.filings import queries as filings
from chengxin.flow import portal
from chengxin.flow import services as products
from chengxin.portal.tests import makers
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


def test_home_help_and_questions(page: Page, browser: Browser, origin: str) -> None:
    judge = people.reviewer()
    firm = people.approved(by=judge)
    for kind, title in (("notice", "关于开展诚信档案填报工作的通知"), ("policy", "网络交易管理规定"), ("download", "授权书模板")):
        published(kind, title)
    context = visitor(browser, origin, firm.client())
    own = context.new_page()
    on_both(own, "/workbench/questions/new", "question-new")
    own.get_by_label("政策咨询").check()
    own.locator('input[name$="/title"]').fill("申报材料需要盖章吗")
    own.get_by_label("具体情况").fill("电子签章是否可以代替纸质盖章？")
    own.get_by_label("是", exact=True).check()
    own.get_by_role("button", name="提交问题").click()
    expect(own.get_by_text("问题已提交")).to_be_visible()
    on_both(own, "/workbench/questions", "questions-own")
    filing = filings.history(enterprise_id=firm.id, kind="question", by=firm.actor)[0]
    desk = visitor(browser, origin, people.signed_in(judge.id))
    theirs = desk.new_page()
    on_both(theirs, f"/desk/questions/{filing.id}", "question-desk")
    theirs.get_by_label("答复内容").fill("电子签章即可，无需纸质盖章。")
    theirs.get_by_label("同意公开该问题与答复").check()
    theirs.get_by_role("button", name="提交答复").click()
    expect(theirs.get_by_text("已答复，提问企业已收到通知。")).to_be_visible()
    for address, name in (
        ("/", "home-portal"),
        ("/help", "help-centre"),
        ("/questions", "questions-public"),
        ("/register", "register-marks"),
    ):
        on_both(page, address, name)
    page.goto("/register")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="统一社会信用代码的填写说明（在新窗口打开）").click()
    expect(opened.value.locator("#Q6 summary")).to_be_in_viewport()
    for each in (context, desk):
        each.close()


def published(kind: str, title: str) -> None:
    """A page of content that everyone sees."""
    writer, second = staff(name="周编"), staff(name="吴核")
    item = makers.written(by=writer, kind=kind, title=title, **(FACTS if kind == "policy" else {}))
    if kind == "download":
        file = portal.upload(item_id=item, stream=io.BytesIO(people.picture(title)), name="模板.jpg", by=writer)
        portal.save(item_id=item, base=1, content=Content(title=title, body="请下载。"), files=[file.id], key=title, by=writer)
    number = 2 if kind == "download" else 1
    portal.hand_in(item_id=item, number=number, by=writer)
    portal.publish(item_id=item, number=number, by=second)
