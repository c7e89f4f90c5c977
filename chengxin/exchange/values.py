"""What crosses the border of exchange: frozen values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from chengxin.records.values import NewRecord


@dataclass(frozen=True)
class Line:
    """One line of a file as typed, by field code; `number` as a person counts, the header being 1."""

    number: int
    raw: Mapping[str, str]
    operation: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong at one cell; `column` is empty when it is about the whole line."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        column = f" {self.column}" if self.column else ""
        return f"第{self.line}行{column}：{self.message}"


@dataclass(frozen=True)
class Judged:
    """A line that may be taken in."""

    number: int
    uscc: str
    name: str
    record: NewRecord
    why_unpublished: str = ""


@dataclass(frozen=True)
class Report:
    """What an import did, or would do (D-08). With a fault nothing was taken in."""

    sha256: str
    filing_id: UUID | None = None
    lines: int = 0
    new: int = 0
    corrected: int = 0
    unchanged: int = 0
    unpublished: int = 0
    unmatched: int = 0
    faults: tuple[Fault, ...] = field(default=())
    earlier: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name."""
        names = ("lines", "new", "corrected", "unchanged", "unpublished", "unmatched")
        return {name: getattr(self, name) for name in names}

    def summary(self) -> str:
        """One Chinese line of counts."""
        return (
            f"新增 {self.new}，更正 {self.corrected}，未变化 {self.unchanged}，未匹配到主体 {self.unmatched}，"
            f"依规不予公示 {self.unpublished}，错误 {len(self.faults)}"
        )
