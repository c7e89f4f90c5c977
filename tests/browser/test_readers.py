"""What readers and integrators use, as people see it: 我的关注, 接口密钥, 数据字典."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from chengxin import worker
from chengxin.flow import watching
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.records.tests import makers
from tests import people
from tests.browser.live import DESK, PHONE, good, visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
READER = "reader@citizen.example"


def on_both(page: Page, name: str) -> None:
    """The page is good on a desk and on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        good(page, name)


def mailed() -> str:
    """The first link of the newest mail to the reader."""
    gateways.deliver_due(100)
    mail = DemoMail.objects.filter(to=READER).latest("id")
    found = re.search(r"http://[^/]+(/watch/\S+)", mail.body)
    assert found
    return found[1]


def test_a_citizen_follows_sees_his_list_and_ends_it(page: Page) -> None:
    firms = [makers.published(1, "杭州澜序桥电子商务有限公司"), makers.published(2, "成都稷陌优选网络科技有限公司")]
    worker.drain()
    page.goto(f"/files/{firms[0][1]}")
    page.get_by_role("link", name="关注", exact=True).click()
    on_both(page, "watch")
    page.get_by_label("邮箱").fill("not a mailbox")
    page.get_by_role("button", name="发送确认邮件").click()
    expect(page.get_by_text("请填写图片验证码").or_(page.get_by_text("验证码")).first).to_be_visible()
    on_both(page, "watch-wrong")
    for _enterprise, code in firms:
        watching.ask(email=READER, uscc=code, network="127.0.0.1")
        page.goto(mailed())
        on_both(page, "watch-confirm")
        page.get_by_role("button", name="确认关注").click()
        expect(page.get_by_role("heading", name="我的关注")).to_be_visible()
    on_both(page, "watching")
    page.get_by_role("button", name="取消关注").first.click()
    expect(page.get_by_role("button", name="取消关注")).to_have_count(1)
    page.get_by_role("link", name="退订全部提醒").click()
    on_both(page, "watch-unsubscribe")
    page.get_by_role("button", name="退订全部提醒").click()
    expect(page.get_by_role("heading", name="已退订")).to_be_visible()
    on_both(page, "watch-ended")
    page.goto("/watch/none")
    on_both(page, "watch-refused")
    page.goto("/watch")
    on_both(page, "watch-lost")


def test_an_enterprise_follows_and_has_keys(browser: Browser, origin: str) -> None:
    firm = makers.published(1, "杭州澜序桥电子商务有限公司")
    client: Client = people.browser(people.approved(5, by=people.office().county))
    own = visitor(browser, origin, client)
    page = own.new_page()
    page.goto("/workbench/watching")
    on_both(page, "own-watching-empty")
    page.goto(f"/files/{firm[1]}/watch")
    on_both(page, "own-watch")
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.get_by_text("已更新关注列表。")).to_be_visible()
    on_both(page, "own-watching")
    page.goto("/account/keys")
    page.get_by_label("用途").fill("信贷系统批量核验")
    page.get_by_role("button", name="生成密钥").click()
    expect(page.get_by_text("密钥已生成，只显示这一次")).to_be_visible()
    on_both(page, "keys-made")
    page.get_by_role("button", name="更换").click()
    page.get_by_role("button", name="撤销").first.click()
    expect(page.get_by_text("密钥已撤销，立即失效。")).to_be_visible()
    on_both(page, "keys")
    own.close()


def test_the_dictionary_and_the_interfaces(page: Page) -> None:
    page.goto("/data-dictionary")
    on_both(page, "dictionary")
    page.goto("/developers")
    on_both(page, "developers")
