"""People for journeys: agencies with reviewers, enterprises in every state, all made by the real actions.

    office = people.office()                      # 商务部 > 浙江 > 杭州 > 余杭, one reviewer each
    firm = people.registered(1)                   # 待上传附件
    firm = people.handed_in(1)                    # 待审核
    firm = people.approved(1, by=office.county)   # 审核通过
    client = people.browser(firm)                 # a browser that has logged in over HTTP

Flow commands are transactions of their own, so tests with people need `django_db(transaction=True)`.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from functools import cache
from uuid import UUID, uuid4

from django.test import Client
from PIL import Image, ImageDraw

from chengxin.access import actions as access
from chengxin.access import limits
from chengxin.access.models import Attempt
from chengxin.catalogue import queries as catalogue
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import registration, review
from chengxin.gateways.models import DemoMail
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.records.tests.makers import code

__all__ = ["code"]

PASSWORD = "Kx7#mplt"
SYSTEM = Actor.system("test")
COUNTY, CITY, PROVINCE = "330110", "330100", "330000"
ELSEWHERE = "522624"


@dataclass(frozen=True)
class Person:
    """Somebody with an account: how to log in, and who acts."""

    login: str
    account_id: UUID
    enterprise_id: UUID | None = None
    name: str = ""
    email: str = ""

    @property
    def actor(self) -> Actor:
        """Who acts when this person is logged in, as of now."""
        return identity_queries.actor_for(self.account_id, "password")


@dataclass(frozen=True)
class Office:
    """The agencies of one way through the country, and one far away; one reviewer each."""

    nation: Person
    province: Person
    city: Person
    county: Person
    elsewhere: Person


# --- Agencies --------------------------------------------------------------------------------------------------------
def agency(division: str | None, *, name: str, kind: str = "commerce") -> UUID:
    """One agency; the national one for None."""
    return identity.create_agency(code=f"{kind}-{division or '0'}", name=name, division_code=division, kind=kind, by=SYSTEM)


def officer(
    agency_id: UUID, login: str, *, name: str = "李审", roles: tuple[str, ...] = ("reviewer",), forms: tuple[str, ...] = ()
) -> Person:
    """One person of an agency, with user name, password and mailbox."""
    email = f"{login}@agency.example"
    made = identity.create_agency_user(agency_id=agency_id, display_name=name, roles=roles, forms=forms, email=email, by=SYSTEM)
    access.open_login(account_id=made, name=login, kind="username", by=SYSTEM)
    access.set_password(account_id=made, password=PASSWORD, by=SYSTEM)
    return Person(login=login, account_id=made, name=name, email=email)


def office() -> Office:
    """商务部, 浙江, 杭州, 余杭 and 三穗, each with one reviewer."""
    places = {
        "nation": (None, "商务部电子商务和信息化司（演示）"),
        "province": (PROVINCE, "浙江省商务厅（演示）"),
        "city": (CITY, "杭州市商务局（演示）"),
        "county": (COUNTY, "余杭区商务局（演示）"),
        "elsewhere": (ELSEWHERE, "三穗县商务局（演示）"),
    }
    return Office(
        **{key: officer(agency(division, name=name), f"{key}-li", name=f"{name[:2]}李审") for key, (division, name) in places.items()}
    )


# --- Enterprises -----------------------------------------------------------------------------------------------------
def application(number: int = 1, *, kind: str = "91", division: str = COUNTY, **changes: str) -> registration.NewRegistration:
    """What the registration page hands in for the `number`-th enterprise."""
    made = registration.NewRegistration(
        name=f"杭州澜序桥{number}电子商务有限公司",
        uscc=code(number, kind=kind, division=division),
        division_code=division,
        email=f"owner{number}@lanxu.example",
        phone=f"138{number:08d}",
        password=PASSWORD,
        consents={document: catalogue.commitment(document).version for document in ("user-agreement", "privacy-notice")},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def registered(number: int = 1, **changes: str) -> Person:
    """An enterprise in state 待上传附件."""
    form = application(number, **changes)
    done = registration.register(form=form)
    return Person(form.uscc, done.account_id, done.enterprise_id, form.name, form.email)


def handed_in(number: int = 1, **changes: str) -> Person:
    """An enterprise in state 待审核."""
    firm = registered(number, **changes)
    hand_in(firm)
    return firm


def hand_in(firm: Person) -> None:
    """Upload both papers and submit the registration."""
    for field in registration.FILE_FIELDS:
        registration.upload(field=field, stream=io.BytesIO(picture(f"{field} {firm.login}")), name=f"{field}.jpg", by=firm.actor)
    registration.submit(key=str(uuid4()), by=firm.actor)


def rejected(number: int = 1, *, by: Person, opinion: str = "营业执照照片不清晰，请重新拍摄。", **changes: str) -> Person:
    """An enterprise in state 审核未通过."""
    firm = handed_in(number, **changes)
    decide(firm, by=by, outcome="rejected", opinion=opinion)
    return firm


def approved(number: int = 1, *, by: Person, **changes: str) -> Person:
    """An enterprise whose registration is approved."""
    firm = handed_in(number, **changes)
    decide(firm, by=by)
    return firm


def decide(firm: Person, *, by: Person, outcome: str = "approved", opinion: str = "", kind: str = "registration") -> None:
    """Decide the newest filing of a kind as it stands now."""
    found = filing(firm, kind=kind)
    review.decide_filing(filing_id=found.id, round=found.round, outcome=outcome, opinion=opinion, by=by.actor)


def filing(firm: Person, *, kind: str = "registration") -> FilingView:
    """The newest filing of a kind."""
    assert firm.enterprise_id is not None
    found = filings.latest(enterprise_id=firm.enterprise_id, kind=kind, by=firm.actor)
    assert found is not None
    return found


def state(firm: Person) -> str:
    """State of the registration."""
    assert firm.enterprise_id is not None
    return filings.registration_state(enterprise_id=firm.enterprise_id)


# --- Files -----------------------------------------------------------------------------------------------------------
@cache
def picture(text: str = "licence", *, kind: str = "JPEG", size: tuple[int, int] = (900, 640)) -> bytes:
    """A drawn page with a text on it; other text, other bytes."""
    page = Image.new("RGB", size, "#f6efe0")
    pen = ImageDraw.Draw(page)
    pen.rectangle((20, 20, size[0] - 20, size[1] - 20), outline="#a33", width=6)
    pen.text((60, 80), text.encode("ascii", "replace").decode(), fill="black")
    out = io.BytesIO()
    page.save(out, format=kind)
    return out.getvalue()


def paper(name: str = "licence.jpg", body: bytes | None = None) -> io.BytesIO:
    """A file as a form posts it."""
    file = io.BytesIO(picture(name) if body is None else body)
    file.name = name
    return file


# --- Browsers --------------------------------------------------------------------------------------------------------
def browser(person: Person, *, client: Client | None = None, **extra: str) -> Client:
    """A browser in which the person has logged in over HTTP."""
    client = client or Client()
    if person.enterprise_id is None:
        challenge, answer = challenge_of(client.get("/login/agency").content.decode())
        data = {"name": person.login, "password": PASSWORD, "captcha_id": challenge, "captcha": answer}
        found = client.post("/login/agency", data, **extra)
    else:
        found = client.post("/login", {"name": person.login, "password": PASSWORD}, **extra)
    assert found.status_code == 302, found.content.decode()[-3000:]
    return client


def challenge_of(html: str) -> tuple[str, str]:
    """The captcha of a page and its answer, which the demo's mailbox knows."""
    found = re.search(r'name="captcha_id" value="([0-9a-f-]{36})"', html)
    assert found, "no captcha in the page"
    return found[1], DemoMail.objects.get(channel="captcha", to=found[1]).body


def typed(number: int = 1, **changes: str) -> dict[str, str]:
    """What a person types in the registration form, without the captcha."""
    form = application(number)
    values = {
        "name": form.name,
        "uscc": form.uscc,
        "division.1": PROVINCE,
        "division.2": CITY,
        "division.3": COUNTY,
        "email": form.email,
        "phone": form.phone,
        "password": PASSWORD,
        "password_again": PASSWORD,
        "agreement": "1",
        "privacy": "1",
    }
    return values | changes


def forget_attempts() -> None:
    """Let time pass for the limits: what was counted so far is gone."""
    Attempt.objects.all().delete()
    assert limits.held("login.network", "") == 0
