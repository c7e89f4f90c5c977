"""What tells two facts apart, and what does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chengxin.catalogue.listed_kinds import Unit
from chengxin.filings.fingerprints import levelled

FIRM, OTHER = Unit("甲公司", "91330110MA00000001"), Unit("乙公司", "91330110MA00000002")


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (Decimal("50000.00"), 50_000),
        (Decimal("0.00"), Decimal(0)),
        ("ＡＢ（一） c", "ab(一)C"),
        (" 中国 乡村\u3000基金会", "中国乡村基金会"),
        (("b", "a"), ["a", "b"]),
        ((FIRM, OTHER), (OTHER, Unit(" 甲 公司", "91330110ma00000001"))),
    ],
)
def test_the_same_in_other_spellings(one: object, same: object) -> None:
    assert levelled(one) == levelled(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("50000.01"), Decimal(50000)),
        (date(2026, 6, 1), date(2026, 1, 6)),
        ("图书角", "图书馆"),
        (True, False),
        ((FIRM,), (FIRM, OTHER)),
    ],
)
def test_another_fact(one: object, other: object) -> None:
    assert levelled(one) != levelled(other)
