"""Daily snapshots: whole, consistent with the feed, downloadable in parts, and gone in time (D-20, D-49, ADR 0014)."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections import namedtuple
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard
from django.db import connection, transaction
from django.test import Client

from chengxin import cli, worker
from chengxin.common import clock
from chengxin.common.errors import Unavailable
from chengxin.exchange import snapshots
from chengxin.ledger.models import Event
from chengxin.records import actions, changes, everything
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)
Json = dict[str, Any]
NOON = datetime(2026, 12, 1, 12, tzinfo=clock.SHANGHAI)


def lines(client: Client, name: str) -> dict[str, bytes]:
    """The files of a snapshot by code, as they are downloaded."""
    answer = client.get(f"/api/v1/snapshots/{name}.ndjson.zst")
    packed = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    assert plain.endswith(b"\n")
    return {json.loads(line)["uscc"]: line for line in plain.splitlines()}


def newest(client: Client) -> Json:
    found: Json = client.get("/api/v1/snapshots/").json()["items"][0]
    return found


@pytest.fixture
def firms() -> list[tuple[Any, str]]:
    made = [makers.published(n, f"杭州第{n}电子商务有限公司", [makers.own_record(makers.shop(f"第{n}店"))]) for n in range(5)]
    changes.place()
    return made


def test_a_snapshot_holds_the_bytes_of_every_look_up(client: Client, firms: list[tuple[Any, str]]) -> None:
    made = snapshots.make()
    assert made is not None
    said = newest(client)
    assert said == client.get(f"/api/v1/snapshots/{made.name}.json").json()
    held = lines(client, made.name)
    assert held == {code: client.get(f"/api/v1/files/{code}").content for _id, code in firms}
    data = (snapshots.folder() / said["file"]).read_bytes()
    assert (said["count"], said["bytes"], said["position"]) == (5, len(data), 5)
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert said["uncompressed_bytes"] == sum(len(line) + 1 for line in held.values())
    assert Event.objects.get(kind="snapshot.made").data == {key: said[key] for key in ("sha256", "position", "count")}


def test_snapshot_and_later_changes_are_what_the_site_says_now(client: Client, firms: list[tuple[Any, str]]) -> None:
    """Changes before, during and after the snapshot's moment; some of them had no place yet when it was made."""
    makers.take_in(firms[0][0], makers.penalty("罚一", until=None))
    made = snapshots.make()
    assert made is not None
    makers.take_in(firms[1][0], makers.penalty("罚二", until=None))
    makers.published(7, "义乌市新到电子商务有限公司")
    with transaction.atomic():
        actions.end_all(enterprise_id=firms[2][0], reason="corrected", by=makers.BY)
    changes.place()
    copy = {code: hashlib.sha256(line).hexdigest()[:32] for code, line in lines(client, made.name).items()}
    for item in client.get("/api/v1/changes", {"after": made.position}).json()["items"]:
        if item["kind"] == "removed":
            del copy[item["uscc"]]
        else:
            copy[item["uscc"]] = item["etag"]
    codes = [code for _id, code in firms] + [makers.code(7)]
    answers = {code: client.get(f"/api/v1/files/{code}") for code in codes}
    assert copy == {code: answer.headers["ETag"].strip('"') for code, answer in answers.items() if answer.status_code == 200}
    assert len(copy) == 5


def test_one_state_is_read_while_others_write(firms: list[tuple[Any, str]]) -> None:
    def write() -> None:
        makers.take_in(firms[3][0], makers.penalty("罚三", until=None))
        makers.published(8, "义乌市后到电子商务有限公司")
        changes.place()
        connection.close()

    with everything.frozen() as state:
        assert state is not None
        first = next(state.files)
        other = threading.Thread(target=write)
        other.start()
        other.join()
        rest = [first, *state.files]
        assert (len(rest), state.position) == (5, 5)
        assert "罚三".encode() not in b"".join(rest)
        with everything.frozen() as second:
            assert second is None, "of two one works"
    assert changes.last() == 7


def test_what_ended_today_is_not_in_it(client: Client) -> None:
    with clock.at(NOON):
        enterprise, code = makers.published(2, "成都稷陌优选网络科技有限公司")
        makers.take_in(enterprise, makers.penalty("蓉市监罚〔2026〕7号", until=date(2026, 12, 1)))
    with clock.at(NOON + timedelta(days=1)):
        made = snapshots.make()
        assert made is not None
        assert lines(client, made.name)[code] == client.get(f"/api/v1/files/{code}").content
        assert "蓉市监罚".encode() not in lines(client, made.name)[code]


def test_a_download_goes_on_where_it_broke_off(client: Client, firms: list[tuple[Any, str]]) -> None:
    made = snapshots.make()
    assert made is not None
    address = f"/api/v1/snapshots/{made.file}"

    def part(asked: str, **more: str) -> tuple[int, bytes, Any]:
        answer = client.get(address, headers={"Range": asked, **more})
        body = answer.content if answer.status_code == 416 else b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        return answer.status_code, body, answer.headers

    whole = client.get(address)
    data = b"".join(whole.streaming_content)  # type: ignore[attr-defined]
    tag, size = whole.headers["ETag"], len(data)
    assert (whole.status_code, whole.headers["Accept-Ranges"], tag) == (200, "bytes", f'"{made.sha256}"')
    first, second = part("bytes=0-99"), part("bytes=100-", **{"If-Range": tag})
    assert (first[0], first[2]["Content-Range"]) == (206, f"bytes 0-99/{size}")
    assert first[1] + second[1] == data
    assert part("bytes=-7")[1] == data[-7:]
    assert part(f"bytes=5-{size + 99}")[1] == data[5:]
    assert part("bytes=0-1", **{"If-Range": '"other"'})[:2] == (200, data)
    for other in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=-"):
        assert part(other)[:2] == (200, data)
    for beyond in (f"bytes={size}-", "bytes=-0"):
        status, body, headers = part(beyond)
        assert (status, json.loads(body)["code"], headers["Content-Range"]) == (416, "no-such-range", f"bytes */{size}")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    head = client.head(address)
    head.close()
    assert head.headers["Content-Length"] == str(size)


def test_names_lead_nowhere_else(client: Client, firms: list[tuple[Any, str]]) -> None:
    made = snapshots.make()
    assert made is not None
    (snapshots.folder() / f"{made.name}.json").unlink()
    (snapshots.folder() / "secret.json").write_text("{}")
    for name in (made.file, "secret.json", "..%2fsecret.json", "2026-01-01-000000000001.json"):
        assert client.get(f"/api/v1/snapshots/{name}").status_code == 404, name
    assert client.get("/api/v1/snapshots/").json() == {"items": []}


def test_the_worker_makes_one_a_day_and_keeps_seven(client: Client, firms: list[tuple[Any, str]], settings: Any) -> None:
    with clock.at(NOON.replace(hour=2)):
        worker.drain()
        assert snapshots.listing() == [], "not before its hour"
    for day in range(9):
        with clock.at(NOON + timedelta(days=day)):
            worker.drain()
            worker.drain()
    days = [made.name[:10] for made in snapshots.listing()]
    assert days == [f"2026-12-0{day}" for day in range(9, 2, -1)]
    assert len(list(snapshots.folder().iterdir())) == 14
    settings.SNAPSHOTS_KEPT = 0
    with clock.at(NOON + timedelta(days=20)):
        worker.drain()
    assert [made.name[:10] for made in snapshots.listing()] == days


def test_nothing_is_begun_without_room(firms: list[tuple[Any, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1, 1, snapshots.LEAST_LEFT_BYTES))
    with pytest.raises(Unavailable, match="磁盘空间不足"):
        snapshots.make()
    assert list(snapshots.folder().iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing_half(firms: list[tuple[Any, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    (snapshots.folder()).mkdir()
    (snapshots.folder() / "2026-12-01-000000000001.ndjson.zst.part").write_bytes(b"left by a killed process")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr("os.fsync", full)
        snapshots.make()
    assert list(snapshots.folder().iterdir()) == []
    assert snapshots.make() is not None


def test_the_command_says_what_it_made(firms: list[tuple[Any, str]], capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    assert cli.main(["snapshot"]) == 0
    [made] = snapshots.listing()
    said = capsys.readouterr().out
    assert str(Path(settings.SNAPSHOTS_DIR, made.file)) in said
    assert made.sha256 in said
