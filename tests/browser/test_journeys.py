"""From the registration to the public file without scripts, and to the archive with the keyboard alone (D-33, D-54)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chengxin.catalogue import rules
from chengxin.flow import archive, registration, review
from chengxin.gateways import market_register
from chengxin.gateways.models import DemoMail
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from tests import people as applicants
from tests.browser.live import PHONE, visitor
from tests.journeys import enterprises as people

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TABS = 90


@pytest.fixture
def papers(tmp_path: Path) -> dict[str, Path]:
    """Pictures of licence and authorisation."""
    made = {field: tmp_path / f"{field}.jpg" for field in registration.FILE_FIELDS}
    for field, path in made.items():
        path.write_bytes(people.picture(field))
    return made


@pytest.fixture
def judge() -> Actor:
    """Whoever is competent."""
    return people.reviewer()


def captcha(page: Page) -> str:
    """The answer, from the demo's mailbox."""
    return DemoMail.objects.get(channel="captcha", to=page.locator("[name=captcha_id]").input_value()).body


def applicant(uscc: str) -> Actor:
    """Who registered with this code."""
    enterprise = identity.enterprise_by_uscc(uscc)
    assert enterprise is not None
    account = identity.administrator_of(enterprise.id)
    assert account is not None
    return identity.actor_for(account, assurance="password")


def approve(by: Actor, judge: Actor) -> None:
    """A reviewer approves the registration."""
    filing = registration.current(by=by)
    review.decide_filing(filing_id=filing.id, round=filing.round, outcome="approved", opinion="", by=judge)


def answer(box: Locator, value: str) -> None:
    """Fill in one control, whatever it is."""
    kind = box.first.evaluate("box => box.tagName === 'SELECT' ? 'select' : box.type")
    if kind == "select":
        box.first.select_option(value)
    elif kind in ("radio", "checkbox"):
        for part in value.split(","):
            box.and_(box.page.locator(f'[value="{part}"]')).check()
    else:
        box.first.fill(value)


def fill_page(page: Page, by: Actor, filing: str) -> None:
    """Answer every group of the page that asks for something."""
    _filing, draft, form = archive.draft_of(filing_id=filing, by=by)  # type: ignore[arg-type]
    subject = archive.subject_of(form=form, answers=draft.answers, by=by)
    for group in rules.for_subject(form, subject).asked_groups():
        answers = people.answers_for(group)
        if answers is None or not page.locator(f'[name^="_was/{group.code}/"]').count():
            continue
        for code, value in answers.items():
            start = f'[name^="{group.code}/"]'
            if ".." in value:
                answer(page.locator(f'{start}[name$="/{code}.from"]'), value.split("..")[0])
                page.locator(f'{start}[name$="/{code}.long"]').check()
            elif page.locator(f'{start}[name$="/{code}"]').count():
                answer(page.locator(f'{start}[name$="/{code}"]'), value)
        if group.visibility == "choice":
            page.locator(f'[name^="{group.code}/"][name$="/_public"][value="1"]').check()


def test_without_scripts_from_registration_to_the_search(browser: Browser, origin: str, papers: dict[str, Path], judge: Actor) -> None:
    page = visitor(browser, origin, java_script_enabled=False, **PHONE).new_page()
    typed = applicants.typed(7)
    market_register.load_local([people.entry(typed["uscc"], typed["name"])])
    page.goto("/register")
    for level in ("division.1", "division.2"):
        page.locator(f'[name="{level}"]').select_option(typed[level])
        page.get_by_role("button", name="更新下级地区").click()
    for name, value in typed.items():
        if name not in ("division.1", "division.2"):
            answer(page.locator(f'[name="{name}"]'), value)
    page.locator("[name=captcha]").fill(captcha(page))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="注册信息已提交成功")).to_be_visible()
    page.get_by_role("link", name="上传营业执照和授权文件").first.click()
    for field, path in papers.items():
        page.locator(f'[name="{field}.new"]').set_input_files(path)
    page.get_by_role("button", name="开始上传").click()
    expect(page.get_by_role("heading", name="账号注册成功，待审核")).to_be_visible()
    by = applicant(typed["uscc"])
    approve(by, judge)

    page.goto("/login")
    page.locator("main [name=name]").fill(typed["uscc"])
    page.locator("main [name=password]").fill(typed["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/workbench/archive")
    filing = page.url.split("/")[-2]
    fill_page(page, by, filing)
    page.get_by_role("button", name="提交", exact=True).click()
    page.locator("[name=commitment]").check()
    page.locator("[name=enterprise_type][value=IN_PLATFORM]").check()
    page.get_by_role("button", name="保存，并填写下一页").click()
    while "/page/" in page.url:
        here = page.url
        fill_page(page, by, filing)
        page.get_by_role("button", name="保存，并").click()
        assert page.url != here, page.locator("main").inner_text()[:600]
    expect(page.get_by_role("heading", name="公示预览")).to_be_visible()
    page.get_by_role("link", name="去提交").click()
    page.get_by_role("button", name="点击提交").click()
    expect(page.get_by_text("回执编号")).to_be_visible()
    people.decide(filing, "approved", judge)  # type: ignore[arg-type]

    page.goto("/")
    page.get_by_role("searchbox").fill("澜序")
    page.get_by_role("button", name="信用信息查询").click()
    page.get_by_role("link", name=typed["name"]).click()
    expect(page.get_by_role("heading", level=1, name=typed["name"])).to_be_visible()
    page.context.close()


def reach(page: Page, what: str) -> None:
    """Press Tab until the control of this name, or the button or link of this text, has the focus."""
    for _step in range(TABS):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "what => { const at = document.activeElement; return at.name === what || (at.name || '').endsWith('/' + what)"
            " || (/^(A|BUTTON)$/.test(at.tagName) && at.textContent.trim() === what); }",
            what,
        )
        if found:
            return
    raise AssertionError(f"no Tab leads to {what}")


def type_in(page: Page, name: str, value: str) -> None:
    """Reach a text box and type."""
    reach(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(value)


def choose(page: Page, name: str, value: str) -> None:
    """Reach a list or a group of radio buttons and walk to the value with the arrows."""
    reach(page, name)
    now = "() => { const at = document.activeElement; return at.tagName === 'SELECT' || at.checked ? at.value : ''; }"
    if page.evaluate("document.activeElement.type") == "radio":
        page.keyboard.press("Space")
    for _step in range(TABS):
        if page.evaluate(now) == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {value}")


@pytest.mark.campaign
def test_with_the_keyboard_alone_from_registration_to_the_archive(page: Page, papers: dict[str, Path], judge: Actor) -> None:
    typed = applicants.typed(8)
    market_register.load_local([people.entry(typed["uscc"], typed["name"])])
    page.goto("/register")
    type_in(page, "name", typed["name"])
    type_in(page, "uscc", typed["uscc"])
    type_in(page, "division.search", "余杭")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator('[name="division.hit"]').first).to_be_visible()
    reach(page, "division.hit")
    page.keyboard.press("Space")
    for name in ("email", "phone", "password", "password_again"):
        type_in(page, name, typed[name])
    type_in(page, "captcha", captcha(page))
    for name in ("agreement", "privacy"):
        reach(page, name)
        page.keyboard.press("Space")
    reach(page, "提交")
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/papers", timeout=20_000)  # by itself after five seconds
    for field, path in papers.items():
        reach(page, f"{field}.new")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Space")
        chooser.value.set_files(path)
        expect(page.locator("[data-files]").filter(has=page.locator(f'[name="{field}.new"]')).get_by_text("已上传").first).to_be_visible()
    reach(page, "开始上传")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="账号注册成功，待审核")).to_be_visible()
    approve(applicant(typed["uscc"]), judge)

    page.goto("/workbench")
    reach(page, "诚信档案企业信息")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="企业基本信息")).to_be_visible()
    choose(page, "company_type", people.BASIC["company_type"])
    choose(page, "scale", people.BASIC["scale"])
    for name in ("industry", "business_address", "introduction"):
        type_in(page, name, people.BASIC[name])
    choose(page, "listed", people.BASIC["listed"])
    type_in(page, "staff", people.BASIC["staff"])
    choose(page, "_public", "1")
    reach(page, "提交")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="承诺书与企业类型")).to_be_visible()
