"""Log-in: one name space, one answer for whatever is wrong, a wait for who guesses."""

import time
from datetime import timedelta

import pytest

from chengxin.access import actions, hashing, limits, queries
from chengxin.access.models import Device, Password, Session
from chengxin.access.tests.conftest import CODE, ELSEWHERE, HERE, PASSWORD, SYSTEM, log_in, open_captcha, register
from chengxin.common import clock, keys
from chengxin.common.errors import Forbidden, Invalid, TooMany
from chengxin.gateways.models import Outbox
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.tests.codes import uscc
from chengxin.ledger.models import Event

pytestmark = pytest.mark.django_db


def fail(times, **how):
    for _ in range(times):
        with pytest.raises(actions.WrongCredentials):
            log_in(**{"password": "Wrong#77", **how})


def test_the_right_password_opens_a_session(account):
    session = log_in(name=f" {CODE.lower()} ")
    actor = queries.session_actor(session.session_key, counts_as_activity=True)
    assert (actor.account_id, actor.assurance) == (account, "password")
    assert Event.objects.latest("id").kind == "session.logged_in"


def test_keys_and_tokens_are_stored_as_hashes_only(account):
    session = log_in()
    row, device = Session.objects.get(), Device.objects.get()
    for secret in session:
        for stored in (row.key_hash, row.device, device.token_hash):
            assert secret.encode() not in bytes(stored)
    assert PASSWORD not in Password.objects.get().hash


def test_password_hashes_cost_what_they_should(account):
    assert Password.objects.get().hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def refusal(**how):
    with pytest.raises(actions.WrongCredentials) as error:
        log_in(**how)
    return error.value.message, error.value.code, error.value.status


@pytest.mark.parametrize("state", ["unknown", "wrong", "suspended", "closed", "other-face"])
def test_one_answer_for_whatever_is_wrong(account, officer, state):
    enterprise = identity_queries.actor_for(account, "x").enterprise_id
    how = {}
    if state == "unknown":
        how = {"name": uscc(99)}
    elif state == "wrong":
        how = {"password": "Wrong#77"}
    elif state == "other-face":
        how = {"name": "reviewer"}
    elif state == "suspended":
        identity.activate(enterprise, by=SYSTEM)
        identity.suspend(account_id=account, reason="x", by=SYSTEM)
    else:
        identity.close_enterprise(enterprise_id=enterprise, reason="x", by=SYSTEM)
    assert refusal(**how) == ("用户名或密码错误，请重新输入", "wrong-credentials", 401)
    assert not Session.objects.exists()


def test_an_unknown_name_takes_as_long_as_a_wrong_password(account):
    fastest = {CODE: float("inf"), uscc(99): float("inf")}
    for number in range(8):
        for name in fastest:
            begun = time.perf_counter()
            with pytest.raises(actions.WrongCredentials):
                log_in(name=name, password="Wrong#77", network=f"10.0.{number}.1")
            fastest[name] = min(fastest[name], time.perf_counter() - begun)
    known, unknown = fastest.values()
    assert 0.6 < known / unknown < 1.7


@pytest.mark.parametrize("name", [CODE, uscc(99)])
def test_five_failures_make_network_and_name_wait_known_or_not(account, name):
    fail(5, name=name)
    with pytest.raises(TooMany) as error:
        log_in(name=name)
    assert error.value.code == "login-paused" and "分钟" in error.value.message
    assert 800 < error.value.retry_after <= 901
    fail(1, name=name, network=ELSEWHERE)


def test_the_wait_ends_after_fifteen_minutes_and_trying_does_not_prolong_it(account):
    start = clock.now()
    with clock.at(start):
        fail(5)
    for minute in (1, 8, 14):
        with clock.at(start + timedelta(minutes=minute)), pytest.raises(TooMany):
            log_in()
    with clock.at(start + timedelta(minutes=15, seconds=1)):
        log_in()


def test_a_known_device_still_gets_in(account):
    device = log_in().device_token
    fail(5)
    with pytest.raises(TooMany):
        log_in()
    with pytest.raises(TooMany):
        log_in(device="a made-up token")
    again = log_in(device=device)
    assert again.device_token == device
    fail(5, device=device)
    with pytest.raises(TooMany):
        log_in(device=device)


def test_a_device_is_known_to_its_account_only(account):
    other = register(2)
    device = log_in().device_token
    fail(5, name=uscc(2))
    with pytest.raises(TooMany):
        log_in(name=uscc(2), device=device)
    assert other != account


def test_success_forgets_the_failures_of_the_pair(account):
    for _ in range(3):
        fail(4)
        log_in()


def test_the_owner_is_told_once(account):
    fail(5)
    with pytest.raises(TooMany):
        log_in()
    mails = Outbox.objects.filter(template="login_blocked")
    assert mails.count() == 1
    fail(5, name=uscc(99))
    assert mails.count() == 1


def test_at_a_hundred_failures_guessing_stops_and_recovery_stays(account, monkeypatch):
    monkeypatch.setattr(hashing, "check", lambda *_a, **_k: False)
    for number in range(20):
        fail(5, network=f"10.1.{number}.1")
    monkeypatch.undo()
    with pytest.raises(TooMany) as error:
        log_in(network="10.2.0.1")
    assert error.value.code == "login-stopped"
    actions.reset_password(account_id=account, password="Nw8$qrtv")
    log_in(password="Nw8$qrtv", network="10.2.0.1")


def test_a_password_made_with_old_cost_or_key_is_made_anew(account):
    keys.ring().rotate("password-pepper")
    old = Password.objects.get()
    log_in()
    new = Password.objects.get()
    assert new.pepper_version == old.pepper_version + 1 and new.hash != old.hash
    log_in()
    assert Password.objects.get().hash == new.hash


def test_too_many_at_once_are_asked_to_come_back(account, monkeypatch):
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.01)
    for _ in range(hashing.AT_ONCE):
        hashing._slots.acquire()
    try:
        with pytest.raises(Exception, match="稍后") as error:
            log_in()
        assert error.value.status == 503
    finally:
        for _ in range(hashing.AT_ONCE):
            hashing._slots.release()


def test_officers_need_the_captcha_and_their_own_door(officer, account):
    captcha, answer = open_captcha()
    how = {"name": "REVIEWER", "password": PASSWORD, "network": HERE}
    session = actions.log_in_agency(**how, captcha_id=captcha, captcha=answer.lower())
    assert queries.session_actor(session.session_key, counts_as_activity=True).roles == {"reviewer"}
    with pytest.raises(Invalid):
        actions.log_in_agency(**how, captcha_id=captcha, captcha=answer)
    captcha, answer = open_captcha()
    with pytest.raises(actions.WrongCredentials):
        actions.log_in_agency(**{**how, "name": CODE}, captcha_id=captcha, captcha=answer)


def test_one_name_space(account, officer):
    with pytest.raises(actions.NameTaken) as error:
        actions.open_login(account_id=account, name="reviewer ", kind="username", by=SYSTEM)
    assert error.value.fields == {"username": ["用户名已被使用"]}
    with pytest.raises(Invalid) as error:
        actions.open_login(account_id=account, name=uscc(5), kind="username", by=SYSTEM)
    assert "统一社会信用代码或手机号" in error.value.fields["username"][0]
    stranger = identity_queries.actor_for(officer, "password")
    with pytest.raises(Forbidden):
        actions.open_login(account_id=account, name="someone", kind="username", by=stranger)
    assert queries.login_names(account) == {"credit_code": CODE}
    assert queries.account_by_name(CODE.lower()) == account


def test_names_are_freed_when_the_account_is_closed(account):
    with pytest.raises(Forbidden):
        actions.free_names(account_id=account, by=SYSTEM)
    enterprise = identity_queries.actor_for(account, "x").enterprise_id
    identity.close_enterprise(enterprise_id=enterprise, reason="reset", by=SYSTEM)
    assert actions.free_names(account_id=account, by=SYSTEM) == 1
    register()
    log_in()


def test_the_password_may_not_say_the_owner(account):
    actor = identity_queries.actor_for(account, "password")
    for password in ("Owner#2931", CODE[2:12].lower() + CODE[12:16], "A#13800001234"):
        with pytest.raises(Invalid) as error:
            actions.set_password(account_id=account, password=password, by=actor)
        assert list(error.value.fields) == ["password"]


def test_changing_the_password_needs_the_old_one_and_ends_sessions(account):
    actor = identity_queries.actor_for(account, "password")
    session = log_in()
    with pytest.raises(Invalid) as error:
        actions.change_password(account_id=account, old="Wrong#77", new="Nw8$qrtv", by=actor)
    assert list(error.value.fields) == ["old_password"]
    actions.change_password(account_id=account, old=PASSWORD, new="Nw8$qrtv", by=actor)
    with pytest.raises(queries.SessionExpired) as ended:
        queries.session_actor(session.session_key, counts_as_activity=True)
    assert ended.value.reason == "ended"
    log_in(password="Nw8$qrtv")


def test_registration_answers_are_limited(db):
    for _ in range(10):
        limits.taken_answer(session="s", network="n")
    with pytest.raises(TooMany):
        limits.taken_answer(session="s", network="n")
    for number in range(190):
        limits.taken_answer(session=f"s{number}", network="n")
    with pytest.raises(TooMany):
        limits.taken_answer(session="new", network="n")
    limits.taken_answer(session="new", network="other")


def test_limits_slide(db):
    start = clock.now()
    for minute in (0, 10, 20):
        with clock.at(start + timedelta(minutes=minute)):
            limits.count("test", "k", 3, 3600)
    with clock.at(start + timedelta(minutes=30)), pytest.raises(TooMany) as error:
        limits.count("test", "k", 3, 3600)
    assert 1790 <= error.value.retry_after <= 1801
    with clock.at(start + timedelta(minutes=60, seconds=1)):
        limits.count("test", "k", 3, 3600)
