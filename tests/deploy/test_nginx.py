"""deploy/nginx/chengxin.conf in front of a real `chengxin serve`, with a certificate of our own (D-53)."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.db import connection

from bench.programs import free_port
from chengxin import options
from chengxin.launcher import places
from tests import server
from tests.tls import certificate

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "deploy" / "nginx" / "chengxin.conf"
MAIN = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    include {folder}/chengxin.conf;
}}
"""
START_S = 60
LOG_PATIENCE_S = 10
STRANGER = "203.0.113.9"
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@dataclass
class Site:
    """The platform behind nginx, as the world sees it."""

    folder: Path
    tls: int
    plain: int
    web: subprocess.Popen[bytes]

    @property
    def context(self) -> ssl.SSLContext:
        """Trust our certificate and no other."""
        return ssl.create_default_context(cafile=str(self.folder / "cert.pem"))

    def client(self) -> httpx.Client:
        """A browser that came from nowhere."""
        return httpx.Client(base_url=f"https://localhost:{self.tls}", verify=self.context, timeout=20)

    def logged(self, path: str) -> dict[str, object]:
        """The web server's own line about a request, which it may write a moment after the answer."""
        until = time.monotonic() + LOG_PATIENCE_S
        while True:
            written = (self.folder / "web.log").read_text("utf-8").splitlines(keepends=True)
            lines = [json.loads(line) for line in written if line.startswith("{") and line.endswith("\n")]
            found: dict[str, object] | None = next((line for line in reversed(lines) if line.get("path") == path), None)
            if found or time.monotonic() > until:
                assert found, f"no line about {path}"
                return found
            time.sleep(0.05)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    certificate(tmp_path)
    tls, plain, port = free_port(), free_port(), free_port()
    name = connection.settings_dict["NAME"]
    variables = {
        **os.environ, "DATABASE_URL": server.url(name), "OWNER_DATABASE_URL": server.url(name, role=places.OWNER_ROLE), "DEMO": "0",
        "PORT": str(port), "WEB_WORKERS": "1", "SITE_ORIGIN": f"https://localhost:{tls}", "TRUSTED_PROXIES": "127.0.0.1",
    }  # fmt: skip
    (tmp_path / "chengxin.conf").write_text(fitted(tmp_path, tls=tls, plain=plain, port=port), "utf-8")
    user = "user root;" if places.is_root() else ""
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path, user=user))
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx, "run scripts/tools"
    with (tmp_path / "web.log").open("wb") as out, (tmp_path / "web.err").open("wb") as err:
        web = subprocess.Popen([sys.executable, "-m", "chengxin.cli", "serve"], cwd=ROOT, env=variables, stdout=out, stderr=err)
        front = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=err)
        try:
            found = Site(tmp_path, tls, plain, web)
            wait_until_ready(found)
            yield found
        finally:
            for program in (front, web):
                program.terminate()
                program.wait(30)


def fitted(folder: Path, *, tls: int, plain: int, port: int) -> str:
    """The file with names, ports and certificate of this trial."""
    text = re.sub(r"\n *listen \[::\]:.*", "", SITE.read_text("utf-8"))
    for named, ours in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "/etc/chengxin/tls/fullchain.pem": str(folder / "cert.pem"),
        "/etc/chengxin/tls/key.pem": str(folder / "key.pem"),
        "chengxin.example": "localhost",
    }.items():
        assert named in text
        text = text.replace(named, ours)
    return text


def wait_until_ready(site: Site) -> None:
    until = time.monotonic() + START_S
    with site.client() as client:
        while True:
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            said = "".join((site.folder / name).read_text() for name in ("web.err", "error.log") if (site.folder / name).exists())
            assert site.web.poll() is None and time.monotonic() < until, said[-3000:]
            time.sleep(0.1)


def test_the_site_behind_nginx(site: Site) -> None:
    with site.client() as client:
        headers_come_once(client)
        a_form_is_taken(client)
        a_client_cannot_say_who_it_is(client, site)
        assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    plain_http_is_sent_to_tls(site)
    a_body_beyond_the_limit_is_refused_in_words(site)
    site.web.terminate()
    site.web.wait(30)
    with site.client() as client:
        away = client.get("/")
    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
    assert "服务暂时不可用" in away.text


def headers_come_once(client: httpx.Client) -> None:
    home = client.get("/")
    assert home.status_code == 200
    for name in ("content-security-policy", "strict-transport-security", "x-content-type-options", "x-frame-options", "x-request-id"):
        assert len(home.headers.get_list(name)) == 1, name
    assert "default-src 'self'" in home.headers["content-security-policy"]
    assert home.headers.get("server") == "nginx"


def a_form_is_taken(client: httpx.Client) -> None:
    page = client.get("/login")
    cookies = page.headers.get_list("set-cookie")
    assert cookies and all(cookie.startswith("__Host-") and "Secure" in cookie for cookie in cookies)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    sent = client.post(
        "/login", data={"csrfmiddlewaretoken": token[1], "account": "nobody"}, headers={"Origin": str(client.base_url).rstrip("/")}
    )
    assert sent.status_code in (200, 422), sent.text[:500]
    foreign = client.post("/login", data={"csrfmiddlewaretoken": token[1]}, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def a_client_cannot_say_who_it_is(client: httpx.Client, site: Site) -> None:
    liar = {"X-Forwarded-For": STRANGER, "Forwarded": f"for={STRANGER}", "X-Request-Id": "mine-and-nobody-elses"}
    answer = client.get("/log/vkey", headers=liar)
    line = site.logged("/log/vkey")
    assert line["network"] == "127.0.0.0/24"
    assert line["request_id"] == answer.headers["x-request-id"] != liar["X-Request-Id"]


def plain_http_is_sent_to_tls(site: Site) -> None:
    answer = httpx.get(f"http://127.0.0.1:{site.plain}/files/a?q=1", headers={"Host": "evil.example"})
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://localhost/files/a?q=1"


def a_body_beyond_the_limit_is_refused_in_words(site: Site) -> None:
    limit = int(options.TABLE["MAX_BODY_BYTES"].default)
    for size, expected in ((limit + 1, 413), (limit, 403)):
        sender = http.client.HTTPSConnection("localhost", site.tls, context=site.context, timeout=20)
        sender.putrequest("POST", "/login")
        sender.putheader("Content-Length", str(size))
        sender.endheaders()
        if expected == 403:
            sender.send(b"\0" * size)
        answer = sender.getresponse()
        assert answer.status == expected
        if expected == 413:
            assert f"{limit // 1024 // 1024} MB" in answer.read().decode()
        sender.close()
