"""Maintenance: the public reads on, whoever hands something in is told when to come back and loses nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from chengxin import worker
from chengxin.common import clock, maintenance
from chengxin.records.tests import makers
from tests import people

pytestmark = pytest.mark.django_db
TOLD = "平台正在维护，暂停登录和提交，查询不受影响"


@pytest.fixture(autouse=True)
def _own_file(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance.json"
    settings.PUBLIC_READS_PER_MINUTE = 0
    yield


def test_look_ups_and_public_pages_are_served_with_a_banner() -> None:
    _id, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    maintenance.begin(text="数据库升级。")
    client = Client()
    for path in ("/", f"/files/{uscc}", "/files?q=澜序桥", "/overview", "/login"):
        page = client.get(path)
        assert page.status_code == 200 and TOLD in page.content.decode() and "数据库升级。" in page.content.decode(), path
    assert client.get(f"/api/v1/files/{uscc}").status_code == 200
    assert client.post("/api/v1/files:batch", "{}", content_type="application/json").status_code != 503
    maintenance.end()
    assert TOLD not in client.get("/").content.decode()


def test_what_is_handed_in_is_refused_with_a_time_and_kept_in_the_page() -> None:
    until = clock.now() + timedelta(hours=2)
    maintenance.begin(until=until)
    client = Client(enforce_csrf_checks=True)
    typed = people.typed(name='澜序<桥>"一号"') | {"captcha": "7KXM", "csrfmiddlewaretoken": "as-it-came"}
    page = client.post("/register?from=home", typed)
    text = page.content.decode()
    assert page.status_code == 503
    assert 7190 <= int(page.headers["Retry-After"]) <= 7200
    local = until.astimezone(clock.SHANGHAI)
    assert f"预计{local.month}月{local.day}日 {local:%H:%M}恢复" in text and 'action="/register?from=home"' in text
    hidden = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)}
    kept = {name: value for name, value in typed.items() if name not in ("password", "password_again", "captcha")}
    assert {name: hidden.get(name) for name in kept} == kept, "as it was typed, and the token only as it came"
    assert people.PASSWORD not in text and "再次提交" in text and "密码、验证码和上传的文件" in text


def test_a_program_and_a_script_get_a_problem() -> None:
    maintenance.begin()
    answer = Client().post("/register/papers/upload", {}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "maintenance", "600")
    assert TOLD in answer.json()["detail"]


def test_a_file_that_says_nothing_still_means_maintenance(settings: Any) -> None:
    settings.MAINTENANCE_FILE.write_text("")
    assert Client().post("/login", {"name": "a", "password": "b"}).status_code == 503
    assert maintenance.end() and not maintenance.end()


def test_the_worker_goes_on_with_proofs_and_mail_only() -> None:
    rests = [loop.name for loop in worker.loops() if loop._rests()]
    assert rests == []
    maintenance.begin()
    rests = [loop.name for loop in worker.loops() if loop._rests()]
    assert set(rests) == {loop.name for loop in worker.loops()} - worker.GOES_ON
    assert {"due", "imports", "sweeps"} <= set(rests) and "sequencer" not in rests
