"""For which divisions an agency is competent now (D-05): `competence.competent_agency` the other way round, for lists.

Which agency is the home of each division changes with agencies and divisions only, so it is worked out once and kept in
memory under their stamps. Who is on duty is asked each time, level by level, only where an agency has nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chengxin.common import sql
from chengxin.identity import divisions
from chengxin.identity.tree import DivisionTree
from chengxin.identity.values import Codes

_AGENCIES = """
SELECT id::text, name, parent_id::text, division_id, level FROM identity_agency WHERE kind = 'commerce' ORDER BY code
"""
_STAMP = "SELECT count(*), max(created_at), max(id::text) FROM identity_agency"


@dataclass(frozen=True)
class Homes:
    """The reviewing agencies, by their ids as text: who stands below whom, whose home each division has, and the national one."""

    names: Mapping[str, str]
    below: Mapping[str, list[str]]
    divisions: Mapping[str, frozenset[str]]
    national: str | None
    codes: frozenset[str]

    def served(self, agency_id: str, *, staffed: Callable[[list[str]], Collection[str]]) -> list[str]:
        """The agency itself, if it has somebody on duty or is the national one, and those below that have nobody.

        `staffed` tells of a list of agencies which have somebody on duty. Those just below are asked for together with the
        agency itself, and only where one of them has nobody all that are below those.
        """
        below = self.below.get(agency_id, [])
        there = set(staffed([agency_id, *below]))
        if agency_id not in self.names or (agency_id != self.national and agency_id not in there):
            return []
        deeper = self._under([each for each in below if each not in there])
        there.update(staffed(deeper) if deeper else ())
        found = [agency_id]
        for each in found:
            found += [one for one in self.below.get(each, ()) if one not in there]
        return found

    def _under(self, agencies: Sequence[str]) -> list[str]:
        """All agencies below some, whatever the distance."""
        found = list(agencies)
        for each in found:
            found += self.below.get(each, ())
        return found[len(agencies) :]

    def served_codes(self, agencies: Sequence[str]) -> Codes:
        """The divisions whose home is one of these agencies; with the national one all but those of others, also unknown ones."""
        if self.national not in agencies:
            return Codes(frozenset[str]().union(*(self.divisions.get(each, ()) for each in agencies)))
        others = self.divisions.keys() - set(agencies)
        return Codes(frozenset[str]().union(*(self.divisions[each] for each in others)), complement=True)


def homes() -> Homes:
    """The reviewing agencies as they stand now; from memory while neither agencies nor divisions have changed."""
    agencies: Any = sql.row(_STAMP, {})
    return _homes_of(agencies, divisions.stamp())


@lru_cache(maxsize=4)
def _homes_of(_agencies: tuple[Any, ...], _divisions: tuple[int, str]) -> Homes:
    rows = sql.rows(_AGENCIES, {})
    below: dict[str, list[str]] = {}
    for agency, _name, parent, _division, _level in rows:
        if parent is not None:
            below.setdefault(parent, []).append(agency)
    national = next((agency for agency, _name, _parent, _division, level in rows if level == "national"), None)
    held = {division: agency for agency, _name, _parent, division, _level in rows if division}
    tree = divisions.tree()
    return Homes({row[0]: row[1] for row in rows}, below, _divided(tree, held, national), national, frozenset(tree.rows))


def _divided(tree: DivisionTree, held: Mapping[str, str], national: str | None) -> dict[str, frozenset[str]]:
    """The divisions by their home: the first agency at or above them that is not one of a retired division."""
    found: dict[str, set[str]] = {}
    for code in tree.rows:
        above = (held[step] for step in tree.chain(code) if step in held and not tree.rows[step].retired)
        home = next(above, national)
        if home is not None:
            found.setdefault(home, set()).add(code)
    return {home: frozenset(codes) for home, codes in found.items()}
