"""客服求助 over HTTP: the form without log-in, the queue, the ticket with the account beside the evidence (REG-16, REG-17, D-27)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin import followers
from chengxin.common import clock
from chengxin.filings.models import AccountChange, Filing
from chengxin.identity import actions
from chengxin.identity import queries as identity
from chengxin.identity.models import AccessLog
from chengxin.ledger import sequencer
from tests import people
from tests.journeys import pleas
from tests.journeys.desks import desk, html
from tests.journeys.test_wrong_data import answers, hidden, sent_code, shown_once

pytestmark = pytest.mark.django_db(transaction=True)
Clerks = tuple[people.Person, people.Person]


@pytest.fixture
def clerks() -> Clerks:
    """Two clerks of the help desk."""
    return pleas.desk()


@pytest.fixture
def firm(clerks: Clerks) -> people.Person:
    """An enterprise that has registered and lost its mailbox."""
    return people.registered(1)


def asked(firm: people.Person, *, topic: str = "mailbox", evidence: bool = True, **changes: str) -> tuple[Any, dict[str, Any]]:
    """A plea handed in over HTTP by a visitor who proved the new mailbox: the last answer, and what was posted."""
    browser, url = Client(), f"/help-desk/{topic}"
    page = browser.get(url)
    kept = hidden(page)
    row = kept["_row"]
    typed = answers("help", row, **{code: value for code, value in pleas.values(firm, **changes).items() if code != "topic"})
    challenge, solved = people.challenge_of(html(page))
    sent = browser.post(url, {**kept, **typed, "captcha_id": challenge, "captcha": solved, "_send": "1"})
    assert sent.status_code == 200 and "验证码已发送至" in html(sent), html(sent)[-3000:]
    papers = {f"help/{row}/{code}.new": people.paper(f"{code}.jpg") for code in ("licence", "papers")} if evidence else {}
    final = {**kept, **typed, "contact_code": sent_code(typed[f"help/{row}/contact"])}
    return browser.post(url, {**final, **papers}), final


def told(answer: Any) -> str:
    """The page without what differs by nature: number, code, moments, tokens."""
    page = re.sub(r"HZ\d{8}[A-Z2-9]{10}|[A-Z2-9]{4}-[A-Z2-9]{4}", "", html(answer))
    page = re.sub(r"\d{4}年\d+月\d+日 \d\d:\d\d", "", page)
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_known_and_unknown_codes_get_the_same_answer_and_a_repeat_the_first_one(firm: people.Person) -> None:
    known, final = asked(firm)
    number, code = shown_once(known)
    people.forget_attempts()
    unknown, _final = asked(people.Person(people.code(99), firm.account_id, name="查无此企业"))
    assert known.status_code == unknown.status_code == 200, html(unknown)[-3000:]
    assert told(known) == told(unknown) and "平台客服（演示）" in html(known)
    again = Client().post("/help-desk/mailbox", final)
    assert shown_once(again) == (number, code) and Filing.objects.filter(kind="help").count() == 2
    for pair in (shown_once(known), shown_once(unknown)):
        progress = html(Client().post("/progress", {"number": pair[0], "code": pair[1]}))
        assert "处理中" in progress and "客服求助" in progress and firm.name not in progress


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(firm: people.Person) -> None:
    bare, final = asked(firm, evidence=False)
    page = html(bare)
    assert bare.status_code == 422 and "请上传营业执照" in page and "请上传说明材料" in page
    assert "域名已停用" in page and pleas.NEW_MAILBOX in page
    row = final["_row"]
    with_files = Client().post(
        "/help-desk/mailbox", {**final, f"help/{row}/licence.new": people.paper("licence.jpg"), f"help/{row}/statement": ""}
    )
    kept = hidden(with_files)
    assert with_files.status_code == 422 and f"help/{row}/licence" in kept and "请填写情况说明" in html(with_files)
    wrong = Client().post("/help-desk/mailbox", {**final, f"help/{row}/contact": "13900001111", "_send": "1"})
    assert wrong.status_code == 422 and "邮箱格式应如 name@example.com" in html(wrong)
    for _more in range(6):  # what else is wrong uses up no try of the code
        assert Client().post("/help-desk/mailbox", {**kept, **final, f"help/{row}/statement": ""}).status_code == 422
    whole = Client().post("/help-desk/mailbox", {**kept, **final, f"help/{row}/papers.new": people.paper("papers.jpg")})
    assert whole.status_code == 200 and shown_once(whole)
    people.forget_attempts()
    same, _final = asked(firm, topic="code", right_uscc=firm.login)
    assert same.status_code == 422 and "正确的代码应与填错的代码不同" in html(same)
    people.forget_attempts()
    other, _final = asked(firm, topic="other", evidence=False, uscc="", name="")
    assert other.status_code == 200, html(other)[-3000:]
    assert Client().get("/help-desk/anything").status_code == 404


def test_the_four_kinds_are_led_to_from_where_people_get_stuck(firm: people.Person) -> None:
    page = html(Client().get("/help-desk"))
    for words in ("注册邮箱遗忘或作废", "统一社会信用代码填错", "被他人冒名注册", "其他问题"):
        assert words in page
    assert 'href="/impostor"' in page
    for url in ("/", "/login", "/password/forgot", "/register"):
        assert 'href="/help-desk' in html(Client().get(url)), url
    sent = Client().post("/password/forgot", {"uscc": firm.login})
    assert html(sent).count('href="/help-desk/mailbox"') == 1
    own = people.browser(firm)
    assert 'href="/help-desk/code"' in html(own.get("/account/supplement"))


def test_the_queue_shows_the_first_due_first_and_who_asks_too_often(firm: people.Person, clerks: Clerks) -> None:
    start = clock.now() - timedelta(days=30)
    for day in range(3):
        with clock.at(start + timedelta(days=day)):
            pleas.handed_in(firm)
    other = pleas.handed_in(people.registered(2), topic="other")
    client = desk(clerks[0])
    page = html(client.get("/desk/help"))
    assert page.count("一年内求助 3 次") == 3 and "<b>4</b>" in page and "逾期" in page
    numbers = re.findall(r"HZ\d{8}[A-Z2-9]{10}", page)
    assert numbers[-1] == other.number
    assert other.number not in html(client.get("/desk/help?overdue=1"))
    assert re.findall(r"HZ\d{8}[A-Z2-9]{10}", html(client.get("/desk/help?topic=other"))) == [other.number]
    assert re.findall(r"HZ\d{8}[A-Z2-9]{10}", html(client.get(f"/desk/help?q={other.number[:14]}"))) != []
    ticket = Filing.objects.filter(kind="help", ticket__uscc=firm.login).earliest("submitted_at")
    shown = html(client.get(f"/desk/help/{ticket.id}"))
    assert "请加强核实" in shown and "一年内已求助 3 次" in shown


def test_the_ticket_shows_the_account_masked_beside_the_evidence_and_each_opening_is_logged(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    client = desk(clerks[0])
    page = html(client.get(f"/desk/help/{ticket.filing_id}"))
    assert firm.name in page and firm.email not in page and "ow***@lanxu.example" in page and "待上传附件" in page
    assert pleas.NEW_MAILBOX in page and "13900001111" in page
    seen = AccessLog.objects.filter(who=str(clerks[0].account_id))
    assert set(seen.values_list("what", "subject")) == {("ticket", str(ticket.filing_id)), ("contact-masked", str(firm.account_id))}
    picture = re.findall(r"/files-of/[0-9a-f-]+/1\.png", page)[0]
    assert client.get(picture).status_code == 200
    reviewer = people.officer(people.agency("330110", name="余杭区商务局"), "county-li")
    for stranger in (desk(reviewer), people.browser(firm)):
        assert stranger.get(f"/desk/help/{ticket.filing_id}").status_code in (403, 404)
        assert stranger.get(picture).status_code == 404
    assert "没有待办的求助" in html(desk(reviewer).get("/desk/help"))


def test_two_clerks_change_a_mailbox_at_the_desk(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    first, second = desk(clerks[0]), desk(clerks[1])
    url = f"/desk/help/{ticket.filing_id}"
    empty = first.post(f"{url}/change", {"reason": " "})
    assert empty.status_code == 422 and "请写明核实情况" in html(empty)
    assert first.post(f"{url}/change", {"reason": pleas.CONFIRMED}).status_code == 302
    change = AccountChange.objects.get()
    assert "等待另一名工作人员复核" in html(first.get(url))
    assert first.post(f"{url}/change/{change.id}", {"outcome": "confirmed"}).status_code == 403
    assert "变更待您复核" in html(second.get("/desk/help"))
    assert second.post(f"{url}/change/{change.id}", {"outcome": "confirmed"}).status_code == 302
    page = html(second.get(url))
    assert "原邮箱在此前可以阻止" in page and "变更等待生效，期间不能办结" in page
    assert second.post(f"{url}/answer", {"outcome": "approved", "answer": "好"}).status_code == 409


def test_an_answer_reaches_the_contact_and_the_query_page(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm, topic="other", evidence=False)
    client, url = desk(clerks[0]), f"/desk/help/{ticket.filing_id}"
    empty = client.post(f"{url}/answer", {"outcome": "rejected", "answer": ""})
    assert empty.status_code == 422 and "请填写答复内容" in html(empty)
    long = client.post(f"{url}/answer", {"outcome": "approved", "answer": "长" * 2001})
    assert long.status_code == 422 and "答复最多2000字" in html(long)
    assert client.post(f"{url}/answer", {"outcome": "approved", "answer": "请使用谷歌浏览器最新版本重试。"}).url == "/desk/help?settled=1"
    [mail] = pleas.mails(pleas.NEW_MAILBOX, "客服求助")
    assert "请使用谷歌浏览器最新版本重试。" in mail and ticket.number in mail
    progress = html(Client().post("/progress", {"number": ticket.number, "code": ticket.code}))
    assert "已办结" in progress and "已答复" in progress and "请使用谷歌浏览器最新版本重试。" in progress
    assert ticket.number in html(client.get("/desk/help?done=1"))
    assert client.post(f"{url}/answer", {"outcome": "approved", "answer": "再答"}).status_code == 409


@pytest.mark.requirement("REG-16.2")
def test_a_user_cannot_change_the_credit_code_by_any_form(firm: people.Person) -> None:
    own = people.browser(firm)
    page = html(own.get("/account/supplement"))
    assert 'name="uscc"' not in page
    typed = people.typed(1, uscc=people.code(2)) | {"name": "杭州澜序桥电子商务新名有限公司"}
    own.post("/account/supplement", typed)
    assert firm.enterprise_id is not None
    assert identity.enterprise(firm.enterprise_id).uscc == firm.login
    assert identity.enterprise_by_uscc(people.code(2)) is None
    for method in ("post", "put", "patch"):
        assert getattr(own, method)(f"/api/v1/files/{firm.login}", {"uscc": people.code(2)}).status_code in (403, 405)


def test_clerks_are_told_and_while_nobody_is_at_the_desk_the_ministry_has_its_tickets(clerks: Clerks) -> None:
    first = pleas.handed_in(people.registered(1))
    assert sequencer.step(limit=100) and followers.step(100)
    assert [len(pleas.mails(clerk.email, "今日有新的待审核事项：客服求助")) for clerk in clerks] == [1, 1]
    now, client = clock.now(), desk(clerks[0])
    for clerk, others in ((clerks[1], True), (clerks[0], False)):
        assert ("须等他人到岗复核" in html(client.get(f"/desk/help/{first.filing_id}"))) is not others
        actions.set_absence(account_id=clerk.account_id, absent_from=now, absent_to=now + timedelta(days=1), by=people.SYSTEM)
    ticket = pleas.handed_in(people.registered(2), topic="other", evidence=False)
    ministry = identity.agency_by_code("commerce-0")
    assert ministry is not None
    reviewer = people.officer(ministry.id, "nation-qian", name="部钱审")
    assert sequencer.step(limit=100) and followers.step(100)
    assert len(pleas.mails(reviewer.email, "今日有新的待审核事项：客服求助")) == 1
    client = desk(reviewer)
    assert f"/desk/{ticket.filing_id}" in html(client.get("/desk"))
    assert client.get(f"/desk/{ticket.filing_id}").headers["Location"] == f"/desk/help/{ticket.filing_id}"
    answer = client.post(f"/desk/help/{ticket.filing_id}/answer", {"outcome": "approved", "answer": "已处理，请重试。"})
    assert answer.status_code == 302
    assert "没有待办的求助" in html(desk(clerks[0]).get("/desk/help"))
