"""Name search in the database: brands, frequent and any pairs of characters, page 1,000 against page 1 (D-47).

`BENCH_SEARCH_NAMES` names (default 5,000,000), built as place + brand + trade + form from skewed
lists; `BENCH_SEARCH_WORDS` words of each kind a repeat. Floor: one indexed read of the same table.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench.house import REPEATS, Figure, percentile, private, report, size

NAMES = int(size("SEARCH_NAMES", full=5_000_000, small=50_000))
WORDS = int(size("SEARCH_WORDS", full=300, small=100))
CHUNK = 100_000
PLACES = [
    "上海", "北京", "深圳", "广州", "杭州", "成都", "苏州", "武汉", "南京", "重庆", "天津", "宁波", "厦门", "郑州", "长沙", "青岛",
    "西安", "合肥", "义乌", "金华", "温州", "佛山", "东莞", "无锡", "泉州", "三穗", "喀什", "阿拉尔",
]  # fmt: skip
TRADES = [
    "科技", "电子商务", "贸易", "网络科技", "商贸", "供应链管理", "文化传媒", "信息技术", "食品", "服饰", "日用品", "农业发展",
    "针织", "物流", "数据服务", "品牌管理", "家居", "美妆", "珠宝", "茶叶",
]  # fmt: skip
FORMS = ["有限公司"] * 14 + ["有限责任公司"] * 3 + ["经营部", "商行", "专业合作社"]
SIGNS = (
    "澜序桥穗岚青禾坝栎舟汇屿墨柯尔木棉桐稷陌驰茗达舸宸云星海天金鑫瑞祥福源盛华信诚德泰安康乐美嘉佳优品尚雅致远航飞腾龙"
    "凤麒麟玉珍宝晶莹润泽洋溪川江河湖山峰岭林森木竹兰梅菊桂枫柏松鹤鹏鹰燕鸿雁翔宇宙晨曦旭阳朝霞虹霖雨雪霜露雾岳岱嵩恒衡"
)
TYPES = ("PLATFORM", "SERVICE", "SELF_SITE", "IN_PLATFORM", "OTHER_NET")
TABLES = ("records_search", "records_term", "records_posting")

LINKS = """
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'p', 'u')
"""
STAGE = """
CREATE TEMP TABLE IF NOT EXISTS stage (rank bigint, uscc text, name text, division text, type text, key text, words text[])
"""
FROM_STAGE = """
INSERT INTO records_search (rank, enterprise_id, uscc, name, initials, division, division_name, type, records, text, words, approved_at)
SELECT rank, gen_random_uuid(), uscc, name, '', division, '', type, 3, key, array_to_tsvector(words), now() FROM stage
"""
BEFORE_PAGE_1000 = """
SELECT rank FROM (SELECT rank FROM records_posting WHERE pair = %s ORDER BY rank LIMIT 20000) r ORDER BY rank DESC OFFSET 20 LIMIT 1
"""


def names() -> Iterator[str]:
    """Names as they are spread in life: few places and trades hold most of them, brands are many."""
    chooser = random.Random(11)
    places, trades = _skewed(PLACES, chooser), _skewed(TRADES, chooser)
    while True:
        brand = "".join(chooser.choices(SIGNS, k=chooser.choice((2, 2, 2, 3, 4))))
        yield f"{next(places)}{brand}{next(trades)}{chooser.choice(FORMS)}"


def _skewed(words: Sequence[str], chooser: random.Random) -> Iterator[str]:
    weights = [1 / (at + 1) for at in range(len(words))]
    while True:
        yield from chooser.choices(words, weights, k=1000)


def fill() -> None:
    """The rows that `records.searching` would write, by COPY, with indexes and links made afterwards."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        links = _drop_links(owner)
        source = names()
        for first in range(0, NAMES, CHUNK):
            _copy(owner, first, [next(source) for _ in range(min(CHUNK, NAMES - first))])
        for statement in links:
            owner.execute(statement)
        for table in TABLES:
            owner.execute(f"VACUUM ANALYZE {table}")


def _drop_links(owner: Any) -> list[str]:
    """Drop foreign keys and indexes of the search tables; return what makes the indexes again."""
    again: list[str] = []
    for table in TABLES:
        for name, kind, definition in owner.execute(LINKS, [table]).fetchall():
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
            if kind in ("p", "u"):
                again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        indexes = owner.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table]).fetchall()
        for name, definition in indexes:
            owner.execute(f'DROP INDEX "{name}"')
            again.append(definition)
    return again


def _copy(owner: Any, first: int, batch: Sequence[str]) -> None:
    from chengxin.common.text import name_key
    from chengxin.records import searching

    rows, terms, postings = [], [], []
    for at, name in enumerate(batch, start=first + 1):
        type_ = TYPES[at % len(TYPES)]
        rank = searching.IMPORTANCE[type_] * searching.IMPORTANCE_STEP + at
        key, division = name_key(name), "330110" if at % 3 else "110108"
        found_by = searching.pairs([key])
        words = "{" + ",".join(sorted({*found_by, *searching.division_terms(division), f"t{type_}"})) + "}"
        rows.append((rank, f"91330110{at:010d}", name, division, type_, key, words))
        terms.append((rank, key, name))
        postings += [(pair, rank) for pair in found_by]
    owner.execute(STAGE)
    owner.execute("TRUNCATE stage")
    _stream(owner, "COPY stage FROM STDIN", rows)
    owner.execute(FROM_STAGE)
    _stream(owner, "COPY records_term (search_id, kind, term, shown) FROM STDIN", [(rank, "name", key, name) for rank, key, name in terms])
    _stream(owner, "COPY records_posting (pair, rank) FROM STDIN", postings)


def _stream(owner: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with owner.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def frequencies() -> list[str]:
    """All pairs, the most frequent first."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pair FROM records_posting GROUP BY pair ORDER BY count(*) DESC")
        return [row[0] for row in cursor.fetchall()]


def timed(words: Sequence[str], **more: Any) -> list[float]:
    """Milliseconds of one search for each word."""
    from chengxin.records.search import Query, search

    took = []
    for word in words:
        began = time.perf_counter()
        page = search(Query(text=word, **more))
        took.append(1000 * (time.perf_counter() - began))
        assert page.items and not page.narrowed_needed, word
    return took


def p95(words: Callable[[], Sequence[str]], **more: Any) -> list[float]:
    """The 95th percentile of each repeat, after one that warms up."""
    timed(words(), **more)
    return [percentile(timed(words(), **more), 0.95) for _ in range(REPEATS)]


def deep(word: str) -> str:
    """The cursor in front of page 1,000 of a word, or of its last page."""
    from django.db import connection

    from chengxin.records.search import write_cursor

    with connection.cursor() as cursor:
        cursor.execute(BEFORE_PAGE_1000, [word])
        return write_cursor(cursor.fetchone()[0])


def read_floor(chooser: random.Random) -> float:
    """Milliseconds of one indexed read."""
    from django.db import connection

    took = []
    with connection.cursor() as cursor:
        for _ in range(WORDS):
            began = time.perf_counter()
            cursor.execute("SELECT name FROM records_search WHERE uscc = %s", [f"91330110{chooser.randint(1, NAMES):010d}"])
            cursor.fetchone()
            took.append(1000 * (time.perf_counter() - began))
    return percentile(took, 0.95)


def run() -> list[Figure]:
    """All figures, in a house of its own."""
    with private():
        fill()
        chooser = random.Random(3)
        pairs = frequencies()
        common = pairs[:100]
        brands = [pair for pair in pairs if set(pair) <= set(SIGNS)]
        floor = [read_floor(chooser) for _ in range(REPEATS)]
        brand = p95(lambda: chooser.sample(brands, min(WORDS, len(brands))))
        frequent = p95(lambda: common)
        every = p95(lambda: chooser.sample(pairs, min(WORDS, len(pairs))))
        first, last = [], []
        cursors = {word: deep(word) for word in common}
        for _ in range(REPEATS):
            ones, thousands = timed(common), [timed([word], cursor=cursors[word])[0] for word in common]
            first.append(sum(ones) / len(ones))
            last.append(sum(thousands) / len(thousands))
        name = next(names())
        whole = p95(lambda: [name] * 50)
        narrowed = p95(lambda: common[:30], division="110000", type="SERVICE")
    return [
        Figure(f"search: one indexed read, p95, {NAMES:,} names (floor)", floor, "ms"),
        Figure("search: 2-character brand, p95", brand, "ms", most=5, goal=2.5),
        Figure("search: the 100 most frequent pairs, p95", frequent, "ms", most=10, goal=5),
        Figure("search: any pair, p95", every, "ms", most=25, goal=12.5),
        Figure("search: page 1, mean", first, "ms"),
        Figure("search: page 1,000, mean", last, "ms"),
        Figure("search: page 1,000 against page 1", [b / a for a, b in zip(first, last, strict=True)], "x page 1", most=1.5),
        Figure("search: a whole name, p95", whole, "ms"),
        Figure("search: frequent pair in one region and type, p95", narrowed, "ms"),
    ]


if __name__ == "__main__":
    sys.exit(report(run()))
