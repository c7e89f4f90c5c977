"""A CSV file as lines: columns by label or code, in UTF-8 or GB 18030, at most 50,000 lines. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from django.utils.translation import gettext as _

from chengxin.catalogue.values import Group
from chengxin.common.errors import Invalid
from chengxin.common.text import name_key
from chengxin.exchange.values import Line

MAX_LINES = 50_000
OPERATION = "操作"


def lines(data: bytes, *, group: Group) -> list[Line]:
    """The lines of a file; Invalid({"file": …}) for what is no table of this group."""
    try:
        table = list(csv.reader(io.StringIO(_text(data), newline=""), strict=True))
    except csv.Error as error:
        raise _refused(_("文件不是有效的CSV表格，请重新导出后再试。")) from error
    header = table[0] if table else []
    codes = _columns(header, group)
    body = [(number, row) for number, row in enumerate(table[1:], start=2) if any(cell.strip() for cell in row)]
    if not body:
        raise _refused(_("文件中没有数据行。"))
    if len(body) > MAX_LINES:
        raise _refused(_("一次最多导入%(most)s行，请分批导入。") % {"most": MAX_LINES})
    return [_line(number, row, codes) for number, row in body]


def header(group: Group) -> list[str]:
    """The column labels of a file of this group: what a template begins with."""
    return [OPERATION, *(field.label.zh for field in group.fields)]


def _line(number: int, row: list[str], codes: Mapping[int, str]) -> Line:
    cells = {codes[place]: cell for place, cell in enumerate(row) if place in codes}
    return Line(number=number, operation=cells.pop(OPERATION, "").strip(), raw=cells)


def _columns(header: list[str], group: Group) -> dict[int, str]:
    known = {name_key(word): f.code for f in group.fields for word in (f.label.zh, f.code)}
    known[name_key(OPERATION)] = OPERATION
    found: dict[int, str] = {}
    for place, label in enumerate(header):
        code = known.get(name_key(label.lstrip("*")))
        if code is None and label.strip():
            raise _refused(_("没有名为“%(column)s”的列，请使用本类信息的模板。") % {"column": label.strip()})
        if code in found.values():
            raise _refused(_("列“%(column)s”重复，请删除一列。") % {"column": label.strip()})
        if code:
            found[place] = code
    missing = [f.label.zh for f in group.fields if f.required and f.code not in found.values()]
    if missing:
        raise _refused(_("缺少必需的列：%(columns)s。") % {"columns": "、".join(missing)})
    return found


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused(_("文件编码应为UTF-8或GB18030，请另存后再试。"))


def _refused(why: str) -> Invalid:
    return Invalid(why, fields={"file": [why]})
