"""Log-in with the electronic business licence over HTTP: the QR code, the phone, the call-back (VOL-04, VOL-05, D-28)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from chengxin.access import actions as access
from chengxin.access import limits
from chengxin.access.models import LicenceLogIn, Session
from chengxin.common import clock
from chengxin.gateways import e_licence
from chengxin.identity import queries as identity
from chengxin.ledger.models import Event
from chengxin.web.session import cookie_name
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, ANSWER = "/dev/e-licence", "/login/e-licence/answer"


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


@pytest.fixture
def firm(office: people.Office) -> people.Person:
    """An approved enterprise."""
    return people.approved(1, by=office.county)


class Desk:
    """A computer that shows a QR code."""

    def __init__(self, client: Client | None = None, *, wanted: str = "") -> None:
        self.client = client or Client()
        self.url: str = self.client.get("/login/e-licence" + (f"?next={wanted}" if wanted else "")).url
        self.state = self.shown()

    def look(self) -> Any:
        """The page as it stands now."""
        return self.client.get(self.url)

    def shown(self) -> str:
        """The state that the code carries, as the link to the demo's phone names it."""
        page = unescape(self.look().content.decode())
        assert 'src="data:image/svg+xml;base64,' in page and "电子营业执照登录二维码" in page
        found = re.search(r'href="(\S+/dev/e-licence\?state=[^"]+)"', page)
        assert found, page
        return parse_qs(urlsplit(found[1]).query)["state"][0]

    def said(self) -> str:
        """What the page says once the code is settled."""
        return self.look().content.decode()


def phone(state: str, firm: people.Person, outcome: str = "confirmed", **data: str) -> Any:
    """Somebody answers on the demo's phone."""
    return Client().post(PHONE, {"state": state, "uscc": firm.login, "outcome": outcome} | data)


def call_back(state: str, uscc: str, **changes: str) -> dict[str, str]:
    """A call-back signed by the licence service."""
    return e_licence.local_answer(state=state, outcome="confirmed", uscc=uscc) | changes


@pytest.mark.requirement("VOL-04.1")
@pytest.mark.requirement("VOL-05.2")
def test_a_confirmed_code_opens_a_strong_session_and_leads_back(firm: people.Person) -> None:
    page = Client().get("/login?next=/workbench/services%3Fgroup%3D1").content.decode()
    assert "电子营业执照登录" in page and "证书登录" not in page
    way = re.search(r'href="(/login/e-licence\?next=[^"]+)"', page)
    assert way and parse_qs(urlsplit(unescape(way[1])).query)["next"] == ["/workbench/services?group=1"]
    desk = Desk(wanted="/workbench/services%3Fgroup%3D1")
    assert desk.client.get(desk.url.replace("?", "/progress?")).headers.get("HX-Redirect") is None
    answered = phone(desk.state, firm)
    assert answered.status_code == 200 and "已确认登录，请回到电脑继续" in answered.content.decode()
    assert desk.client.get(desk.url.replace("?", "/progress?")).headers["HX-Redirect"] == desk.url
    done = desk.look()
    assert (done.status_code, done.url) == (302, "/workbench/services?group=1")
    assert desk.client.get("/workbench").status_code == 200
    assert Session.objects.get(ended_at__isnull=True).assurance == "e_licence"
    assert identity.actor_for(firm.account_id, "password").proven == "high"
    level = desk.client.get("/account/consents").content.decode()
    assert "电子营业执照登录" in level and "级别高" in level and "<dd>高</dd>" in level
    assert list(Event.objects.filter(kind__startswith="licence_log_in").values_list("kind", flat=True)) == ["licence_log_in.confirmed"]
    assert desk.look().url == "/workbench/services?group=1"


@pytest.mark.requirement("VOL-04.3")
def test_a_wrong_state_or_signature_is_refused_and_opens_nothing(firm: people.Person) -> None:
    desk, client = Desk(), Client()
    good = call_back(desk.state, firm.login)
    wrong = {
        "signature": good | {"signature": "0" * 64},
        "a signature of other signs": good | {"signature": "签" * 64},
        "no signature": {name: value for name, value in good.items() if name != "signature"},
        "another enterprise's code": good | {"uscc": people.code(9)},
        "another state": good | {"state": "f" * 64},
        "an altered moment": good | {"at": "2026-11-21T00:00:00Z"},
        "nothing": {},
    }
    for what, params in wrong.items():
        answer = client.post(ANSWER, params)
        assert (answer.status_code, answer.json()["code"]) == (403, "licence-signature"), what
    strange = client.post(ANSWER, call_back("e" * 64, firm.login))
    assert (strange.status_code, strange.json()["code"]) == (403, "licence-state")
    assert client.post(PHONE, {"state": "e" * 64, "uscc": firm.login, "outcome": "confirmed"}).status_code == 403
    assert client.get(ANSWER).status_code == 405
    assert LicenceLogIn.objects.get().outcome == "waiting" and not Session.objects.exists()
    assert client.post(ANSWER, good).json() == {"outcome": "confirmed", "code": ""}
    assert desk.look().url == "/workbench"


def test_a_forging_or_silent_service_is_told(firm: people.Person, settings: Any) -> None:
    desk = Desk()
    settings.LOCAL_LICENCE_FAULT = "forge"
    assert "签名不正确" in phone(desk.state, firm).content.decode()
    settings.LOCAL_LICENCE_FAULT = "down"
    down = Client().get("/login/e-licence")
    assert down.status_code == 503 and "电子营业执照登录服务暂时不可用" in down.content.decode() and down.headers["Retry-After"]
    assert not Session.objects.exists()


def test_a_code_confirmed_twice_replayed_or_by_another_enterprise_is_told_so(firm: people.Person, office: people.Office) -> None:
    other = people.approved(2, by=office.county)
    desk, client = Desk(), Client()
    first = call_back(desk.state, firm.login)
    assert client.post(ANSWER, first).status_code == 200
    for params, code in ((first, "licence-replayed"), (call_back(desk.state, firm.login), "licence-used")):
        again = client.post(ANSWER, params)
        assert (again.status_code, again.json()["code"]) == (409, code)
    taken = phone(desk.state, other)
    assert taken.status_code == 409 and "该二维码已由其他企业使用" in taken.content.decode()
    assert desk.look().url == "/workbench"
    assert Session.objects.get().account_id == firm.account_id
    late = phone(desk.state, firm)
    assert late.status_code == 409 and "已确认过" in late.content.decode()


def test_a_refused_and_an_expired_code_say_so_and_offer_another(firm: people.Person) -> None:
    desk = Desk()
    assert "已取消登录" in phone(desk.state, firm, "refused").content.decode()
    assert "已在手机上取消登录" in desk.said() and "重新获取二维码" in desk.said()
    desk = Desk(desk.client)
    with clock.at(clock.now() + timedelta(seconds=121)):
        assert "二维码已过期" in desk.said()
        late = phone(desk.state, firm)
        assert late.status_code == 409 and "二维码已过期" in late.content.decode()
    desk = Desk(desk.client)
    stale = call_back(desk.state, firm.login)
    with clock.at(clock.now() + timedelta(seconds=119)):
        assert Client().post(ANSWER, stale).status_code == 200
    with clock.at(clock.now() + timedelta(seconds=400)):
        assert "二维码已过期" in desk.said()
    assert not Session.objects.exists()


def test_only_the_browser_that_asked_collects_the_session_and_once(firm: people.Person) -> None:
    desk, thief = Desk(), Client()
    phone(desk.state, firm)
    assert thief.get(desk.url).status_code == 410
    Desk(thief)
    assert thief.get(desk.url).status_code == 410 and not Session.objects.exists()
    assert desk.look().status_code == 302
    desk.client.post("/logout")
    used = desk.look()
    assert used.status_code == 200 and "已确认过" in used.content.decode()


def test_who_is_not_known_here_is_told_why(firm: people.Person, office: people.Office) -> None:
    stranger = people.Person(people.code(77), uuid4(), uuid4())
    agent = {"holder": "agent", "phone": "13711112222"}
    for words, who, data in (("该企业尚未在本平台注册", stranger, {}), ("您不是该企业在本平台登记的经办人", firm, agent)):
        desk = Desk()
        answer = phone(desk.state, who, **data)
        assert answer.status_code == 409 and words in answer.content.decode()
        assert words in desk.said()
    waiting = people.handed_in(3)
    desk = Desk()
    assert phone(desk.state, waiting).status_code == 200
    assert desk.look().url == "/register/pending"


@pytest.mark.requirement("VOL-05.2")
def test_a_password_session_gives_way_to_the_licence_of_the_same_enterprise(firm: people.Person, office: people.Office) -> None:
    other = people.approved(2, by=office.county)
    client = people.browser(firm)
    before = client.cookies[cookie_name("session")].value
    desk = Desk(client, wanted="/workbench")
    assert "不一致" in phone(desk.state, other).content.decode() and "不一致" in desk.said()
    assert client.cookies[cookie_name("session")].value == before
    desk = Desk(client, wanted="/workbench")
    phone(desk.state, firm)
    assert desk.look().url == "/workbench"
    assert client.cookies[cookie_name("session")].value != before
    assert list(Session.objects.order_by("created_at").values_list("assurance", "ended_reason")) == [
        ("password", "logged-out"),
        ("e_licence", ""),
    ]


def test_codes_and_refused_call_backs_are_limited_by_network(firm: people.Person, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    monkeypatch.setitem(limits.LIMITS, "licence_refused.network", limits.Limit(2, 3600))
    monkeypatch.setitem(limits.LIMITS, "licence.network", limits.Limit(1, 3600))
    assert [Client().post(ANSWER, {"state": desk.state}).status_code for _ in range(3)] == [403, 403, 429]
    assert Client().get("/login/e-licence").status_code == 429


def test_without_demo_or_settings_there_is_no_such_log_in(settings: Any) -> None:
    settings.DEMO = False
    assert "电子营业执照" not in Client().get("/login").content.decode()
    assert Client().get("/login/e-licence").status_code == 503
    assert Client().get(PHONE).status_code == 404
    assert e_licence.local_answer(state="x", outcome="confirmed", uscc=people.code(1)) == {}
    settings.E_LICENCE_URL, settings.E_LICENCE_APP, settings.E_LICENCE_SECRET = "https://licence.example/scan", "chengxin", "s" * 32
    address = urlsplit(e_licence.address(state="abc"))
    assert parse_qs(address.query) == {"app": ["chengxin"], "state": ["abc"], "answer": [settings.SITE_ORIGIN + ANSWER]}
    fields = dict.fromkeys(e_licence.FIELDS, "") | {"app": "chengxin", "at": "2026-11-21T08:00:00Z", "holder": "legal"}
    fields |= {"nonce": "1", "outcome": "confirmed", "state": "abc", "uscc": people.code(1)}
    assert e_licence.read(fields | {"signature": e_licence.signature_of(fields)}).state == "abc"


def test_old_codes_are_swept_and_a_restore_lets_none_through(firm: people.Person) -> None:
    desk = Desk()
    phone(desk.state, firm)
    access.void_all(by=people.SYSTEM)
    assert "二维码已过期" in desk.said() and not Session.objects.filter(ended_at__isnull=True).exists()
    with clock.at(clock.now() + timedelta(days=2)):
        access.sweep()
    assert not LicenceLogIn.objects.exists()


@pytest.mark.requirement("VOL-05.1")
def test_the_certificate_page_says_what_it_is_and_offers_what_works() -> None:
    page = Client().get("/login/card?next=/voluntary").content.decode()
    assert "法人一证通" in page and "证书登录尚未开通" in page and "/login/e-licence?next=%2Fvoluntary" in page
