"""The tree of divisions as the database has it, cached by the stamp of the newest load."""

from __future__ import annotations

from functools import lru_cache

from chengxin.common import sql
from chengxin.identity.models import Division
from chengxin.identity.tree import DivisionRow, DivisionTree

_NEWEST = "SELECT id, sha256 FROM identity_divisionload ORDER BY id DESC LIMIT 1"
_COLUMNS = ("code", "name", "level", "parent_id", "above_id", "retired", "successor_id", "sort")


def tree() -> DivisionTree:
    """All divisions; one small query, the rest from memory."""
    return _tree_of(*stamp())


def stamp() -> tuple[int, str]:
    """What tells two loads apart."""
    newest = sql.row(_NEWEST, {})
    return (newest[0], newest[1]) if newest else (0, "")


@lru_cache(maxsize=4)
def _tree_of(_number: int, _sha256: str) -> DivisionTree:
    return fresh_tree()


def fresh_tree() -> DivisionTree:
    """All divisions straight from the table."""
    return DivisionTree({row[0]: DivisionRow(*row) for row in Division.objects.values_list(*_COLUMNS)})
