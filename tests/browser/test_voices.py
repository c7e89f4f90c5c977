"""The tools beside every page, 举报 and 投诉建议, and their desk, as people see them (VOL-41, D-54)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.filings.models import Filing
from chengxin.flow import voices
from tests.browser.live import DESK, PHONE, SIZES, good, visitor
from tests.journeys import enterprises as people

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOOLS = ["首页", "返回顶部", "举报", "投诉建议"]
COVERED = """() => {
  const box = (each) => each.getBoundingClientRect(), tools = box(document.querySelector(".side-tools ul"));
  const beside = (a) => a.left >= tools.right || a.right <= tools.left || a.top >= tools.bottom || a.bottom <= tools.top;
  const all = document.querySelectorAll("main h1, main p, main .card, main .button, main input, footer p");
  const shown = [...all].filter((each) => each.checkVisibility());
  return shown.filter((each) => !beside(box(each))).map((each) => each.outerHTML.slice(0, 80));
}"""


def reach_by_keyboard(page: Page) -> list[str]:
    """The names of the tools in the order of the Tab key, found backwards from what follows them."""
    page.locator("footer a").first.focus()
    found: list[str] = []
    for _tool in TOOLS:
        page.keyboard.press("Shift+Tab")
        found.insert(0, page.evaluate("document.activeElement.closest('.side-tools') ? document.activeElement.textContent.trim() : ''"))
    return found


def test_the_tools_are_beside_the_content_or_below_it_and_reached_by_keyboard(browser: Browser, origin: str) -> None:
    firm = people.approved(by=people.reviewer())
    for client, address in ((None, "/"), (None, "/tipoff"), (firm.client(), "/workbench")):
        context = visitor(browser, origin, client)
        page = context.new_page()
        for size in (DESK, PHONE):
            page.set_viewport_size(size["viewport"])
            page.goto(address)
            for tool in TOOLS:
                expect(page.locator(".side-tools").get_by_role("link", name=tool, exact=True)).to_be_visible()
            for part in (0, 0.5, 1):
                page.evaluate("part => scrollTo(0, part * document.body.scrollHeight)", part)
                assert page.evaluate(COVERED) == [], (address, size, part)
            assert reach_by_keyboard(page) == TOOLS, (address, size)
        page.locator(".side-tools").get_by_role("link", name="返回顶部").click()
        expect(page.locator(".brand")).to_be_in_viewport()
        context.close()


def test_the_forms_and_their_desk_are_good_on_a_desk_and_on_a_phone(browser: Browser, origin: str) -> None:
    judge, row = people.reviewer(), str(uuid4())
    values = {"what": "complaint", "subject": "青山茶叶旗舰店", "division": "330110", "text": "收到的茶叶与页面图片不符，申请退货被拒。"}
    values |= {"person": "王小明", "contact": "13900007777", "demand": "退货退款"}
    answers = {f"suggestion/{row}/{code}": value for code, value in values.items()}
    voices.hand_in(kind="suggestion", values=values, answers=answers, files=(), key=row, network="192.0.2.1")
    desk = f"/desk/voices/{Filing.objects.get(kind='suggestion').id}"
    public = ["/tipoff", "/tipoff?who=anonymous", "/suggestion", "/suggestion?what=suggestion"]
    for client, pages in ((None, public), (people.signed_in(judge.id), ["/desk", desk])):
        context = visitor(browser, origin, client)
        page = context.new_page()
        for address in pages:
            answer = page.goto(address)
            assert answer and answer.status == 200, address
            for size in SIZES:
                page.set_viewport_size(size["viewport"])
                good(page, "voice-" + address.strip("/").replace("/", "-").replace("?", "-")[:40])
        context.close()
