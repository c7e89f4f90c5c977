"""The look-up before Django: exactly fresh, same answers, counted and refused like the rest (D-46, D-57, PUB-06)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from chengxin.common import clock
from chengxin.edge import bridge, courtesy
from chengxin.records import fastpath, groupread
from chengxin.records.groupread import GroupReader
from chengxin.records.tests import makers
from tests.site import Asker, asking, pages

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "杭州澜序桥电子商务有限公司"
TURNS = 30


@pytest.fixture
def behind() -> list[str]:
    """Paths that were handed on."""
    return []


@pytest.fixture
def site(behind: list[str]) -> Iterator[Asker]:
    """Asks for look-ups; the pages stand behind them."""

    def following(environ: dict[str, Any], start_response: Any) -> Any:
        behind.append(environ["PATH_INFO"])
        return pages(environ, start_response)

    reader = GroupReader(fastpath.conninfo())
    with asking(fastpath.application(bridge.threaded(following, threads=2), reader=reader), reader) as asker:
        yield asker


def test_a_look_up_never_reaches_django(site: Asker, behind: list[str], client: Client) -> None:
    _enterprise, uscc = makers.published(1, NAME, [makers.own_record(makers.shop("澜序旗舰店"))])
    address = f"/api/v1/files/{uscc}"
    said, slow = site.ask(address), client.get(address)
    assert (said.status, said.body, said.headers["ETag"]) == (200, slow.content, slow["ETag"])
    for name in ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
        assert said.headers[name] == slow[name], name
    same = site.ask(address, if_none_match=said.headers["ETag"])
    assert (same.status, same.body) == (304, b"")
    head = site.ask(address, method="HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(said.body)))
    absent = f"/api/v1/files/{makers.code(9)}"
    said, slow = site.ask(absent), client.get(absent)
    assert (said.status, json.loads(said.body), said.headers["Content-Type"]) == (404, slow.json(), slow["Content-Type"])
    assert behind == []


def test_everything_else_goes_on(site: Asker, behind: list[str]) -> None:
    uscc = makers.published(1, NAME)[1]
    others = [
        (f"/api/v1/files/{uscc.lower()}", {}), (f"/api/v1/files/{uscc}", {"query": "x=1"}), (f"/api/v1/files/{uscc}", {"method": "POST"}),
        (f"/api/v1/files/{uscc}/", {}), ("/api/v1/files/91330110IOSVZ00013", {}), ("/api/v1/files", {}), (f"/api/v1/files/{uscc}\n", {}),
    ]  # fmt: skip
    assert [site.ask(path, **more).status for path, more in others] == [200, 200, 405, 404, 404, 200, 200]
    assert len(behind) == len(others)


def test_no_reader_sees_an_old_file_after_a_commit(site: Asker) -> None:
    """Two writers read back straight after each commit while four readers keep the grouped read busy: 0 stale."""
    files = [makers.published(number, NAME[:2] + f"{number}号电子商务有限公司") for number in range(2)]
    stale, reads, stop, failures = [], [0], threading.Event(), []

    def write(number: int) -> None:
        enterprise, uscc = files[number]
        record = makers.own_record(makers.shop("零"))
        try:
            for turn in range(TURNS):
                values = makers.shop(f"第{turn}版")
                makers.publish(enterprise, [replace(record, content=values, public_content=values)], makers.head(uscc, "写者"))
                said = site.ask(f"/api/v1/files/{uscc}")
                if said.status != 200 or json.loads(said.body)["records"][0]["content"]["name"] != f"第{turn}版":
                    stale.append((number, turn))
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    async def read() -> None:
        while not stop.is_set():
            for _enterprise, uscc in files:
                reads[0] += (await site.asked(f"/api/v1/files/{uscc}")).status == 200
            await asyncio.sleep(0.002)  # the writers are threads of this process

    readers = [asyncio.run_coroutine_threadsafe(read(), site.loop.loop) for _ in range(4)]
    writers = [threading.Thread(target=write, args=[number]) for number in range(2)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for reader in readers:
        reader.result(20)
    assert failures == []
    assert stale == []
    assert reads[0] > 50


@pytest.mark.parametrize("most", [groupread.MAX_KEPT_BYTES, 2_000, 0])
def test_kept_bytes_are_sent_only_while_their_tag_stands(site: Asker, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(groupread, "MAX_KEPT_BYTES", most)
    files = [makers.published(number, NAME[:2] + f"{number}号电子商务有限公司") for number in range(3)]
    for turn in range(3):
        for number, (enterprise, uscc) in enumerate(files):
            if turn == 2 and number == 1:
                makers.publish(enterprise, [makers.own_record(makers.shop("新开旗舰店"))], makers.head(uscc, "写者"))
            said = site.ask(f"/api/v1/files/{uscc}")
            with connection.cursor() as cursor:
                cursor.execute("SELECT body, etag FROM records_publicfile WHERE uscc = %s", [uscc])
                body, etag = cursor.fetchone()
            assert (said.body, said.headers["ETag"]) == (bytes(body), f'"{etag}"')


def test_a_file_past_its_date_is_put_together_behind(site: Asker, behind: list[str]) -> None:
    with clock.at(datetime(2026, 1, 5, 8, tzinfo=clock.SHANGHAI)):
        enterprise, uscc = makers.published(1, NAME)
        makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2026, 3, 31)))
        assert len(json.loads(site.ask(f"/api/v1/files/{uscc}").body)["records"]) == 1
    assert behind == []
    with clock.at(datetime(2026, 4, 1, tzinfo=clock.SHANGHAI)):
        said = site.ask(f"/api/v1/files/{uscc}")
    assert (said.status, json.loads(said.body)["records"]) == (200, [])
    assert len(behind) == 1


def test_a_lost_connection_is_made_anew(site: Asker) -> None:
    uscc = makers.published(1, NAME)[1]
    assert site.ask(f"/api/v1/files/{uscc}").status == 200
    for _turn in range(3):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chengxin-lookup'")
        assert site.ask(f"/api/v1/files/{uscc}").status == 200


def test_without_a_database_it_says_come_again() -> None:
    reader = GroupReader(f"{fastpath.conninfo()} port=1")
    with asking(fastpath.application(bridge.threaded(pages, threads=1), reader=reader), reader) as site:
        said = site.ask(f"/api/v1/files/{makers.code(1)}")
    assert (said.status, said.headers["Retry-After"], json.loads(said.body)["code"]) == (503, "1", "unavailable")


# --- Limits ----------------------------------------------------------------------------------------------------------
@pytest.mark.requirement("PUB-06.3")
def test_too_many_reads_are_refused_and_come_back(site: Asker, settings: Any) -> None:
    settings.PUBLIC_READS_PER_MINUTE, settings.WEB_WORKERS = 20, 2
    now = [1000.0]
    pages_behind = bridge.threaded(pages, threads=1)
    limited = Asker(site.loop, courtesy.limited(pages_behind, buckets=courtesy.Buckets(clock=lambda: now[0])))
    uscc = makers.published(1, NAME)[1]
    address = f"/api/v1/files/{uscc}"
    answers = [limited.ask(address) for _ in range(11)]
    assert [a.status for a in answers] == [200] * 10 + [429]
    assert [a.headers["RateLimit-Remaining"] for a in answers[:3]] == ["9", "8", "7"]
    refused = answers[-1].headers
    assert (refused["Retry-After"], refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("6", "10", "0")
    assert (refused["Content-Type"], json.loads(answers[-1].body)["code"]) == ("application/problem+json", "too-many")
    assert limited.ask(address, client="192.0.2.8").status == 200
    assert limited.ask("/").status == 200
    page = limited.ask(f"/files/{uscc}", accept="text/html")
    assert page.status == 429
    assert page.headers["Retry-After"]
    assert "操作过于频繁" in page.body.decode()
    assert "客服联系方式" in page.body.decode()
    now[0] += 6
    assert limited.ask(address).status == 200
    assert limited.ask(address).status == 429
    now[0] += 3600
    assert [limited.ask(address).status for _ in range(11)] == [200] * 10 + [429]


def test_zero_switches_the_limit_off(site: Asker, settings: Any) -> None:
    settings.PUBLIC_READS_PER_MINUTE = 0
    limited = Asker(site.loop, courtesy.limited(site.application))
    assert {limited.ask(f"/api/v1/files/{makers.code(1)}").status for _ in range(300)} == {404}


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
    assert courtesy.counted({"path": path, "method": method}) is is_counted


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


def test_a_body_that_makes_room_for_another_of_its_batch_is_sent_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many are asked for together; those that have changed push others out while all are on their way."""
    firms = [makers.published(number, NAME[:2] + f"{number}号电子商务有限公司") for number in range(8)]
    codes = [uscc for _enterprise, uscc in firms]

    async def ask() -> None:
        reader = GroupReader(fastpath.conninfo())
        try:
            former = [await reader.read(uscc) for uscc in codes]
            for firm in firms[4:]:
                await asyncio.to_thread(_grow, *firm)
            monkeypatch.setattr(groupread, "MAX_KEPT_BYTES", sum(len(row.body) for row in former if row) // 2)
            together = await asyncio.gather(*(reader.read(uscc) for uscc in codes))
            alone = [await reader.read(uscc) for uscc in codes]
        finally:
            await reader.close()
        assert together == alone
        assert [new == old for new, old in zip(together, former, strict=True)] == [True] * 4 + [False] * 4

    asyncio.run(ask())


def _grow(enterprise: Any, uscc: str) -> None:
    makers.publish(enterprise, [makers.own_record(makers.shop("新开旗舰店"))], makers.head(uscc, "写者"))
    connections.close_all()
