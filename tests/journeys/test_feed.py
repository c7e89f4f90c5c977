"""The change feed and the batch look-up, as a program that keeps a copy uses them (ADR 0014; D-06, D-20, D-22)."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengxin import checks, worker
from chengxin.common import clock
from chengxin.exchange import snapshots
from chengxin.ledger import queries as ledger
from chengxin.records import actions, changes, files
from chengxin.records.models import Change, PublicFile, WaitingChange
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _as_many_batches_as_wanted(settings: Any) -> None:
    settings.BATCHES_PER_MINUTE = 0


def read(client: Client, after: int = 0, limit: int = 1_000) -> Json:
    answer = client.get("/api/v1/changes", {"after": after, "limit": limit})
    assert answer.status_code == 200, answer.content
    body: Json = answer.json()
    return body


def places() -> None:
    while changes.place():
        pass


@pytest.fixture
def firm() -> tuple[Any, str]:
    records = [makers.own_record(makers.shop(name)) for name in ("澜序旗舰店", "澜序直播间")]
    return makers.published(1, "杭州澜序桥电子商务有限公司", records)


def test_each_change_of_what_the_public_sees_is_told_with_its_tag(client: Client, firm: tuple[Any, str]) -> None:
    enterprise, uscc = firm
    assert read(client)["items"] == [], "what has no place yet is not told"
    places()
    [first] = read(client)["items"]
    tag = client.get(f"/api/v1/files/{uscc}").headers["ETag"].strip('"')
    assert first == {"position": 1, "uscc": uscc, "kind": "changed", "etag": tag}
    makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1)))
    places()
    page = read(client, after=1)
    assert [item["position"] for item in page["items"]] == [2]
    assert page["items"][0]["etag"] == client.get(f"/api/v1/files/{uscc}").headers["ETag"].strip('"') != tag
    assert (page["next"], page["origin"]) == (2, ledger.origin())
    files.rewrite(enterprise_ids=[enterprise])
    places()
    assert read(client, after=2) == {"items": [], "next": 2, "origin": ledger.origin()}, "the same bytes are no change"


def test_what_leaves_the_public_is_told_as_removed_and_nothing_else(client: Client, firm: tuple[Any, str]) -> None:
    enterprise, uscc = firm
    places()
    with transaction.atomic():
        actions.end_all(enterprise_id=enterprise, reason="corrected", by=makers.BY)
    places()
    assert read(client, after=1)["items"] == [{"position": 2, "uscc": uscc, "kind": "removed", "etag": None}]
    assert "澜序" not in client.get("/api/v1/changes").content.decode()
    with transaction.atomic():
        actions.end_all(enterprise_id=enterprise, reason="corrected", by=makers.BY)
    assert not WaitingChange.objects.exists()


def test_a_day_that_changes_a_file_changes_the_feed(client: Client) -> None:
    enterprise, uscc = makers.published(2, "成都稷陌优选网络科技有限公司")
    makers.take_in(enterprise, makers.penalty("蓉市监罚〔2026〕7号", until=date(2099, 12, 31), since=date(2099, 1, 1)))
    places()
    before = changes.last()
    with clock.at(datetime(2099, 1, 1, 8, tzinfo=clock.SHANGHAI)):
        worker.drain()
        [item] = [item for item in read(client, after=before)["items"] if item["uscc"] == uscc]
        assert item["etag"] == client.get(f"/api/v1/files/{uscc}").headers["ETag"].strip('"')


def test_lines_hold_what_the_object_holds(client: Client, firm: tuple[Any, str]) -> None:
    makers.published(2, "成都稷陌优选网络科技有限公司")
    places()
    whole = read(client)
    answer = client.get("/api/v1/changes", headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert [json.loads(line) for line in answer.content.splitlines()] == whole["items"]
    assert (answer.headers["Feed-Next"], answer.headers["Feed-Origin"]) == (str(whole["next"]), whole["origin"])
    assert client.get("/api/v1/changes?after=2", headers={"Accept": "application/x-ndjson"}).content == b""


@pytest.mark.parametrize("query", [{"after": "-1"}, {"after": "x"}, {"after": "9" * 30}, {"limit": "0"}, {"limit": "x"}])
def test_wrong_parameters_are_named(client: Client, query: dict[str, str]) -> None:
    answer = client.get("/api/v1/changes", query)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(query))


def test_a_position_that_is_not_there_sends_back_to_a_snapshot(client: Client, firm: tuple[Any, str]) -> None:
    places()
    answer = client.get("/api/v1/changes", {"after": "2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown-position")
    assert client.get("/api/v1/changes", {"after": "1"}).status_code == 200


def _started(works: list[Callable[[], None]]) -> list[Future[None]]:
    def run(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(len(works))
    made = [pool.submit(run, work) for work in works]
    pool.shutdown(wait=False)
    return made


def test_writers_at_once_leave_no_gap_and_no_repeat(client: Client) -> None:
    """Four writers, two that give positions, and a reader of small pages that goes on from where it was."""
    firms = [makers.published(number, f"杭州第{number}电子商务有限公司") for number in range(8)]
    done = threading.Event()
    seen: list[Json] = []

    def write(mine: int) -> Callable[[], None]:
        def work() -> None:
            dice = random.Random(mine)
            for number in range(12):
                enterprise, _uscc = dice.choice(firms)
                makers.take_in(enterprise, makers.penalty(f"罚〔{mine}〕{number}号", until=None))

        return work

    def place() -> None:
        while not done.is_set():
            changes.place(random.randint(1, 5))

    def follow() -> None:
        while not done.is_set():
            seen.extend(read(client, after=seen[-1]["position"] if seen else 0, limit=3)["items"])

    helpers = _started([place, place, follow])
    for writer in _started([write(mine) for mine in range(4)]):
        writer.result()
    done.set()
    for helper in helpers:
        helper.result()
    places()
    while page := read(client, after=seen[-1]["position"] if seen else 0, limit=7)["items"]:
        seen.extend(page)
    assert [item["position"] for item in seen] == list(range(1, len(seen) + 1))
    assert {item["uscc"]: item["etag"] for item in seen} == dict(PublicFile.objects.values_list("uscc", "etag"))
    assert len(seen) == Change.objects.count() > len(firms)


def test_a_batch_holds_the_bytes_of_the_single_look_up_in_one_read(client: Client, firm: tuple[Any, str]) -> None:
    _enterprise, uscc = firm
    other = makers.published(2, "成都稷陌优选网络科技有限公司")[1]
    known = makers.known(3, "未公示电子商务有限公司")[1]
    asked = [other, uscc, known, makers.code(77), "x", uscc.lower()]
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/api/v1/files:batch", {"codes": asked}, content_type="application/json")
    assert len(queries) == 1
    items = answer.json()["items"]
    assert [item["uscc"] for item in items] == asked
    assert [item["found"] for item in items] == [True, True, False, False, False, True]
    assert all(set(item) == {"uscc", "found"} for item in items[2:5]), "no code says more than another"
    for code, item in zip(asked[:2], items[:2], strict=True):
        single = client.get(f"/api/v1/files/{code}")
        assert single.content in answer.content
        assert item["etag"] == single.headers["ETag"].strip('"') == hashlib.sha256(single.content).hexdigest()[:32]


def test_a_batch_after_midnight_is_put_together_afresh(client: Client) -> None:
    enterprise, uscc = makers.published(2, "成都稷陌优选网络科技有限公司")
    makers.take_in(enterprise, makers.penalty("蓉市监罚〔2026〕7号", until=clock.today()))
    with clock.at(clock.now().replace(year=clock.now().year + 1)):
        answer = client.post("/api/v1/files:batch", {"codes": [uscc]}, content_type="application/json")
        assert "蓉市监罚" not in answer.content.decode()
        assert client.get(f"/api/v1/files/{uscc}").content in answer.content


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"codes": "x"}', b'{"codes": ["' + b"0" * 20_000 + b'"]}'])
def test_a_wrong_question_is_told_what_is_right(client: Client, body: bytes) -> None:
    answer = client.post("/api/v1/files:batch", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["codes"])


def test_the_doctor_sees_a_change_that_was_not_told_and_a_snapshot_that_is_late(firm: tuple[Any, str]) -> None:
    def said() -> dict[str, tuple[str, str]]:
        return {check.name: (check.state, check.detail) for check in checks.copies()}

    assert said()["change feed"] == ("green", "1 changes wait, the oldest 0 s")
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert said()["change feed"][0] == "yellow"
    places()
    assert said() == {"change feed": ("green", "0 changes wait, the oldest 0 s"), "snapshots": ("yellow", "none yet: chengxin snapshot")}
    snapshots.make()
    assert said()["snapshots"][0] == "green"
    with clock.at(clock.now() + timedelta(days=3)):
        assert said()["snapshots"][0] == "yellow"
    PublicFile.objects.update(etag="0" * 32)
    assert said()["change feed"] == ("red", f"not told: {firm[1]}")
