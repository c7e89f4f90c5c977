"""A CSV file as lines: columns by label or code in any order, UTF-8 or GB 18030, at most 20,000 lines. Pure.

What is no table at all is refused whole; a wrong column or a line of another length is a fault with its place.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from chengxin.catalogue.values import Group
from chengxin.common.errors import Invalid
from chengxin.common.text import name_key
from chengxin.exchange.values import Fault, Line

MAX_LINES = 20_000
MAX_BYTES = 64 * 1024 * 1024
LONGEST_CELL = 100_000
LONGEST_SHOWN = 40
OPERATION = "操作"
HEADER_LINE = 1
FORMULA = re.compile(r"\s*(?:[=@]|[+-].*[(|!])", re.DOTALL)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def lines(data: bytes, *, group: Group) -> tuple[list[Line], list[Fault]]:
    """The lines of a file and what is wrong with its shape; Invalid({"file": …}) for what is no table."""
    table = _table(_text(data))
    header = table[0] if table else []
    codes, faults = _columns(header, group)
    if faults:
        return [], faults
    body = [(number, row) for number, row in enumerate(table[1:], start=HEADER_LINE + 1) if any(cell.strip() for cell in row)]
    if not body:
        raise _refused(_("文件中没有数据行。"))
    if len(body) > MAX_LINES:
        raise _refused(_("一次最多导入%(most)s行，请分批导入。") % {"most": MAX_LINES})
    found = []
    for number, row in body:
        wrong = _of_the_shape(number, row, header)
        faults += wrong
        found += [] if wrong else [_line(number, row, codes)]
    return found, faults


def header(group: Group) -> list[str]:
    """The column labels of a file of this group: what a template begins with."""
    return [OPERATION, *(field.label.zh for field in group.fields)]


def _of_the_shape(number: int, row: Sequence[str], header: Sequence[str]) -> list[Fault]:
    """A line must have as many cells as the header, and no cell may be a formula."""
    if len(row) != len(header):
        about = {"has": len(row), "columns": len(header)}
        return [Fault(number, "", _("有%(has)s个单元格，表头有%(columns)s列，请核对是否错列。") % about)]
    words = _("单元格内容像是公式，请改为文字或数值后再导入。")
    return [Fault(number, label.strip(), words) for label, cell in zip(header, row, strict=True) if FORMULA.match(cell)]


def _line(number: int, row: Sequence[str], codes: Mapping[int, str]) -> Line:
    cells = {codes[place]: cell for place, cell in enumerate(row) if place in codes}
    return Line(number=number, operation=cells.pop(OPERATION, "").strip(), raw=cells)


def _columns(header: Sequence[str], group: Group) -> tuple[dict[int, str], list[Fault]]:
    """The code of each column by its place, or what is wrong with the columns."""
    known = {name_key(word): f.code for f in group.fields for word in (f.label.zh, f.code)}
    known[name_key(OPERATION)] = OPERATION
    codes = {place: known.get(name_key(label.lstrip("*"))) for place, label in enumerate(header) if label.strip()}
    if not any(codes.values()):
        return {}, [Fault(HEADER_LINE, "", _("第1行应为本类信息的列名，编码应为UTF-8或GB18030。"))]
    found: dict[int, str] = {}
    faults = []
    for place, code in codes.items():
        label = header[place].strip()[:LONGEST_SHOWN]
        if code is None:
            faults.append(Fault(HEADER_LINE, label, _("本类信息没有这一列，请使用模板的列名。")))
        elif code in found.values():
            faults.append(Fault(HEADER_LINE, label, _("此列重复，请删除一列。")))
        else:
            found[place] = code
    missing = [f.label.zh for f in group.fields if f.required and f.code not in found.values()]
    return found, faults + [Fault(HEADER_LINE, label, _("缺少此列，本列为必填。")) for label in missing]


def _table(text: str) -> list[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        words = _("文件第%(line)s行起不是有效的CSV（引号不成对，或单元格超过%(most)s字），请重新导出后再试。")
        raise _refused(words % {"line": reader.line_num, "most": LONGEST_CELL}) from error


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _refused(_("文件超过%(most)s MB，请分批导入。") % {"most": MAX_BYTES // 1024 // 1024})
    if data.startswith(WORKBOOKS):
        raise _refused(_("这是Excel工作簿，请另存为“CSV UTF-8（逗号分隔）”后再导入。"))
    for encoding in () if data.startswith(UTF_16) else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused(_("文件编码应为UTF-8或GB18030，请另存后再试。"))


def _refused(why: str) -> Invalid:
    return Invalid(why, fields={"file": [why]})
