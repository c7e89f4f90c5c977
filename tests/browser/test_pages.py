"""Every page as people see it: no violations, nothing to scroll to the side, light, printable, in both languages (D-38, D-54, D-55)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.filings import queries as filings
from chengxin.ledger import sequencer
from chengxin.records import queries as records
from tests.browser.live import PHONE, SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST_VISIT_BYTES = 150 * 1024
STANDING = ("/", "/files", "/files?q=没有这家企业", "/overview", "/help", "/accessibility", "/developers", "/verify", "/verify?number=BG1")
TEXTS = ("/commitments/user-agreement", "/commitments/integrity", "/nowhere")
ACCOUNT = ("/register", "/login", "/login/agency", "/password/forgot", "/password/reset/nothing")


def published() -> Enterprise:
    """An enterprise with a public file."""
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    people.decide(people.submitted(enterprise), "approved", judge)
    sequencer.step()
    return enterprise


def public_pages(page: Page, enterprise: Enterprise) -> list[str]:
    """The pages about one enterprise, and that of a report about it."""
    record = records.document(uscc=enterprise.uscc)["records"][0]["version_id"]
    at = f"/files/{enterprise.uscc}"
    report = page.request.get(f"{at}.pdf").headers["x-report-number"]
    return [at, f"{at}/groups/S06", f"{at}/{record}", f"/verify/{report}"]


def check(page: Page, addresses: list[str], *, english: bool = False) -> None:
    """Each page is good on a phone, and those that are laid out in columns on a desk as well."""
    for address in addresses:
        page.goto(f"{address}{'&' if '?' in address else '?'}lang=en" if english else address)
        in_columns = page.locator(".main-and-side, .columns, .contents, .with-side, .desk-split, form .field").count()
        for size in SIZES if in_columns and not english else SIZES[1:]:
            page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
            good(page, f"{address.strip('/').replace('/', '-')[:60] or 'home'}{'-en' if english else ''}")


@pytest.mark.parametrize("english", [False, True], ids=["chinese", "english"])
def test_every_page_of_a_visitor(page: Page, english: bool) -> None:
    check(page, [*STANDING, *TEXTS, *ACCOUNT, *public_pages(page, published())], english=english)


def test_every_page_of_an_applicant(browser: Browser, origin: str) -> None:
    judge = people.reviewer()
    waiting, rejected, fresh = people.handed_in(), people.handed_in(), people.registered()
    people.decide(filings.latest(enterprise_id=rejected.id, kind="registration", by=rejected.actor).id, "rejected", judge, "照片不清晰。")
    steps: list[tuple[Enterprise, list[str]]] = [
        (fresh, ["/register/papers"]),
        (waiting, ["/register/pending"]),
        (rejected, ["/account/supplement"]),
    ]
    for enterprise, addresses in steps:
        context = visitor(browser, origin, enterprise.client())
        check(context.new_page(), addresses)
        context.close()


def test_pages_in_english_behind_the_log_in(browser: Browser, origin: str) -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    filing = people.submitted(enterprise)
    number = filings.submission(filing_id=filing, by=enterprise.actor).number  # type: ignore[union-attr]
    own = ["/workbench", "/workbench/archive", f"/workbench/archive/{filing}/status", f"/workbench/receipts/{number}"]
    desk = ["/desk", f"/desk/{filing}"]
    for client, addresses in ((enterprise.client(), own), (people.signed_in(judge.account_id), desk)):
        context = visitor(browser, origin, client)
        check(context.new_page(), addresses, english=True)
        context.close()


def weigh(page: Page) -> Callable[[], tuple[int, list[str]]]:
    """Count what is transferred, headers and bodies as they travel, and name whoever else is asked."""
    sizes: list[int] = []
    foreign: list[str] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.on("request", lambda asked: None if asked.url.startswith(("http://127.0.0.1", "data:")) else foreign.append(asked.url))
    return lambda: (sum(sizes), foreign)


def test_a_first_visit_is_light_and_asks_nobody_else(browser: Browser, origin: str) -> None:
    published()
    for address in ("/", "/files"):
        context = visitor(browser, origin)
        page = context.new_page()
        weight = weigh(page)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        size, foreign = weight()
        assert 10_000 < size <= FIRST_VISIT_BYTES, (address, size)
        assert not foreign
        context.close()


def test_language_and_large_type_stay_from_page_to_page(page: Page) -> None:
    page.set_viewport_size(PHONE["viewport"])  # type: ignore[arg-type]
    page.goto("/")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Larger type").click()
    for address in ("/files", "/overview", "/register", "/login"):
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("html").get_attribute("class") == "large"
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 20
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), address
    page.get_by_role("link", name="中文").click()
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    expect(page.get_by_role("link", name="标准字号")).to_be_visible()


def test_the_public_file_prints_what_counts_and_is_read_by_keyboard(page: Page) -> None:
    enterprise = published()
    page.goto(f"/files/{enterprise.uscc}")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="主导航")).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name=enterprise.name)).to_be_visible()
    expect(page.get_by_text("演示系统，数据均为虚构")).to_be_visible()
    expect(page.get_by_text("企业自行填报，未经政府核实").first).to_be_visible()
    expect(page.locator(".origin-line")).to_be_visible()
    expect(page.get_by_text("数据截至")).to_be_visible()
    expect(page.get_by_role("link", name="下载信用报告（PDF，带电子签名）")).to_have_count(0)
    page.emulate_media(media="screen")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.get_by_role("navigation", name="本档案内容").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    assert "#g-" in page.url
