"""Log-in, forgotten password and the idle clock over HTTP (REG-12, REG-13, REG-19, D-26, D-27, D-30, D-31)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chengxin.access import actions as access
from chengxin.access.models import Session
from chengxin.common import clock
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.identity import queries as identity
from chengxin.web.session import cookie_name
from tests import people
from tests.journeys.test_registration import problem

pytestmark = pytest.mark.django_db(transaction=True)
SAME = "用户名或密码错误，请重新输入"


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


@pytest.fixture
def firm(office: people.Office) -> people.Person:
    """An approved enterprise."""
    return people.approved(1, by=office.county)


def log_in(name: str, password: str = people.PASSWORD, *, client: Client | None = None, **data: str) -> Any:
    """Post the log-in form."""
    return (client or Client()).post("/login", {"name": name, "password": password} | data)


def said(answer: Any) -> str:
    """The page without what differs by nature: its token and the name typed."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return re.sub(r'value="[0-9A-Z]{18}"', "", page)


@pytest.mark.requirement("REG-12.1")
def test_the_right_password_leads_to_the_workbench(firm: people.Person) -> None:
    client = Client()
    page = client.get("/login").content.decode()
    assert "忘记密码" in page and "企业用户注册" in page and "统一社会信用代码" in page
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in firm.login.lower())
    answer = log_in(f" {wide} ", client=client)
    assert (answer.status_code, answer.url) == (302, "/workbench")
    page = client.get("/workbench").content.decode()
    assert "诚信档案企业信息" in page and "惠民惠企" in page and firm.name in page
    assert client.cookies[cookie_name("session")]["httponly"] and client.cookies[cookie_name("session")]["samesite"] == "Lax"
    out = client.post("/logout")
    assert out.url == "/" and client.get("/workbench").url == "/login?next=/workbench"


def test_log_in_leads_back_to_the_page_asked_for_and_nowhere_else(firm: people.Person) -> None:
    asked = Client().get("/workbench/services?group=1")
    assert asked.url == "/login?next=/workbench/services%3Fgroup%3D1"
    assert log_in(firm.login, next="/workbench/services?group=1").url == "/workbench/services?group=1"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "/logout"):
        assert log_in(firm.login, next=elsewhere).url == "/workbench", elsewhere


@pytest.mark.requirement("REG-12.2")
def test_a_wrong_password_and_an_unknown_code_are_told_alike(firm: people.Person) -> None:
    wrong, unknown = log_in(firm.login, "Wrong#77"), log_in(people.code(99), "Wrong#77")
    assert wrong.status_code == unknown.status_code == 422
    assert SAME in wrong.content.decode() and said(wrong) == said(unknown)
    agency = log_in("county-li", people.PASSWORD)
    assert SAME in agency.content.decode()
    for answer in (wrong, unknown, agency):
        assert cookie_name("session") not in answer.cookies
    before = Session.objects.count()
    for name, password, field in (("", "x", "name"), (firm.login, "", "password"), ("9" * 10_000, "x", "name")):
        page = log_in(name, password).content.decode()
        assert problem(page, f"f-{field}")
    assert Session.objects.count() == before


@pytest.mark.requirement("REG-12.3")
def test_five_failures_make_wait_and_the_owner_is_told(firm: people.Person) -> None:
    known = people.browser(firm)
    start = clock.now()
    for name in (firm.login, people.code(98)):
        answers = [log_in(name, "Wrong#77") for _ in range(5)]
        assert {answer.status_code for answer in answers} == {422}
        locked = log_in(name)
        assert locked.status_code == 429 and "登录失败次数过多，请15分钟后再试，或通过忘记密码重设密码" in locked.content.decode()
    assert log_in(firm.login, client=known).status_code == 302
    gateways.deliver_due(limit=50)
    assert DemoMail.objects.filter(channel="mail", to=firm.email, subject__contains="登录").count() == 1
    with clock.at(start + timedelta(minutes=16)):
        assert log_in(firm.login).status_code == 302


def forgot(code: str) -> Any:
    """Post 忘记密码."""
    return Client().post("/password/forgot", {"uscc": code})


def link(firm: people.Person) -> str:
    """The path of the newest mailed link."""
    gateways.deliver_due(limit=50)
    mail = DemoMail.objects.filter(channel="mail", to=firm.email, subject__contains="重置密码").latest("id")
    return "/password/reset/" + re.search(r"/password/reset/(\S+)", mail.body)[1]  # type: ignore[index]


@pytest.mark.requirement("REG-13.1")
@pytest.mark.requirement("REG-13.2")
def test_a_known_code_gets_one_mail_and_an_unknown_one_the_same_page(firm: people.Person) -> None:
    page = Client().get("/password/forgot").content.decode()
    assert "若忘记注册邮箱请联系客服，联系方式详见页面下方" in page
    known, unknown = forgot(firm.login), forgot(people.code(99))
    assert known.status_code == unknown.status_code == 200
    assert said(known) == said(unknown) and "重置密码邮件" in known.content.decode() and firm.email not in known.content.decode()
    rows = Outbox.objects.filter(purpose="password-reset")
    assert rows.count() == 1
    gateways.deliver_due(limit=50)
    mails = DemoMail.objects.filter(channel="mail", subject__contains="重置密码")
    assert [mail.to for mail in mails] == [firm.email]
    for wrong in ("", "x" * 10_000):
        assert problem(forgot(wrong).content.decode(), "f-uscc")


@pytest.mark.requirement("REG-13.3")
def test_a_link_opens_once_and_for_thirty_minutes(firm: people.Person) -> None:
    own, fresh = people.browser(firm), "Neu9#Bergsee"
    forgot(firm.login)
    path = link(firm)
    page = Client().get(path).content.decode()
    assert "设置新密码" in page and "密码应为8至16个字符" in page
    weak = Client().post(path, {"password": "abc", "password_again": "abc"})
    assert weak.status_code == 422 and "密码应为8至16个字符" in problem(weak.content.decode(), "f-password")
    twice = Client().post(path, {"password": fresh, "password_again": fresh + "x"})
    assert problem(twice.content.decode(), "f-password_again") == "两次输入的密码不一致，请重新输入"
    assert not identity.account(firm.account_id).email_verified
    assert "密码已重置" in Client().post(path, {"password": fresh, "password_again": fresh}).content.decode()
    assert identity.account(firm.account_id).email_verified
    assert own.get("/workbench").url.startswith("/login?next=/workbench&ended=")
    assert log_in(firm.login, fresh).status_code == 302 and log_in(firm.login).status_code == 422
    for again in (
        Client().get(path),
        Client().post(path, {"password": fresh, "password_again": fresh}),
        Client().get("/password/reset/none"),
    ):
        assert again.status_code == 410 and "链接无效、已被使用或已过期，请重新申请" in again.content.decode()
        assert 'href="/password/forgot"' in again.content.decode()
    forgot(firm.login)
    late = link(firm)
    with clock.at(clock.now() + timedelta(minutes=30, seconds=1)):
        assert Client().get(late).status_code == 410


@pytest.mark.requirement("REG-19.1")
@pytest.mark.requirement("REG-19.2")
def test_an_hour_without_a_hand_ends_the_session_and_says_why(firm: people.Person) -> None:
    start = clock.now() + timedelta(seconds=1)
    with clock.at(start):
        own = people.browser(firm)
    with clock.at(start + timedelta(minutes=59)):
        assert own.get("/workbench").status_code == 200
    moment = start + timedelta(minutes=59 + 60, seconds=-1)
    with clock.at(moment):
        assert own.get("/workbench").status_code == 200
    with clock.at(moment + timedelta(minutes=60, seconds=1)):
        answer = own.get("/workbench/archive")
        assert (answer.status_code, answer.url) == (302, "/login?next=/workbench/archive&ended=idle")
        page = own.get(answer.url).content.decode()
        assert "您已超过1小时无操作，系统已自动登出。请重新登录后继续。" in page
        assert log_in(firm.login, client=own, next="/workbench/archive").url == "/workbench/archive"


def test_an_hour_ends_posts_uploads_and_scripts_too(firm: people.Person, office: people.Office) -> None:
    own, desk = people.browser(firm), people.browser(office.county)
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert own.post("/account/consents", {"document": "privacy-notice"}).url == "/login?next=/account/consents&ended=idle"
        assert desk.get("/desk").url == "/login/agency?next=/desk&ended=idle"
    other = people.browser(firm)
    with clock.at(clock.now() + timedelta(minutes=61)):
        refused = other.post("/register/papers/upload", headers={"X-Requested-With": "fetch", "Accept": "application/json"})
        assert refused.status_code == 401 and "超过1小时无操作" in refused.json()["detail"]
    with clock.at(clock.now() + timedelta(hours=12, seconds=1)):
        assert people.browser(firm).get("/workbench").status_code == 200


@pytest.mark.requirement("REG-19.3")
def test_a_heartbeat_does_not_hold_the_session_open_and_a_button_does(firm: people.Person) -> None:
    start = clock.now() + timedelta(seconds=1)
    with clock.at(start):
        own = people.browser(firm)
        assert own.get("/workbench").status_code == 200
    for minute in (20, 40, 59):
        with clock.at(start + timedelta(minutes=minute)):
            assert own.get("/session/ping").json()["seconds_left"] == 60 * (60 - minute)
    with clock.at(start + timedelta(minutes=59)):
        assert own.post("/session/touch").json()["seconds_left"] == 3600
    with clock.at(start + timedelta(minutes=118)):
        assert own.get("/session/ping").json()["seconds_left"] == 60
    with clock.at(start + timedelta(minutes=119, seconds=1)):
        assert own.get("/session/ping").json()["seconds_left"] == 0
        assert own.post("/session/touch").status_code == 401
        assert own.get("/workbench").url == "/login?next=/workbench&ended=idle"


def test_twelve_hours_end_any_session(firm: people.Person) -> None:
    start = clock.now() + timedelta(seconds=1)
    with clock.at(start):
        own = people.browser(firm)
    for hour in range(1, 24):
        with clock.at(start + timedelta(minutes=30 * hour)):
            assert own.get("/workbench").status_code == 200
    with clock.at(start + timedelta(hours=12)):
        answer = own.get("/workbench")
        assert answer.url == "/login?next=/workbench&ended=absolute"
        assert "本次登录时间过长" in own.get(answer.url).content.decode()


def test_log_in_in_place_keeps_the_page_behind(firm: people.Person, office: people.Office) -> None:
    own = people.browser(firm)
    page = own.get("/workbench").content.decode()
    assert 'data-login="/login/here"' in page and 'data-idle="3600"' in page and 'data-touch="/session/touch"' in page
    with clock.at(clock.now() + timedelta(minutes=61)):
        form = own.get("/login/here").content.decode()
        assert 'id="here-name"' in form and 'action="/login/here"' in form
        wrong = own.post("/login/here", {"name": firm.login, "password": "Wrong#77"})
        assert wrong.status_code == 422 and SAME in wrong.content.decode()
        assert own.post("/login/here", {"name": firm.login, "password": people.PASSWORD}).status_code == 204
        assert own.get("/workbench").status_code == 200
    desk = people.browser(office.county)
    assert 'data-login="/login/here?face=agency"' in desk.get("/desk").content.decode()
    with clock.at(clock.now() + timedelta(minutes=61)):
        form = desk.get("/login/here?face=agency").content.decode()
        challenge, answer = people.challenge_of(form)
        data = {"name": office.county.login, "password": people.PASSWORD, "captcha_id": challenge}
        wrong = desk.post("/login/here?face=agency", data | {"captcha": "wrong"})
        assert wrong.status_code == 422 and "验证码错误或已过期" in wrong.content.decode()
        challenge, answer = people.challenge_of(wrong.content.decode())
        assert desk.post("/login/here?face=agency", data | {"captcha_id": challenge, "captcha": answer}).status_code == 204


def test_log_in_in_place_of_agencies_takes_a_mailed_code_and_leads_to_the_other_ways(office: people.Office) -> None:
    desk, here = Client(), "/login/here?face=agency"
    form = desk.get(here).content.decode()
    assert "改用邮箱验证码" in form and 'href="/login/agency" target="_blank"' in form and 'href="/login" ' not in form
    assert "请先填写用户名" in desk.post(here, {"name": "", "password": "", "_captcha": "mail"}).content.decode()
    data = {"name": office.county.login, "password": people.PASSWORD, "captcha_way": "mail"}
    asked = desk.post(here, data | {"_captcha": "mail"})
    assert asked.status_code == 422 and "如用户名正确" in asked.content.decode() and 'id="here-mail_code"' in asked.content.decode()
    gateways.deliver_due(20)
    code = re.search(r"\b(\d{6})\b", DemoMail.objects.get(to=office.county.email).body)[1]  # type: ignore[index]
    wrong = desk.post(here, data | {"mail_code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 422 and "验证码错误或已过期" in wrong.content.decode() and "captcha_id" not in wrong.content.decode()
    assert desk.post(here, data | {"mail_code": code}).status_code == 204
    assert desk.get("/session/ping").json()["seconds_left"] > 0 and desk.get("/desk").status_code == 200


def test_agencies_log_in_by_name_password_and_captcha(office: people.Office) -> None:
    client = Client()
    data = {"name": office.county.login, "password": people.PASSWORD}
    page = client.post("/login/agency", data | {"captcha_id": "none", "captcha": "none"})
    assert page.status_code == 422 and problem(page.content.decode(), "captcha")
    challenge, answer = people.challenge_of(page.content.decode())
    wrong = client.post("/login/agency", data | {"password": "Wrong#77", "captcha_id": challenge, "captcha": answer})
    assert wrong.status_code == 422 and SAME in wrong.content.decode()
    challenge, answer = people.challenge_of(wrong.content.decode())
    assert client.post("/login/agency", data | {"captcha_id": challenge, "captcha": answer}).url == "/desk"


def test_agencies_may_have_a_code_by_mail_instead_of_the_captcha(office: people.Office) -> None:
    client, name = Client(), office.county.login
    page = client.get("/login/agency").content.decode()
    assert "改用邮箱验证码" in page and "听语音验证码" in page
    data = {"name": name, "password": people.PASSWORD, "captcha_way": "mail"}
    first = client.post("/login/agency", data | {"_captcha": "mail", "name": ""})
    assert first.status_code == 422 and problem(first.content.decode(), "f-name") == "请先填写用户名，再获取邮箱验证码"
    known, unknown = (client.post("/login/agency", data | {"_captcha": "mail", "name": each}) for each in (name, "nobody-li"))
    texts = [said(answer).replace(each, "") for answer, each in ((known, name), (unknown, "nobody-li"))]
    assert known.status_code == 200 and texts[0] == texts[1] and "如用户名正确，验证码已发送" in texts[0]
    again = client.post("/login/agency", data | {"_captcha": "mail"}).content.decode()
    assert "请 1 分钟后重新获取" in again
    gateways.deliver_due(limit=10)
    [mail] = DemoMail.objects.filter(channel="mail", subject="邮箱验证码")
    code = re.search(r"\b(\d{6})\b", mail.body)[1]  # type: ignore[index]
    assert mail.to == office.county.email and office.county.email not in texts[0]
    for change in ({"mail_code": ""}, {"mail_code": "000000" if code != "000000" else "111111"}, {"mail_code": code, "name": "nobody-li"}):
        refused = client.post("/login/agency", data | change)
        assert refused.status_code == 422 and problem(refused.content.decode(), "f-mail_code"), change
    wrong = client.post("/login/agency", data | {"mail_code": code, "password": "Wrong#77"})
    assert wrong.status_code == 422 and SAME in wrong.content.decode()
    assert client.post("/login/agency", data | {"mail_code": code}).url == "/desk"
    assert Client().post("/login/agency", data | {"mail_code": code}).status_code == 422


def test_consents_are_listed_taken_back_and_given_again(firm: people.Person) -> None:
    own = people.browser(firm)
    page = own.get("/account/consents").content.decode()
    assert "用户服务协议" in page and "个人信息处理告知" in page and page.count("已同意") == 2 and "2026-1" in page and "注销账号" in page
    version = re.search(r'value="privacy-notice"><input type="hidden" name="version" value="([^"]+)"', page)
    assert version
    word = {"document": "privacy-notice", "version": version[1]}
    assert own.post("/account/consents", word | {"given": "0"}).url == "/account/consents?done=1"
    page = own.get("/account/consents").content.decode()
    assert "已撤回" in page and "填报和服务产品已停用" in page
    for address in ("/workbench", "/workbench/archive", "/workbench/services"):
        assert own.get(address).url == "/account/consents", address
    own.post("/account/consents", word | {"given": "1"})
    assert own.get("/workbench").status_code == 200
    for wrong in (word | {"version": "old", "given": "1"}, {"document": "integrity", "version": version[1]}):
        assert own.post("/account/consents", wrong).status_code == 409
    assert Client().get("/account/consents").url == "/login?next=/account/consents"


def test_recovery_asked_too_often_keeps_what_was_typed(office: people.Office, settings: Any) -> None:
    answers = [forgot(people.code(number)) for number in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert "操作过于频繁" in answers[-1].content.decode() and people.code(60) in answers[-1].content.decode()
    settings.SERVICE_HALLS = ["127.0.0.0/8"]
    assert forgot(people.code(61)).status_code == 200


def test_a_password_is_changed_by_who_knows_it_and_a_first_one_must_be(firm: people.Person, office: people.Office) -> None:
    own, other = people.browser(firm), people.browser(firm)
    data = {"old_password": people.PASSWORD, "password": "Neu9#Bergsee", "password_again": "Neu9#Bergsee"}
    for change, field, text in (
        ({"old_password": "Wrong#77"}, "old_password", "原密码不正确"),
        ({"password_again": "Neu9#"}, "password_again", "两次输入的密码不一致，请重新输入"),
        ({"password": people.PASSWORD, "password_again": people.PASSWORD}, "password", "新密码不能与原密码相同"),
    ):
        answer = own.post("/account/password", data | change)
        assert answer.status_code == 422 and problem(answer.content.decode(), f"f-{field}") == text
    assert "新密码已生效" in own.post("/account/password", data).content.decode()
    assert own.get("/workbench").status_code == 200
    assert other.get("/workbench").url.startswith("/login?next=/workbench&ended=")
    assert log_in(firm.login, "Neu9#Bergsee").status_code == 302
    system = people.SYSTEM
    access.set_password(account_id=office.county.account_id, password=people.PASSWORD, by=system, must_change=True)
    desk = people.browser(office.county)
    assert desk.get("/desk").url == "/account/password"
    assert "您使用的是初始密码" in desk.get("/account/password").content.decode()
    desk.post("/account/password", data)
    assert desk.get("/desk").status_code == 200
