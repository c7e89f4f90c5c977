"""Many records of one voluntary item as an Excel workbook: the template made from its form, what comes back, the marked copy.

The template carries the form's version. What a table cannot say, or was written for another form, is refused with one
sentence; what is wrong at a cell comes back at that cell, the lines staying where they were.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from chengxin.catalogue.values import Condition, Field, Form, Group, Text
from chengxin.exchange import reading, workbooks
from chengxin.exchange.reading import Columns, Row
from chengxin.exchange.values import HEADER_LINE, Fault, FaultyLine, Line
from chengxin.exchange.workbooks import DATA, HINTS

CHOICES = "选项"
STAMP = "模板版本"
PROOF = "证明附件文件名"
DRAFT, DRAFT_CODE = "草稿编号", "_draft"
STATE = "处理结果"
MAX_ROWS = 1_000
"""Records in one workbook."""
MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MOST_LINES = 20_000
"""Lines of a sheet that are looked at, empty ones counted."""
LONGEST_CELL = 5_000
"""Characters of a cell; what is longer is a fault at that cell and is cut there."""
LONGEST_PROMPT = 250
YES_NO = (Text("是", "Yes"), Text("否", "No"))
SOFT = Font(color="666666", italic=True)


@dataclass(frozen=True)
class Table:
    """What a workbook holds: its lines by field code, those of a wrong shape, and what is wrong with the columns."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    misshapen: tuple[FaultyLine, ...]


@dataclass(frozen=True)
class Marked:
    """One line as the marked copy shows it: its place, its cells by field code, its faults, its draft, what became of it."""

    number: int
    cells: Mapping[str, str]
    faults: Sequence[Fault] = ()
    draft: str = ""
    state: str = ""


def group_of(form: Form) -> Group:
    """The group of an item as the columns of a sheet: units stand in the labels, and a file is named instead of handed in."""
    group = form.groups[0]
    return replace(group, fields=tuple(_column(field) for field in group.fields))


def _column(field: Field) -> Field:
    if field.kind == "file":
        hint = Text("与本工作簿一起上传的JPG图片的文件名，如 捐赠票据01.jpg；多张图片用顿号隔开")
        return replace(field, label=Text(PROOF), hint=hint)
    return replace(field, label=Text(f"{field.label.zh}（{field.unit.zh}）")) if field.unit else field


def stamp_of(form: Form) -> str:
    """What a template says of the form it was made from."""
    return f"{form.id}@{form.version}"


# --- out --------------------------------------------------------------------------------------------------------------
def template(form: Form) -> bytes:
    """A workbook to fill in: required columns marked, drop-downs, hints at the cells, and a sheet that explains each column."""
    return workbooks.bytes_of(_book(form))


def marked(form: Form, lines: Iterable[Marked]) -> bytes:
    """The same with the lines that came: bad cells coloured with their faults, drafts numbered, what became of each at the end."""
    book = _book(form)
    sheet = book[DATA]
    codes = [field.code for field in group_of(form).fields]
    labels = [field.label.zh for field in group_of(form).fields]
    workbooks.head_cells(sheet, [DRAFT, STATE, reading.FAULTS], first=len(codes) + 1)
    for line in lines:
        told = {fault.column: fault.message for fault in line.faults}
        cells = [(line.cells.get(code, ""), told.get(label, "")) for code, label in zip(codes, labels, strict=True)]
        about = "；".join(f"{f.column}：{f.message}" if f.column else f.message for f in line.faults)
        cells += [(line.draft, ""), (line.state, ""), (about, "")]
        for place, (text, fault) in enumerate(cells, start=1):
            _put(sheet.cell(row=line.number, column=place), text, fault)
    return workbooks.bytes_of(book)


def _put(cell: Any, text: str, fault: str) -> None:
    """A text as a text, never as a formula."""
    if text:
        cell.value, cell.data_type = workbooks.written(text), "s"
    if fault:
        cell.fill, cell.comment = workbooks.FAULT_FILL, Comment(fault, DATA)


def _book(form: Form) -> Workbook:
    book = Workbook()
    sheet, hints, choices = book.active, book.create_sheet(HINTS), book.create_sheet(CHOICES)
    assert sheet is not None
    sheet.title = DATA
    fields = group_of(form).fields
    workbooks.head(sheet, [*(f"*{f.label.zh}" if f.required else f.label.zh for f in fields), DRAFT])
    for place, field in enumerate(fields, start=1):
        column = get_column_letter(place)
        sheet.column_dimensions[column].number_format = "@"
        words = [option.zh for option in _words(field)] if field.kind in ("choice", "boolean") else []
        sheet.add_data_validation(_validation(field, words=words, column=column, choices=choices))
    sheet.cell(row=HEADER_LINE, column=len(fields) + 1).font = SOFT
    _explain(hints, form, fields)
    if choices.max_column == 1 and choices["A1"].value is None:
        book.remove(choices)
    return book


def _words(field: Field) -> Sequence[Text]:
    return YES_NO if field.kind == "boolean" else [option.label for option in field.options]


def _validation(field: Field, *, words: Sequence[str], column: str, choices: Any) -> DataValidation:
    """The hint that shows at a cell, and its drop-down where there is something to choose."""
    rule = DataValidation(allow_blank=True, showInputMessage=True)
    if words:
        place = 1 if choices["A1"].value is None else choices.max_column + 1
        for row, word in enumerate([field.label.zh, *words], start=1):
            choices.cell(row=row, column=place, value=word)
        letter = get_column_letter(place)
        rule = DataValidation("list", formula1=f"'{CHOICES}'!${letter}$2:${letter}${len(words) + 1}", allow_blank=True)
        rule.showInputMessage, rule.showErrorMessage, rule.error = True, True, "请从下拉列表中选择。"
    rule.promptTitle, rule.prompt = field.label.zh[:30], f"{_needed(field)}。{workbooks.hint(field)}"[:LONGEST_PROMPT]
    rule.add(f"{column}2:{column}{MAX_ROWS + 1}")
    return rule


def _explain(hints: Any, form: Form, fields: Sequence[Field]) -> None:
    hints.append([STAMP, stamp_of(form), "系统识别用，请勿修改"])
    hints.append(["事项", form.title.zh, f"一行填写一条记录，最多{MAX_ROWS}行；从第2行起填写，列名不要修改"])
    hints.append([DRAFT, "系统填写", "保留此列再次上传，更正原有草稿而不会重复"])
    hints.append([])
    hints.append(["列名", "是否必填", "填写要求"])
    for field in fields:
        hints.append([field.label.zh, _needed(field), _hint(field, fields)])
    for cell in hints[5]:
        cell.font, cell.fill = Font(bold=True), workbooks.HEAD_FILL
    for letter, width in (("A", 26), ("B", 30), ("C", 90)):
        hints.column_dimensions[letter].width = width
    for row in hints.iter_rows(min_row=6):
        row[-1].alignment = Alignment(wrap_text=True, vertical="top")


def _needed(field: Field) -> str:
    return "必填" if field.required or field.kind == "file" else "按条件必填" if field.required_when else "选填"


def _hint(field: Field, fields: Sequence[Field]) -> str:
    conditions = [(field.when, "时填写"), (field.required_when, "时必填")]
    told = [_condition(when, fields) + words for when, words in conditions if when]
    return "；".join([*told, workbooks.hint(field)])


def _condition(when: Condition, fields: Sequence[Field]) -> str:
    other = next((field for field in fields if field.code == when.field), None)
    if other is None:
        return ""
    options = {option.code: option.label.zh for option in other.options} | ({"1": "是", "0": "否"} if other.kind == "boolean" else {})
    words = "或".join(f"“{options.get(value, value)}”" for value in when.values)
    return f"“{other.label.zh}”为{words}"


# --- in ---------------------------------------------------------------------------------------------------------------
def read(data: bytes, form: Form) -> Table:
    """The lines of a workbook; Invalid({"file": …}) for what is no such book, was made for another form or version, or is too big."""
    if len(data) > MAX_BYTES:
        raise reading.refused(_("工作簿超过%(most)s MB，请分批上传。") % {"most": MAX_BYTES // 1024 // 1024})
    if not data.startswith(reading.ZIPPED):
        raise reading.refused(_("文件应为Excel工作簿（.xlsx），请下载模板填写。"))
    if workbooks.too_big(io.BytesIO(data), most=MAX_UNPACKED_BYTES):
        raise reading.refused(_("工作簿展开后过大，请下载模板重新填写，或分批上传。"))
    with workbooks.whole():
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheet = workbooks.the_sheet(book, besides=(HINTS, CHOICES))
    _check_stamp(book, form)
    with workbooks.whole():
        workbooks.check_merged(io.BytesIO(data), sheet)
    return _table(_rows(sheet), form)


def _check_stamp(book: Any, form: Form) -> None:
    """A template says what it was made for; a book without the sheet of hints is known by its columns alone."""
    first = next(workbooks.lines_of(book[HINTS], columns=2), ()) if HINTS in book.sheetnames else ()
    if len(first) < 2 or workbooks.text_of(first[0]) != STAMP:
        return
    form_id, _at, version = workbooks.text_of(first[1]).partition("@")
    if form_id != form.id:
        raise reading.refused(_("这是其他事项的模板，请下载“%(title)s”的模板填写。") % {"title": form.title})
    if version != form.version:
        raise reading.refused(_("这是旧版本的模板，事项内容已更新。请下载最新模板，将数据复制过去后再上传。"))


def _rows(sheet: Any) -> Iterator[Row]:
    """The lines with something in them; how far empty ones go on is not believed."""
    found = 0
    for number, cells in enumerate(workbooks.lines_of(sheet), start=HEADER_LINE):
        texts = workbooks.trimmed([workbooks.text_of(cell) for cell in cells])
        if any(text and not text.isspace() for text in texts):
            found += 1
            yield Row(number, texts, 0)
        if found > MAX_ROWS + 1:
            raise reading.refused(_("一次最多%(most)s行，请分成几个工作簿上传。") % {"most": MAX_ROWS})
        if number > MOST_LINES:
            raise reading.refused(_("数据之间的空行过多，请删除空行后再上传。"))


def _table(rows: Iterator[Row], form: Form) -> Table:
    head = next(rows, None)
    given = [label.strip() for label in head.cells] if head else []
    columns, faults = _columns(given, form)
    if faults or head is None or head.number != HEADER_LINE:
        told = [f"“{fault.column}”{fault.message}" if fault.column else fault.message for fault in faults]
        raise reading.refused("".join(told[:5]) or _("第1行应为列名，请下载模板填写。"))
    lines, misshapen = [], []
    for row in rows:
        line, wrong = _line(row, columns)
        if wrong:
            misshapen.append(FaultyLine(row.number, wrong.cells, wrong.faults))
        lines.append(line)
    if not lines:
        raise reading.refused(_("文件中没有数据行。"))
    return Table(columns.header, tuple(lines), tuple(misshapen))


def _columns(given: Sequence[str], form: Form) -> tuple[Columns, list[Fault]]:
    group = group_of(form)
    own = Field(code=DRAFT_CODE, label=Text(DRAFT), kind="text")
    kept = ["" if label == STATE else label for label in given]
    columns, faults = reading.columns(kept, replace(group, fields=(*group.fields, own)), with_operation=False)
    return columns, [replace(fault, column=fault.column or "") for fault in faults]


def _line(row: Row, columns: Columns) -> tuple[Line, FaultyLine | None]:
    """A line with as many cells as the header; beyond it nothing may stand, and no cell may be a formula or endless."""
    width = len(columns.header)
    cells = [*row.cells[:width], *[""] * (width - len(row.cells))]
    wrong = columns.misshapen(Row(row.number, cells if len(row.cells) <= width else row.cells, 0))
    faults = list(wrong.faults) if wrong else []
    for place, cell in enumerate(cells):
        if len(cell) > LONGEST_CELL and place in columns.codes:
            words = _("内容过长：最多%(most)s个字，现有%(now)s个字，请删减。") % {"most": LONGEST_CELL, "now": len(cell)}
            faults.append(Fault(row.number, columns.header[place].lstrip("*"), words))
            cells[place] = cell[:LONGEST_CELL]
    line = columns.line(Row(row.number, cells, 0))
    faults = [replace(fault, column=fault.column.lstrip("*")) for fault in faults]
    return line, FaultyLine(row.number, tuple(cells), tuple(faults)) if faults else None
