"""A table as lines: columns by label or code in any order, UTF-8 or GB 18030. Never the whole file in memory.

What is no table at all is refused whole; a wrong column or a line of another length is a fault with its place.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from chengxin.catalogue.values import Group
from chengxin.common.errors import Invalid
from chengxin.common.text import name_key
from chengxin.exchange.values import HEADER_LINE, LONGEST_CELL, LONGEST_LINE, MAX_LINES, Fault, FaultyLine, Line

LONGEST_SHOWN = 40
READ_BYTES = 1024 * 1024
OPERATION = "操作"
NUMBER, FAULTS = "行号", "错误说明"
FORMULA = re.compile(r"\s*(?:[=@]|[+-].*[(|!]|#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)\Z)", re.DOTALL)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ZIPPED, OLD_BOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Row(NamedTuple):
    """The cells of one line, its number as a person counts, and the place in the file behind it."""

    number: int
    cells: Sequence[str]
    end: int


@dataclass(frozen=True)
class Columns:
    """The header as it came, and the code of each column by its place."""

    header: tuple[str, ...]
    codes: Mapping[int, str]

    def line(self, row: Row) -> Line:
        """A line by field code."""
        cells = dict(zip(self._order, row.cells, strict=False))
        cells.pop("", None)
        return Line(row.number, cells, cells.pop(OPERATION, "").strip(), tuple(row.cells))

    @cached_property
    def _order(self) -> list[str]:
        """The code of each column; an empty one where a column is passed over."""
        return [self.codes.get(place, "") for place in range(len(self.header))]

    def key(self, row: Row) -> tuple[str, str]:
        """The key of a line as typed, levelled as the fields' kind levels it; empty where its columns are missing."""
        unit, number = (row.cells[place] if place is not None else "" for place in self._key_places)
        return _levelled(unit), _levelled(number)

    @cached_property
    def _key_places(self) -> list[int | None]:
        places = {code: place for place, code in self.codes.items()}
        return [places.get("source_unit"), places.get("source_record_no")]

    def misshapen(self, row: Row) -> FaultyLine | None:
        """A line must have as many cells as the header, and no cell may be a formula."""
        faults = []
        if len(row.cells) != len(self.header):
            about = {"has": len(row.cells), "columns": len(self.header)}
            faults = [Fault(row.number, "", _("有%(has)s个单元格，表头有%(columns)s列，请核对是否错列。") % about)]
        elif not _SUSPECT.isdisjoint([cell[:1] for cell in row.cells]):
            faults = self._formulas(row)
        return FaultyLine(row.number, tuple(row.cells), tuple(faults)) if faults else None

    def _formulas(self, row: Row) -> list[Fault]:
        words = _("单元格内容像是公式，请改为文字或数值后再导入。")
        suspect = [place for place, cell in enumerate(row.cells) if cell[:1] in _SUSPECT and place in self.codes]
        places = [place for place in suspect if FORMULA.match(row.cells[place])]
        return [Fault(row.number, self.header[place].strip(), words) for place in places]


_SUSPECT = frozenset("=@+-# \t\r\n\u3000")


def encoding_of(path: Path) -> str:
    """The encoding of a text file, by reading it through; Invalid names the line that is in neither."""
    with path.open("rb") as handle:
        head = handle.read(4)
    if head.startswith(ZIPPED) or head.startswith(OLD_BOOK):
        raise refused(_("这是Excel工作簿，请使用.xlsx格式，或另存为“CSV UTF-8（逗号分隔）”后再导入。"))
    if not head.startswith(UTF_16):
        lines = []
        for encoding in ("utf-8", "gb18030"):
            line = _undecodable(path, encoding)
            if line is None:
                return encoding
            lines.append(line)
        raise refused(_("第%(line)s行有无法识别的字符；文件编码应为UTF-8或GB18030，请另存后再试。") % {"line": max(lines)})
    raise refused(_("文件编码应为UTF-8或GB18030，请另存后再试。"))


def _undecodable(path: Path, encoding: str) -> int | None:
    """The first line that is not in this encoding, or None."""
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as handle:
        while True:
            piece = handle.read(READ_BYTES)
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return lines + error.object[: error.start].count(b"\n")
            if not piece:
                return None
            lines += piece.count(b"\n")


class _Lines:
    """The decoded lines of a file from a place on, and how far they were taken."""

    def __init__(self, handle: BinaryIO, encoding: str, offset: int) -> None:
        handle.seek(offset)
        self.handle, self.encoding, self.end, self.taken = handle, encoding, offset, 0

    def __iter__(self) -> Iterator[str]:
        while piece := self.handle.readline(LONGEST_LINE):
            self.taken += 1
            if len(piece) == LONGEST_LINE and not piece.endswith(b"\n"):
                raise csv.Error("line too long")
            first = self.end == 0
            self.end += len(piece)
            text = piece.decode(self.encoding)
            yield text.removeprefix("\ufeff") if first else text


def rows(path: Path, *, encoding: str, offset: int = 0, number: int = HEADER_LINE) -> Iterator[Row]:
    """The lines of a file that have something in them, from a place and its line number on."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open("rb") as handle:
        lines = _Lines(handle, encoding, offset)
        reader = csv.reader(lines, strict=True)
        try:
            for place, cells in enumerate(reader, start=number):
                if any(cell and not cell.isspace() for cell in cells):
                    yield Row(place, cells, lines.end)
        except csv.Error as error:
            words = _("文件第%(line)s行起不是有效的CSV（引号不成对，或单元格超过%(most)s字），请重新导出后再试。")
            raise refused(words % {"line": number + lines.taken - 1, "most": LONGEST_CELL}) from error


def header(group: Group) -> list[str]:
    """The column labels of a file of this group: what a template begins with."""
    return [OPERATION, *(field.label.zh for field in group.fields)]


def columns(given: Sequence[str], group: Group, *, with_operation: bool = True) -> tuple[Columns, list[Fault]]:
    """The columns by their labels, and what is wrong with them."""
    known = {name_key(word): f.code for f in group.fields for word in (f.label.zh, f.code)}
    known |= {name_key(OPERATION): OPERATION} if with_operation else {}
    passed_over = {name_key(NUMBER), name_key(FAULTS)}
    named = {place: name_key(label.lstrip("*")) for place, label in enumerate(given) if label.strip()}
    codes = {place: known.get(name) for place, name in named.items() if name not in passed_over}
    found: dict[int, str] = {}
    if not any(codes.values()):
        return Columns(tuple(given), found), [Fault(HEADER_LINE, "", _("第1行应为本类信息的列名，编码应为UTF-8或GB18030。"))]
    faults = []
    for place, code in codes.items():
        label = given[place].strip()[:LONGEST_SHOWN]
        if code is None:
            faults.append(Fault(HEADER_LINE, label, _("本类信息没有这一列，请使用模板的列名。")))
        elif code in found.values():
            faults.append(Fault(HEADER_LINE, label, _("此列重复，请删除一列。")))
        else:
            found[place] = code
    missing = [f.label.zh for f in group.fields if f.required and f.code not in found.values()]
    faults += [Fault(HEADER_LINE, label, _("缺少此列，本列为必填。")) for label in missing]
    return Columns(tuple(given), found), faults


def _levelled(cell: str) -> str:
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFC", cell.strip())


def refused(why: str) -> Invalid:
    """What is said of a file that is no table."""
    return Invalid(why, fields={"file": [why]})


def too_many() -> Invalid:
    """A file has more lines than one import takes."""
    return refused(_("一次最多导入%(most)s行，请分批导入。") % {"most": MAX_LINES})
