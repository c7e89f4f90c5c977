"""For which divisions an agency is competent now (D-05): `competence.competent_agency` the other way round, for lists.

Which agency is the home of each division changes with agencies and divisions only, so it is worked out once and kept in
memory under their stamps. Who is on duty is asked each time, level by level, only where an agency has nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from chengxin.common import sql
from chengxin.identity import divisions
from chengxin.identity.models import Agency
from chengxin.identity.tree import DivisionTree

_STAMP = "SELECT count(*), max(created_at), max(id::text) FROM identity_agency"


@dataclass(frozen=True)
class Homes:
    """The reviewing agencies: who stands below whom, the divisions whose nearest agency each one is, and the national one."""

    names: Mapping[UUID, str]
    below: Mapping[UUID, list[UUID]]
    divisions: Mapping[UUID, frozenset[str]]
    national: UUID | None
    codes: frozenset[str]

    def served(self, agency_id: UUID, *, staffed: Callable[[list[UUID]], Collection[UUID]]) -> list[UUID]:
        """The agency itself, if it has somebody on duty or is the national one, and those below that have nobody.

        `staffed` tells of a list of agencies which have somebody on duty.
        """
        if agency_id not in self.names or (agency_id != self.national and agency_id not in staffed([agency_id])):
            return []
        found, level = [agency_id], self.below.get(agency_id, [])
        while level:
            there = staffed(level)
            empty = [each for each in level if each not in there]
            found += empty
            level = [each for agency in empty for each in self.below.get(agency, ())]
        return found


def homes() -> Homes:
    """The reviewing agencies as they stand now; from memory while neither agencies nor divisions have changed."""
    agencies: Any = sql.row(_STAMP, {})
    return _homes_of(agencies, divisions.stamp())


@lru_cache(maxsize=4)
def _homes_of(_agencies: tuple[Any, ...], _divisions: tuple[int, str]) -> Homes:
    rows = list(Agency.objects.filter(kind="commerce").order_by("code").values_list("id", "name", "parent_id", "division_id", "level"))
    below: dict[UUID, list[UUID]] = {}
    for agency, _name, parent, _division, _level in rows:
        if parent is not None:
            below.setdefault(parent, []).append(agency)
    national = next((agency for agency, _name, _parent, _division, level in rows if level == "national"), None)
    held = {division: agency for agency, _name, _parent, division, _level in rows if division}
    tree = divisions.tree()
    return Homes({row[0]: row[1] for row in rows}, below, _divided(tree, held, national), national, frozenset(tree.rows))


def _divided(tree: DivisionTree, held: Mapping[str, UUID], national: UUID | None) -> dict[UUID, frozenset[str]]:
    """The divisions by their home: the first agency at or above them that is not one of a retired division."""
    found: dict[UUID, set[str]] = {}
    for code in tree.rows:
        above = (held[step] for step in tree.chain(code) if step in held and not tree.rows[step].retired)
        home = next(above, national)
        if home is not None:
            found.setdefault(home, set()).add(code)
    return {home: frozenset(codes) for home, codes in found.items()}
