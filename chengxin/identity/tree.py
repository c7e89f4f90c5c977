"""Divisions as one pure tree: reading the lists, who stands above whom, who lies below (D-05)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from chengxin.identity.values import Codes, DivisionNode, DivisionView

CORPS = "660000"
CORPS_NAME = "新疆生产建设兵团"
CORPS_CITIES = "6590"
SEPARATE_CITIES = ("210200", "330200", "350200", "370200", "440300")


@dataclass(frozen=True)
class DivisionRow:
    """One division as it is stored; `above` is the next one in matters of competence."""

    code: str
    name: str
    level: int
    parent: str | None
    above: str | None
    retired: bool = False
    successor: str | None = None
    sort: int = 0


def rows_from(*, current: Iterable[Mapping[str, str]], retired: Iterable[Mapping[str, str]] = ()) -> list[DivisionRow]:
    """Every division of the two lists (columns code,name,level,parent and code,name,year,change,new_code,new_name).

    Raises ValueError naming the line of a division whose parent is not in the list.
    """
    listed = [dict(row) for row in current]
    codes = {row["code"] for row in listed}
    if any(code.startswith(CORPS_CITIES) for code in codes) and CORPS not in codes:
        listed.append({"code": CORPS, "name": CORPS_NAME, "level": "1", "parent": ""})
        codes.add(CORPS)
    rows = [_current(row, codes, number) for number, row in enumerate(sorted(listed, key=_code), start=1)]
    return rows + list(_retired(retired, codes))


def above(code: str, parent: str | None) -> str | None:
    """The next division in matters of competence; None stands for the national level."""
    if code in SEPARATE_CITIES or code == CORPS:
        return None
    return CORPS if code.startswith(CORPS_CITIES) else parent


def _code(row: Mapping[str, str]) -> str:
    return row["code"]


def _current(row: Mapping[str, str], codes: set[str], number: int) -> DivisionRow:
    parent = row["parent"] or None
    if parent is not None and parent not in codes:
        raise ValueError(f"division {row['code']}: its parent {parent} is not in the list")
    code = row["code"]
    return DivisionRow(code, row["name"], int(row["level"]), parent, above(code, parent), sort=number)


def _retired(rows: Iterable[Mapping[str, str]], codes: set[str]) -> Iterator[DivisionRow]:
    newest: dict[str, Mapping[str, str]] = {}
    for row in rows:
        if row["code"] not in codes and int(row["year"] or 0) >= int(newest.get(row["code"], {}).get("year") or 0):
            newest[row["code"]] = row
    for code, row in sorted(newest.items()):
        heir = _heir(code, newest, codes)
        level = 1 if code.endswith("0000") else 2 if code.endswith("00") else 3
        nearest = heir or _enclosing(code, codes)
        yield DivisionRow(code, row["name"], level, None, nearest, True, heir, 1_000_000)


def _heir(code: str, newest: Mapping[str, Mapping[str, str]], codes: set[str]) -> str | None:
    seen = {code}
    while code not in codes:
        following = newest[code].get("new_code", "") if code in newest else ""
        if not following or following in seen:
            return None
        seen.add(following)
        code = following
    return code


def _enclosing(code: str, codes: set[str]) -> str | None:
    around = (f"{code[:4]}00", f"{code[:2]}0000")
    return next((each for each in around if each != code and each in codes), None)


@dataclass(frozen=True)
class DivisionTree:
    """All divisions of one load, for look-ups without a query."""

    rows: Mapping[str, DivisionRow] = field(repr=False)

    def __contains__(self, code: str) -> bool:
        return code in self.rows

    def current(self, code: str) -> str:
        """The code itself, or the one that followed a retired one; KeyError for an unknown code."""
        row = self.rows[code]
        return row.successor or code

    def chain(self, code: str) -> tuple[str, ...]:
        """The division and all above it in matters of competence, nearest first; empty if unknown."""
        found: list[str] = []
        step = self.rows.get(code)
        while step is not None:
            found.append(step.code)
            step = self.rows.get(step.above) if step.above else None
        return tuple(found)

    def path(self, code: str) -> tuple[str, ...]:
        """The names from the province down, as people write them; empty if unknown."""
        names: list[str] = []
        step = self.rows.get(self.current(code)) if code in self.rows else None
        while step is not None:
            names.append(step.name)
            around = step.above if step.retired else step.parent
            step = self.rows.get(around) if around else None
        return tuple(reversed(names))

    def is_leaf(self, code: str) -> bool:
        """True for a current division with none below it: what an address may name."""
        return code in self.rows and not self.rows[code].retired and not self._children.get(code)

    def scope(self, code: str | None) -> Codes:
        """The division and all below it; everything for the national level."""
        if code is None:
            return Codes(complement=True)
        found: set[str] = set()
        waiting = [code]
        while waiting:
            step = waiting.pop()
            found.add(step)
            waiting += [below for below in self._below.get(step, ()) if below not in found]
        return Codes(frozenset(found))

    def just_below(self, code: str | None) -> list[DivisionView]:
        """The current divisions next below in matters of competence, in the order of the list; below the national level for None."""
        found = [row for below in self._below.get(code, ()) if not (row := self.rows[below]).retired]
        return [self.view(row.code) for row in sorted(found, key=lambda each: (each.sort, each.code))]

    def view(self, code: str) -> DivisionView:
        """One division as a value; KeyError for an unknown code."""
        row = self.rows[code]
        return DivisionView(row.code, row.name, row.level, row.parent, row.retired, row.successor, self.path(code))

    @cached_property
    def nodes(self) -> tuple[DivisionNode, ...]:
        """Current divisions as the picker shows them, in the order of the list."""
        return tuple(self._node(code) for code in self._children.get("", ()))

    def _node(self, code: str) -> DivisionNode:
        children = tuple(self._node(below) for below in self._children.get(code, ()))
        return DivisionNode(code, self.rows[code].name, children)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in sorted(self.rows.values(), key=lambda each: (each.sort, each.code)):
            if not row.retired:
                found.setdefault(row.parent or "", []).append(row.code)
        return found

    @cached_property
    def _below(self) -> dict[str | None, list[str]]:
        found: dict[str | None, list[str]] = {}
        for row in self.rows.values():
            found.setdefault(row.above, []).append(row.code)
        return found
