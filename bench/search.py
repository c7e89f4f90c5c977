"""Name search in the database: brands, frequent and any pairs of characters, page 1,000 against page 1 (D-47).

`BENCH_SEARCH_NAMES` names (default 5,000,000), built as place + brand + trade + form from skewed
lists; `BENCH_SEARCH_WORDS` words of each kind a repeat. Floor: one indexed read of the same table.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.house import REPEATS, Figure, percentile, private, report, size

NAMES = int(size("SEARCH_NAMES", full=5_000_000, small=50_000))
WORDS = int(size("SEARCH_WORDS", full=300, small=100))
CHUNK = 100_000
CONNECTIONS = 2
DIVISIONS = ("330110", "110108")
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
# The rows that `records.searching` writes, for names with no brackets or blanks: `require_alike` compares.
NAMED = """
SELECT n, (%(places)s::text[])[1 + h(n, 1) %% 1000] || substr(%(signs)s, 1 + h(n, 2) %% %(kinds)s, 1)
  || substr(%(signs)s, 1 + h(n, 3) %% %(kinds)s, 1)
  || CASE WHEN h(n, 4) %% 5 >= 3 THEN substr(%(signs)s, 1 + h(n, 5) %% %(kinds)s, 1) ELSE '' END
  || CASE WHEN h(n, 4) %% 5 = 4 THEN substr(%(signs)s, 1 + h(n, 6) %% %(kinds)s, 1) ELSE '' END
  || (%(trades)s::text[])[1 + h(n, 7) %% 1000] || (%(forms)s::text[])[1 + h(n, 8) %% 20] AS name,
  1 + n %% 5 AS type, CASE WHEN n %% 3 = 0 THEN 1 ELSE 2 END AS place
FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
ROWS = f"""
WITH stage AS MATERIALIZED (
  SELECT (%(importance)s::bigint[])[type] * {1 << 40} + n AS rank, n, name, (%(types)s::text[])[type] AS type, place,
    ARRAY(SELECT DISTINCT substr(name, i, 2) FROM generate_series(1, length(name) - 1) AS i) AS pairs
  FROM ({NAMED}) AS named
), searched AS (
  INSERT INTO records_search (rank, enterprise_id, uscc, name, initials, division, division_name, type, records, text, words, approved_at)
  SELECT rank, gen_random_uuid(), '91330110' || lpad(n::text, 10, '0'), name, '', (%(divisions)s::text[])[place], '', type, 3, name,
    array_to_tsvector(array(SELECT p FROM unnest(pairs) AS p WHERE p <> ALL (%(stop)s::text[]))
      || CASE place WHEN 1 THEN %(terms1)s::text[] ELSE %(terms2)s::text[] END || ('t' || type)), now()
  FROM stage
), termed AS (
  INSERT INTO records_term (search_id, kind, term, shown) SELECT rank, 'name', name, name FROM stage
)
INSERT INTO records_posting (pair, rank) SELECT p, rank FROM stage, unnest(pairs) AS p WHERE p <> ALL (%(stop)s::text[])
"""
CHANCE = """
CREATE FUNCTION h(n int, kind int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, kind) & 1048575)::int
"""
QUICKLY = "SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '64MB'"
BEFORE_PAGE_1000 = """
SELECT rank FROM (SELECT rank FROM records_posting WHERE pair = %s ORDER BY rank LIMIT 20000) r ORDER BY rank DESC OFFSET 20 LIMIT 1
"""


def fill() -> None:
    """Names as they are spread in life: few places and trades hold most of them, brands are many. Indexes come afterwards."""
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        again = _drop_links(owner)
        owner.execute(CHANCE)
        _in_threads([(ROWS, {**given(), "first": first, "last": min(first + CHUNK - 1, NAMES)}) for first in range(1, NAMES + 1, CHUNK)])
        _in_threads([(statement, None) for statement in again])
        for table in TABLES:
            owner.execute(f"VACUUM ANALYZE {table}")
    require_alike()


def given() -> dict[str, Any]:
    """What the statement draws from."""
    from chengxin.records import searching

    return {
        "places": _skewed(PLACES), "trades": _skewed(TRADES), "forms": FORMS, "signs": SIGNS, "kinds": len(SIGNS),
        "types": list(TYPES), "importance": [searching.IMPORTANCE[each] for each in TYPES], "divisions": list(DIVISIONS),
        "terms1": searching.division_terms(DIVISIONS[0]), "terms2": searching.division_terms(DIVISIONS[1]),
        "stop": sorted(searching.STOP_PAIRS),
    }  # fmt: skip


def _skewed(words: Sequence[str]) -> list[str]:
    """A thousand of the words, the first most often."""
    shares = [1 / (at + 1) for at in range(len(words))]
    return random.Random(11).choices(words, shares, k=1000)


def _in_threads(statements: Sequence[tuple[str, dict[str, Any] | None]]) -> None:
    """Run statements over two connections."""

    def run(mine: Sequence[tuple[str, dict[str, Any] | None]]) -> None:
        import psycopg

        with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
            owner.execute(QUICKLY)
            for statement, values in mine:
                owner.execute(statement.encode(), values)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(run, [statements[at::CONNECTIONS] for at in range(CONNECTIONS)]))


def require_alike() -> None:
    """The rows are what the platform would write of these names."""
    from django.db import connection

    from chengxin.common.text import name_key
    from chengxin.records import searching

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, text, division, type, tsvector_to_array(words), rank FROM records_search LIMIT 50")
        for name, text, division, type_, words, rank in cursor.fetchall():
            found_by = searching.pairs([name_key(name)])
            assert text == name_key(name) and set(words) == {*found_by, *searching.division_terms(division), f"t{type_}"}, name
            cursor.execute("SELECT pair FROM records_posting WHERE rank = %s", [rank])
            assert {pair for (pair,) in cursor.fetchall()} == found_by, name


def _drop_links(owner: Any) -> list[str]:
    """Drop foreign keys and indexes of the search tables; return what makes the indexes again, the long ones first."""
    again: list[str] = []
    for table in reversed(TABLES):
        for name, kind, definition in owner.execute(LINKS, [table]).fetchall():
            owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
            if kind in ("p", "u"):
                again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        indexes = owner.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table]).fetchall()
        for name, definition in indexes:
            owner.execute(f'DROP INDEX "{name}"')
            again.append(definition)
    return again


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
    """The cursor in front of page 1,000 of a word, or of its last page, as whoever pages on from page 1 has it."""
    from django.db import connection

    from chengxin.records.search import Query, read_cursor, search, write_cursor

    _rank, shown_before = read_cursor(search(Query(text=word)).next or "") or (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(BEFORE_PAGE_1000, [word])
        return write_cursor(cursor.fetchone()[0], shown_before)


def any_name(chooser: random.Random) -> str:
    """One of the names."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM records_search WHERE uscc = %s", [f"91330110{chooser.randint(1, NAMES):010d}"])
        return str(cursor.fetchone()[0])


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
        name = any_name(chooser)
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
