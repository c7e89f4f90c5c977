"""Kinds that hold several entries in one field: organisations with their credit codes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue.codes import Codes
from chengxin.catalogue.kinds import Around, Bad, Kind, NameKind
from chengxin.catalogue.values import MAX_UNITS, Field, Limits, Text
from chengxin.common import identifiers

_BETWEEN = re.compile(r"[\n;；]+")
_CODE_LAST = re.compile(r"(.*?)[\s,，:：(（]*((?=\S*[0-9０-９])[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{8,})[)）]?\s*\Z")


@dataclass(frozen=True, slots=True)
class Unit:
    """One organisation by name and credit code."""

    name: str
    uscc: str

    def __str__(self) -> str:
        return f"{self.name}（{self.uscc}）"


class UnitsKind(Kind):
    """Organisations, each with its name and credit code, in the order typed.

    One a line, `名称<TAB>代码`; in a cell of a workbook also `名称 代码；名称 代码`.
    """

    name = "units"
    keys = frozenset()

    def parse(self, raw: str, field: Field, around: Around) -> tuple[Unit, ...]:
        """Return the units, or raise with what is wrong in every row."""
        pairs = pairs_of(self.tidy(raw, field))
        if len(pairs) > MAX_UNITS:
            about = {"label": field.label, "most": MAX_UNITS, "now": len(pairs)}
            raise Bad(_("%(label)s最多填写%(most)s个单位，现有%(now)s个，请删减") % about)
        units = tuple(Unit(name, identifiers.normalise_code(code)) for name, code in pairs)
        faults = [f"{_('第%(n)s个单位') % {'n': n}}：{fault}" for n, unit in enumerate(units, 1) for fault in _faults(unit, field, around)]
        faults += _doubles(units)
        if faults:
            raise Bad(_("%(label)s有误，%(faults)s") % {"label": field.label, "faults": "；".join(faults)})
        return units

    def compose(self, parts: Sequence[str]) -> str:
        """Return the raw string of several inputs: name, code, name, code, …"""
        level = [re.sub(r"[\s;；]+", " ", part).strip() for part in parts] + [""] * (len(parts) % 2)
        rows = zip(level[::2], level[1::2], strict=True)
        return "\n".join(f"{name}\t{code}" for name, code in rows if name or code)

    def blank(self, raw: str) -> bool:
        """Say whether no unit was typed."""
        return not _BETWEEN.sub("", raw).strip()

    def to_json(self, value: tuple[Unit, ...]) -> list[dict[str, str]]:
        """Return `[{"name": …, "uscc": …}, …]`."""
        return [{"name": unit.name, "uscc": unit.uscc} for unit in value]

    def from_json(self, stored: Sequence[Mapping[str, str]]) -> tuple[Unit, ...]:
        """Return the units."""
        return tuple(Unit(one["name"], one["uscc"]) for one in stored)

    def display(self, value: Any, field: Field, codes: Codes) -> str:
        """Return `名称（代码）` of each."""
        return _("、").join(map(str, value or ()))


def pairs_of(raw: str) -> list[tuple[str, str]]:
    """Return name and code of each row as typed; either may be empty."""
    return [_pair(row) for row in _BETWEEN.split(raw) if row.strip()]


def raw_units(stored: Sequence[Mapping[str, str]]) -> str:
    """Return the text a person would have typed for stored units."""
    return "\n".join(f"{one['name']}\t{one['uscc']}" for one in stored)


def words(raw: str) -> str:
    """Return what was typed as words, whether it is right or not."""
    return _("、").join(f"{name}（{code}）" if code else name for name, code in pairs_of(raw))


def _pair(row: str) -> tuple[str, str]:
    if "\t" in row:
        name, _tab, code = row.partition("\t")
        return name.strip(), code.strip()
    found = _CODE_LAST.match(row.strip())
    return (found[1].strip(), found[2]) if found else (row.strip(), "")


def _faults(unit: Unit, field: Field, around: Around) -> list[str]:
    label = Text(_("单位名称"))
    if not unit.name:
        faults = [_("请填写单位名称")]
    else:
        try:
            NameKind().parse(unit.name, replace(field, label=label, kind="name", limits=Limits()), around)
            faults = []
        except Bad as bad:
            faults = [str(bad)]
    return faults + (identifiers.uscc_errors(unit.uscc) if unit.uscc else [_("请填写统一社会信用代码")])


def _doubles(units: Sequence[Unit]) -> list[str]:
    first: dict[str, int] = {}
    found = []
    for n, unit in enumerate(units, 1):
        if unit.uscc and first.setdefault(unit.uscc, n) != n:
            found.append(_("第%(n)s个单位与第%(m)s个单位的代码相同，请删除重复的单位") % {"n": n, "m": first[unit.uscc]})
    return found
