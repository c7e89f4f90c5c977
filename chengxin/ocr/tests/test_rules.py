"""What a picture says against what was typed, in all the ways in which papers and people write."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chengxin.ocr import rules
from chengxin.ocr.values import ABSENT, AMOUNT, CODE, DATE, DIFFERS, FOUND, NAME, Expected, Finding, Line

PAPER = (
    "捐 赠 证 书",
    "统一社会信用代码：9133O110MA2BXXXX1K",
    "杭州澜序桥电子",
    "商务有限公司",
    "向山区小学图书角捐赠人民币伍万元整（¥50,000.00）",
    "证书编号 ZJEC-2025-018",
    "二〇二五年十二月十八日",
)


def found(kind: str, value: str, texts: tuple[str, ...] = PAPER) -> Finding:
    lines = [Line(text, 0.9, 0.1, 0.1, 0.5, 0.05) for text in texts]
    return rules.compare([Expected("V02/r/f", "x", kind, value)], lines)[0]


@pytest.mark.parametrize(
    ("kind", "value", "at"),
    [
        (NAME, "杭州澜序桥电子商务有限公司", (2, 3)),
        (NAME, "山区小学　图书角", (4,)),
        (CODE, "91330110MA2BXXXX1K", (1,)),
        (CODE, "zjec－2025－018", (5,)),
        (DATE, "2025-12-18", (6,)),
        (AMOUNT, "50000", (4,)),
        (AMOUNT, "５００００.００", (4,)),
        (AMOUNT, "5万", (4,)),
    ],
)
def test_what_stands_there_in_any_writing_is_found_where_it_stands(kind: str, value: str, at: tuple[int, ...]) -> None:
    said = found(kind, value)
    assert (said.verdict, said.lines) == (FOUND, at)


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        (NAME, "杭州澜序桥电子科技有限公司", "杭州澜序桥电子商务有限公司"),
        (CODE, "91330110MA2BXXXX2K", "9133O110MA2BXXXX1K"),
        (DATE, "2025-12-19", "2025-12-18"),
        (AMOUNT, "500000", "50,000"),
    ],
)
def test_another_value_of_the_kind_is_named_as_what_stands_there(kind: str, value: str, seen: str) -> None:
    said = found(kind, value)
    assert said.verdict == DIFFERS and seen in said.seen and said.lines


@pytest.mark.parametrize(
    ("kind", "value"), [(NAME, "宁波舸宸进出口有限公司"), (CODE, "A1"), (DATE, "2025-12-18"), (DATE, "长期"), (AMOUNT, "12"), (NAME, "甲")]
)
def test_what_is_nowhere_is_absent(kind: str, value: str) -> None:
    assert found(kind, value, ("荣誉证书", "特发此证")).verdict == ABSENT


def test_a_picture_without_text_says_nothing() -> None:
    assert rules.compare([Expected("", "x", NAME, "y")], []) == ()


def test_what_stands_there_for_one_value_is_not_named_instead_of_another() -> None:
    lines = [Line(text, 0.9, 0.1, 0.1, 0.5, 0.05) for text in ("发证日期 2024-02-01", "有效期至 2029-01-31")]
    issued, until = (Expected("V08/r/f", "x", DATE, value) for value in ("2024-02-02", "2029-01-31"))
    differs, same = rules.compare([issued, until], lines)
    assert (same.verdict, same.lines, differs.verdict, differs.seen) == (FOUND, (1,), DIFFERS, ("2024-02-01",))
    assert rules.compare([issued, until], lines[1:])[0].verdict == ABSENT


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2025年3月8日至2025/03/09", [date(2025, 3, 8), date(2025, 3, 9)]),
        ("２０２４．２．２９", [date(2024, 2, 29)]),
        ("2023年2月29日", []),
        ("二〇二六年一月三十一日", [date(2026, 1, 31)]),
        ("二○二五年十月十日", [date(2025, 10, 10)]),
        ("二零二五年二十月三日", []),
        ("编号20250308123", []),
    ],
)
def test_days_in_all_writings(text: str, days: list[date]) -> None:
    assert rules.days_in(text) == days


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("¥1,234.50", ["1234.5"]),
        ("1.2万元", ["12000"]),
        ("人民币叁拾万零伍拾元陆角伍分", ["300050.65"]),
        ("壹亿贰仟万元整", ["120000000"]),
        ("拾元", ["10"]),
        ("没有金额", []),
    ],
)
def test_amounts_in_digits_and_in_capital_numerals(text: str, amounts: list[str]) -> None:
    assert [value for value, _clear in rules.amounts_in(text)] == [Decimal(each) for each in amounts]


def test_numbers_that_nobody_calls_money_are_not_shown_as_what_stands_there_instead() -> None:
    assert found(AMOUNT, "700", ("编号 20250101", "共 3 件")).verdict == ABSENT
