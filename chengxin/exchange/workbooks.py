"""Excel workbooks in and out: the one sheet with data as a table, templates with hints, files that show every fault.

What a table cannot say is refused with a sentence: merged cells, hidden sheets, several sheets with data.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.packaging.manifest import Manifest
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.xml.constants import ARC_CONTENT_TYPES, SHARED_STRINGS
from openpyxl.xml.functions import fromstring

from chengxin.catalogue.values import Field, Form
from chengxin.exchange import reading, store
from chengxin.exchange.values import MAX_BOOK_BYTES, MAX_BOOK_LINES, MAX_BOOK_PART_BYTES, MAX_BOOK_UNPACKED_BYTES, FaultyLine

DATA, HINTS = "数据", "填写说明"
MERGED = re.compile(rb'<mergeCell[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
MOST_MERGED_TOLD = 3
TAIL_BYTES = 4 * 1024 * 1024
SHEETS = "xl/worksheets/"
DAMAGED = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, EOFError, SyntaxError, RuntimeError)
"""What unpacking and parsing raise where a workbook is damaged, at its beginning or in the middle of a sheet."""

HEAD_FILL = PatternFill("solid", start_color="DCE6F1")
FAULT_FILL = PatternFill("solid", start_color="F8D7DA")
WIDTH = 20
LONGEST_BOOK_CELL = 32_000
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def is_book(path: Path) -> bool:
    """Whether a file is a workbook in the present format: told by its bytes, whatever its name."""
    with path.open("rb") as handle:
        return handle.read(4) == reading.ZIPPED


def table(job_id: UUID) -> Path:
    """The sheet with data of a job's workbook, written out as a table beside it; Invalid for what is no such book."""
    target, part = store.table_of(job_id), store.table_of(job_id).with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(_rows(store.path_of(job_id)))
    os.replace(part, target)
    return target


def _rows(path: Path) -> Iterator[list[str]]:
    _check_archive(path)
    with path.open("rb") as handle:
        with whole():
            book = load_workbook(handle, read_only=True, data_only=False, keep_links=False)
        sheet = the_sheet(book)
        with whole():
            check_merged(path, sheet)
        width = 0
        for number, row in enumerate(lines_of(sheet), start=1):
            if number > MAX_BOOK_LINES + 1:
                raise reading.refused(_("工作簿一次最多%(most)s行，更多的数据请使用CSV文件。") % {"most": MAX_BOOK_LINES})
            cells = trimmed([text_of(cell) for cell in row])
            width = width or len(cells)
            yield cells + [""] * (width - len(cells)) if cells else cells


@contextmanager
def whole() -> Iterator[None]:
    """Say in a sentence that a workbook is damaged, wherever that is found."""
    try:
        yield
    except DAMAGED as error:
        raise reading.refused(_("工作簿无法打开或已损坏，请重新另存后再试。")) from error


def lines_of(sheet: Any, *, columns: int | None = None) -> Iterator[Sequence[Any]]:
    """The cells of a sheet line by line, as far as there are lines; what the sheet says of its own size is not believed."""
    sheet.reset_dimensions()
    with whole():
        yield from sheet.iter_rows(values_only=True, max_col=columns)


def too_big(source: Path | IO[bytes], *, most: int) -> bool:
    """Whether a workbook would unpack to more than `most` bytes, or to more in one of the parts that are read whole."""
    with whole(), zipfile.ZipFile(source) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        read_whole = [size for name, size in sizes.items() if not name.startswith(SHEETS)]
        if sum(sizes.values()) > most or max(read_whole, default=0) > MAX_BOOK_PART_BYTES:
            return True
        texts = Manifest.from_tree(fromstring(archive.read(ARC_CONTENT_TYPES))).find(SHARED_STRINGS)
        return texts is not None and sizes.get(texts.PartName.lstrip("/"), 0) > MAX_BOOK_PART_BYTES


def _check_archive(path: Path) -> None:
    if path.stat().st_size > MAX_BOOK_BYTES:
        raise reading.refused(_("工作簿超过%(most)s MB，请使用CSV文件。") % {"most": MAX_BOOK_BYTES // 1024 // 1024})
    if too_big(path, most=MAX_BOOK_UNPACKED_BYTES):
        raise reading.refused(_("工作簿展开后过大，请使用CSV文件。"))


def the_sheet(book: Any, *, besides: Collection[str] = (HINTS,)) -> Any:
    """The only sheet with data: none may be hidden, and none stand beside it but the hints of the template."""
    hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
    if hidden:
        raise reading.refused(_("工作簿含有隐藏的工作表“%(name)s”，请取消隐藏并删除后再导入。") % {"name": hidden[0]})
    shown = [sheet for sheet in book.worksheets if sheet.title not in besides]
    if len(shown) != 1:
        raise reading.refused(_("工作簿应只有一张数据表，现有%(n)s张，请删除其余工作表。") % {"n": len(shown)})
    return shown[0]


def check_merged(source: Path | IO[bytes], sheet: Any) -> None:
    """Merged cells hide which line a value belongs to; they are listed at the end of a sheet's part."""
    with zipfile.ZipFile(source) as archive, archive.open(sheet._worksheet_path.lstrip("/")) as part:
        tail = b""
        while piece := part.read(TAIL_BYTES):
            tail = tail[-1024:] + piece if b"<mergeCell" not in tail else tail + piece
    places = [place.decode() for place in MERGED.findall(tail)]
    if places:
        about = {"line": re.sub(r"\D", "", places[0].split(":")[0]), "places": "、".join(places[:MOST_MERGED_TOLD]), "n": len(places)}
        raise reading.refused(_("第%(line)s行有合并的单元格（%(places)s，共%(n)s处），请取消合并后再导入。") % about)


def trimmed(cells: list[str]) -> list[str]:
    """Cells without the empty ones at the end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def text_of(value: Any) -> str:
    """A cell as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, ArrayFormula | DataTableFormula):
        return "="
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def template(form: Form) -> bytes:
    """A workbook to fill in: the columns of the group, required ones marked, and what each may hold."""
    book = Workbook()
    sheet, hints = book.active, book.create_sheet(HINTS)
    assert sheet is not None
    sheet.title = DATA
    fields = form.groups[0].fields
    labels = [reading.OPERATION, *(f"*{f.label.zh}" if f.required else f.label.zh for f in fields)]
    head(sheet, labels)
    for column in range(1, len(labels) + 1):
        sheet.column_dimensions[get_column_letter(column)].number_format = "@"
    head(hints, ["列名", "是否必填", "填写要求"])
    words = "、".join(option.label.zh for option in form.operations)
    hints.append([reading.OPERATION, "否", f"{words}；不填时按编号和内容判断新增或更正。撤回只需填写主体代码、来源单位和编号。"])
    for field in fields:
        hints.append([field.label.zh, "是" if field.required else "否", hint(field)])
    hints.column_dimensions["C"].width = 80
    return bytes_of(book)


def head(sheet: Any, labels: Sequence[str]) -> None:
    """The first line of a sheet: bold, kept in sight."""
    sheet.append(list(labels))
    sheet.freeze_panes = "A2"
    head_cells(sheet, labels, first=1)


def head_cells(sheet: Any, labels: Sequence[str], *, first: int) -> None:
    """Labels of columns in the first line, from a column on."""
    for number, label in enumerate(labels, start=first):
        cell = sheet.cell(row=1, column=number, value=label)
        cell.font, cell.fill, cell.alignment = Font(bold=True), HEAD_FILL, Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH


HINT_OF_KIND = {
    "date": "日期，如2026-11-01",
    "period": "起止日期，如2024-01-01..2030-01-01，没有截止日期的填2024-01-01..长期",
    "money_wan": "金额，单位万元，最多两位小数",
    "money": "金额，单位元，最多两位小数，不写“万”",
    "until": "日期，如2027-12-31；长期有效的填长期",
    "units": "每个单位写名称、空格、18位代码，多个单位之间用分号隔开",
    "percent": "百分比，0至100",
    "integer": "整数",
    "year": "四位年份",
    "boolean": "是或否",
    "uscc": "18位统一社会信用代码",
    "multichoice": "可填多项，用顿号或逗号分隔",
    "person_name": "真实姓名",
    "division": "6位行政区划代码",
    "industry": "国民经济行业分类代码",
}


def hint(field: Field) -> str:
    """What a column may hold, in Chinese."""
    parts = [field.hint.zh] if field.hint else []
    parts += [HINT_OF_KIND[field.kind]] if field.kind in HINT_OF_KIND else []
    if field.options:
        parts.append("可填：" + "、".join(option.label.zh for option in field.options[:30]))
    if field.limits.max_length:
        parts.append(f"最多{field.limits.max_length}字")
    return "；".join(parts) or "文字"


def template_csv(form: Form) -> bytes:
    """The first line of a table of this form, as spreadsheets open it."""
    out = io.StringIO()
    csv.writer(out).writerow(reading.header(form.groups[0]))
    return out.getvalue().encode("utf-8-sig")


def faults_csv(header: Sequence[str], lines: Iterable[FaultyLine]) -> Iterator[bytes]:
    """Lines that will not do, with a column that names each fault; can be mended and handed in as it is."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([reading.NUMBER, reading.FAULTS, *_own(header, header)])
    yield out.getvalue().encode("utf-8-sig")
    for line in lines:
        out.seek(0)
        out.truncate()
        writer.writerow([line.number, told(line), *(harmless(cell) for cell in _own(header, line.cells))])
        yield out.getvalue().encode()


def faults_book(header: Sequence[str], lines: Iterable[FaultyLine]) -> bytes:
    """The same as a workbook: the bad cells coloured, each with its fault as a comment."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(DATA)
    own = _own(header, header)
    sheet.append([reading.NUMBER, reading.FAULTS, *own])
    for line in lines:
        by_column = {fault.column: fault.message for fault in line.faults if fault.column}
        cells: list[Any] = [line.number, told(line)]
        for label, text in zip([*own, *[""] * len(line.cells)], _own(header, line.cells), strict=False):
            cells.append(_marked(sheet, text, by_column.get(label.strip())))
        sheet.append(cells)
    return bytes_of(book)


def _marked(sheet: Any, text: str, fault: str | None) -> Any:
    cell = text_cell(sheet, text)
    if fault:
        cell.fill, cell.comment = FAULT_FILL, Comment(fault, DATA)
    return cell


def text_cell(sheet: Any, text: str) -> Any:
    """A cell that is text whatever it looks like, so that no spreadsheet takes it for a formula."""
    cell = WriteOnlyCell(sheet, value=written(text))
    cell.data_type = "s"
    return cell


def written(text: str) -> str:
    """A text as a cell can hold it."""
    return str(ILLEGAL_CHARACTERS_RE.sub("�", text))[:LONGEST_BOOK_CELL]


def told(line: FaultyLine) -> str:
    """Every fault of a line in one cell."""
    return "；".join(f"{fault.column}：{fault.message}" if fault.column else fault.message for fault in line.faults)


def _own(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Cells without those that an earlier file of faults added."""
    added = {place for place, label in enumerate(header) if label.strip() in (reading.NUMBER, reading.FAULTS)}
    return [cell for place, cell in enumerate(cells) if place not in added]


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if reading.FORMULA.match(cell) else cell


def bytes_of(book: Workbook) -> bytes:
    """A workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
