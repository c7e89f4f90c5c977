"""The archive in a real browser: scripts, autosave, uploads, two tabs, a phone, no violations (ARC, D-32, D-39, D-54)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from chengxin.edge.wrappers import POLICY
from chengxin.filings import queries as filings
from chengxin.web.session import cookie_name
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
SHOTS = os.environ.get("CHENGXIN_SHOTS", "")


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests at a time."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def house(environ: dict[str, Any], start: Any) -> Any:
    """The pages with the house's content policy; the thread's connection is given back after each answer."""
    app = StaticFilesHandler(WSGIHandler())
    answer = app(environ, lambda status, headers, *rest: start(status, [*headers, ("Content-Security-Policy", POLICY)]))
    try:
        return list(answer)
    finally:
        answer.close()
        connections.close_all()


@pytest.fixture
def origin(settings: Any) -> Iterator[str]:
    """The whole house on a port of its own."""
    with make_server("127.0.0.1", 0, house, server_class=Server, handler_class=Quiet) as server:
        settings.CSRF_TRUSTED_ORIGINS = [f"http://127.0.0.1:{server.server_port}"]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        yield chromium
        chromium.close()


@pytest.fixture
def enterprise() -> Enterprise:
    """An approved enterprise."""
    return people.approved(by=people.reviewer())


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, enterprise: Enterprise, origin: str) -> Iterator[BrowserContext]:
    """The enterprise's browser, logged in; parametrise indirectly with options of a context."""
    options = {"viewport": {"width": 1280, "height": 900}, **getattr(request, "param", {})}
    fresh = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", base_url=origin, **options)
    key = enterprise.client().cookies[cookie_name("session")].value
    fresh.add_cookies([{"name": cookie_name("session"), "value": key, "url": origin}])
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on errors of scripts or of the content policy."""
    troubles: list[str] = []
    fresh = context.new_page()
    fresh.on("pageerror", lambda error: troubles.append(str(error)))
    fresh.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    yield fresh
    assert not troubles


def shot(page: Page, name: str) -> None:
    """A picture for the eye, where a folder is named."""
    if SHOTS:
        width = (page.viewport_size or {}).get("width", 0)
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def good(page: Page, name: str) -> None:
    """Axe finds nothing and the page needs no scrolling to the side."""
    shot(page, name)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name


SIZES = [{"viewport": {"width": 1280, "height": 900}}, {"viewport": {"width": 390, "height": 844}}]


@pytest.mark.parametrize("context", SIZES, indirect=True, ids=["desk", "phone"])
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
    for name in ("archive", "services", "services/open-class", "messages"):
        page.goto(f"/workbench/{name}")
        good(page, f"last-{name.replace('/', '-')}")
