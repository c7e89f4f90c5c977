"""Lines of one group, cell by cell: what a cell says is worked out once, with the piece of canonical JSON that it gives (D-17).

A line goes this way as long as nothing is wrong with any of its cells; every other one is read by the catalogue's rules,
field by field, which name its faults. Both give the same record, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chengxin.catalogue import rules
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.kinds import Around, Bad, Kind
from chengxin.catalogue.values import Condition, Field, Group
from chengxin.common.canonical import canonical_of_plain, plain
from chengxin.records import openings

MOST_KEPT = 2_000
"""Cells of one column whose reading is kept."""

LONGEST_KEPT = 64
"""Signs of a cell whose reading is kept."""


class Cell(NamedTuple):
    """What a cell says: its value, `"code":value` for the inside and for the public (empty: not shown), and what is sealed of it."""

    value: Any
    inside: bytes
    public: bytes
    secret: Any


class Read(NamedTuple):
    """A line in which nothing is wrong: values by code, and its pieces of JSON in the order of codes.

    `said` and `shown` are the pieces without those that alone make no other version; `secrets` are the places among `inside`
    of what is sealed, with code and value.
    """

    values: dict[str, Any]
    inside: list[bytes]
    public: list[bytes]
    said: list[bytes]
    shown: list[bytes]
    secrets: list[tuple[int, str, Any]]


WRONG = Cell(None, b"wrong", b"", None)
BLANK = Cell(None, b"", b"", None)
BLANK_BUT_ASKED = Cell(None, b"asked", b"", None)


@dataclass(slots=True)
class Column:
    """One field: how its cells are read, inside and, in the words of a kind of subject, for the public."""

    typed: Field
    worded: Field
    around: Around
    group: Group
    is_personal: bool
    is_compared: bool
    known: dict[str, Cell] = field(default_factory=dict)
    _held: dict[tuple[Condition, str], bool] = field(default_factory=dict)
    _kind: Kind = field(init=False)
    _code: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Look up once what every cell needs."""
        self._kind, self._code = kind_of(self.typed), self.typed.code.encode()

    def cell(self, raw: str) -> Cell:
        """What a cell says, worked out and kept where it is short."""
        made = self._made(raw)
        if len(raw) <= LONGEST_KEPT:
            if len(self.known) >= MOST_KEPT:
                self.known.clear()
            self.known[raw] = made
        return made

    def _made(self, raw: str) -> Cell:
        kind = self._kind
        if not raw or kind.blank(raw):
            return BLANK_BUT_ASKED if self.typed.required else BLANK
        try:
            value = kind.parse(raw, self.typed, self.around)
        except Bad:
            return WRONG
        said = kind.to_json(value)
        seen = None if self.worded.public == "never" else kind.to_public(value, self.worded)
        inside = self._piece(said)
        public = b"" if seen is None else inside if seen is said else self._piece(seen)
        is_secret = openings.is_sealed(said, is_personal=self.is_personal)
        return Cell(value, inside, public, plain(said) if is_secret else None)

    def _piece(self, said: Any) -> bytes:
        return b'"%b":%b' % (self._code, canonical_of_plain(plain(said)))

    @property
    def may_be_asked(self) -> bool:
        """Whether an empty cell may be wrong."""
        return self.typed.required or self.typed.required_when is not None

    def holds(self, condition: Condition, raw: Mapping[str, str]) -> bool:
        """Whether a condition on another field holds, by what was typed there."""
        key = condition, raw.get(condition.field, "")
        known = self._held.get(key)
        if known is None:
            if len(self._held) >= MOST_KEPT:
                self._held.clear()
            known = self._held[key] = rules.applies(condition, raw, self.group, self.around)
        return known


class Reader:
    """Reads lines of one group on one day, with the words and rules of one kind of subject.

    What is not among the `present` columns is empty in every line; None where any column may be there.
    """

    def __init__(
        self,
        group: Group,
        worded: Group,
        *,
        around: Around,
        personal: frozenset[str],
        uncompared: frozenset[str],
        present: Collection[str] | None,
    ) -> None:
        fields = zip(group.fields, worded.fields, strict=True)
        columns = [Column(f, w, around, group, f.code in personal, f.code not in uncompared) for f, w in fields]
        needed = [column for column in columns if present is None or column.typed.code in present or column.may_be_asked]
        needed.sort(key=lambda column: column.typed.code)
        self._steps: Sequence[tuple[str, Column, Callable[[str], Cell | None]]]
        self._steps = [(column.typed.code, column, column.known.get) for column in needed]

    def read(self, raw: Mapping[str, str]) -> Read | None:
        """A line by field code, read; None where anything is wrong with it."""
        found = Read({}, [], [], [], [], [])
        values, inside, public, said, shown, secrets = found
        for code, column, known in self._steps:
            when = column.typed.when
            if when is not None and not column.holds(when, raw):
                continue
            text = raw.get(code, "")
            cell = known(text) or column.cell(text)
            value, piece, seen, secret = cell
            if value is None:
                if piece or (column.typed.required_when is not None and column.holds(column.typed.required_when, raw)):
                    return None
                continue
            values[code] = value
            if secret is not None:
                secrets.append((len(inside), code, secret))
            inside.append(piece)
            if seen:
                public.append(seen)
            if column.is_compared:
                said.append(piece)
                if seen:
                    shown.append(seen)
        return found
