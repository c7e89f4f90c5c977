"""Registration and log-in in a real browser, at a desk and on a phone (REG-02 to REG-15, D-39, D-54)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from chengxin.access.models import Session
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.flow import review
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from tests import people
from tests.browser.live import PHONE, SIZE_NAMES, SIZES, good, visitor, watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE_OF_SHOPS: dict[str, Any] = PHONE | {"has_touch": True, "is_mobile": True}


def fill(page: Page, **changes: str) -> None:
    """Type what a shop owner types."""
    typed = people.typed(1) | changes
    for name in ("name", "uscc", "email", "phone", "password", "password_again"):
        page.locator(f"#f-{name}").fill(typed[name])
    page.get_by_label("按名称或代码查找地区").fill("余杭")
    page.get_by_role("button", name="查找").click()
    page.get_by_label("浙江省 杭州市 余杭区").click()
    expect(page.get_by_label("所属地区 县级")).to_have_value("330110")
    for name in ("agreement", "privacy"):
        page.locator(f"#f-{name}").check()


def answer_of(page: Page) -> str:
    """The answer of the captcha shown."""
    return DemoMail.objects.get(channel="captcha", to=page.locator("[data-captcha-id]").input_value()).body


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_registration_from_the_first_form_to_the_wait(page: Page, tmp_path: Path) -> None:
    people.office()
    page.goto("/register")
    good(page, "register")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_focused()
    good(page, "register-errors")
    fill(page)
    page.locator("#captcha").fill(answer_of(page))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="注册信息已提交成功")).to_be_visible()
    good(page, "registered")
    page.wait_for_url("**/register/papers", timeout=9000)
    good(page, "papers")
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(tmp_path / "licence.jpg", quality=95)
    (tmp_path / "virus.jpg").write_bytes(b"MZ" + bytes(5000))
    with page.expect_response("**/upload"):
        page.get_by_label("营业执照 选择文件").set_input_files(tmp_path / "virus.jpg")
    expect(page.get_by_text("文件内容不是 JPG、PNG 或 PDF").first).to_be_visible()
    with page.expect_response("**/upload"):
        page.get_by_label("营业执照 选择文件").set_input_files(tmp_path / "licence.jpg")
    expect(page.get_by_text("已上传").first).to_be_visible()
    page.get_by_role("button", name="开始上传").click()
    expect(page.get_by_text("还缺少")).to_be_visible()
    good(page, "papers-missing")
    with page.expect_response("**/upload"):
        page.get_by_label("法人代表签字授权文件 选择文件").set_input_files(tmp_path / "licence.jpg")
    page.get_by_role("button", name="开始上传").click()
    expect(page.get_by_text("请等待一个工作日由工作人员审核")).to_be_visible()
    good(page, "pending")


def test_a_file_taken_off_is_gone_and_one_on_its_way_is_waited_for(page: Page, tmp_path: Path) -> None:
    people.office()
    firm = people.registered(1)
    page.goto("/login")
    good(page, "login")
    page.locator("#f-name").fill(firm.login)
    page.locator("#f-password").fill(people.PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="补充、修改账号信息")).to_be_visible()
    good(page, "supplement-new")
    page.goto("/register/papers")
    for name in ("first.jpg", "second.jpg"):
        (tmp_path / name).write_bytes(people.picture(name))
        with page.expect_response("**/upload"):
            page.get_by_label("营业执照 选择文件").set_input_files(tmp_path / name)
    expect(page.get_by_text("first.jpg")).to_have_count(0)
    with page.expect_response("**/register/papers"):
        page.get_by_role("button", name="移除 second.jpg").click()
    page.reload()
    expect(page.get_by_text("second.jpg")).to_have_count(0)
    page.route("**/upload", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.get_by_label("营业执照 选择文件").set_input_files(tmp_path / "first.jpg")
    page.get_by_role("button", name="开始上传").click()
    expect(page.get_by_text("已上传").first).to_be_visible()
    page.get_by_role("button", name="开始上传").click()
    expect(page.get_by_text("上传成功").first).to_be_visible()


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_a_rejected_shop_reads_why_and_hands_in_again(page: Page) -> None:
    office = people.office()
    firm = people.handed_in(1, kind="92", name="")
    filing = people.filing(firm)
    row = next(iter(filings.draft(filing_id=filing.id, by=firm.actor).answers)).split("/")[1]
    review.remark(filing_id=filing.id, path=f"registration/{row}/licence", text="右下角看不清", by=office.county.actor)
    review.remark(filing_id=filing.id, path=f"registration/{row}/phone", text="号码是空号", by=office.county.actor)
    people.decide(firm, by=office.county, outcome="rejected", opinion="照片不清晰，请重新拍摄。\n手机号请更正。")
    page.goto("/login")
    page.locator("#f-name").fill(firm.login)
    page.locator("#f-password").fill(people.PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("照片不清晰，请重新拍摄。")).to_be_visible()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    good(page, "supplement")
    page.locator("#f-phone").fill("13911112222")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("请等待一个工作日由工作人员审核")).to_be_visible()
    people.decide(firm, by=office.county)
    page.goto("/account/consents")
    good(page, "consents")
    page.locator("summary").first.click()
    page.get_by_role("button", name="确认撤回").first.click()
    expect(page.get_by_text("已记录您的选择")).to_be_visible()
    good(page, "consents-withdrawn")


def test_spoken_digits_play_and_a_code_comes_by_mail(page: Page) -> None:
    page.goto("/register")
    fill(page)
    page.get_by_role("button", name="听语音验证码").click()
    sound = page.locator("audio")
    expect(sound).to_be_visible()
    sound.evaluate("(it) => it.play()")
    seconds, fault = sound.evaluate("(it) => [it.duration, it.error]")
    assert seconds > 2 and fault is None
    good(page, "register-audio")
    expect(page.locator("#f-password")).to_have_value(people.PASSWORD)
    page.get_by_role("button", name="改用邮箱验证码").click()
    expect(page.get_by_text("验证码已发送至 owner1@lanxu.example")).to_be_visible()
    good(page, "register-mail")
    gateways.deliver_due(limit=5)
    code = re.search(r"\b(\d{6})\b", DemoMail.objects.filter(channel="mail").latest("id").body)
    assert code
    page.get_by_label("邮箱验证码").fill(code[1])
    for name in ("password", "password_again"):
        page.locator(f"#f-{name}").fill(people.PASSWORD)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="注册信息已提交成功")).to_be_visible()


def test_a_captcha_that_grew_old_is_renewed_before_it_is_typed(page: Page) -> None:
    page.clock.install()
    page.goto("/register")
    first = page.locator("[data-captcha-id]").input_value()
    page.locator("#captcha").focus()
    page.locator("#f-name").focus()
    assert page.locator("[data-captcha-id]").input_value() == first
    page.clock.fast_forward("04:40")
    with page.expect_response("**/captcha/new*"):
        page.locator("#captcha").focus()
    expect(page.locator("[data-captcha-id]")).not_to_have_value(first)
    assert len(answer_of(page)) == 5


def test_the_camera_is_offered_on_a_phone(browser: Browser, origin: str) -> None:
    people.office()
    troubles: list[str] = []
    context = visitor(browser, origin, people.browser(people.registered(1)), **PHONE_OF_SHOPS)
    page = watched(context, troubles)
    page.goto("/register/papers")
    camera = page.get_by_label("营业执照 拍照")
    assert camera.get_attribute("capture") == "environment"
    expect(page.get_by_text("拍照").first).to_be_visible()
    good(page, "papers-phone")
    context.close()
    assert not troubles


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_hour_ends_and_nothing_typed_is_lost(browser: Browser, origin: str, size: dict[str, Any]) -> None:
    people.office()
    firm = people.registered(1)
    troubles: list[str] = []
    context = visitor(browser, origin, people.browser(firm), **size)
    page = watched(context, troubles)
    page.clock.install()
    page.goto("/account/supplement")
    page.locator("#f-phone").fill("13911112222")
    Session.objects.update(last_active_at=clock.now() - timedelta(minutes=61))
    page.clock.fast_forward("01:00:10")
    warning = page.get_by_role("alertdialog")
    expect(warning.get_by_text("登录已过期，本页已填写的内容仍在。")).to_be_visible()
    expect(warning.get_by_role("heading", name="请先登录")).to_be_visible()
    good(page, "log-in-here")
    warning.get_by_label("统一社会信用代码").fill(firm.login)
    warning.get_by_label("密码").fill(people.PASSWORD)
    warning.get_by_role("button", name="登录").click()
    expect(warning).to_be_hidden()
    expect(page.locator("#f-phone")).to_have_value("13911112222")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("还缺少")).to_be_visible()
    expect(page.locator("#f-phone")).to_have_value("13911112222")
    context.close()
    assert not troubles


def test_a_forgotten_password_is_set_anew(page: Page) -> None:
    people.office()
    firm = people.registered(1)
    page.goto("/password/forgot")
    good(page, "forgot")
    page.locator("#f-uscc").fill(firm.login)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="重置密码邮件")).to_be_visible()
    good(page, "forgot-sent")
    gateways.deliver_due(limit=5)
    mail = DemoMail.objects.filter(channel="mail", to=firm.email).latest("id").body
    token = re.search(r"/password/reset/(\S+)", mail)
    assert token
    page.goto(f"/password/reset/{token[1]}")
    good(page, "reset")
    for name in ("password", "password_again"):
        page.locator(f"#f-{name}").fill("Neu9#Bergsee")
    page.get_by_role("button", name="保存新密码").click()
    expect(page.get_by_role("heading", name="密码已重置")).to_be_visible()
    page.goto(f"/password/reset/{token[1]}")
    good(page, "reset-refused")
