"""Secret links and mailed codes open one door once (REG-13)."""

import json
from datetime import timedelta

import pytest

from chengxin.access import actions, queries
from chengxin.access.models import EmailCode, SecretLink
from chengxin.access.tests.conftest import CODE, HERE, PASSWORD, log_in, register
from chengxin.common import clock, crypto
from chengxin.common.errors import Invalid, TooMany
from chengxin.gateways.models import Outbox
from chengxin.identity.tests.codes import uscc

pytestmark = pytest.mark.django_db
NEW = "Nw8$qrtv"


def secret(template, name):
    """What the newest mail of a template carries, as the mail gateway would put it in."""
    row = Outbox.objects.filter(template=template).latest("id")
    from chengxin.gateways import actions as gateways

    return json.loads(crypto.unseal(row.secret_sealed, bound_to=gateways.bound(row.dedupe_key, "secret")))[name]


def ask(name=CODE, network=HERE):
    actions.request_reset(name=name, network=network)


def token():
    return secret("password_reset", "reset_link").rsplit("/", 1)[1]


def test_a_mailed_link_sets_a_new_password_and_ends_sessions(account):
    session = log_in()
    ask()
    sent = token()
    assert actions.peek_link(sent, "password-reset") == account
    assert actions.reset_by_link(token=sent, password=NEW) == account
    with pytest.raises(queries.SessionExpired):
        queries.session_actor(session.session_key, counts_as_activity=True)
    with pytest.raises(actions.WrongCredentials):
        log_in()
    log_in(password=NEW)


def test_a_link_works_once_and_survives_a_refused_password(account):
    ask()
    sent = token()
    with pytest.raises(Invalid):
        actions.reset_by_link(token=sent, password="short")
    actions.reset_by_link(token=sent, password=NEW)
    with pytest.raises(actions.LinkRefused, match="链接无效"):
        actions.reset_by_link(token=sent, password=NEW)


def test_a_link_older_than_thirty_minutes_is_refused(account):
    start = clock.now()
    with clock.at(start):
        ask()
    with clock.at(start + timedelta(minutes=29, seconds=59)):
        actions.peek_link(token(), "password-reset")
    with clock.at(start + timedelta(minutes=30)):
        for use in (lambda: actions.peek_link(token(), "password-reset"), lambda: actions.reset_by_link(token=token(), password=NEW)):
            with pytest.raises(actions.LinkRefused):
                use()


def test_only_the_newest_link_works_and_only_for_its_purpose(account):
    ask()
    first = token()
    ask()
    with pytest.raises(actions.LinkRefused):
        actions.peek_link(first, "password-reset")
    with pytest.raises(actions.LinkRefused):
        actions.redeem_link(token(), "invitation")


def test_only_the_hash_of_a_link_is_kept(account):
    ask()
    assert token().encode() not in bytes(SecretLink.objects.get().token_hash)


def test_an_unknown_code_gets_the_same_silence_and_no_mail(account):
    ask(uscc(99))
    assert not Outbox.objects.exists() and not SecretLink.objects.exists()


def test_one_name_gets_three_mails_an_hour_and_the_same_silence(account):
    for _ in range(6):
        ask()
    assert Outbox.objects.filter(template="password_reset").count() == 3


def test_a_network_cannot_ask_for_ever(account):
    for number in range(60):
        ask(uscc(100 + number))
    with pytest.raises(TooMany):
        ask()


def send(email="new@example.com"):
    return actions.send_email_code(email=email, purpose="registration", network=HERE)


def check(code, email="new@example.com", purpose="registration"):
    actions.check_email_code(email=email, purpose=purpose, code=code)


def refused(code, **how):
    with pytest.raises(Invalid) as error:
        check(code, **how)
    assert list(error.value.fields) == ["code"]


def test_a_mailed_code_proves_the_mailbox_once():
    send()
    code = secret("email_code", "code")
    refused(code, email="other@example.com")
    refused(code, purpose="other")
    check(f" {code} ", email="NEW@example.com")
    refused(code)
    assert code.encode() not in bytes(EmailCode.objects.get().code_hash)


def test_five_tries():
    send()
    code = secret("email_code", "code")
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        refused(wrong)
    refused(code)


def test_ten_minutes():
    start = clock.now()
    with clock.at(start):
        send()
    with clock.at(start + timedelta(minutes=10)):
        refused(secret("email_code", "code"))


def test_codes_are_not_sent_in_a_row(account):
    start = clock.now()
    for number in range(5):
        with clock.at(start + timedelta(minutes=2 * number)):
            send()
            with pytest.raises(TooMany):
                send()
    with clock.at(start + timedelta(minutes=12)), pytest.raises(TooMany):
        send()
    with pytest.raises(Invalid):
        send("nobody")


def test_the_same_answer_whether_the_address_is_used_or_not():
    register()
    assert type(send("owner@example.com")) is type(send("stranger@example.com"))
    assert Outbox.objects.filter(template="email_code").count() == 2
    assert PASSWORD
