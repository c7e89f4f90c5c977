"""The edge: every answer carries the headers and an id, whoever made it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from chengxin.common import asgi
from chengxin.common.asgi import Application, Receive, Scope, Send
from chengxin.edge import bridge, client, health, wrappers
from tests.site import Answer, asking, given_back, pages


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    await asgi.respond(scope, send, status=200, headers=[(b"content-type", b"text/plain")], body=b"inner")


def inner(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"inner"]


def ask(application: Application, path: str = "/", **more: str) -> Answer:
    with asking(application) as site:
        return site.ask(path, **more)


def behind(application: Callable[..., Any]) -> Application:
    """A WSGI application as it stands behind the edge."""
    return wrappers.identified(bridge.threaded(given_back(application), threads=2))


def test_every_answer_carries_headers_and_id(capfd: pytest.CaptureFixture[str]) -> None:
    answer = ask(wrappers.identified(wrappers.guarded(plain)), "/files/x", client="127.0.0.1")
    assert answer.status == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    line = capfd.readouterr().out
    assert answer.headers["X-Request-Id"] in line
    assert '"path":"/files/x"' in line
    assert "127.0.0.0/24" in line


def test_a_header_of_the_page_itself_stands() -> None:
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.respond(scope, send, status=200, headers=[(b"x-frame-options", b"SAMEORIGIN")])

    answer = ask(wrappers.guarded(page))
    assert answer.headers.get_list("X-Frame-Options") == ["SAMEORIGIN"]


def test_a_secret_in_the_address_is_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    secret = "s3cret-" * 7
    ask(wrappers.identified(plain), f"/password/reset/{secret}")
    line = capfd.readouterr().out
    assert '"path":"/password/reset/…"' in line
    assert "s3cret" not in line


def test_answers_of_one_turn_are_all_written(capfd: pytest.CaptureFixture[str]) -> None:
    application = wrappers.identified(plain)
    with asking(application) as site:

        async def many() -> None:
            await asyncio.gather(*(site.asked(f"/files/{number}") for number in range(50)))

        site.loop.do(many())
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert sorted(int(line["path"].removeprefix("/files/")) for line in lines) == list(range(50))
    assert len({line["request_id"] for line in lines}) == 50
    assert {(line["status"], line["method"], line["network"]) for line in lines} == {(200, "GET", "192.0.2.0/24")}


def test_a_given_request_id_is_kept_only_when_harmless() -> None:
    application = wrappers.identified(plain)
    assert ask(application, x_request_id="abcdef-12345").headers["X-Request-Id"] == "abcdef-12345"
    assert ask(application, x_request_id="x y" * 5).headers["X-Request-Id"] != "x y" * 5


def test_a_body_above_the_limit_is_refused_before_it_is_read() -> None:
    answer = ask(wrappers.guarded(plain), method="POST", content_length=str(10**9))
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "52 MB" in answer.body.decode()


@pytest.mark.django_db(transaction=True)
def test_a_person_gets_the_refusal_as_a_page() -> None:
    site = wrappers.identified(wrappers.guarded(bridge.threaded(pages, threads=1)))
    answer = ask(site, "/archive", method="POST", content_length=str(10**9), accept="text/html")
    assert answer.status == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "52 MB" in answer.body.decode()
    assert "客服联系方式" in answer.body.decode()


@pytest.mark.django_db(transaction=True)
def test_ready_when_database_schema_and_keys_are() -> None:
    application = behind(health.serving(inner))
    assert ask(application, "/healthz").status == 200
    answer = ask(application, "/readyz")
    assert answer.status == 200, answer.body


@pytest.mark.django_db
def test_metrics_only_on_loopback() -> None:
    application = behind(health.serving(inner))
    assert b"chengxin_requests_total" in ask(application, "/metrics", client="127.0.0.1").body
    assert ask(application, "/metrics", client="192.0.2.7").body == b"inner"


def test_forwarded_addresses_count_only_from_trusted_proxies(settings: Any) -> None:
    asked = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.5, 10.0.0.3"}
    hops = [(b"x-forwarded-for", b"198.51.100.9, 203.0.113.5"), (b"x-forwarded-for", b"10.0.0.3")]
    scope = {"client": ("10.0.0.2", 1), "headers": hops}
    settings.TRUSTED_PROXIES = []
    assert client.address(asked) == client.address_of(dict(scope)) == "10.0.0.2"
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client.address(asked) == client.address_of(dict(scope)) == "203.0.113.5"
    assert client.network("203.0.113.5") == "203.0.113.0/24"
    assert client.network("::ffff:203.0.113.5") == "203.0.113.0/24"
