"""Workbooks of 1,000 lines with faults strewn over them, and workbooks with damaged bytes: every fault at its cell, never a failure.

`CAMPAIGN_BOOKS`, `CAMPAIGN_DAMAGED` and `CAMPAIGN_SEED` change the trial.
"""

from __future__ import annotations

import io
import os
import random
import zipfile

import pytest
from openpyxl import load_workbook

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.exchange import itembooks, itemrows
from chengxin.exchange.itembooks import Marked
from chengxin.exchange.tests.test_itembooks import changed
from tests.journeys.test_voluntary_batch import book, labels, line, saved
from tests.journeys.voluntary import DONATION

pytestmark = [pytest.mark.campaign, pytest.mark.django_db]

BOOKS = int(os.environ.get("CAMPAIGN_BOOKS", "5"))
DAMAGED = int(os.environ.get("CAMPAIGN_DAMAGED", "400"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261121"))
BAD = {
    "receiver": ("", "善" * 300, "=HYPERLINK(1)"),
    "mode": ("", "合捐", "alone;joint"),
    "project": ("", "益" * 5_001),
    "kind": ("", "股票"),
    "amount": ("三万", "-1", "1e99", "9" * 17, "0x10", "=1+1", "12.345"),
    "directed": ("", "也许"),
    "donated_on": ("2027-02-29", "2099-01-01", "昨天", "", "1899-12-31"),
    "proof": ("", "扫描件.pdf", "、".join(f"{number}.jpg" for number in range(9))),
}


def broken(number: int, dice: random.Random) -> tuple[dict[str, str], set[str]]:
    """A line with some of its cells spoilt, and the columns of those."""
    codes = set(dice.sample(sorted(BAD), dice.choice((0, 0, 1, 2, 3, 5))))
    if "kind" in codes:  # it decides what is asked of the amount
        codes.discard("amount")
    return line(number, **{code: dice.choice(BAD[code]) for code in codes}), codes


@pytest.mark.parametrize("turn", range(BOOKS))
def test_every_fault_is_told_at_its_cell_and_no_other(turn: int) -> None:
    form, dice, label = catalogue.current(DONATION), random.Random(SEED + turn), labels()
    lines = [broken(number, dice) for number in range(itembooks.MAX_ROWS)]
    found = itemrows.judge(itembooks.read(saved(book(*(said for said, _codes in lines))), form), form, subject="91", today=clock.today())
    assert len(found) == itembooks.MAX_ROWS
    for judged, (said, codes) in zip(found, lines, strict=True):
        assert {fault.column for fault in judged.faults} == {label[code] for code in codes}, said
    copy = itembooks.marked(form, [Marked(each.number, each.cells, each.faults) for each in found])
    sheet = load_workbook(io.BytesIO(copy))["数据"]
    places = {str(cell.value).lstrip("*"): cell.column for cell in sheet[1]}
    for judged, (_said, codes) in zip(found, lines, strict=True):
        told = {code for code in BAD if sheet.cell(row=judged.number, column=places[label[code]]).comment}
        assert told == codes
    mended = [line(number) for number in range(itembooks.MAX_ROWS)]
    again = itemrows.judge(itembooks.read(saved(book(*mended)), form), form, subject="91", today=clock.today())
    assert not any(each.faults for each in again)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, a tail cut off, or the same done to one part before it was packed."""
    if dice.random() < 0.6:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = dice.choice(archive.namelist())
            return changed(data, name, spoilt(archive.read(name), dice))
    return spoilt(data, dice, after=4)


def spoilt(data: bytes, dice: random.Random, *, after: int = 0) -> bytes:
    found = bytearray(data)
    for _spot in range(dice.choice((1, 3, 30))):
        found[dice.randrange(after, len(found))] = dice.choice((dice.randrange(256), ord(dice.choice("<>&\"'/ 0A"))))
    return bytes(found[: dice.randrange(after, len(found))] if dice.random() < 0.2 else found)


@pytest.mark.filterwarnings("ignore::UserWarning")  # openpyxl tells of what it leaves out
def test_damaged_bytes_are_refused_in_a_sentence_or_read() -> None:
    form, dice = catalogue.current(DONATION), random.Random(SEED)
    whole = saved(book(*(line(number) for number in range(20))))
    for _turn in range(DAMAGED):
        try:
            table = itembooks.read(damaged(whole, dice), form)
        except Invalid as refused:
            assert len(refused.fields["file"]) == 1
        else:
            itemrows.judge(table, form, subject="91", today=clock.today())
