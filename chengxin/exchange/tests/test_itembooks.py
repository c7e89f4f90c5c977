"""Workbooks of the nine items: every one can be filled in by its own template, and what is damaged or swollen is refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common.errors import Invalid
from chengxin.exchange import itembooks, itemrows
from tests.journeys import voluntary

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
SHEET = "xl/worksheets/sheet1.xml"


def written(form: Form, said: dict[str, object], *, row: int = 2) -> bytes:
    """The template of a form with one line, by field code; choices by their Chinese label."""
    book = load_workbook(io.BytesIO(itembooks.template(form)))
    for place, field in enumerate(itembooks.group_of(form).fields, start=1):
        value = said.get(field.code, "证明.jpg" if field.kind == "file" else None)
        option = field.option(str(value)) if field.options else None
        book["数据"].cell(row=row, column=place, value=option.label.zh if option else value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def judged(data: bytes, form: Form) -> list[itemrows.ItemLine]:
    return itemrows.judge(itembooks.read(data, form), form, subject="91", today=TODAY)


def refusal(data: bytes, form: Form) -> str:
    with pytest.raises(Invalid) as refused:
        itembooks.read(data, form)
    [words] = refused.value.fields["file"]
    return words


def changed(data: bytes, name: str, body: bytes) -> bytes:
    """A workbook with one part in the place of another."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, body if part == name else old.read(part))
    return out.getvalue()


@pytest.mark.parametrize("form_id", voluntary.ITEMS)
def test_every_item_is_filled_in_by_its_own_template(form_id: str) -> None:
    form = catalogue.current(form_id)
    [line] = judged(written(form, dict(voluntary.filled(form_id))), form)
    assert line.faults == () and line.record is not None
    again = {code: text for code, text in (line.answers or {}).items() if text}
    assert judged(written(form, dict(again)), form)[0].content == line.content


def test_days_numbers_and_truth_of_a_spreadsheet_are_read_as_typed() -> None:
    form = catalogue.current(voluntary.DONATION)
    said = {**voluntary.filled(voluntary.DONATION), "donated_on": datetime(2026, 6, 1), "amount": 50000.5, "directed": True}
    [line] = judged(written(form, said), form)
    assert line.answers is not None and line.answers["amount"] == "50000.50"
    assert (line.answers["donated_on"], line.answers["directed"]) == ("2026-06-01", "1")


def test_formulas_of_any_kind_are_faults_at_their_cells() -> None:
    form = catalogue.current(voluntary.DONATION)
    said: dict[str, object] = {**voluntary.filled(voluntary.DONATION), "amount": "=SUM(A1:A2)", "project": ArrayFormula("C2", "=A1:A2")}
    [line] = judged(written(form, said), form)
    assert {fault.column for fault in line.faults} == {"捐赠金额（元）", "捐赠项目名称"}


def test_long_texts_and_cells_beyond_the_columns_are_faults() -> None:
    form = catalogue.current(voluntary.DONATION)
    book = load_workbook(io.BytesIO(written(form, {**voluntary.filled(voluntary.DONATION), "project": "善" * 5_001})))
    book["数据"].cell(row=3, column=60, value="多出来的")
    out = io.BytesIO()
    book.save(out)
    long, beyond = judged(out.getvalue(), form)
    assert "最多5000个字" in long.faults[0].message and "请核对是否错列" in beyond.faults[0].message


def test_the_marked_copy_never_holds_a_formula() -> None:
    form = catalogue.current(voluntary.DONATION)
    line = itembooks.Marked(number=2, cells={"receiver": "=1+1", "project": "\x07"})
    sheet = load_workbook(io.BytesIO(itembooks.marked(form, [line])))["数据"]
    assert sheet["A2"].data_type == "s" and sheet["A2"].value == "=1+1"


def test_names_of_pictures_are_the_same_in_any_spelling() -> None:
    assert itemrows.named("a.jpg、 A.JPG；ｂ.jpeg，c") == ("A.JPG", "ｂ.jpeg", "c")
    keys = {itemrows.picture_key(name) for name in ("C:\\图\\B.JPEG", "b.jpg", "B", "ｂ.jpg")}
    assert keys == {"b.jpg"}


def test_damaged_and_swollen_workbooks_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    form = catalogue.current(voluntary.DONATION)
    data = written(form, dict(voluntary.filled(voluntary.DONATION)))
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    assert "无法打开或已损坏" in refusal(changed(data, SHEET, bomb), form)
    assert "无法打开或已损坏" in refusal(data[: len(data) // 2], form)
    swollen = changed(data, SHEET, b" " * (itembooks.MAX_UNPACKED_BYTES + 1))
    assert len(swollen) < itembooks.MAX_BYTES and "展开后过大" in refusal(swollen, form)
    monkeypatch.setattr(itembooks, "MAX_BYTES", 1024)
    assert "请分批上传" in refusal(data, form)


def test_empty_lines_between_are_passed_over_and_lines_keep_their_numbers() -> None:
    form = catalogue.current(voluntary.DONATION)
    [line] = judged(written(form, dict(voluntary.filled(voluntary.DONATION)), row=40), form)
    assert line.number == 40
    far = written(form, dict(voluntary.filled(voluntary.DONATION)), row=itembooks.MOST_LINES + 9)
    assert "空行过多" in refusal(far, form)
