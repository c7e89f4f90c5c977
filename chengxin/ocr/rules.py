"""Whether a picture's text shows what was typed. Pure; both sides are levelled first, so that it is the content that counts.

Levelled means: width and case (NFKC), spaces and signs between. Dates are read in any common writing, amounts with commas,
万 and 亿, and in the capital numerals of receipts. Signs that eyes and machines confuse and that no credit code
contains (O and 0, I and 1, Z and 2, S and 5) count as equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from chengxin.common.text import nfkc
from chengxin.ocr.values import ABSENT, AMOUNT, CODE, DATE, DIFFERS, FOUND, NAME, Expected, Finding, Line

ALIKE = 0.6  # part of its pairs of signs that a line must share with a name to be shown as what stands there instead
MOST_SEEN = 5  # other values named beside a mismatch
LONGEST_JOIN = 3  # lines that a long name may be broken over
CODE_SIGNS = (6, 24)  # how long a number is that may be a code
_CONFUSED = str.maketrans("OQILZS", "001125")
_RUN = re.compile(r"[0-9A-Z]+")
_DAY = re.compile(r"(?<!\d)(\d{4})\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})(?!\d)")
_DIGITS = "〇一二三四五六七八九"
_CHINESE_DAY = re.compile(rf"([{_DIGITS}零○]{{4}})年([{_DIGITS}十]{{1,3}})月([{_DIGITS}十]{{1,3}})日?")
_AMOUNT = re.compile(
    r"(?P<lead>[¥￥]|RMB|CNY|人民币)?\s*(?<![\dA-Z.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<unit>[万亿])?\s*(?P<yuan>元)?"
)
_TENS = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
_CAPITAL = {sign: n for n, sign in enumerate("零壹贰叁肆伍陆柒捌玖")} | {"两": 2}
_CAPITAL_TENS = {"拾": 10, "佰": 100, "仟": 1000}
_CAPITAL_AMOUNT = re.compile(
    r"[零壹贰叁肆伍陆柒捌玖两拾][零壹贰叁肆伍陆柒捌玖两拾佰仟万亿]*[元圆](?:[零壹贰叁肆伍陆柒捌玖]角)?(?:[零壹贰叁肆伍陆柒捌玖]分)?"
)


def compare(expected: Iterable[Expected], lines: Sequence[Line]) -> tuple[Finding, ...]:
    """One finding for each expected value, in their order; without lines there is nothing to say.

    What stands there for one value is not named as what stands there instead of another.
    """
    texts = [nfkc(line.text) for line in lines]
    if not texts:
        return ()
    first = [WAYS[each.kind](each, texts, frozenset()) for each in expected]
    shown = {kind: frozenset(n for one in first if _is(one, kind) for n in one.lines) for kind in (NAME, CODE, DATE, AMOUNT)}
    return tuple(_again(one, texts, shown[one.expected.kind]) if one.verdict == DIFFERS else one for one in first)


def _is(one: Finding, kind: str) -> bool:
    return one.verdict == FOUND and one.expected.kind == kind


def _again(one: Finding, texts: Sequence[str], taken: frozenset[int]) -> Finding:
    return WAYS[one.expected.kind](one.expected, texts, taken)


def plain(text: str) -> str:
    """Letters and digits alone, levelled in width and case."""
    return "".join(sign for sign in nfkc(text).upper() if sign.isalnum())


def _name(expected: Expected, texts: Sequence[str], taken: frozenset[int]) -> Finding:
    wanted, read = plain(expected.value), [plain(text) for text in texts]
    at = _place_of(wanted, read)
    if at:
        return Finding(expected, FOUND, lines=at)
    pairs = _pairs(wanted)
    others = [(text, lines) for text, lines in _joined(read) if pairs and not taken.issuperset(lines)]
    shared, at = max(((len(pairs & _pairs(text)) / len(pairs), at) for text, at in others), key=_nearest, default=(0.0, ()))
    return Finding(expected, DIFFERS, ("".join(texts[n] for n in at),), at) if shared >= ALIKE else Finding(expected, ABSENT)


def _nearest(each: tuple[float, tuple[int, ...]]) -> tuple[float, int]:
    """More pairs in common first, then fewer lines."""
    return each[0], -len(each[1])


def _place_of(wanted: str, read: Sequence[str]) -> tuple[int, ...]:
    """The lines in which a text stands, whole or broken over a few that follow each other; empty where it does not."""
    return next((at for text, at in _joined(read) if wanted and wanted in text), ())


def _joined(read: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every line, then every few that follow each other as one text, each with the numbers of its lines."""
    for span in range(1, LONGEST_JOIN + 1):
        for n in range(len(read) - span + 1):
            yield "".join(read[n : n + span]), tuple(range(n, n + span))


def _pairs(text: str) -> set[str]:
    return {text[n : n + 2] for n in range(len(text) - 1)}


def _code(expected: Expected, texts: Sequence[str], taken: frozenset[int]) -> Finding:
    wanted, read = _levelled(expected.value), [_levelled(text) for text in texts]
    at = _place_of(wanted, read)
    if at:
        return Finding(expected, FOUND, lines=at)
    least, most = max(CODE_SIGNS[0], len(wanted) - 3), min(CODE_SIGNS[1], len(wanted) + 3)
    others = [
        (run, n)
        for n, text in enumerate(texts)
        for run in _RUN.findall(plain(text))
        if least <= len(run) <= most and any(sign.isdigit() for sign in run)
    ]
    return _instead(expected, others, taken)


def _levelled(text: str) -> str:
    return plain(text).translate(_CONFUSED)


def _instead(expected: Expected, others: Sequence[tuple[str, int]], taken: frozenset[int]) -> Finding:
    """What stands there instead, or that there is nothing of the kind but what was expected elsewhere."""
    others = [(text, n) for text, n in others if n not in taken]
    if not others:
        return Finding(expected, ABSENT)
    seen = tuple(dict.fromkeys(text for text, _n in others))[:MOST_SEEN]
    return Finding(expected, DIFFERS, seen, tuple(sorted({n for text, n in others if text in seen})))


def _date(expected: Expected, texts: Sequence[str], taken: frozenset[int]) -> Finding:
    wanted = days_in(expected.value)
    if not wanted:
        return Finding(expected, ABSENT)
    found = [(day, n) for n, text in enumerate(texts) for day in days_in(text)]
    at = tuple(sorted({n for day, n in found if day in wanted}))
    return Finding(expected, FOUND, lines=at) if at else _instead(expected, [(day.isoformat(), n) for day, n in found], taken)


def days_in(text: str) -> list[date]:
    """Every day that a text names, in digits or in Chinese numerals."""
    level = nfkc(text)
    parts = [tuple(map(int, found)) for found in _DAY.findall(level)]
    for year, month, day in _CHINESE_DAY.findall("".join(level.split())):
        parts.append((int("".join(str(_digit(sign)) for sign in year)), _small(month), _small(day)))
    return [day for each in parts if (day := _day(*each))]


def _digit(sign: str) -> int:
    return 0 if sign in "零○〇" else _DIGITS.index(sign)


def _small(text: str) -> int:
    """A Chinese numeral up to 99, such as 十二 or 二十."""
    tens, found, ones = text.rpartition("十")
    if not found:
        return _digit(text) if len(text) == 1 else 0
    return 10 * (_digit(tens) if len(tens) == 1 else 1) + (_digit(ones) if len(ones) == 1 else 0)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _amount(expected: Expected, texts: Sequence[str], taken: frozenset[int]) -> Finding:
    wanted = {value for value, _clear in amounts_in(expected.value)}
    found = [(value, clear, n) for n, text in enumerate(texts) for value, clear in amounts_in(text)]
    at = tuple(sorted({n for value, _clear, n in found if value in wanted}))
    clear = [(f"{value:,}", n) for value, clear, n in found if clear]
    return Finding(expected, FOUND, lines=at) if at else _instead(expected, clear, taken)


def amounts_in(text: str) -> list[tuple[Decimal, bool]]:
    """Every amount in yuan that a text may name, and whether it says that it is money."""
    level = nfkc(text).upper()
    found = []
    for each in _AMOUNT.finditer(level):
        value = Decimal(each["number"].replace(",", "")) * _TENS.get(each["unit"] or "", Decimal(1))
        clear = bool(each["lead"] or each["yuan"] or "," in each["number"])
        found.append((_tidy(value), clear))
    return found + [(_capital(each), True) for each in _CAPITAL_AMOUNT.findall(level)]


def _tidy(value: Decimal) -> Decimal:
    """Without zeros at the end, so that equal amounts look alike."""
    return value.quantize(Decimal(1)) if value == value.to_integral() else value.normalize()


def _capital(text: str) -> Decimal:
    """An amount in capital numerals, such as 壹万贰仟叁佰元整."""
    whole, _yuan, rest = text.replace("圆", "元").partition("元")
    total = section = number = 0
    for sign in whole:
        if sign in _CAPITAL:
            number = _CAPITAL[sign]
        elif sign in _CAPITAL_TENS:
            section, number = section + (number or 1) * _CAPITAL_TENS[sign], 0
        elif sign == "万":
            total, section, number = total + (section + number) * 10_000, 0, 0
        else:
            total, section, number = (total + section + number) * 100_000_000, 0, 0
    cents = sum(_CAPITAL[sign] * worth for sign, worth in zip(rest[::2], (10, 1), strict=False) if sign in _CAPITAL)
    return _tidy(Decimal(total + section + number) + Decimal(cents) / 100)


WAYS = {NAME: _name, CODE: _code, DATE: _date, AMOUNT: _amount}
