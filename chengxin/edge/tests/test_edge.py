"""The edge: every answer carries the headers and an id, whoever made it."""

from __future__ import annotations

from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from chengxin.edge import client, health, wrappers


def ask(application: Any, path: str = "/", **environ: str) -> tuple[str, dict[str, str], bytes]:
    """Ask a WSGI application once."""
    request: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1", **environ}
    setup_testing_defaults(request)
    request["PATH_INFO"] = path
    said: list[Any] = []
    body = b"".join(application(request, lambda status, headers, exc_info=None: said.extend([status, dict(headers)])))
    return said[0], said[1], body


def plain(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"inner"]


def test_every_answer_carries_headers_and_id(capfd: pytest.CaptureFixture[str]) -> None:
    status, headers, _ = ask(wrappers.identified(wrappers.guarded(plain)), "/files/x")
    assert status == "200 OK"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    line = capfd.readouterr().out
    assert headers["X-Request-Id"] in line
    assert '"path":"/files/x"' in line
    assert "127.0.0.0/24" in line


def test_a_given_request_id_is_kept_only_when_harmless() -> None:
    application = wrappers.identified(plain)
    assert ask(application, HTTP_X_REQUEST_ID="abcdef-12345")[1]["X-Request-Id"] == "abcdef-12345"
    assert ask(application, HTTP_X_REQUEST_ID="x\ny" * 5)[1]["X-Request-Id"] != "x\ny" * 5


def test_a_body_above_the_limit_is_refused_before_it_is_read() -> None:
    status, headers, body = ask(wrappers.guarded(plain), CONTENT_LENGTH=str(10**9))
    assert status.startswith("413")
    assert headers["Content-Type"] == "application/problem+json"
    assert "52 MB" in body.decode()


@pytest.mark.django_db
def test_ready_when_database_schema_and_keys_are() -> None:
    application = health.serving(plain)
    assert ask(application, "/healthz")[0] == "200 OK"
    status, _, body = ask(application, "/readyz")
    assert status == "200 OK", body


@pytest.mark.django_db
def test_metrics_only_on_loopback() -> None:
    application = health.serving(plain)
    assert b"chengxin_requests_total" in ask(application, "/metrics")[2]
    assert ask(application, "/metrics", REMOTE_ADDR="192.0.2.7")[2] == b"inner"


def test_forwarded_addresses_count_only_from_trusted_proxies(settings: Any) -> None:
    asked = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.5, 10.0.0.3"}
    settings.TRUSTED_PROXIES = []
    assert client.address(asked) == "10.0.0.2"
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client.address(asked) == "203.0.113.5"
    assert client.network("203.0.113.5") == "203.0.113.0/24"
    assert client.network("::ffff:203.0.113.5") == "203.0.113.0/24"
