"""Many at once get no further than one after another."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection

from chengxin.access import actions, hashing, licence, limits
from chengxin.access.models import LoginName, Session
from chengxin.access.tests.conftest import CODE, PASSWORD, SYSTEM, log_in, open_captcha, register
from chengxin.common.errors import ChengxinError
from chengxin.gateways import e_licence
from chengxin.identity.models import Account

pytestmark = pytest.mark.django_db(transaction=True)
LANES = 40


def together(attempt):
    """Run `attempt` once on each of 40 connections at the same moment; count the outcomes."""
    start = threading.Barrier(LANES)

    def lane(number):
        try:
            connection.ensure_connection()
            start.wait(60)
            attempt(number)
        except ChengxinError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(LANES) as pool:
        return Counter(pool.map(lane, range(LANES)))


def test_no_more_guesses_are_checked_than_the_limit_allows(monkeypatch):
    register()
    checked = []
    real = hashing.check
    monkeypatch.setattr(hashing, "check", lambda *a, **k: checked.append(1) or real(*a, **k))
    found = together(lambda number: log_in(password=f"Guess#{number}x"))
    assert len(checked) == found["wrong-credentials"] <= 5
    assert found["login-paused"] == LANES - len(checked)


def test_a_captcha_opens_one_door():
    captcha, answer = open_captcha()
    found = together(lambda _number: actions.check_captcha(captcha, answer))
    assert found == {"done": 1, "invalid": LANES - 1}


def test_a_code_of_the_licence_is_answered_once_and_opens_one_session():
    register()
    number, secret = licence.begin(secret="", expected=None, network="203.0.113.7")
    state = parse_qs(urlsplit(licence.view(log_in_id=number, secret=secret).address).query)["state"][0]
    sent = [e_licence.local_answer(state=state, outcome="confirmed", uscc=CODE) for _ in range(2)]
    found = together(lambda lane: licence.answer(sent[lane % 2], network="203.0.113.8"))
    assert found["done"] == 1 and found["licence-used"] == LANES // 2 and found["licence-replayed"] == LANES // 2 - 1
    found = together(lambda _lane: licence.collect(log_in_id=number, secret=secret, network="203.0.113.7", device=""))
    assert found == {"done": 1, "licence-used": LANES - 1}
    assert Session.objects.filter(assurance="e_licence").count() == 1


def test_a_link_opens_one_door():
    account = register()
    token = actions.issue_link(account_id=account, purpose="password-reset")
    found = together(lambda number: actions.reset_by_link(token=token, password=f"Nw8$qr{number:02d}"))
    assert found == {"done": 1, "link-refused": LANES - 1}


def test_a_limit_lets_no_more_through():
    found = together(lambda _number: limits.count("race", "k", 10, 60))
    assert found["done"] <= 10 and found["too-many"] == LANES - found["done"]


def test_one_user_name_goes_to_one_account():
    accounts = [register(number) for number in range(1, 4)]

    def attempt(number):
        actions.open_login(account_id=accounts[number % 3], name="samename", kind="username", by=SYSTEM)

    found = together(attempt)
    assert found == {"done": 1, "taken": LANES - 1}
    assert LoginName.objects.filter(kind="username").count() == 1 and Account.objects.count() == 3


def test_many_right_log_ins_at_once_from_known_devices(monkeypatch):
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 60)
    register()
    devices = [log_in(name=CODE, password=PASSWORD).device_token for _ in range(LANES)]
    assert together(lambda number: log_in(device=devices[number])) == {"done": LANES}
