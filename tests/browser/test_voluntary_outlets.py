"""Voluntary records as the public and their enterprise see them: file, record, verification, 亮信用, 已停止公示."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from chengxin.filings import voluntary_queries
from chengxin.identity.values import Actor
from chengxin.ledger import sequencer
from chengxin.records import queries as records
from chengxin.records.tests import makers
from tests.browser.live import DESK, PHONE, good, visitor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, FINANCE, HONOUR, LICENCE, Registrant

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def judge() -> Actor:
    """A reviewer who is competent for everything."""
    return people.reviewer()


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise with a public file and voluntary records of four items."""
    made = voluntary.registrant(by=judge)
    voluntary.with_archive(made, by=judge)
    voluntary.published(made, HONOUR, by=judge)
    units = f"杭州甲乙商贸有限公司\t{makers.code(7)}"
    voluntary.published(made, DONATION, by=judge, mode="joint", joint_units=units)
    voluntary.published(made, LICENCE, by=judge, issued_on="2019-02-01", valid_until="2024-01-31")
    voluntary.published(made, FINANCE, by=judge)
    sequencer.step()
    return made


def on_both(page: Page, name: str) -> None:
    """The page is good on a desk and on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        good(page, name)


def test_the_public_reads_voluntary_records_and_checks_one(page: Page, firm: Registrant) -> None:
    page.goto(f"/files/{firm.uscc}")
    part = page.locator("#voluntary")
    expect(part.get_by_role("heading", name="自愿注册信息")).to_be_visible()
    expect(part.get_by_text("企业自行注册，未经政府核实").first).to_be_visible()
    expect(part.get_by_text("已过期", exact=True)).to_have_count(1)
    on_both(page, "voluntary-file")
    part.get_by_role("link", name="验证 诚信经营示范企业").click()
    expect(page.get_by_text("核对一致")).to_be_visible()
    on_both(page, "voluntary-record")


def test_the_enterprise_shows_its_credit(browser: Browser, origin: str, firm: Registrant, judge: Actor) -> None:
    context = visitor(browser, origin, firm.client())
    page = context.new_page()
    page.goto("/voluntary/show")
    snippet = page.get_by_label("网页标识代码").first.input_value()
    assert f"/show/{firm.uscc}" in snippet and f"/badge/{firm.uscc}.svg" in snippet
    page.get_by_text("网页标识和代码").first.click()
    on_both(page, "voluntary-show")
    page.get_by_role("link", name="下载我的全部注册数据").click()
    on_both(page, "voluntary-download")
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载 JSON").click()
    assert taken.value.suggested_filename.endswith(".json")
    update = people.open_draft(firm)
    page.goto(f"/workbench/archive/{update}/page/voluntary")
    on_both(page, "voluntary-in-archive")
    context.close()


def test_a_visitor_checks_a_confirmation_and_meets_an_end(page: Page, browser: Browser, origin: str, firm: Registrant) -> None:
    (row,) = voluntary_queries.mine(enterprise_id=firm.id, form_id=HONOUR, by=firm.actor).rows
    own = visitor(browser, origin, firm.client())
    number = own.request.get(f"/voluntary/records/{row.filing.id}/confirmation.pdf").headers["x-report-number"]
    own.close()
    page.goto(f"/verify/{number}")
    expect(page.get_by_text("仍在发布")).to_be_visible()
    on_both(page, "voluntary-verify")
    page.goto(f"/show/{firm.uscc}/{row.record_id}")
    expect(page.get_by_role("heading", name="验证公示信息")).to_be_visible()
    makers.take_down(firm.id, row.record_id)
    assert "V02" not in records.document(uscc=firm.uscc)["groups"]
    page.goto(f"/show/{firm.uscc}/{row.record_id}")
    on_both(page, "voluntary-ended")
    for address in (f"/badge/{firm.uscc}.svg", f"/badge/{firm.uscc}/{row.record_id}.svg"):
        answer = page.goto(address)
        assert answer is not None and answer.status == 200
