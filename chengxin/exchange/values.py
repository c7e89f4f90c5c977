"""What crosses the border of exchange: frozen values, and the limits of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chengxin.records.values import NewRecord, Written

MAX_LINES = 1_000_000
MAX_BYTES = 1024 * 1024 * 1024
MAX_BOOK_LINES = 100_000
MAX_BOOK_BYTES = 40 * 1024 * 1024
MAX_BOOK_UNPACKED_BYTES = 800 * 1024 * 1024
MAX_BOOK_PART_BYTES = 64 * 1024 * 1024
"""Bytes, unpacked, of a part of a workbook that is read into memory whole: everything but its sheets, such as the shared texts."""

LONGEST_CELL = 100_000
LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of a text file between two line breaks."""

HEADER_LINE = 1
CHUNK_LINES = 2_000
MAX_FAULTY_LINES_KEPT = 10_000

STRUCTURE, ROWS, COMMIT = "structure", "rows", "commit"
CHECKED, FAULTY, REFUSED, CANCELLED, DONE, PARKED = "checked", "faulty", "refused", "cancelled", "done", "parked"
WORKING = (STRUCTURE, ROWS, COMMIT)
ENDED = (FAULTY, REFUSED, CANCELLED, DONE)
PHASES = (*WORKING, CHECKED, PARKED, *ENDED)

ROW_FAULTY, ROW_DRAFTED, ROW_WAITING, ROW_SUBMITTED, ROW_REFUSED = "faulty", "drafted", "waiting", "submitted", "refused"
ROW_STATES = (ROW_FAULTY, ROW_DRAFTED, ROW_WAITING, ROW_SUBMITTED, ROW_REFUSED)
"""A line of an item's workbook: wrong, a draft, on its way to be handed in, handed in with a receipt, not taken (why)."""

COUNTED = ("lines", "new", "corrected", "withdrawn", "reassigned", "unchanged", "unpublished", "unmatched")


class Line(NamedTuple):
    """One line of a file as typed, by field code; `number` as a person counts, the header being 1."""

    number: int
    raw: Mapping[str, str]
    operation: str = ""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What is wrong at one cell; `column` is empty when it is about the whole line."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        column = f" {self.column}" if self.column else ""
        return f"第{self.line}行{column}：{self.message}"


class Judged(NamedTuple):
    """A line that will do as far as the file says; `record` is None where it withdraws one."""

    number: int
    operation: str
    uscc: str
    unit: str
    no: str
    name: str = ""
    record: NewRecord | Written | None = None
    why_unpublished: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The key its source unit gave the record."""
        return self.unit, self.no


@dataclass(frozen=True)
class Piece:
    """Some lines of a file that are dealt with together: where they begin, in lines and in bytes."""

    number: int
    first_line: int
    lines: int
    offset: int


@dataclass(frozen=True)
class FaultyLine:
    """A line that will not do: its cells as they came, and every fault of it."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Report:
    """What an import did, or would do (D-08). A file in which the check finds a fault is not taken in at all."""

    sha256: str
    filing_id: UUID | None = None
    lines: int = 0
    new: int = 0
    corrected: int = 0
    withdrawn: int = 0
    reassigned: int = 0
    unchanged: int = 0
    unpublished: int = 0
    unmatched: int = 0
    faults: tuple[Fault, ...] = field(default=())
    wrong: int = 0
    earlier: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTED}

    def summary(self) -> str:
        """One Chinese line of counts."""
        return summary(self.counts, wrong=self.wrong)


def summary(counts: Mapping[str, int], *, wrong: int) -> str:
    """The counts in one Chinese line, in the order of D-08."""
    return (
        f"新增 {counts.get('new', 0)}，更正 {counts.get('corrected', 0)}，撤回 {counts.get('withdrawn', 0)}，"
        f"归属更正 {counts.get('reassigned', 0)}，未变化 {counts.get('unchanged', 0)}，"
        f"依规不予公示 {counts.get('unpublished', 0)}，未匹配到主体 {counts.get('unmatched', 0)}，错误 {wrong}"
    )


@dataclass(frozen=True)
class JobView:
    """One file on its way: who handed it in, how far it has come, what was found."""

    id: UUID
    form_id: str
    form_version: str
    group: str
    name: str
    sha256: str
    size: int
    by_id: UUID | None
    agency_id: UUID | None
    phase: str
    wants_commit: bool
    header: Sequence[str]
    lines: int
    checked: int
    taken_in: int
    counts: Mapping[str, int]
    faults: int
    faulty_lines: int
    filing_id: UUID | None
    problem: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more unless a person acts."""
        return self.phase not in WORKING

    @property
    def share(self) -> int:
        """How much of it is done, in percent: the check counts half of the way of a file that is taken in."""
        if self.phase == DONE:
            return 100
        if not self.lines:
            return 0
        done, whole = (self.checked + self.taken_in, 2 * self.lines) if self.wants_commit else (self.checked, self.lines)
        return min(99, 100 * done // whole) if self.phase in WORKING else 100
