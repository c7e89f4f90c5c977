"""The reviewers' desk in a real browser, by keyboard alone: open, zoom, remark, send back, approve, what keys do (item 4, D-37, D-54)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chengxin.demo import pictures
from chengxin.filings import queries as filings
from chengxin.filings.models import Decision, Remark
from chengxin.flow import registration
from chengxin.gateways import market_register
from tests import people
from tests.browser.live import PHONE, SIZE_NAMES, SIZES, good, visitor
from tests.journeys import desks, enterprises

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, office: people.Office, origin: str) -> Iterator[BrowserContext]:
    """The county reviewer's browser, logged in; parametrise indirectly with options of a context."""
    fresh = visitor(browser, origin, desks.desk(office.county), **getattr(request, "param", {}))
    yield fresh
    fresh.close()


def handed_in(number: int) -> people.Person:
    """A registration with a drawn licence and an authorisation of two pages; the register knows another name."""
    firm = people.registered(number)
    rows = [("统一社会信用代码", firm.login), ("名　称", firm.name), ("住　所", "浙江省杭州市余杭区示例路1号"), ("法定代表人", "张澜")]
    letter = [Image.open(io.BytesIO(pictures.authorisation(name=f"{firm.name}{page}", rows=rows[:2], head="张澜"))) for page in (1, 2)]
    pdf = io.BytesIO()
    letter[0].save(pdf, "PDF", save_all=True, append_images=letter[1:])
    papers = {"licence": pictures.licence(title="营业执照", rows=rows), "authorisation": pdf.getvalue()}
    for field, name in (("licence", "营业执照.jpg"), ("authorisation", "授权书.pdf")):
        registration.upload(field=field, stream=io.BytesIO(papers[field]), name=name, by=firm.actor)
    market_register.load_local([enterprises.entry(firm.login, firm.name.replace("电子商务", "网络科技"))])
    registration.submit(key=f"key-{firm.login}", by=firm.actor)
    return firm


def zoomed(page: Page, much: str) -> None:
    """The page of paper is shown so much larger than the pane."""
    expect(page.locator("figure:not([hidden]) .sheet-view")).to_have_attribute("data-zoom", much, timeout=20_000)


def test_the_list_and_the_papers_by_keyboard_alone(page: Page) -> None:
    firm = handed_in(1)
    page.goto("/desk")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="键盘操作")
    expect(help_.get_by_text("打开下一件")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=firm.name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=firm.name)).to_be_visible()
    expect(page.get_by_role("region", name="与登记信息的差异").get_by_text("网络科技")).to_be_visible()
    expect(page.get_by_text("第 1 页，共 3 页")).to_be_visible()
    zoomed(page, "1.00")
    page.keyboard.press("+")
    page.keyboard.press("+")
    zoomed(page, "2.25")
    page.keyboard.press("-")
    zoomed(page, "1.50")
    page.keyboard.press("]")
    expect(page.get_by_text("第 2 页，共 3 页")).to_be_visible()
    expect(page.get_by_text("第 1 / 2 页")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("0")
    zoomed(page, "1.00")


def test_remarks_and_decisions_by_keyboard_alone(page: Page) -> None:
    firms = {firm.name: firm for firm in (handed_in(1), handed_in(2))}
    page.goto("/desk")
    first, second = (firms[name] for name in page.locator("a[data-row]").all_inner_texts())
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1, name=first.name)).to_be_visible()
    page.keyboard.press("]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.type("名称与营业执照不一致")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk-line .remark p", has_text="名称与营业执照不一致")).to_be_visible()
    expect(page.get_by_label("审核意见")).to_have_value("1. 名称与营业执照不一致")
    expect(page.get_by_text("第 2 页，共 3 页")).to_be_visible()  # nothing jumps: the paper is where it was
    assert Remark.objects.get().text == "名称与营业执照不一致"
    page.keyboard.press("1")
    page.keyboard.press("x")
    expect(page.get_by_role("dialog", name="确认审核未通过")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=second.name)).to_be_visible()
    decision = Decision.objects.get()
    assert decision.outcome == "rejected"
    assert decision.opinion.splitlines() == ["1. 名称与营业执照不一致", "营业执照照片不清晰，请重新拍摄或扫描后上传。"]
    page.keyboard.press("a")  # two key strokes
    expect(page.get_by_role("dialog", name="确认审核通过")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有待审核的填报")).to_be_visible()
    assert people.state(second) == "approved"


def test_without_scripts_everything_is_there(browser: Browser, office: people.Office, origin: str) -> None:
    firm = handed_in(1)
    bare = visitor(browser, origin, desks.desk(office.county), java_script_enabled=False)
    page = bare.new_page()
    page.goto("/desk")
    page.get_by_role("link", name="打开下一件").click()
    expect(page.locator("figure img")).to_have_count(3)
    line = page.locator(".desk-line", has_text=firm.name).first
    line.get_by_text("批注", exact=False).first.click()
    line.get_by_role("textbox").fill("请核对")
    line.get_by_role("button", name="保存批注").click()
    expect(page.get_by_label("审核意见")).to_have_value(re.compile("请核对"))
    page.get_by_role("button", name="审核未通过").click()
    expect(page.get_by_text("没有待审核的填报")).to_be_visible()
    assert people.state(firm) == "rejected"
    bare.close()


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_every_page_of_the_desk_is_without_violations(page: Page, office: people.Office) -> None:
    by = office.county.actor
    firms = [handed_in(number) for number in range(1, 5)]
    people.decide(firms[3], by=office.county, outcome="rejected", opinion="授权文件未加盖公章。")
    archive = enterprises.approved(by=by)
    enterprises.decide(enterprises.submitted(archive), "approved", by)
    enterprises.PAGES["operation"]["S06"]["name"] = "澜序桥旗舰店（新）"
    update = enterprises.submitted(archive)
    enterprises.PAGES["operation"]["S06"]["name"] = "澜序桥旗舰店"
    page.goto("/desk")
    good(page, "desk-inbox")
    for firm in firms[:2]:
        page.get_by_role("checkbox", name=f"选择 {firm.name}").check()
    page.get_by_role("button", name="批量审核所选").click()
    expect(page.get_by_text("1 处不一致")).to_have_count(2)
    good(page, "desk-bulk")
    page.goto(f"/desk/{people.filing(firms[0]).id}")
    zoomed(page, "1.00")
    good(page, "desk-registration")
    page.keyboard.press("j")
    page.keyboard.press("m")
    good(page, "desk-remark")
    page.goto(f"/desk/{update}")
    expect(page.get_by_role("region", name="与上一版的差异").get_by_text("澜序桥旗舰店（新）")).to_be_visible()
    good(page, "desk-update")
    page.keyboard.press("a")
    good(page, "desk-confirm")
    page.goto(f"/desk/{people.filing(firms[3]).id}")
    good(page, "desk-decided")
    in_force = filings.approved(enterprise_id=archive.id, kind="archive")
    assert in_force is not None
    page.goto(f"/desk/{in_force.id}")
    page.get_by_text("该审核结果有误，提出纠正").click()
    good(page, "desk-correct")
    for name in ("mine", "delivery"):
        page.goto(f"/desk/{name}")
        good(page, f"desk-{name}")


@pytest.mark.parametrize("context", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_reaches_the_decision(page: Page) -> None:
    firm = handed_in(1)
    page.goto(f"/desk/{people.filing(firm).id}")
    page.get_by_role("button", name="审核通过").click()
    page.get_by_role("button", name="确认通过").click()
    expect(page.get_by_text("没有待审核的填报")).to_be_visible()
    assert people.state(firm) == "approved"
