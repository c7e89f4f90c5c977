"""信用信息自愿注册 in a real browser: every page at both sizes, conditional fields, ×, uploads, autosave, 返回 (VOL, D-32, D-54)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chengxin.flow import review
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, Registrant

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/voluntary/items"


@pytest.fixture
def judge() -> Actor:
    """A reviewer who is competent for everything."""
    return people.reviewer()


@pytest.fixture
def firm(judge: Actor, request: pytest.FixtureRequest) -> Registrant:
    """An enterprise that may register; with the mark `unsigned` it has not signed yet."""
    return voluntary.registrant(by=judge, signed=request.node.get_closest_marker("unsigned") is None)


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, firm: Registrant, origin: str) -> Iterator[BrowserContext]:
    """Its browser, in a strong session; parametrise indirectly with options of a context."""
    fresh = visitor(browser, origin, firm.client(), **getattr(request, "param", {}))
    yield fresh
    fresh.close()


def start(page: Page, item: str = "donation") -> None:
    """注册新数据 of an item."""
    page.goto(LIST)
    page.locator(f'form[action="{LIST}/{item}/new"] button').click()


def field(page: Page, code: str) -> str:
    """The selector of the row of a field."""
    return f'[data-path$="/{code}"]'


def fill_donation(page: Page, **changes: str) -> None:
    """Type a good donation, without its picture."""
    answers = voluntary.filled(DONATION, **changes)
    for code in ("mode", "kind", "directed"):
        page.locator(f'{field(page, code)} input[type=radio][value="{answers[code]}"]').check()
    for code in ("receiver", "project", "means", "amount", "donated_on"):
        page.locator(f"{field(page, code)} input").fill(answers[code])


def choose_picture(page: Page, text: str = "proof") -> None:
    """Choose a picture; it is sent at once."""
    file = {"name": "捐赠票据.jpg", "mimeType": "image/jpeg", "buffer": voluntary.picture(text)}
    page.locator(f"{field(page, 'proof')} input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator(f"{field(page, 'proof')} .files").get_by_text("已上传")).to_be_visible()


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_the_commitment_is_without_violations(page: Page, judge: Actor, browser: Browser, origin: str) -> None:
    unsigned = voluntary.registrant(by=judge, signed=False)
    with visitor(browser, origin, unsigned.client(), viewport=page.viewport_size) as context:
        fresh = context.new_page()
        fresh.goto("/voluntary")
        good(fresh, "voluntary-commitment")
        fresh.get_by_role("button", name="签订承诺书").click()
        expect(fresh.get_by_role("alert").first).to_be_visible()
        good(fresh, "voluntary-commitment-error")
        fresh.get_by_label("阅读并同意").check()
        fresh.get_by_role("button", name="签订承诺书").click()
        expect(fresh.get_by_role("heading", name="自愿注册事项清单")).to_be_visible()
        good(fresh, "voluntary-items-new")
        fresh.goto("/voluntary/commitment")
        good(fresh, "voluntary-commitment-signed")
    with visitor(browser, origin, people.signed_in(unsigned.account_id), viewport=page.viewport_size) as context:
        fresh = context.new_page()
        fresh.goto(LIST)
        good(fresh, "voluntary-refused")
    filing_id = flow.open_new(form_id=DONATION, by=unsigned.actor).id
    with visitor(browser, origin, unsigned.client(), viewport=page.viewport_size) as context:
        fresh = context.new_page()
        fresh.goto(f"/voluntary/records/{filing_id}/edit")
        fresh.locator(f"{field(fresh, 'project')} input").fill("登录过期时正在填写的项目")
        weak = visitor(browser, origin, people.signed_in(unsigned.account_id))
        context.add_cookies(weak.cookies())  # type: ignore[arg-type]
        weak.close()
        fresh.get_by_role("button", name="保存", exact=True).click()
        expect(fresh.get_by_text("已为您保留在本页")).to_be_visible()
        good(fresh, "voluntary-refused-typed")


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_the_form_is_without_violations(page: Page, firm: Registrant) -> None:
    start(page)
    good(page, "voluntary-form")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_focused()
    good(page, "voluntary-form-errors")
    fill_donation(page)
    choose_picture(page)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("注册信息提交成功").first).to_be_visible()
    good(page, "voluntary-done")
    page.get_by_role("button", name="再注册一条").click()
    fill_donation(page, means="现场捐赠", mode="joint")
    page.locator(f"{field(page, 'joint_units')} input").nth(0).fill("杭州云栖公益促进会")
    page.locator(f"{field(page, 'joint_units')} input").nth(1).fill(firm.uscc)
    choose_picture(page, "other")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("button", name="已核对，仍要提交")).to_be_visible()
    good(page, "voluntary-alike")
    for item in ("contract", "licence", "finance"):
        start(page, item)
        good(page, f"voluntary-form-{item}")


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_the_records_are_without_violations(page: Page, firm: Registrant, judge: Actor) -> None:
    voluntary.with_archive(firm, by=judge)
    standing = voluntary.published(firm, by=judge)
    waiting = voluntary.handed_in(firm, project="孤寡老人关爱", donated_on="2026-07-01")
    withdrawn = voluntary.handed_in(firm, project="希望小学建设", kind="goods", goods="课桌椅", quantity="50", goods_value="12000")
    flow.withdraw(filing_id=withdrawn, by=firm.actor)
    refused = voluntary.handed_in(firm, project="北京疫情防控", donated_on="2026-02-02")
    row = voluntary.place(refused, DONATION, firm)
    review.remark(filing_id=refused, path=f"{row}/proof", text="请上传盖章的捐赠票据。", by=judge)
    people.decide(refused, "rejected", judge, opinion="证明附件不能证明捐赠日期。")
    voluntary.draft(firm, proof="", project="乡村图书角")
    page.goto(LIST)
    good(page, "voluntary-items")
    page.goto("/workbench")
    good(page, "voluntary-home")
    page.goto(f"{LIST}/donation/records")
    good(page, "voluntary-mine")
    page.goto(f"{LIST}/honour/records")
    good(page, "voluntary-mine-none")
    for name, filing_id in (("published", standing), ("waiting", waiting), ("withdrawn", withdrawn), ("refused", refused)):
        page.goto(f"/voluntary/records/{filing_id}")
        good(page, f"voluntary-record-{name}")
    for filing_id, code in ((waiting, "withdraw"), (withdrawn, "delete"), (withdrawn, "submit"), (standing, "takedown")):
        page.goto(f"/voluntary/records/{filing_id}/act/{code}")
        good(page, f"voluntary-act-{code}")
    page.get_by_role("button", name="确认申请下线").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    good(page, "voluntary-act-takedown-error")
    page.goto(f"{LIST}/donation/records")
    page.locator("tr", has_text="北京疫情防控").get_by_role("button", name="修改").click()
    good(page, "voluntary-form-refused")
    page.goto(f"/voluntary/records/{standing}")
    page.get_by_role("button", name="修改").first.click()
    good(page, "voluntary-form-revision")


def test_fields_that_depend_on_others_come_and_go_with_their_stars(page: Page) -> None:
    start(page)
    units, amount, goods = (page.locator(field(page, code)) for code in ("joint_units", "amount", "goods"))
    for row in (units, amount, goods):
        expect(row).to_be_hidden()
    page.get_by_label("联合捐赠", exact=True).check()
    expect(units).to_be_visible()
    expect(units.locator(".star")).to_have_count(1)
    page.get_by_label("捐赠资金", exact=True).check()
    expect(amount).to_be_visible()
    expect(amount.locator(".star")).to_have_count(1)
    expect(goods).to_be_hidden()
    page.get_by_label("捐赠资金和物品", exact=True).check()
    expect(goods).to_be_visible()
    page.get_by_label("捐赠物品", exact=True).check()
    expect(amount).to_be_hidden()


def test_each_line_of_text_is_cleared_by_its_cross(page: Page) -> None:
    start(page)
    row = page.locator(field(page, "receiver"))
    cross = row.get_by_role("button", name="清空此项")
    expect(cross).to_be_hidden()
    row.locator("input").fill("中国乡村发展基金会")
    cross.click()
    expect(row.locator("input")).to_have_value("")
    expect(row.locator("input")).to_be_focused()


def test_what_was_not_saved_is_kept_offered_and_let_go(page: Page, firm: Registrant) -> None:
    start(page)
    at = page.url
    page.locator(f"{field(page, 'project')} input").fill("山区小学图书角")
    page.get_by_label("联合捐赠", exact=True).check()
    units = page.locator(f"{field(page, 'joint_units')} input")
    units.nth(0).fill("杭州云栖公益促进会")
    units.nth(1).fill(firm.uscc)
    choose_picture(page)
    expect(page.get_by_text("已自动保存")).to_be_visible(timeout=15_000)
    page.goto(LIST)
    page.goto(at)
    page.get_by_role("link", name="恢复这些内容").click()
    expect(page.locator(f"{field(page, 'project')} input")).to_have_value("山区小学图书角")
    expect(units.nth(0)).to_have_value("杭州云栖公益促进会")
    expect(units.nth(1)).to_have_value(firm.uscc)
    expect(page.locator(f"{field(page, 'proof')} .files")).to_contain_text("捐赠票据.jpg")
    page.get_by_role("button", name="返回", exact=True).click()
    page.get_by_role("button", name="放弃并返回").click()
    expect(page.get_by_role("heading", name="自愿注册事项清单")).to_be_visible()
    assert voluntary.listed(firm) == []


def test_a_last_day_is_kept_like_the_rest(page: Page) -> None:
    start(page, "licence")
    at = page.url
    day, long = (page.locator(f"{field(page, 'valid_until')} input[type={kind}]") for kind in ("date", "checkbox"))
    day.fill("2029-01-31")
    expect(page.get_by_text("已自动保存")).to_be_visible(timeout=15_000)
    page.goto(f"{at}?recover=1")
    expect(day).to_have_value("2029-01-31")
    long.check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(long).to_be_checked()


def test_a_wrong_file_is_refused_before_it_is_sent(page: Page) -> None:
    start(page)
    row = page.locator(field(page, "proof"))
    file = {"name": "票据.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    row.locator("input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]
    expect(row.locator("[data-file-say]")).to_have_text("支持上传的文件类型为jpg")
