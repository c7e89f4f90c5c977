"""A registered enterprise and a government account for the tests of access."""

import secrets

import pytest

from chengxin.access import actions
from chengxin.access.models import Captcha
from chengxin.common import clock
from chengxin.gateways.models import DemoMail
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.models import Division, DivisionLoad
from chengxin.identity.tests.codes import uscc
from chengxin.identity.values import Actor

PASSWORD = "Kx7#mplt"
CODE = uscc(1)
SYSTEM = Actor.system("test")
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


def register(number=1):
    """Register an enterprise; returns its account."""
    _, new = Division.objects.get_or_create(code="339901", defaults={"name": "甲县", "level": 3})
    if new:
        DivisionLoad.objects.create(sha256=secrets.token_hex(32), at=clock.now())
    account, _enterprise = identity.open_enterprise(
        uscc=uscc(number),
        name=f"杭州甲{number}有限公司",
        division_code="339901",
        email="owner@example.com",
        phone="13800001234",
        by=Actor.nobody(),
    )
    actor = identity_queries.actor_for(account, "password")
    actions.open_login(account_id=account, name=uscc(number), kind="credit_code", by=actor)
    actions.set_password(account_id=account, password=PASSWORD, by=actor)
    return account


@pytest.fixture
def account(db):
    return register()


@pytest.fixture
def officer(db):
    """A reviewer of the national level with the user name `reviewer`."""
    unit = identity.create_agency(code="top", name="商务部", division_code=None, by=SYSTEM)
    made = identity.create_agency_user(agency_id=unit, display_name="李审", roles=["reviewer"], by=SYSTEM)
    actions.open_login(account_id=made, name="Reviewer", kind="username", by=SYSTEM)
    actions.set_password(account_id=made, password=PASSWORD, by=SYSTEM)
    return made


def log_in(name=CODE, password=PASSWORD, network=HERE, **more):
    return actions.log_in(name=name, password=password, network=network, **more)


def answer_of(captcha):
    """What the demo mailbox says is the answer."""
    return DemoMail.objects.get(channel="captcha", to=str(captcha.id)).body


def open_captcha():
    """A challenge and its answer."""
    made = actions.new_captcha("image")
    assert Captcha.objects.filter(id=made.id, used_at=None, expires_at__gt=clock.now()).exists()
    return made.id, answer_of(made)
