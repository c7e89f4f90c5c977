"""URLs of one server and of several."""

from __future__ import annotations

import pytest

from chengxin.launcher import urls
from chengxin.launcher.errors import LauncherError


def test_one_server() -> None:
    read = urls.database("postgresql://clerk:p%40ss@db.example:5433/chengxin?sslmode=verify-full", options="-c a=1")
    assert (read["HOST"], read["PORT"], read["NAME"], read["USER"], read["PASSWORD"]) == ("db.example", "5433", "chengxin", "clerk", "p@ss")
    assert read["OPTIONS"] == {
        "sslmode": "verify-full",
        "options": "-c a=1",
        "server_side_binding": True,
        "prepare_threshold": urls.PREPARED_AFTER,
    }


def test_a_socket() -> None:
    read = urls.database("postgresql://chengxin_app@/chengxin?host=/run/chengxin/a")
    assert (read["HOST"], read["PORT"], read["PASSWORD"]) == ("/run/chengxin/a", "", "")


def test_several_servers_are_looked_for_one_after_the_other_and_none_for_long() -> None:
    read = urls.database("postgresql://app@a:5501,b:5502,c:5503/chengxin?connect_timeout=9")
    assert (read["HOST"], read["PORT"]) == ("a,b,c", "5501,5502,5503")
    assert read["OPTIONS"]["connect_timeout"] == "9"
    assert read["OPTIONS"]["target_session_attrs"] == "primary"
    assert read["OPTIONS"]["tcp_user_timeout"] == urls.SEVERAL["tcp_user_timeout"]


def test_of_several_servers_only_the_primary_is_used() -> None:
    one: dict[str, str] = {}
    urls.keep_to_primary("db.example", environment=one)
    many: dict[str, str] = {}
    urls.keep_to_primary("a,b", environment=many)
    named = {urls.ATTRIBUTES: "read-write"}
    urls.keep_to_primary("a,b", environment=named)
    assert (one, many, named) == ({}, {urls.ATTRIBUTES: "primary"}, {urls.ATTRIBUTES: "read-write"})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a@b/c", "must begin with"),
        ("postgresql://app@db.example", "must name a database"),
        ("postgresql://app@[::1/chengxin", "cannot be read"),
        ("postgresql://app@db/chengxin?colour=red", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(url: str, said: str) -> None:
    with pytest.raises(LauncherError, match=said):
        urls.database(url)
