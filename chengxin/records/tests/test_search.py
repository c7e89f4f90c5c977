"""Searching: what finds what, in which order, and what is only text (D-13, D-47, PUB-06)."""

from __future__ import annotations

import pytest
from django.db import connection

from chengxin.common.errors import Invalid
from chengxin.records import search as searching
from chengxin.records.models import PublicFile, Search
from chengxin.records.search import Query, search
from chengxin.records.tests import makers

pytestmark = pytest.mark.django_db

LANXU = "杭州澜序桥电子商务有限公司"


@pytest.fixture
def files() -> None:
    makers.published(
        1, LANXU, shop_names=("澜序旗舰店",), former_names=("杭州旧桥贸易有限公司",), domains=("https://www.lanxuqiao.example/index",)
    )
    makers.published(2, "义乌市穗岚针织经营部", division="330782", type_="OTHER_NET")
    makers.published(3, "北京栎舟汇数据科技有限公司", division="110108", type_="PLATFORM")
    makers.published(4, "阿拉尔市棉桐电子商务有限公司", division="659002", type_="SELF_SITE")
    makers.known(5, "杭州澜序未公示有限公司")


def names(**query: object) -> list[str]:
    return [hit.name for hit in search(Query(**query)).items]  # type: ignore[arg-type]


def why(text: str) -> list[str]:
    return [hit.why for hit in search(Query(text=text)).items]


@pytest.mark.parametrize(
    "text",
    [
        "澜序", "澜序桥", "序桥电子", "杭州 电子商务", "杭州澜序桥电子商务有限公司", "澜　序桥", "hzlxq", "HZLXQDZSW",
        makers.code(1), makers.code(1).lower(),
    ],
)  # fmt: skip
def test_a_file_is_found_by(files: None, text: str) -> None:
    assert LANXU in names(text=text)


def test_a_hit_counts_the_records_of_its_file_also_where_only_the_row_of_search_knows_them() -> None:
    _enterprise, uscc = makers.published(1, LANXU, [makers.own_record(makers.shop(name)) for name in ("甲店", "乙店")])
    assert [hit.records for hit in search(Query(text=uscc)).items] == [2]
    PublicFile.objects.filter(uscc=uscc).update(records=None)
    Search.objects.filter(uscc=uscc).update(records=7)
    assert [hit.records for hit in search(Query(text="澜序")).items] == [7]


@pytest.mark.requirement("PUB-05.1", "ARC-07.2")
def test_what_is_hidden_later_is_not_found_from_that_moment_on() -> None:
    shops = [
        makers.own_record(makers.shop(name, url=f"https://{host}/"))
        for name, host in (("甲乙旗舰店", "one.example"), ("丙丁专卖店", "two.example"))
    ]
    twice = makers.own_record(makers.shop("丙丁专卖店"))
    more = {"shop_names": ("甲乙旗舰店", "丙丁专卖店"), "domains": ("https://one.example/", "https://two.example/")}
    enterprise, uscc = makers.published(1, LANXU, [*shops, twice], former_names=("杭州旧桥贸易有限公司",), **more)
    before = search(Query(text="甲乙")).items
    assert len(before) == 1 and names(text="one.example") == [LANXU]
    makers.hide(enterprise, shops[0].record_id)
    for text in ("甲乙", "甲乙旗舰店", "旗舰", "one.example", "https://one.example/x"):
        assert names(text=text) == [], text
    for text in (LANXU, "澜序", "丙丁", "旧桥", "two.example", "hzlxq", uscc):
        assert names(text=text) == [LANXU], text
    makers.hide(enterprise, shops[1].record_id)
    assert names(text="two.example") == []
    assert names(text="丙丁") == [LANXU], "another public record still says so"
    assert search(Query(text="澜序")).items[0].rank == before[0].rank
    makers.hide(enterprise, twice.record_id)
    assert names(text="丙丁") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_posting WHERE pair IN ('甲乙', '丙丁', '旗舰')")
        assert cursor.fetchone() == (0,)


def test_it_says_why_it_was_found(files: None) -> None:
    assert why("旧桥") == ["曾用名：杭州旧桥贸易有限公司"]
    assert why("旗舰店") == ["网店/应用名称：澜序旗舰店"]
    assert why("澜序旗舰店") == ["网店/应用名称：澜序旗舰店"]
    assert why("hzlxq") == ["拼音首字母"]
    assert why("澜序桥") == [""]
    for link in ("lanxuqiao.example", "https://www.lanxuqiao.example/a/b?c=1", "www.lanxuqiao.example/x", "LANXUQIAO.example"):
        assert why(link) == ["网址：https://www.lanxuqiao.example/index"], link


@pytest.mark.parametrize("text", ["未公示", makers.code(5), "不存在的企业", "甲乙丙"])
def test_only_published_files_are_found(files: None, text: str) -> None:
    page = search(Query(text=text))
    assert (page.items, page.total, page.next) == ((), 0, None)


@pytest.mark.parametrize(
    "text",
    ["'", "''", '"', "%", "%%", "_", "__", "\\", "\\\\", "'; DROP TABLE records_search; --", "' OR '1'='1", "%澜%", "澜_桥", "澜%桥",
     "\x00", "a\x00b", "\u200b", "   ", "<script>alert(1)</script>", "!", "&|!():*", "澜序':*", "\ud800"],
)  # fmt: skip
def test_signs_are_text(files: None, text: str) -> None:
    page = search(Query(text=text))
    if text.strip(" \x00\ud800"):
        assert page.items == ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_search")
        assert cursor.fetchone() == (4,)


def test_ten_thousand_signs_are_no_trouble(files: None) -> None:
    assert names(text="澜序桥" * 3333) == []
    assert names(text="x" * 10_000) == []
    assert LANXU in names(text="https://www.lanxuqiao.example/" + "y" * 5_000)


def test_region_and_type_narrow(files: None) -> None:
    assert names(division="330000") == [LANXU, "义乌市穗岚针织经营部"]
    assert names(division="330700") == ["义乌市穗岚针织经营部"]
    assert names(division="110108") == ["北京栎舟汇数据科技有限公司"]
    assert names(division="660000") == names(division="650000") == ["阿拉尔市棉桐电子商务有限公司"]
    assert names(type="PLATFORM") == ["北京栎舟汇数据科技有限公司"]
    assert names(text="电子", division="330000") == [LANXU]
    assert names(text="电子", division="110000") == []
    assert names(text="杭州", type="IN_PLATFORM", division=makers.YUHANG) == [LANXU]
    assert names(text=makers.code(1), division="110000") == []


def test_all_files_come_in_rank_order(files: None) -> None:
    assert names()[0] == "北京栎舟汇数据科技有限公司"
    assert len(names()) == 4


@pytest.mark.parametrize("text", ["有限公司", "公司", "有限"])
def test_words_of_every_name_find_all(files: None, text: str) -> None:
    assert len(names(text=text)) == 3


@pytest.mark.parametrize(("text", "limit"), [("", 7), ("连锁", 7), ("连锁商贸", 10), ("甲", 20), ("第", 6)])
def test_pages_give_every_hit_once(text: str, limit: int) -> None:
    for number in range(30):
        makers.published(number, f"{'甲' if number < 25 else '乙'}第{number}连锁商贸有限公司")
    wanted = {"": 30, "甲": 20, "第": 0}.get(text, 30)
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = search(Query(text=text, cursor=cursor, limit=limit))
        assert len(page.items) <= limit
        seen += [hit.uscc for hit in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert len(seen) == len(set(seen)) == wanted


def test_direct_hits_come_first_and_only_once() -> None:
    makers.published(1, "大连桥头商贸有限公司", type_="PLATFORM")
    makers.published(2, "桥头", type_="OTHER_NET")
    makers.published(3, "桥头电子商务有限公司", type_="OTHER_NET")
    assert names(text="桥头") == ["桥头", "桥头电子商务有限公司", "大连桥头商贸有限公司"]
    first = search(Query(text="桥头", limit=2))
    assert first.total == 3
    assert first.next
    assert names(text="桥头", limit=2, cursor=first.next) == ["大连桥头商贸有限公司"]


def test_the_total_is_exact_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "COUNT_CAP", 5)
    for number in range(6):
        makers.published(number, f"桥头第{number}商贸有限公司")
    page = search(Query(text="桥头"))
    assert (page.total, page.total_is_more) == (5, True)


@pytest.mark.parametrize("cursor", ["x", "%%%", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTktMA", "甲", "MS0x" * 100])
def test_a_tampered_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        search(Query(cursor=cursor))
    assert "cursor" in refused.value.fields


def test_a_word_that_takes_too_long_asks_for_a_filter(monkeypatch: pytest.MonkeyPatch, files: None) -> None:
    walk = searching._walk

    def slow(cursor: object, asked: searching._Asked) -> tuple[str, dict[str, object]]:
        sql, values = walk(cursor, asked) or ("", {})
        return sql.replace("WHERE", "WHERE pg_sleep(2) IS NOT NULL AND"), values

    monkeypatch.setattr(searching, "TIMEOUT_MS", 100)
    monkeypatch.setattr(searching, "_walk", slow)
    page = search(Query(text="电子"))
    assert page.narrowed_needed
    assert "地区" in page.notice
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_new_name_is_found_and_the_old_one_is_not(files: None) -> None:
    enterprise, uscc = makers.published(9, "深圳市旧称供应链有限公司", division="440305")
    makers.publish(enterprise, [], makers.head(uscc, "深圳市屿墨跨境供应链有限公司", division="440305", type_="PLATFORM"))
    assert names(text="旧称") == []
    assert names(text="屿墨") == ["深圳市屿墨跨境供应链有限公司"]
