"""经办人: appointed with the legal representative's authorisation, acting within its term, ended (VOL-03, D-28, D-29)."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from chengxin.access import actions as access
from chengxin.access.models import Session
from chengxin.common import clock
from chengxin.common.errors import Forbidden, NotFound
from chengxin.filings import queries as filings
from chengxin.flow import archive, due, leftovers
from chengxin.flow import voluntary as voluntary_flow
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import filers, handlers
from chengxin.identity import queries as identity
from chengxin.identity.models import AccessLog, Consent, Membership
from chengxin.web.session import cookie_name
from tests import people
from tests.journeys import enterprises, voluntary
from tests.journeys.test_e_licence import Desk, phone
from tests.journeys.test_registration import problem

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, OWN, MOBILE = "/account/handlers", "Wj8#handler", "13711112222"


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return people.office()


@pytest.fixture
def firm(office: people.Office) -> people.Person:
    """An approved enterprise."""
    return people.approved(1, by=office.county)


def strong(account_id: Any) -> Client:
    """A browser whose session was opened with the electronic business licence."""
    opened = access.open_session(account_id=account_id, assurance="e_licence", network="127.0.0.0/24")
    client = Client()
    client.cookies[cookie_name("session")] = opened.session_key
    return client


def typed(**changes: Any) -> dict[str, Any]:
    """What an administrator types and chooses; a year from today."""
    today = clock.today()
    values = {
        "display_name": "王经办",
        "username": "wang.jingban",
        "email": "wang@lanxu.example",
        "phone": MOBILE,
        "start": today.isoformat(),
        "end": (today + timedelta(days=364)).isoformat(),
        "paper.new": people.paper("authorisation.jpg"),
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def link() -> str:
    """The path of the newest invitation."""
    gateways.deliver_due(limit=50)
    mail = DemoMail.objects.filter(channel="mail", to="wang@lanxu.example", subject__contains="账号已开通").latest("id")
    return "/account/invitation/" + re.search(r"/account/invitation/(\S+)", mail.body)[1]  # type: ignore[index]


def accepted(path: str, **changes: str) -> Any:
    """The handler opens the account from the mailed link."""
    page = Client().get(path).content.decode()
    versions = dict(re.findall(r'name="(\w+_version)" value="([^"]+)"', page))
    return Client().post(path, {"password": OWN, "password_again": OWN, "agreement": "1", "privacy": "1"} | versions | changes)


def appointed(firm: people.Person, **changes: Any) -> Any:
    """A handler who has accepted; gives the account."""
    done = strong(firm.account_id).post(PAGE, typed(**changes))
    assert done.status_code == 302, done.content.decode()[-3000:]
    assert accepted(link()).status_code == 200
    return Membership.objects.get(role="handler", until__isnull=True).account_id


def test_an_administrator_appoints_a_handler_who_opens_an_own_account(firm: people.Person) -> None:
    client = strong(firm.account_id)
    done = client.post(PAGE, typed())
    made = Membership.objects.get(role="handler")
    assert (done.status_code, done.url) == (302, f"{PAGE}/{made.account_id}?done=appointed")
    page = client.get(done.url).content.decode()
    assert "待启用" in page and "wang.jingban" in page and "137****2222" in page and MOBILE not in page
    picture = client.get(f"{PAGE}/{made.account_id}/paper/1.png")
    assert picture.status_code == 200 and picture.headers["Content-Type"].startswith("image/")
    assert Client().post("/login", {"name": "wang.jingban", "password": OWN}).status_code == 422
    path = link()
    page = Client().get(path).content.decode()
    assert firm.name in page and "王经办" in page and "checked" not in page
    assert problem(accepted(path, agreement="").content.decode(), "f-agreement")
    assert problem(accepted(path, password_again="other").content.decode(), "f-password_again")
    assert accepted(path).status_code == 200 and Client().get(path).status_code == 410
    assert Consent.objects.filter(account_id=made.account_id, given=True).count() == 2
    entered = Client().post("/login", {"name": "wang.jingban", "password": OWN})
    assert (entered.status_code, entered.url) == (302, "/voluntary")
    assert "授权有效" in client.get(PAGE).content.decode()
    assert strong(firm.account_id).post(f"{PAGE}/{made.account_id}", {"_invite": "1"}).status_code == 409


def test_a_handler_scans_with_his_own_phone_and_reaches_voluntary_registration_only(firm: people.Person) -> None:
    made = appointed(firm)
    desk = Desk(wanted="/voluntary")
    assert phone(desk.state, firm, holder="agent", phone="137 1111 2222").status_code == 200
    assert desk.look().url == "/voluntary"
    assert Session.objects.get(account_id=made, ended_at__isnull=True).assurance == "e_licence"
    for path in ("/workbench", "/workbench/archive", "/workbench/cases", "/workbench/services", PAGE, "/workbench/changes/new"):
        answer = desk.client.get(path)
        assert (answer.status_code, answer.url) == (302, "/voluntary"), path
    menu = desk.client.get("/account/consents").content.decode()
    assert "账号与授权" in menu and 'href="/workbench/archive"' not in menu and f'href="{PAGE}"' not in menu
    by = identity.actor_for(made, "e_licence")
    with pytest.raises(Forbidden):
        archive.open_archive(by=by)
    with pytest.raises(NotFound):
        filings.one(filing_id=people.filing(firm).id, by=by)
    with pytest.raises(Forbidden):
        handlers.listed(by=by)


@pytest.mark.requirement("VOL-03.1")
@pytest.mark.requirement("VOL-03.2")
def test_an_authorisation_that_expired_or_ended_is_refused_until_it_is_renewed(firm: people.Person) -> None:
    made, admin = appointed(firm), strong(firm.account_id)
    filers.require_authorised(identity.actor_for(made, "e_licence"))
    here, today = f"{PAGE}/{made}", clock.today()
    with clock.at(clock.now() + timedelta(days=365)):
        with pytest.raises(Forbidden) as late:
            filers.require_authorised(identity.actor_for(made, "e_licence"))
        assert late.value.code == "authorisation-expired"
        admin = strong(firm.account_id)
        assert "授权已到期" in admin.get(here).content.decode()
        day = (today + timedelta(days=365)).isoformat()
        missing = admin.post(here, {"start": day, "end": day})
        assert missing.status_code == 422 and problem(missing.content.decode(), "f-paper")
        renewed = admin.post(here, {"start": day, "end": day, "paper.new": people.paper("renewed.jpg")})
        assert renewed.url == f"{here}?done=renewed"
        filers.require_authorised(identity.actor_for(made, "e_licence"))
        assert Client().post("/login", {"name": "wang.jingban", "password": OWN}).status_code == 302
        assert admin.post(here, {"_end": "1"}).url == f"{here}?done=ended"
        assert "已终止" in admin.get(here).content.decode()
        with pytest.raises(Forbidden) as over:
            filers.require_authorised(identity.actor_for(made, "e_licence"))
        assert over.value.code == "not-authorised"
        assert Client().post("/login", {"name": "wang.jingban", "password": OWN}).status_code == 422
        again = Desk()
        assert "不是该企业" in phone(again.state, firm, holder="agent", phone=MOBILE).content.decode()


def test_a_handler_who_logged_in_by_password_is_told_what_he_can_do_and_the_way_on(firm: people.Person) -> None:
    appointed(firm)
    client = Client()
    assert client.post("/login", {"name": "wang.jingban", "password": OWN}).url == "/voluntary"
    answer = client.get("/voluntary")
    page = answer.content.decode()
    assert answer.status_code == 200 and firm.name in page and "授权有效" in page and "还有 364 天" in page
    assert "/login/e-licence?next=%2Fvoluntary" in page and "不可以：查看或修改诚信档案" in page
    assert client.get("/voluntary/items").status_code == 403
    with clock.at(clock.now() + timedelta(days=365)):
        late = Client()
        late.post("/login", {"name": "wang.jingban", "password": OWN})
        page = late.get("/voluntary").content.decode()
        assert "授权已到期" in page and "上传新的授权文件" in page and "还有" not in page


def told(template: str) -> list[str]:
    """The bodies of the mails sent so far from a template."""
    gateways.deliver_due(limit=50)
    subject = {"authorisation_ends": "经办人授权将于", "authorisation_ends_unit": "经办人王经办的授权将于"}[template]
    return list(DemoMail.objects.filter(channel="mail", subject__contains=subject).values_list("body", flat=True))


def test_handler_and_enterprise_are_told_once_before_an_authorisation_ends(firm: people.Person) -> None:
    made = appointed(firm)
    end = clock.today() + timedelta(days=364)
    due.run(100)
    assert not told("authorisation_ends")
    with clock.at(clock.now() + timedelta(days=356)):
        due.run(100)
        assert not told("authorisation_ends")
    with clock.at(clock.now() + timedelta(days=357)):
        for _turn in range(2):
            due.run(100)
        [mine], [theirs] = told("authorisation_ends"), told("authorisation_ends_unit")
        day = f"{end.year}年{end.month}月{end.day}日"
        assert day in mine and firm.name in mine and "/voluntary" in mine
        assert day in theirs and f"{PAGE}/{made}" in theirs
        page = strong(firm.account_id).get("/workbench/messages").content.decode()
        assert f"经办人王经办的授权将于{day}到期" in page and f'href="{PAGE}/{made}"' in page
        assert f"您的经办人授权将于{day}到期" in strong(made).get("/workbench/messages").content.decode()
        renewal = {"start": end.isoformat(), "end": end.isoformat(), "paper.new": people.paper("renewed.jpg")}
        assert strong(firm.account_id).post(f"{PAGE}/{made}", renewal).status_code == 302
        due.run(100)
        assert len(told("authorisation_ends")) == len(told("authorisation_ends_unit")) == 2
    with clock.at(clock.now() + timedelta(days=400)):
        due.run(100)
        assert len(told("authorisation_ends")) == 2


def test_what_is_wrong_is_said_by_field_and_nothing_is_lost(firm: people.Person) -> None:
    client = strong(firm.account_id)
    bad = client.post(PAGE, typed(email="nowhere", end="2026-02-30", username="1x"))
    page = bad.content.decode()
    assert bad.status_code == 422 and problem(page, "f-end") and 'value="王经办"' in page and "authorisation.jpg" in page
    kept = unescape(re.search(r'name="paper" value="([^"]+)"', page)[1])  # type: ignore[index]
    again = client.post(PAGE, typed(email="nowhere", username="1x", paper=kept, **{"paper.new": None}))
    page = again.content.decode()
    assert again.status_code == 422 and problem(page, "f-email") and problem(page, "f-username") and "authorisation.jpg" in page
    good = client.post(PAGE, typed(paper=kept, **{"paper.new": None}))
    assert good.status_code == 302
    twice = client.post(PAGE, typed(paper=kept, **{"paper.new": None}))
    assert (
        twice.status_code == 422 and problem(twice.content.decode(), "f-phone") and Membership.objects.filter(role="handler").count() == 1
    )
    none = client.post(PAGE, typed(phone="13733334444", **{"paper.new": None}))
    assert problem(none.content.decode(), "f-paper")
    text = io.BytesIO(b"no picture")
    text.name = "note.jpg"
    assert problem(client.post(PAGE, typed(**{"paper.new": text})).content.decode(), "f-paper")


def test_a_password_session_appoints_nobody_and_is_shown_the_way(firm: people.Person) -> None:
    client = people.browser(firm)
    page = client.get(PAGE).content.decode()
    assert "您当前登录账号认证级别较低" in page and "/login/e-licence?next=%2Faccount%2Fhandlers" in page and "添加经办人" not in page
    assert client.post(PAGE, typed()).status_code == 403 and not Membership.objects.filter(role="handler").exists()


def test_the_paper_is_kept_and_shown_to_its_own_administrator_only(firm: people.Person, office: people.Office) -> None:
    made = appointed(firm)
    other = strong(people.approved(2, by=office.county).account_id)
    assert other.get(f"{PAGE}/{made}/paper/1.png").status_code == 404 and other.get(f"{PAGE}/{made}").status_code == 404
    assert other.post(f"{PAGE}/{made}", {"_end": "1"}).status_code == 404
    with clock.at(clock.now() + timedelta(days=3)):
        leftovers.sweep()
        leftovers.sweep_store(1000)
        assert strong(firm.account_id).get(f"{PAGE}/{made}/paper/1.png").status_code == 200


def test_reviewers_see_the_paper_on_which_a_handler_handed_in_and_nobody_else_does(firm: people.Person, office: people.Office) -> None:
    made = appointed(firm)
    by = identity.actor_for(made, "e_licence")
    voluntary_flow.sign(version=voluntary.catalogue.commitment(voluntary_flow.COMMITMENT).version, ticked=True, by=by)
    assert by.enterprise_id is not None
    agent = voluntary.Registrant(made, by.enterprise_id, firm.login, firm.name)
    filing_id = voluntary.handed_in(agent)
    desk, picture = enterprises.signed_in(office.county.account_id), f"/desk/{filing_id}/authorisation/1.png"
    page = desk.get(f"/desk/{filing_id}").content.decode()
    assert "由经办人王经办代为提交" in page and f'src="{picture}"' in page and "查看授权文件" in page
    shown = desk.get(picture)
    assert shown.status_code == 200 and shown.headers["Content-Type"] == "image/jpeg" and "no-store" in shown.headers["Cache-Control"]
    assert AccessLog.objects.filter(what="authorisation", subject=str(filing_id), purpose="review").count() == 1
    assert desk.get(f"/desk/{filing_id}/authorisation/2.png").status_code == 404
    elsewhere = enterprises.signed_in(enterprises.reviewer("330702").id)
    assert elsewhere.get(picture).status_code == 404
    assert strong(made).get(picture).status_code == 403
    renewal = {"start": clock.today().isoformat(), "end": clock.today().isoformat(), "paper.new": people.paper("other.jpg")}
    assert strong(firm.account_id).post(f"{PAGE}/{made}", renewal).status_code == 302
    assert "authorisation.jpg" in desk.get(f"/desk/{filing_id}").content.decode()
    own = voluntary.Registrant(firm.account_id, by.enterprise_id, firm.login, firm.name)
    alone = voluntary.handed_in(own, voluntary.HONOUR)
    assert "代为提交" not in desk.get(f"/desk/{alone}").content.decode()
    assert desk.get(f"/desk/{alone}/authorisation/1.png").status_code == 404
