"""The look-up before Django: exactly fresh, same answers, counted and refused like the rest (D-46, D-57, PUB-06)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from wsgiref.util import setup_testing_defaults

import psycopg
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import Client

from chengxin.common import clock
from chengxin.edge import courtesy
from chengxin.records import fastpath
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "杭州澜序桥电子商务有限公司"
Answer = tuple[int, dict[str, str], bytes]


def ask(application: Callable[..., Any], path: str, *, method: str = "GET", query: str = "", **headers: str) -> Answer:
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": query, "REMOTE_ADDR": "192.0.2.7", **headers}
    setup_testing_defaults(environ)
    got: list[Any] = []
    body = b"".join(application(environ, lambda status, fields, exc=None: got.append((int(status[:3]), dict(fields)))))
    return (*got[0], body)


@pytest.fixture
def behind() -> list[str]:
    """Paths that were handed on."""
    return []


@pytest.fixture
def application(behind: list[str]) -> Iterator[Callable[..., Any]]:
    django = WSGIHandler()

    def following(environ: dict[str, Any], start_response: Any) -> Any:
        behind.append(environ["PATH_INFO"])
        return django(environ, start_response)

    reader = fastpath.GroupReader(fastpath.conninfo())
    yield fastpath.application(following, reader=reader)
    reader.close()
    connections.close_all()


def test_a_look_up_never_reaches_django(application: Callable[..., Any], behind: list[str], client: Client) -> None:
    _enterprise, uscc = makers.published(1, NAME, [makers.own_record(makers.shop("澜序旗舰店"))])
    address = f"/api/v1/files/{uscc}"
    status, headers, body = ask(application, address)
    slow = client.get(address)
    assert (status, body, headers["ETag"]) == (200, slow.content, slow["ETag"])
    for name in ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        assert headers[name] == slow[name], name
    assert ask(application, address, HTTP_IF_NONE_MATCH=headers["ETag"])[::2] == (304, b"")
    assert ask(application, address, method="HEAD")[::2] == (200, b"")
    absent = f"/api/v1/files/{makers.code(9)}"
    status, headers, body = ask(application, absent)
    slow = client.get(absent)
    assert (status, json.loads(body), headers["Content-Type"]) == (404, slow.json(), slow["Content-Type"])
    assert behind == []


def test_everything_else_goes_on(application: Callable[..., Any], behind: list[str]) -> None:
    uscc = makers.published(1, NAME)[1]
    others = [
        (f"/api/v1/files/{uscc.lower()}", {}), (f"/api/v1/files/{uscc}", {"query": "x=1"}), (f"/api/v1/files/{uscc}", {"method": "POST"}),
        (f"/api/v1/files/{uscc}/", {}), ("/api/v1/files/91330110IOSVZ00013", {}), ("/api/v1/files", {}), (f"/api/v1/files/{uscc}\n", {}),
    ]  # fmt: skip
    assert [ask(application, path, **more)[0] for path, more in others] == [200, 200, 405, 404, 404, 200, 200]
    assert len(behind) == len(others)


def test_no_reader_sees_an_old_file_after_a_commit(application: Callable[..., Any]) -> None:
    """Two writers read back straight after each commit while four readers keep the grouped read busy: 0 stale."""
    files = [makers.published(number, NAME[:2] + f"{number}号电子商务有限公司") for number in range(2)]
    stale, reads, stop, failures = [], [0], threading.Event(), []

    def write(number: int) -> None:
        enterprise, uscc = files[number]
        record = makers.own_record(makers.shop("零"))
        try:
            for turn in range(60):
                values = makers.shop(f"第{turn}版")
                makers.publish(enterprise, [replace(record, content=values, public_content=values)], makers.head(uscc, "写者"))
                status, _headers, body = ask(application, f"/api/v1/files/{uscc}")
                if status != 200 or json.loads(body)["records"][0]["content"]["name"] != f"第{turn}版":
                    stale.append((number, turn))
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    def read() -> None:
        while not stop.is_set():
            for _enterprise, uscc in files:
                reads[0] += ask(application, f"/api/v1/files/{uscc}")[0] == 200

    readers = [threading.Thread(target=read) for _ in range(4)]
    writers = [threading.Thread(target=write, args=[number]) for number in range(2)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert stale == []
    assert reads[0] > 50


def test_a_file_past_its_date_is_put_together_behind(application: Callable[..., Any], behind: list[str]) -> None:
    with clock.at(datetime(2026, 1, 5, 8, tzinfo=clock.SHANGHAI)):
        enterprise, uscc = makers.published(1, NAME)
        makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2026, 3, 31)))
        assert len(json.loads(ask(application, f"/api/v1/files/{uscc}")[2])["records"]) == 1
    assert behind == []
    with clock.at(datetime(2026, 4, 1, tzinfo=clock.SHANGHAI)):
        status, _headers, body = ask(application, f"/api/v1/files/{uscc}")
    assert (status, json.loads(body)["records"]) == (200, [])
    assert len(behind) == 1


def test_a_lost_connection_is_made_anew(application: Callable[..., Any]) -> None:
    uscc = makers.published(1, NAME)[1]
    assert ask(application, f"/api/v1/files/{uscc}")[0] == 200
    for _turn in range(3):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chengxin-lookup'")
        assert ask(application, f"/api/v1/files/{uscc}")[0] == 200


def test_without_a_database_it_says_come_again(application: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_named: object) -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(psycopg, "connect", refused)
    status, headers, body = ask(application, f"/api/v1/files/{makers.code(1)}")
    assert (status, headers["Retry-After"], json.loads(body)["code"]) == (503, "1", "unavailable")


# --- Limits ----------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("PUB-06.3")
def test_too_many_reads_are_refused_and_come_back(application: Callable[..., Any], settings: Any) -> None:
    settings.PUBLIC_READS_PER_MINUTE, settings.WEB_WORKERS = 20, 2
    now = [1000.0]
    limited = courtesy.limited(application, buckets=courtesy.Buckets(clock=lambda: now[0]))
    uscc = makers.published(1, NAME)[1]
    address = f"/api/v1/files/{uscc}"
    answers = [ask(limited, address) for _ in range(11)]
    assert [a[0] for a in answers] == [200] * 10 + [429]
    assert [a[1]["RateLimit-Remaining"] for a in answers[:3]] == ["9", "8", "7"]
    _status, headers, body = answers[-1]
    assert (headers["Retry-After"], headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("6", "10", "0")
    assert (headers["Content-Type"], json.loads(body)["code"]) == ("application/problem+json", "too-many")
    assert ask(limited, address, REMOTE_ADDR="192.0.2.8")[0] == 200
    assert ask(limited, "/", REMOTE_ADDR="192.0.2.7")[0] == 200
    page = ask(limited, f"/files/{uscc}", HTTP_ACCEPT="text/html")
    assert page[0] == 429
    assert "操作过于频繁" in page[2].decode()
    assert "客服联系方式" in page[2].decode()
    now[0] += 6
    assert ask(limited, address)[0] == 200
    assert ask(limited, address)[0] == 429
    now[0] += 3600
    assert [ask(limited, address)[0] for _ in range(11)] == [200] * 10 + [429]


def test_zero_switches_the_limit_off(application: Callable[..., Any], settings: Any) -> None:
    settings.PUBLIC_READS_PER_MINUTE = 0
    limited = courtesy.limited(application)
    assert {ask(limited, f"/api/v1/files/{makers.code(1)}")[0] for _ in range(300)} == {404}


@pytest.mark.parametrize(
    ("path", "method", "is_counted"),
    [
        ("/api/v1/files", "GET", True), ("/files", "GET", True), ("/files/x.pdf", "GET", True), ("/verify/BG1", "HEAD", True),
        ("/log/checkpoint", "GET", True), ("/overview", "GET", True), ("/", "GET", False), ("/filesystem", "GET", False),
        ("/login", "GET", False), ("/files", "POST", False), ("/static/x.css", "GET", False), ("/files-of/1/1.png", "GET", False),
        ("/login", "POST", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_public_read(path: str, method: str, is_counted: bool) -> None:
    assert courtesy.counted({"PATH_INFO": path, "REQUEST_METHOD": method}) is is_counted


def test_one_bucket_for_a_household_of_ipv6() -> None:
    assert courtesy.bucket_of("2001:db8:1:2::1") == courtesy.bucket_of("2001:db8:1:2:ffff::9")
    assert courtesy.bucket_of("2001:db8:1:2::1") != courtesy.bucket_of("2001:db8:1:3::1")
    assert courtesy.bucket_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert courtesy.bucket_of("") == ""
    assert courtesy.bucket_of("not:an:address") == "not:an:address"


def test_buckets_forget_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "MAX_ADDRESSES", 3)
    buckets = courtesy.Buckets(clock=lambda: 0.0)
    for address in "abcd":
        buckets.take(address, per_minute=2)
    assert buckets.take("a", per_minute=2).remaining == 1
    assert buckets.take("d", per_minute=2).remaining == 0
