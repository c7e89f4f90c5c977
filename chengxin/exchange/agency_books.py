"""Agencies and their people as a workbook of two sheets, in and out (D-29)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook

from chengxin.exchange import reading, workbooks

UNITS, PEOPLE = "机构", "人员"
UNIT_COLUMNS = {"code": "机构代码", "name": "机构名称", "kind": "类别", "division": "行政区划代码"}
PEOPLE_COLUMNS = {
    "agency": "机构代码",
    "username": "用户名",
    "display_name": "姓名",
    "roles": "角色",
    "forms": "负责类别",
    "email": "邮箱",
}
MAX_BYTES = 1024 * 1024
MAX_UNPACKED_BYTES = 40 * MAX_BYTES
MAX_UNITS = 4000
MAX_PEOPLE = 200
MOST_COLUMNS = 30
LONGEST_CELL = 400


@dataclass(frozen=True)
class BookRow:
    """One line of a sheet: its number as a person counts, and its cells by column."""

    sheet: str
    number: int
    cells: Mapping[str, str]


def read(data: bytes) -> list[BookRow]:
    """The lines of both sheets, the units first; Invalid({"file": …}) for what is no such book."""
    if len(data) > MAX_BYTES:
        raise reading.refused(_("工作簿超过%(most)s MB，请分批导入。") % {"most": MAX_BYTES // 1024 // 1024})
    if not data.startswith(reading.ZIPPED):
        raise reading.refused(_("文件应为Excel工作簿（.xlsx），请下载模板填写。"))
    if workbooks.too_big(io.BytesIO(data), most=MAX_UNPACKED_BYTES):
        raise reading.refused(_("工作簿展开后过大，请分批导入。"))
    with workbooks.whole():
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    if UNITS not in book.sheetnames and PEOPLE not in book.sheetnames:
        raise reading.refused(_("工作簿应有名为“机构”或“人员”的工作表，请下载模板填写。"))
    rows = [*_sheet(book, UNITS, UNIT_COLUMNS, MAX_UNITS), *_sheet(book, PEOPLE, PEOPLE_COLUMNS, MAX_PEOPLE)]
    if not rows:
        raise reading.refused(_("文件中没有数据行。"))
    return rows


def _sheet(book: Any, name: str, columns: Mapping[str, str], most: int) -> list[BookRow]:
    if name not in book.sheetnames:
        return []
    lines = islice(workbooks.lines_of(book[name], columns=MOST_COLUMNS), most + 2)
    table = [[workbooks.text_of(cell).strip() for cell in row] for row in lines]
    head = [cell.lstrip("*") for cell in table[0]] if table else []
    missing = [label for label in columns.values() if label not in head]
    if missing:
        raise reading.refused(_("工作表“%(sheet)s”缺少列：%(names)s。") % {"sheet": name, "names": _("、").join(missing)})
    places = {code: head.index(label) for code, label in columns.items()}
    body = [(number, row) for number, row in enumerate(table[1:], start=2) if any(row)]
    if len(table) > most + 1:
        raise reading.refused(_("工作表“%(sheet)s”一次最多%(most)s行，请分批导入。") % {"sheet": name, "most": most})
    return [BookRow(name, number, {code: row[at][:LONGEST_CELL] for code, at in places.items()}) for number, row in body]


def write(*, units: Iterable[Sequence[str]], people: Iterable[Sequence[str]]) -> bytes:
    """A workbook of both sheets; with nothing but heads it is the template."""
    book = Workbook()
    first, second = book.active, book.create_sheet(PEOPLE)
    assert first is not None
    first.title = UNITS
    for sheet, columns, rows in ((first, UNIT_COLUMNS, units), (second, PEOPLE_COLUMNS, people)):
        workbooks.head(sheet, list(columns.values()))
        for row in rows:
            sheet.append([workbooks.harmless(cell) for cell in row])
    return workbooks.bytes_of(book)
