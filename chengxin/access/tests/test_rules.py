"""Passwords, log-in names, networks and the end of a session, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from chengxin.access import rules
from chengxin.identity.tests.codes import uscc

OWN = [uscc(1), "杭州甲电子商务有限公司", "13800001234", "liming@example.com"]


def errors(password, profile="manual", own=OWN):
    return [str(text) for text in rules.password_errors(password, profile=profile, own_words=own)]


@pytest.mark.parametrize("password", ["Kx7#mplt", "kx7#mplt", "KX7#MPLT", "KxQmplt7", "Tr0ubador&3-16ch", "ß9Ämplt-Q"])
def test_the_manual_takes_three_of_four_kinds(password):
    assert errors(password) == []


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "请填写密码"),
        ("Kx7#mpl", "8至16"),
        ("Kx7#mplt" + "abcdefg#9", "8至16"),
        ("kxqwmplt", "三种"),
        ("kxq7mplt", "三种"),
        ("Kx7#\x00mplt", "控制字符"),
        ("Li-liming7", "企业名称"),
        ("A13800001234#", "企业名称"),
        ("Ab#" + uscc(1)[8:14].lower(), None),
        ("Passw0rd", "常见"),
        ("P@ssw0rd1", "常见"),
        ("Aa123456", "常见"),
        ("Admin@123", "常见"),
        ("Qwer1234!", "常见"),
        ("Woaini520!", "常见"),
        ("Abc2024!", "常见"),
    ],
)
def test_the_manual_says_what_is_wrong(password, says):
    found = errors(password)
    assert (found == []) if says is None else any(says in text for text in found), found


def test_the_modern_profile_asks_for_length_not_for_kinds():
    assert errors("four plain words here", profile="modern") == []
    assert errors("kxqwmpltz", profile="modern") == []
    assert any("8至64" in text for text in errors("kx7#mpl", profile="modern"))
    assert any("8至64" in text for text in errors("Kx7#" * 17, profile="modern"))
    assert any("常见" in text for text in errors("password123", profile="modern"))


def test_hints_come_from_the_profile():
    manual, modern = rules.password_hints("manual"), rules.password_hints("modern")
    assert (manual.min_length, manual.max_length, len(manual.hints)) == (8, 16, 3)
    assert (modern.min_length, modern.max_length, len(modern.hints)) == (8, 64, 2)


@pytest.mark.parametrize(
    "name",
    [uscc(1), uscc(1).lower(), f" {uscc(1)[:9]} {uscc(1)[9:]} ", "13800001234", "138 0000 1234", "li@example.com", "2100000012345_ADMIN"],
)
def test_a_user_name_must_not_look_like_something_else(name):
    assert [str(text) for text in rules.login_name_errors(name, kind="username")] == [str(rules.SHAPE_REFUSED)]


@pytest.mark.parametrize("name", ["", "ab", "1abc", "李明明明", "a" * 33, "a b c d", "a/b/c/d"])
def test_other_impossible_user_names(name):
    assert rules.login_name_errors(name, kind="username")


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Reviewer", "reviewer"),
        (f" {uscc(1).lower()} ", uscc(1)),
        ("１３８００００１２３４", "13800001234"),
        ("+86 138-0000-1234", "13800001234"),
    ],
)
def test_spellings_of_one_log_in_name(typed, key):
    assert rules.login_key(typed) == key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("unix", "unix"),
    ],
)
def test_networks(address, network):
    assert rules.network_of(address) == network


START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("idle", "total", "epoch", "open_", "why"),
    [
        (timedelta(minutes=59), timedelta(hours=1), 1, True, ""),
        (timedelta(minutes=60), timedelta(hours=1), 1, True, ""),
        (timedelta(minutes=60, seconds=1), timedelta(hours=2), 1, True, "idle"),
        (timedelta(0), timedelta(hours=11, minutes=59), 1, True, ""),
        (timedelta(0), timedelta(hours=12), 1, True, "absolute"),
        (timedelta(0), timedelta(0), 2, True, "ended"),
        (timedelta(0), timedelta(0), 1, False, "ended"),
    ],
)
def test_why_a_session_is_over(idle, total, epoch, open_, why):
    now = START + total
    found = rules.session_end(
        created_at=START,
        last_active_at=now - idle,
        epoch=1,
        account_epoch=epoch,
        account_open=open_,
        now=now,
        idle=timedelta(minutes=60),
        total=timedelta(hours=12),
    )
    assert found == why
