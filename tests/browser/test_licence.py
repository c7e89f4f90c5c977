"""The way in with the electronic business licence, and the pages of handlers, in a real browser (VOL-04, VOL-05, D-54)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from chengxin.common import clock
from tests import people
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_page_moves_on_by_itself_when_the_phone_confirms(browser: Browser, origin: str, settings: Any, size: dict[str, Any]) -> None:
    settings.SITE_ORIGIN = origin
    office = people.office()
    firm = people.approved(1, by=office.county)
    troubles: list[str] = []
    context = visitor(browser, origin, **size)
    page = watched(context, troubles)
    page.goto("/login?next=/account/handlers")
    good(page, "login")
    page.get_by_role("link", name="扫码登录").click()
    expect(page.get_by_role("img", name="电子营业执照登录二维码")).to_be_visible()
    good(page, "e-licence")
    with context.expect_page() as opened:
        page.get_by_role("link", name="打开演示手机").click()
    phone = opened.value
    good(phone, "phone")
    phone.get_by_role("textbox", name="统一社会信用代码").fill(firm.login)
    phone.get_by_role("button", name="确认登录").click()
    expect(phone.get_by_text("已确认登录，请回到电脑继续")).to_be_visible()
    page.wait_for_url("**/account/handlers")
    good(page, "handlers")
    _appoints(page, firm)
    page.goto("/login/e-licence")
    page.get_by_role("link", name="打开演示手机").evaluate("link => link.removeAttribute('target')")
    page.get_by_role("link", name="打开演示手机").click()
    page.get_by_role("textbox", name="统一社会信用代码").fill(people.code(99))
    page.get_by_role("button", name="确认登录").click()
    expect(page.get_by_text("该企业尚未在本平台注册")).to_be_visible()
    page.go_back()
    page.go_back()
    page.reload()
    good(page, "e-licence-ended")
    page.goto("/login/card?next=/voluntary")
    good(page, "card")
    context.close()
    assert not troubles


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_refusals_say_what_to_do(browser: Browser, origin: str, settings: Any, size: dict[str, Any]) -> None:
    office = people.office()
    weak = visitor(browser, origin, people.browser(people.approved(1, by=office.county)), **size)
    page = weak.new_page()
    page.goto("/voluntary")
    expect(page.get_by_role("heading", name="您当前登录账号认证级别较低")).to_be_visible()
    good(page, "refused-low")
    page.get_by_role("link", name="电子营业执照登录").click()
    expect(page.get_by_role("img", name="电子营业执照登录二维码")).to_be_visible()
    assert page.url.endswith("?next=%2Fvoluntary")
    page.goto("/account/consents")
    good(page, "level")
    page.goto("/account/handlers")
    good(page, "handlers-low")
    weak.close()
    waiting = visitor(browser, origin, people.browser(people.handed_in(2)), **size)
    page = waiting.new_page()
    page.goto("/voluntary")
    expect(page.get_by_text("进行身份认证").first).to_be_visible()
    good(page, "refused-unverified")
    waiting.close()


def _appoints(page: Any, firm: people.Person) -> None:
    """The administrator adds a handler and looks at him."""
    today = clock.today()
    for label, text in (
        ("经办人姓名", "王经办"),
        ("登录用户名", "wang.jingban"),
        ("邮箱", "wang@lanxu.example"),
        ("手机号", "13711112222"),
    ):
        page.get_by_label(label).first.fill(text)
    page.get_by_label("授权起日").fill(today.isoformat())
    page.get_by_role("button", name="添加并发送邀请").click()
    good(page, "handlers-wrong")
    page.get_by_label("授权止日").fill((today + timedelta(days=300)).isoformat())
    paper = {"name": "authorisation.jpg", "mimeType": "image/jpeg", "buffer": people.picture("authorisation")}
    page.locator("input[name='paper.new']").set_input_files(paper)
    page.get_by_role("button", name="添加并发送邀请").click()
    expect(page.get_by_text("已添加经办人")).to_be_visible()
    good(page, "handler")
