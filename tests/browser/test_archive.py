"""The archive in a real browser: scripts, autosave, uploads, two tabs, a phone, no violations (ARC, D-32, D-39, D-54)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chengxin.filings import queries as filings
from chengxin.flow import services
from chengxin.portal.tests.makers import product, staff
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def enterprise() -> Enterprise:
    """An approved enterprise."""
    return people.approved(by=people.reviewer())


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, enterprise: Enterprise, origin: str) -> Iterator[BrowserContext]:
    """The enterprise's browser, logged in; parametrise indirectly with options of a context."""
    fresh = visitor(browser, origin, enterprise.client(), **getattr(request, "param", {}))
    yield fresh
    fresh.close()


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=SIZE_NAMES)
def test_every_page_is_without_violations(page: Page, enterprise: Enterprise) -> None:
    page.goto("/workbench")
    good(page, "home-new")
    page.goto("/workbench/archive")
    good(page, "basic")
    at = page.url.rpartition("/")[0]
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    good(page, "basic-errors")
    page.goto(f"{at}/commitment")
    good(page, "commitment")
    people.fill(enterprise)
    for name in ("page/basic", "page/operation", "page/trade", "page/voluntary", "preview", "submit"):
        page.goto(f"{at}/{name}")
        good(page, name.replace("/", "-"))
    page.goto("/workbench/archive")
    good(page, "archive-draft")
    page.goto(f"{at}/submit")
    page.get_by_role("button", name="点击提交").click()
    expect(page.get_by_text("回执编号")).to_be_visible()
    good(page, "receipt")
    for name, address in (("status", f"{at}/status"), ("archive-waiting", "/workbench/archive"), ("home", "/workbench")):
        page.goto(address)
        good(page, name)
    people.decide(filings.latest(enterprise_id=enterprise.id, kind="archive", by=enterprise.actor).id, "approved", people.reviewer())
    admin = staff("system_admin")
    services.list_product(service_id=services.create(product=product(), by=admin), by=admin)
    for name in ("archive", "services", "services/open-class", "messages"):
        page.goto(f"/workbench/{name}")
        good(page, f"last-{name.replace('/', '-')}")
    page.goto("/workbench/services/open-class")
    page.get_by_role("button", name="免费领取").click()
    good(page, "claimed")
    page.get_by_role("link", name="我的领取").click()
    good(page, "claims")
