"""The whole house on a port of its own and a browser that visits it; fixtures are offered by `conftest.py`.

    def test_inbox(page: Page) -> None:          # a visitor without account
    context = visitor(browser, origin, client)   # a browser that has the session of a test client
    good(page, "inbox")                          # axe finds nothing, nothing to scroll to the side

Tests that use `origin` need `pytest.mark.django_db(transaction=True)`: the server answers in threads of its own.
"""

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
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from chengxin.edge.wrappers import POLICY
from chengxin.web.session import cookie_name

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
SHOTS = os.environ.get("CHENGXIN_SHOTS", "")
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}}
SIZES = [DESK, PHONE]
SIZE_NAMES = ["desk", "phone"]


class Server(ThreadingMixIn, WSGIServer):
    """Answers several requests at a time; closing it waits for those that are under way."""

    daemon_threads = False


class Quiet(WSGIRequestHandler):
    """Prints nothing, and waits for nobody who says nothing."""

    timeout = 20

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
    """The address of the whole house."""
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
def context(browser: Browser, request: pytest.FixtureRequest, origin: str) -> Iterator[BrowserContext]:
    """A visitor's browser; parametrise indirectly with options of a context."""
    fresh = visitor(browser, origin, **getattr(request, "param", {}))
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on errors of scripts or of the content policy."""
    troubles: list[str] = []
    yield watched(context, troubles)
    assert not troubles


def visitor(browser: Browser, origin: str, client: Client | None = None, **options: Any) -> BrowserContext:
    """A fresh browser of somebody in Shanghai; with the session of `client`, where one is given."""
    fresh = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", base_url=origin, **DESK | options)
    if client is not None:
        key = client.cookies[cookie_name("session")].value
        fresh.add_cookies([{"name": cookie_name("session"), "value": key, "url": origin}])
    return fresh


def watched(context: BrowserContext, troubles: list[str]) -> Page:
    """A page whose errors of scripts and of the content policy are added to `troubles`."""
    fresh = context.new_page()
    fresh.on("pageerror", lambda error: troubles.append(str(error)))
    fresh.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    return fresh


def shot(page: Page, name: str) -> None:
    """A picture for the eye, where the environment names a folder in CHENGXIN_SHOTS."""
    if SHOTS:
        width = (page.viewport_size or {}).get("width", 0)
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def good(page: Page, name: str) -> None:
    """Axe finds nothing and the page needs no scrolling to the side."""
    shot(page, name)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
