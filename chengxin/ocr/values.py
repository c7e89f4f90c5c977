"""What crosses the border of this app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

WAITING, READ, FAILED = "waiting", "read", "failed"
STATES = (WAITING, READ, FAILED)

NAME, CODE, DATE, AMOUNT = "name", "code", "date", "amount"
FOUND, DIFFERS, ABSENT = "found", "differs", "absent"


@dataclass(frozen=True)
class Line:
    """One line of text in a picture; left, top, width and height are parts of the picture's sides, from 0 to 1."""

    text: str
    score: float
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Reading:
    """What was read from one file; no lines while it waits, where it failed, or where there is no text."""

    attachment_id: UUID
    state: str
    lines: tuple[Line, ...] = ()
    read_at: datetime | None = None


@dataclass(frozen=True)
class Expected:
    """A value that the picture should show: where it was typed, its label, what kind of value it is."""

    path: str
    label: str
    kind: str
    value: str


@dataclass(frozen=True)
class Finding:
    """Whether the picture shows a value: found, differs (`seen` is what it shows instead) or absent; `lines` say where."""

    expected: Expected
    verdict: str
    seen: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
