"""The help desk in a real browser: a plea without log-in, the ticket beside its evidence, the page that stops a change (REG-16, REG-17)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.filings.models import Filing
from chengxin.gateways.models import DemoMail
from tests import people
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys import pleas
from tests.journeys.desks import desk
from tests.journeys.test_wrong_data import sent_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def plead(page: Page, firm: people.Person) -> None:
    """From the log-in page to number and query code, by what a person sees."""
    page.goto("/login")
    page.get_by_role("link", name="无法登录？客服求助").click()
    good(page, "help-desk")
    page.get_by_role("link", name="注册邮箱遗忘或作废").click()
    for label, value in (
        ("注册时填写的统一社会信用代码", firm.login),
        ("企业名称", firm.name),
        ("联系人姓名", "林小桥"),
        ("联系人手机号", "13900001111"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_label("情况说明").fill("注册邮箱的域名已停用，请改为新邮箱。")
    page.get_by_label("联系邮箱").fill(pleas.NEW_MAILBOX)
    challenge = page.locator("[name=captcha_id]").input_value()
    page.locator("[name=captcha]").fill(DemoMail.objects.get(channel="captcha", to=challenge).body)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text(f"验证码已发送至 {pleas.NEW_MAILBOX}")).to_be_visible()
    page.get_by_label("收到的验证码").fill(sent_code(pleas.NEW_MAILBOX))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert").or_(page.locator(".error-summary, .summary")).first).to_be_visible()
    good(page, "help-form")
    for label, name in (("licence", "营业执照.jpg"), ("papers", "情况说明.jpg")):
        field = page.locator(f"input[type=file][name$='/{label}.new']")
        field.set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": people.picture(f"{label} {firm.login}")})
    page.get_by_label("收到的验证码").fill(sent_code(pleas.NEW_MAILBOX))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("请记下编号和查询码")).to_be_visible()
    good(page, "help-handed-in")


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_a_plea_from_the_log_in_page_to_the_stopped_change(browser: Browser, origin: str, size: dict[str, object]) -> None:
    clerks = pleas.desk()
    firm = people.registered(1)
    stranger = visitor(browser, origin, **size)
    plead(stranger.new_page(), firm)
    ticket = Filing.objects.get(kind="help")
    for _more in range(2):
        pleas.handed_in(firm)
    office = visitor(browser, origin, desk(clerks[0]), **size)
    page = office.new_page()
    page.goto("/desk/help")
    good(page, "help-queue")
    page.locator(f"a[href='/desk/help/{ticket.id}']").click()
    expect(page.get_by_text("一年内已求助 3 次")).to_be_visible()
    page.locator(".sheet-box img").first.scroll_into_view_if_needed()  # it is loaded when it comes into sight
    expect(page.locator(".sheet-box img").first).to_have_js_property("naturalWidth", 900, timeout=30_000)
    good(page, "help-ticket")
    page.get_by_label("核实情况").fill(pleas.CONFIRMED)
    page.get_by_role("button", name="提出变更注册邮箱").click()
    expect(page.get_by_text("等待另一名工作人员复核")).to_be_visible()
    second = visitor(browser, origin, desk(clerks[1]), **size)
    page = second.new_page()
    page.goto(f"/desk/help/{ticket.id}")
    good(page, "help-confirm")
    page.get_by_role("button", name="复核通过").click()
    expect(page.get_by_text("变更等待生效", exact=True)).to_be_visible()
    page = stranger.pages[0]
    page.goto(pleas.stop_path(firm))
    good(page, "help-stop")
    page.get_by_role("button", name="阻止此次变更").click()
    expect(page.get_by_text("变更已阻止，账号没有变化")).to_be_visible()
    page.reload()
    assert re.search("stopped", str(list(ticket.account_changes.values_list("state", flat=True))))
    for context in (stranger, office, second):
        context.close()
