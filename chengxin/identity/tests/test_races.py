"""Two hundred registrations at once: one wins, the others are told why (REG-04)."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from chengxin.common import clock
from chengxin.common.errors import ChengxinError
from chengxin.identity import actions, queries
from chengxin.identity.models import Account, Enterprise, Membership, SubjectFact
from chengxin.identity.tests.codes import uscc
from chengxin.identity.tests.conftest import CURRENT, SYSTEM
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
ATTEMPTS, CONNECTIONS = 200, 50


@pytest.fixture
def committed_country(tmp_path):
    path = tmp_path / "divisions.csv"
    path.write_text(CURRENT, encoding="utf-8")
    actions.load_divisions(path)


def race(attempt):
    """Run `attempt(0..199)` on 50 connections at once; count the outcomes."""
    start = threading.Barrier(CONNECTIONS)

    def lane(first):
        try:
            connection.ensure_connection()
            start.wait(60)
            return [outcome(attempt, number) for number in range(first, ATTEMPTS, CONNECTIONS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return Counter(each for lane_found in pool.map(lane, range(CONNECTIONS)) for each in lane_found)


def outcome(attempt, number):
    try:
        attempt(number)
    except ChengxinError as error:
        return error.code
    return "done"


def register(*, code, name):
    actions.open_enterprise(
        uscc=code,
        name=name,
        division_code="330110",
        email="a@example.com",
        phone="13800001234",
        by=Actor.nobody(),
    )


def rows():
    return Enterprise.objects.count(), Account.objects.count(), Membership.objects.count()


@pytest.mark.requirement("REG-04.2")
def test_one_code_two_hundred_times(committed_country):
    found = race(lambda number: register(code=uscc(1), name=f"甲{number}有限公司"))
    assert found == {"done": 1, "taken": ATTEMPTS - 1}
    assert rows() == (1, 1, 1)
    assert Event.objects.filter(kind="enterprise.opened").count() == 1


@pytest.mark.requirement("REG-04.3")
def test_one_name_two_hundred_times(committed_country):
    found = race(lambda number: register(code=uscc(number), name="甲（集团）有限公司" if number % 2 else "甲(集团)有限公司"))
    assert found == {"done": 1, "taken": ATTEMPTS - 1}
    assert rows() == (1, 1, 1)


def test_a_known_enterprise_is_claimed_once(committed_country):
    actions.know_enterprise(uscc=uscc(1), name="甲", division_code="330110", by=SYSTEM)
    found = race(lambda number: register(code=uscc(1), name=f"甲{number}有限公司"))
    assert found == {"done": 1, "taken": ATTEMPTS - 1}
    assert rows() == (1, 1, 1)


def test_registration_and_import_of_one_code_end_in_one_enterprise(committed_country):
    def attempt(number):
        if number % 2:
            actions.know_enterprise(uscc=uscc(1), name="甲", division_code="330110", by=SYSTEM)
        else:
            register(code=uscc(1), name=f"甲{number}有限公司")

    found = race(attempt)
    assert found["done"] == ATTEMPTS // 2 + 1
    assert rows() == (1, 1, 1)


def test_who_holds_an_enterprise_keeps_nobody_from_naming_it(committed_country):
    register(code=uscc(1), name="杭州澜序桥电子商务有限公司")
    enterprise = Enterprise.objects.get()

    def name_it():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            SubjectFact.objects.create(enterprise=enterprise, kind="former_name", name="旧名", on=clock.today(), at=clock.now())
        connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        queries.lock_enterprise(enterprise.id)
        pool.submit(name_it).result(30)
    assert SubjectFact.objects.get().name == "旧名"
