"""The first phase: a file from end to end for its shape, cut into pieces that are dealt with one by one (D-08)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from chengxin.catalogue.values import Group
from chengxin.exchange import reading
from chengxin.exchange.reading import Columns, Row
from chengxin.exchange.values import CHUNK_LINES, HEADER_LINE, MAX_LINES, Fault, FaultyLine, Piece


@dataclass
class Shape:
    """What the first phase finds. `faulty` are lines of a wrong shape or with a key that stood before."""

    encoding: str
    columns: Columns
    faulty: list[FaultyLine] = field(default_factory=list)
    lines: int = 0
    _seen: dict[int, int] = field(default_factory=dict)

    def look_at(self, row: Row, group: Group) -> None:
        """Count a line and note what is wrong with it."""
        self.lines += 1
        wrong = self.columns.misshapen(row) or self._twice(row, group)
        if wrong:
            self.faulty.append(wrong)

    def _twice(self, row: Row, group: Group) -> FaultyLine | None:
        key = self.columns.key(row)
        if not all(key):
            return None
        earlier = self._seen.setdefault(hash(key), row.number)
        if earlier == row.number:
            return None
        number = group.field("source_record_no")
        words = _("与第%(line)s行的来源记录编号重复。") % {"line": earlier}
        fault = Fault(row.number, number.label.zh if number else "", words)
        return FaultyLine(row.number, tuple(row.cells), (fault,))


def shaped(path: Path, *, group: Group) -> tuple[Shape, Iterator[Piece]]:
    """The shape of a file and the pieces it is cut into; the shape is whole when the last piece has come.

    Where the header itself is wrong nothing more is read: its faults are the only line of `faulty`.
    """
    encoding = reading.encoding_of(path)
    table = reading.rows(path, encoding=encoding)
    head = next(table, None)
    columns, faults = reading.columns(head.cells if head else (), group)
    shape = Shape(encoding, columns)
    if faults or head is None:
        shape.faulty.append(FaultyLine(HEADER_LINE, columns.header, tuple(faults)))
        return shape, iter(())
    return shape, _cut(table, shape, group, after=head)


def _cut(table: Iterator[Row], shape: Shape, group: Group, *, after: Row) -> Iterator[Piece]:
    first, offset, count, number = after.number + 1, after.end, 0, 0
    for row in table:
        shape.look_at(row, group)
        count += 1
        if shape.lines > MAX_LINES:
            raise reading.too_many()
        if count == CHUNK_LINES:
            yield Piece(number, first, count, offset)
            number, first, offset, count = number + 1, row.number + 1, row.end, 0
    if count:
        yield Piece(number, first, count, offset)
    if not shape.lines:
        raise reading.refused(_("文件中没有数据行。"))
