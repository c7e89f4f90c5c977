"""The public file: its bytes, its terms by date, its size, its end (D-06, D-07, D-15, D-20, D-57)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.ledger.models import Event
from chengxin.records import actions, files, queries, supplying
from chengxin.records.models import PublicFile, Version
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db

NAME = "杭州澜序桥电子商务有限公司"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.SHANGHAI)


def test_unchanged_records_keep_their_version_and_changed_ones_get_another() -> None:
    kept, changed, gone = (makers.own_record(makers.shop(name)) for name in ("澜序桥旗舰店", "澜序桥直播间", "旧店"))
    enterprise, uscc = makers.known(1, NAME)
    first = makers.publish(enterprise, [kept, changed, gone], makers.head(uscc, NAME))
    assert len(first.published) == 3
    other = replace(changed, content=makers.shop("澜序桥生活馆"), public_content=makers.shop("澜序桥生活馆"))
    second = makers.publish(enterprise, [kept, other], makers.head(uscc, NAME))
    assert len(second.unchanged) == len(second.published) == 1
    assert len(second.ended) == 2
    document = queries.document(uscc=uscc)
    assert {r["content"]["name"] for r in document["records"]} == {"澜序桥旗舰店", "澜序桥生活馆"}
    assert {r["version_id"] for r in document["records"]} == {str(v) for v in (*second.unchanged, *second.published)}
    assert Event.objects.filter(kind="record.ended").count() == 2


def test_an_ended_version_has_lost_salt_and_public_bytes() -> None:
    enterprise, uscc = makers.published(1, NAME, [makers.own_record(makers.shop("旧店"))])
    makers.publish(enterprise, [], makers.head(uscc, NAME))
    row = Version.objects.get(enterprise_id=enterprise)
    assert (row.salt, row.fragment, row.end_reason) == (None, None, "replaced")
    assert "旧店" not in queries.public_file(uscc=uscc).body.decode()


def test_first_publication_stays_through_updates() -> None:
    with clock.at(noon(date(2026, 1, 5))):
        enterprise, uscc = makers.published(1, NAME)
    with clock.at(noon(date(2026, 6, 5))):
        makers.publish(enterprise, [], makers.head(uscc, NAME))
        document = queries.document(uscc=uscc)
    assert document["first_published_at"] == "2026-01-05T04:00:00Z"
    assert document["approved_at"] == "2026-06-05T04:00:00Z"


def test_hidden_record_leaves_at_once_and_stays_inside() -> None:
    record = makers.own_record(makers.shop("澜序桥旗舰店"))
    enterprise, uscc = makers.published(1, NAME, [record])
    ended = actions.hide(enterprise_id=enterprise, record_id=record.record_id, by=makers.BY)
    assert queries.document(uscc=uscc)["records"] == []
    inside = queries.inside_records(enterprise_id=enterprise, division_code=makers.YUHANG, by=makers.BY, purpose="test")
    assert [(r.values["name"], r.public) for r in inside] == [("澜序桥旗舰店", False)]
    with pytest.raises(NotFound):
        queries.public_record(uscc=uscc, version_id=ended)


def test_government_records_appear_with_the_first_archive_and_not_before() -> None:
    enterprise, uscc = makers.known(1, NAME)
    makers.take_in(enterprise, makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1)))
    with pytest.raises(NotFound):
        queries.public_file(uscc=uscc)
    makers.publish(enterprise, [], makers.head(uscc, NAME))
    record = queries.document(uscc=uscc)["records"][0]
    assert record["origin"] == "government"
    assert record["source"]["unit"].startswith("杭州市余杭区")
    assert record["source"]["collected_at"]


def test_taking_in_again_changes_nothing_and_a_correction_replaces() -> None:
    enterprise, uscc = makers.published(1, NAME)
    first = makers.penalty("余市监罚〔2026〕1号", until=date(2099, 1, 1))
    take = {"enterprise_id": enterprise, "filing_id": enterprise, "by": makers.BY}
    assert supplying.take_in(record=first, **take) == "new"
    assert supplying.take_in(record=first, **take) == "unchanged"
    content = {**first.content, "violation": "价格欺诈"}
    assert supplying.take_in(record=replace(first, content=content, public_content=content), **take) == "corrected"
    assert [r["content"]["violation"] for r in queries.document(uscc=uscc)["records"]] == ["价格欺诈"]


def test_a_term_ends_at_midnight_in_shanghai_even_without_the_worker() -> None:
    last_day = date(2026, 3, 31)
    with clock.at(noon(date(2026, 1, 5))):
        enterprise, uscc = makers.published(1, NAME)
        record = makers.penalty("余市监罚〔2026〕1号", until=last_day)
        supplying.take_in(enterprise_id=enterprise, filing_id=enterprise, record=record, by=makers.BY)
        version = queries.document(uscc=uscc)["records"][0]["version_id"]
    with clock.at(datetime(2026, 3, 31, 23, 59, 59, tzinfo=clock.SHANGHAI)):
        before = queries.public_file(uscc=uscc)
        assert len(json.loads(before.body)["records"]) == 1
    with clock.at(datetime(2026, 4, 1, 0, 0, 0, tzinfo=clock.SHANGHAI)):
        after = queries.public_file(uscc=uscc)
        assert json.loads(after.body)["records"] == []
        assert json.loads(after.body)["groups"] == {}
        assert after.etag != before.etag
        assert queries.group_records(uscc=uscc, group="G06").items == ()
        with pytest.raises(NotFound):
            queries.public_record(uscc=uscc, version_id=version)
        assert files.refresh_due() == 1
        assert files.refresh_due() == 0
        assert queries.public_file(uscc=uscc).etag == after.etag
        assert actions.end_lapsed(by=makers.BY) == 1
        assert actions.end_lapsed(by=makers.BY) == 0
    ended = Version.objects.get(version_id=version)
    assert (ended.salt, ended.fragment, ended.end_reason) == (None, None, "lapsed")
    assert Event.objects.filter(kind="record.ended", version_id=version).count() == 1
    inside = Version.objects.get(enterprise_id=enterprise, ended_at=None)
    assert (inside.inside["document_no"], inside.fragment) == ("余市监罚〔2026〕1号", None)


def test_a_record_of_the_future_appears_on_its_day() -> None:
    with clock.at(noon(date(2026, 1, 5))):
        enterprise, uscc = makers.published(1, NAME)
        record = makers.penalty("余市监罚〔2026〕2号", since=date(2026, 1, 10), until=date(2026, 12, 31))
        supplying.take_in(enterprise_id=enterprise, filing_id=enterprise, record=record, by=makers.BY)
        assert queries.document(uscc=uscc)["records"] == []
        assert PublicFile.objects.get(uscc=uscc).next_change_on == date(2026, 1, 10)
    with clock.at(noon(date(2026, 1, 10))):
        assert len(queries.document(uscc=uscc)["records"]) == 1
        files.refresh_due()
        assert PublicFile.objects.get(uscc=uscc).next_change_on == date(2027, 1, 1)


def test_a_group_lists_its_newest_hundred_and_the_rest_by_cursor() -> None:
    _enterprise, uscc = makers.published(1, NAME, [makers.own_record(makers.shop(f"第{n}店")) for n in range(130)])
    document = queries.document(uscc=uscc)
    assert document["groups"]["S06"] == {"total": 130, "more": True}
    assert len(document["records"]) == 100
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = queries.group_records(uscc=uscc, group="S06", after=after, limit=50)
        seen += [r["version_id"] for r in page.items]
        after = page.next
    assert len(seen) == len(set(seen)) == 130
    assert seen[:100] == [r["version_id"] for r in document["records"]]
    beyond = queries.public_record(uscc=uscc, version_id=seen[-1])
    assert beyond["version_id"] == seen[-1]
    with pytest.raises(Invalid):
        queries.group_records(uscc=uscc, group="S06", after="x' OR 1=1")


def test_a_file_keeps_below_256_kb_and_still_counts_every_group() -> None:
    long = [makers.own_record(makers.shop(f"店{n}", categories="长" * 2000)) for n in range(60)]
    others = [makers.own_record({"note": "长" * 2000}, group=f"S{n:02d}") for n in range(7, 24) for _ in range(4)]
    _enterprise, uscc = makers.published(1, NAME, [*long, *others])
    body = queries.public_file(uscc=uscc).body
    assert len(body) <= 256 * 1024
    groups = json.loads(body)["groups"]
    assert groups["S06"] == {"total": 60, "more": True}
    assert sum(group["total"] for group in groups.values()) == 60 + 17 * 4


def test_stored_bytes_equal_what_they_should_be() -> None:
    for number in range(3):
        makers.published(number, f"第{number}号电子商务有限公司", [makers.own_record(makers.shop("甲店"))])
    assert queries.stale_files() == []
    PublicFile.objects.filter(uscc=makers.code(1)).update(body=b"{}")
    assert queries.stale_files() == [makers.code(1)]


def test_end_all_closes_the_file() -> None:
    enterprise, uscc = makers.published(1, NAME, [makers.own_record(makers.shop("甲店"))])
    assert len(actions.end_all(enterprise_id=enterprise, reason="closed", by=makers.BY)) == 1
    with pytest.raises(NotFound):
        queries.public_file(uscc=uscc)
    assert queries.newest_files(limit=5) == []
