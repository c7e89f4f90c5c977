"""The desk's own pages, units and the map as people see them, on a desk and on a phone, by mouse and by keyboard (D-37, D-54)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.common import clock
from chengxin.filings.models import Filing
from chengxin.identity import actions as identity
from tests import people
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys import desks
from tests.journeys.desks import colleague, desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def visit(page: Page, address: str, name: str) -> None:
    """A page without violations that fits its window."""
    page.goto(address)
    good(page, name)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_desk_of_a_reviewer_is_good(browser: Browser, origin: str, office: people.Office, size: dict[str, object]) -> None:
    firm, other = people.handed_in(1), colleague(office.county)
    item = people.filing(firm).id
    Filing.objects.filter(id=item).update(due_at=clock.now() - timedelta(minutes=90))
    mine = desk(office.county)
    desk(other).post(f"/desk/{item}/hand-over", {"to": f"person:{office.county.account_id}", "handing_reason": "该企业由您跟进"})
    mine.post("/desk/phrases", {"kind": "registration", "text": "请{name}补充授权书。", "whose": "unit"})
    identity.set_absence(
        account_id=other.account_id, absent_from=clock.now(), absent_to=None, deputy_id=office.county.account_id, by=people.SYSTEM
    )
    context = visitor(browser, origin, mine, **size)
    page = context.new_page()
    for name in ("today", "absence", "phrases", "looks"):
        visit(page, f"/desk/{name}", f"own-{name}")
    visit(page, "/desk?handed_to=me", "own-inbox")
    page.goto(f"/desk/{item}")
    page.keyboard.press("h")
    expect(page.get_by_label("转办理由")).to_be_visible()
    good(page, "own-item")
    page.locator("#f-opinion").focus()
    page.keyboard.press("Alt+1")
    expect(page.locator("#f-opinion")).to_have_value(f"请{firm.name}补充授权书。")
    context.close()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_units_and_the_map_are_good(browser: Browser, origin: str, office: people.Office, size: dict[str, object]) -> None:
    people.handed_in(1)
    people.approved(2, by=office.county)
    admin = desk(colleague(office.nation, "admin-a", name="管理甲", roles=("system_admin",)))
    county = office.county.actor.agency_id
    admin.post(f"/desk/units/{county}/acts", {"kind": "suspend", "reason": "机构合并"})
    context = visitor(browser, origin, admin, **size)
    page = context.new_page()
    visit(page, "/desk/map", "map")
    page.get_by_role("link", name="浙江省：待审核1件").click()
    expect(page.get_by_role("heading", name="审核情况：浙江省")).to_be_visible()
    good(page, "map-province")
    for address, name in ((f"/{county}", "unit"), (f"/{office.nation.actor.agency_id}", "nation"), ("/new", "new"), ("/book", "book")):
        visit(page, f"/desk/units{address}", f"units-{name}")
    page.goto(f"/desk/units/{county}")
    page.get_by_text("新建人员").first.click()
    good(page, "units-person")
    visit(page, "/desk/units?unstaffed=1", "units-unstaffed")
    context.close()
