"""Pure decisions about drafts and submissions (D-32, D-33)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from chengxin.common.canonical import canonical
from chengxin.filings.values import Clash

MAX_VALUE_CHARS = 20_000  # one raw value of a draft; longer texts are refused with their length
MAX_PATHS = 5_000  # paths of one draft
PATH = re.compile(r"[A-Za-z0-9_]{1,40}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[A-Za-z0-9_]{1,60}", re.ASCII)


def merge(
    *,
    answers: Mapping[str, str],
    field_rev: Mapping[str, int],
    rev: int,
    base_rev: int,
    changes: Mapping[str, str | None],
) -> tuple[dict[str, str], dict[str, int], list[Clash]]:
    """Take each changed path whose ``field_rev <= base_rev``; the others come back as clashes.

    ``None`` deletes a path. Nothing is ever lost: a clash keeps the stored value and returns both.
    """
    new, revs, clashes = dict(answers), dict(field_rev), []
    for path, value in changes.items():
        stored = answers.get(path)
        if value == stored:
            continue
        if field_rev.get(path, 0) > base_rev:
            clashes.append(Clash(path=path, mine=value, theirs=stored))
            continue
        if value is None:
            new.pop(path, None)
        else:
            new[path] = value
        revs[path] = rev + 1
    return new, revs, clashes


def changed_paths(*, before: Mapping[str, str], after: Mapping[str, str], scope: set[str]) -> dict[str, str | None]:
    """What a whole posted page changed against the stored draft, within the rows of ``scope``.

    ``scope`` holds ``group/row`` prefixes that the page showed; a row that is gone is a deletion.
    """
    changes: dict[str, str | None] = {path: value for path, value in after.items() if before.get(path) != value}
    for path in before:
        prefix = path.rsplit("/", 1)[0]
        if prefix in scope and path not in after:
            changes[path] = None
    return changes


def bad_paths(changes: Mapping[str, Any]) -> list[str]:
    """Paths that no form could have; a tampered page, never a person's mistake."""
    return [path for path in changes if not PATH.fullmatch(path)]


def shared_rows(answers: Mapping[str, Any]) -> set[str]:
    """Ids that stand for rows of more than one group: a record is one fact and belongs to one group (D-01)."""
    groups: dict[str, str] = {}
    return {row for group, row, _field in (path.split("/", 2) for path in answers) if groups.setdefault(row, group) != group}


def frozen_hash(*, answers: Mapping[str, str], files: list[tuple[str, str]]) -> str:
    """SHA-256 (hex) over the frozen answers and the (path, sha256) pairs of the files (D-23)."""
    return hashlib.sha256(canonical({"answers": dict(answers), "files": sorted(map(list, files))})).hexdigest()


def rows_of(answers: Mapping[str, str], group: str) -> list[str]:
    """Row ids of a group, in the order of their first appearance."""
    seen: dict[str, None] = {}
    for path in answers:
        head, row, _field = path.split("/", 2)
        if head == group:
            seen.setdefault(row)
    return list(seen)
