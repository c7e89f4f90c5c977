"""The server ends idle sessions, whatever the page does (REG-19)."""

from datetime import timedelta

import pytest

from chengxin.access import actions, queries
from chengxin.access.models import Session
from chengxin.access.tests.conftest import SYSTEM, log_in
from chengxin.common import clock
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def start(account):
    moment = clock.now()
    with clock.at(moment):
        session = log_in()

    def ask(after, *, counts=True):
        with clock.at(moment + after):
            return queries.session_actor(session.session_key, counts_as_activity=counts)

    ask.key = session.session_key
    ask.moment = moment
    ask.account = account
    return ask


def reason(ask, after, **how):
    with pytest.raises(queries.SessionExpired) as error:
        ask(after, **how)
    return error.value.reason


def test_idle_sixty_minutes_and_a_second(start):
    assert reason(start, 60 * MINUTE + SECOND) == "idle"
    assert reason(start, 61 * MINUTE) == "idle"
    assert reason(start, 5 * MINUTE) == "idle"
    assert Session.objects.get().ended_reason == "idle"


def test_a_request_at_fifty_nine_minutes_starts_the_clock_anew(start):
    assert start(59 * MINUTE)
    assert start(118 * MINUTE)
    assert reason(start, 178 * MINUTE + SECOND) == "idle"


def test_polling_does_not(start):
    for minute in range(5, 61, 5):
        assert start(minute * MINUTE, counts=False)
    assert reason(start, 60 * MINUTE + SECOND, counts=False) == "idle"


def test_twelve_hours_are_the_end_however_busy(start):
    for minute in range(30, 720, 30):
        assert start(minute * MINUTE)
    assert reason(start, 720 * MINUTE) == "absolute"


def test_the_page_can_ask_how_long_is_left_without_counting(start):
    with clock.at(start.moment + 50 * MINUTE):
        view = queries.session_view(start.key)
        assert (view.idle_seconds_left, view.total_seconds_left) == (600, 12 * 3600 - 3000)
    assert reason(start, 60 * MINUTE + SECOND) == "idle"


def test_the_reason_is_told_in_words(start):
    with pytest.raises(queries.SessionExpired, match="超过1小时无操作") as error:
        start(2 * 60 * MINUTE)
    assert (error.value.status, error.value.code) == (401, "session-idle")


def test_logging_out_ends_one_session_ending_all_ends_all(start):
    other = log_in().session_key
    actions.log_out(start.key)
    actions.log_out(start.key)
    assert start(MINUTE) is None
    assert queries.session_actor(other, counts_as_activity=True)
    actions.end_all_sessions(start.account, by=SYSTEM)
    with pytest.raises(queries.SessionExpired, match="重新登录"):
        queries.session_actor(other, counts_as_activity=True)


def test_a_closed_account_has_no_session(start):
    enterprise = identity_queries.actor_for(start.account, "x").enterprise_id
    identity.close_enterprise(enterprise_id=enterprise, reason="x", by=SYSTEM)
    assert reason(start, MINUTE) == "ended"


@pytest.mark.parametrize("key", ["", "nonsense", "0" * 43])
def test_unknown_keys_are_nobody(db, key):
    assert queries.session_actor(key, counts_as_activity=True) is None
    assert queries.session_view(key) is None


def test_old_rows_are_swept_and_living_ones_kept(start):
    with clock.at(start.moment + timedelta(days=20)):
        actions.sweep()
        assert Session.objects.count() == 1
    with clock.at(start.moment + timedelta(days=32)):
        assert actions.sweep().rows >= 1
    assert Session.objects.count() == 0


def test_a_session_can_follow_a_registration(account):
    made = actions.open_session(account_id=account, assurance="code", network="203.0.113.7")
    assert queries.session_actor(made.session_key, counts_as_activity=True).assurance == "code"
