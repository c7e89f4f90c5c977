"""Answers as a draft keeps them: raw strings by path (D-32). Pure.

group/<row uuid>/<field>    what was typed
group/<row uuid>/_public    "1" or "0"
group/<row uuid>/_order     place among the group's rows, a whole number
group/<row uuid>/_deleted   "1" once the row is taken away
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid4

from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.values import Form, Group

PUBLIC, ORDER, DELETED = "_public", "_order", "_deleted"
_KEPT_ROWS = 1024
MARKS = frozenset({PUBLIC, ORDER, DELETED})


@dataclass(frozen=True, slots=True)
class Row:
    """One record as typed."""

    id: str
    raw: Mapping[str, str]

    @property
    def order(self) -> tuple[int, str]:
        """Sort key: the `_order` mark, then the identifier."""
        mark = self.raw.get(ORDER, "")
        return (int(mark) if mark.isdecimal() and len(mark) < 10 else 10**9, self.id)


def path(group: str, row: str, field: str) -> str:
    """Return the path of one answer."""
    return f"{group}/{row}/{field}"


def split(key: str) -> tuple[str, str, str] | None:
    """Return group, row and field of a path; None if it is none or its row is no UUID."""
    parts = key.split("/")
    if len(parts) != 3 or not all(parts) or not _is_uuid(parts[1]):
        return None
    return parts[0], parts[1], parts[2]


@lru_cache(maxsize=_KEPT_ROWS)
def _is_uuid(text: str) -> bool:
    """Whether a text names a row; asked for every field of the row."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def rows(answers: Mapping[str, str], group: str) -> list[Row]:
    """Return the rows of `group` in order, without those taken away."""
    start = f"{group}/"
    return rows_by_group({key: raw for key, raw in answers.items() if key.startswith(start)}).get(group, [])


def rows_by_group(answers: Mapping[str, str]) -> dict[str, list[Row]]:
    """Return the rows of every group that has some, as `rows` does, in one pass."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for key, raw in answers.items():
        if parts := split(key):
            found.setdefault(parts[0], {}).setdefault(parts[1], {})[parts[2]] = raw
    return {group: _in_order(each) for group, each in found.items()}


def _in_order(found: Mapping[str, Mapping[str, str]]) -> list[Row]:
    kept = (Row(id=row, raw=raw) for row, raw in found.items() if raw.get(DELETED) != "1")
    return sorted(kept, key=lambda r: r.order)


def blank(row: Row, group: Group) -> bool:
    """Say whether nothing was typed into any field of `row`."""
    return all(kind_of(f).blank(row.raw.get(f.code, "")) for f in group.fields)


def new_row(answers: Mapping[str, str], group: Group) -> tuple[str, dict[str, str]]:
    """Return the identifier of a new row at the end of `group` and the changes that make it (新增记录)."""
    row = str(uuid4())
    last = max((r.order[0] for r in rows(answers, group.code) if r.order[0] < 10**9), default=0)
    changes = {path(group.code, row, ORDER): str(last + 1)}
    if group.visibility == "choice" and group.default_public is not None:
        changes[path(group.code, row, PUBLIC)] = "1" if group.default_public else "0"
    return row, changes


def from_post(form: Form, posted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return answers from a posted page: several inputs of one path are put together by the field's kind.

    Paths the form does not have are left out; nothing else of the post is looked at.
    """
    parts: dict[str, list[str]] = {}
    for name, value in posted:
        parts.setdefault(name, []).append(value)
    answers = {}
    for key, values in parts.items():
        where = split(key)
        group = form.group(where[0]) if where else None
        if not where or group is None:
            continue
        if where[2] in MARKS:
            answers[key] = values[-1]
        elif field := group.field(where[2]):
            answers[key] = kind_of(field).compose(values) if len(values) > 1 else values[0]
    return answers
