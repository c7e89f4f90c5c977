"""Pages of cases come back with everything typed and taken in, also where a limit or a conflict refuses them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from chengxin.access import limits
from chengxin.access.models import Attempt
from tests import people as staff
from tests.journeys.test_subject_changes import NEW, applied
from tests.journeys.test_wrong_data import CONTACT, answers, hidden, item_of, paper, published, reported, sent_code

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "本单位从未在平台注册，代码被他人使用。"


def only(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """Let something be done only so often."""
    monkeypatch.setitem(limits.LIMITS, name, limits.Limit(times, limits.HOUR))


def test_too_many_files_are_said_beside_their_field_and_the_earlier_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "case_file.network", 1)
    firm = published()
    url, browser = reverse("enterprise:object", args=[item_of(firm, "government")["version_id"]]), firm.client()
    row = hidden(browser.get(url))["_row"]
    files = {f"objection/{row}/proof.new": [paper("one"), paper("two")]}
    answer = browser.post(url, {"_row": row, **answers("objection", row, kind="content", text="登记机关名称有误。"), **files})
    page = answer.content.decode()
    assert answer.status_code == 422 and "操作过于频繁" in page and "登记机关名称有误。" in page
    assert f"objection/{row}/proof" in hidden(answer) and "one.jpg" in page and "two.jpg" not in page


def test_a_claim_above_the_limit_keeps_statement_and_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Client()
    page = browser.get("/impostor")
    kept = hidden(page)
    said = answers("impostor", kept["_row"], uscc=published().uscc, statement=SAID, contact=CONTACT)
    Attempt.objects.all().delete()
    challenge, solved = staff.challenge_of(page.content.decode())
    file = {f"impostor/{kept['_row']}/licence.new": paper("my-licence")}
    sent = browser.post("/impostor", {**kept, **said, **file, "captcha_id": challenge, "captcha": solved, "_send": "1"})
    only(monkeypatch, "case.network", 0)
    refused = browser.post("/impostor", {**hidden(sent), **said, "contact_code": sent_code(CONTACT)})
    text = refused.content.decode()
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    assert "操作过于频繁" in text and SAID in text and "my-licence.jpg" in text


def test_a_report_above_the_limit_keeps_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    firm = published()
    only(monkeypatch, "case.network", 0)
    refused, _typed = reported(firm, item_of(firm, "enterprise")["version_id"])
    text = refused.content.decode()
    assert refused.status_code == 429 and "操作过于频繁" in text and "负责人一年前已经变更" in text


def test_a_second_objection_and_a_second_change_keep_what_was_typed() -> None:
    firm = published()
    url, browser = reverse("enterprise:object", args=[item_of(firm, "government")["version_id"]]), firm.client()
    for text, status in (("登记机关名称有误。", 200), ("还有一处有误。", 409)):
        kept = hidden(browser.get(url))
        row = kept["_row"]
        answer = browser.post(url, {**kept, **answers("objection", row, kind="content", text=text), f"objection/{row}/proof.new": paper()})
        assert answer.status_code == status, answer.content.decode()[-2000:]
    assert "还有一处有误。" in answer.content.decode() and "evidence.jpg" in answer.content.decode()
    assert applied(firm, "rename", name=NEW).status_code == 200
    second = applied(firm, "rename", name=f"{NEW}二")
    page = second.content.decode()
    assert second.status_code == 409 and f"{NEW}二" in page and "正在审核" in page and re.search(r"licence-\w+\.jpg", page)
