"""Lines of one group, cell by cell: what a cell says is worked out once, with the piece of canonical JSON that it gives (D-17).

A line goes this way as long as nothing is wrong with any of its cells; every other one is read by the catalogue's rules,
field by field, which name its faults. Both give the same record, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    _applied: dict[str, bool] = field(default_factory=dict)
    _asked: dict[str, bool] = field(default_factory=dict)
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
        is_plain = type(said) is str and said.isascii()
        return b'"%b":%b' % (self._code, canonical_of_plain(said if is_plain else plain(said)))

    @property
    def may_be_asked(self) -> bool:
        """Whether an empty cell may be wrong."""
        return self.typed.required or self.typed.required_when is not None

    @property
    def hangs_on_another(self) -> bool:
        """Whether it depends on another field if it applies, or is required."""
        return self.typed.when is not None or self.typed.required_when is not None

    def applies(self, raw: Mapping[str, str]) -> bool:
        """Whether the field is asked at all, by what was typed elsewhere in the line."""
        return self.typed.when is None or self._holds(self.typed.when, raw, self._applied)

    def is_asked(self, raw: Mapping[str, str]) -> bool:
        """Whether the field is required only because of what was typed elsewhere in the line."""
        return self.typed.required_when is not None and self._holds(self.typed.required_when, raw, self._asked)

    def _holds(self, condition: Condition, raw: Mapping[str, str], held: dict[str, bool]) -> bool:
        """Whether a condition holds, as it was worked out for what was typed in the field that it is about."""
        typed = raw.get(condition.field, "")
        known = held.get(typed)
        if known is None:
            if len(held) >= MOST_KEPT:
                held.clear()
            known = held[typed] = rules.applies(condition, raw, self.group, self.around)
        return known


_Step = tuple[str, Callable[[str], Cell | None], Callable[[str], Cell], Column | None, bool]
"""Code, what is known of cells, what works a cell out, the column where it hangs on another, whether it is compared."""


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
        self._steps: list[_Step] = [
            (column.typed.code, column.known.get, column.cell, column if column.hangs_on_another else None, column.is_compared)
            for column in needed
        ]

    def read(self, raw: Mapping[str, str]) -> Read | None:
        """A line by field code, read; None where anything is wrong with it."""
        found = Read({}, [], [], [], [], [])
        values, inside, public, said, shown, secrets = found
        for code, known, cell, hanging, is_compared in self._steps:
            if hanging is not None and not hanging.applies(raw):
                continue
            text = raw.get(code, "")
            value, piece, seen, secret = known(text) or cell(text)
            if value is None:
                if piece or (hanging is not None and hanging.is_asked(raw)):
                    return None
                continue
            values[code] = value
            if secret is not None:
                secrets.append((len(inside), code, secret))
            inside.append(piece)
            if is_compared:
                said.append(piece)
            if seen:
                public.append(seen)
                if is_compared:
                    shown.append(seen)
        return found
