"""A voluntary record at the desk as a reviewer sees it: marks in the proof picture that turn and grow with it (VOL-21, D-54)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin import worker
from chengxin.flow import voluntary as flow
from chengxin.web.agency.words import PHRASES
from tests import people as offices
from tests.browser.live import SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.test_handlers import appointed
from tests.journeys.test_voluntary_desk import licence
from tests.journeys.voluntary import LICENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
OVER = """() => {
  const [marks, picture] = [".sheet-marks", ".sheet-box img"].map((each) => document.querySelector(each).getBoundingClientRect());
  return ["left", "top", "width", "height"].map((side) => Math.abs(marks[side] - picture[side])).every((off) => off < 1.5);
}"""


def marked(page: Page) -> None:
    """The marks lie on the picture, however it is turned and enlarged."""
    page.locator(".sheet-box img").evaluate("picture => picture.decode()")
    for button in ("适合", "放大", "旋转", "缩小"):
        page.get_by_role("button", name=button).click()
        assert page.evaluate(OVER), button


def test_what_the_picture_says_is_marked_in_it_and_the_pages_are_good(browser: Browser, origin: str, settings: Any) -> None:
    settings.OCR = True
    judge = people.reviewer()
    firm = voluntary.registrant(by=judge)
    published = voluntary.published(firm, LICENCE, by=judge, issued_on="2024-02-03")
    filing_id = voluntary.draft(firm, LICENCE, proof="", issued_on="2024-02-02")
    path = f"{voluntary.place(filing_id, LICENCE, firm)}/proof"
    stored = flow.upload(filing_id=filing_id, path=path, stream=io.BytesIO(licence(firm)), name="许可证.jpg", by=firm.actor)
    voluntary.type_in(firm, filing_id, {"proof": stored.sha256})
    voluntary.submit(firm, filing_id, though_alike=True)
    voluntary.handed_in(firm)
    worker.drain()
    context = visitor(browser, origin, people.signed_in(judge.id))
    page = context.new_page()
    addresses = [f"/desk/{filing_id}", "/desk?kind=voluntary", f"/desk/bulk?item={filing_id}:1", f"/desk/{published}"]
    for address in addresses:
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        for size in SIZES:
            page.set_viewport_size(size["viewport"])
            good(page, f"record-{addresses.index(address)}")
    page.set_viewport_size(SIZES[0]["viewport"])
    page.goto(f"/desk/{filing_id}")
    marked(page)
    page.keyboard.press("1")
    expect(page.get_by_label("审核意见")).to_have_value(str(PHRASES["voluntary"][0]))
    context.close()


def test_the_way_to_the_authorisation_shows_its_page_and_a_revocation_waits_for_a_second_person(browser: Browser, origin: str) -> None:
    office = offices.office()
    firm = offices.approved(1, by=office.county)
    made = appointed(firm)
    assert firm.enterprise_id is not None
    agent = voluntary.Registrant(made, firm.enterprise_id, firm.login, firm.name)
    voluntary.sign(agent)
    filing_id = voluntary.published(agent, by=office.county.actor)
    flow.propose_revocation(filing_id=filing_id, reason="受赠方证实没有这笔捐赠。", by=office.city.actor)
    context = visitor(browser, origin, people.signed_in(office.county.account_id))
    page = context.new_page()
    page.goto(f"/desk/{filing_id}")
    expect(page.get_by_text("第 1 页，共 2 页")).to_be_visible()
    page.get_by_role("link", name="查看授权文件").click()
    expect(page.get_by_text("第 2 页，共 2 页")).to_be_visible()
    expect(page.get_by_role("button", name="确认不真实，撤销公示")).to_be_visible()
    good(page, "record-revocation")
    context.close()
