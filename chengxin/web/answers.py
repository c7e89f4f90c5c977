"""What a page of a form posts, as raw answers by path (D-32).

Most controls post their path. Some post parts: `path.from`, `path.to`, `path.long` of a period,
`path.1`, `.2`, `.3`, `.hit` of a division, `path.day` and `path.long` of a last day, `path.name` and
`path.uscc` of each organisation, several `path` of a multichoice or of files. `read` puts the parts
together: a period as `2024-01-01..2026-01-01` or `2024-01-01..长期`, several as `a,b`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, zip_longest

from django.http import QueryDict

from chengxin.catalogue.chosen_kinds import KINDS
from chengxin.web.forms import LONG_TERM, SPAN
from chengxin.web.pickers import DivisionTree

SEVERAL = {"multichoice", "file"}


def read(post: QueryDict, *, kinds: Mapping[str, str], tree: DivisionTree | None = None) -> dict[str, str]:
    """Raw answers of the paths a page shows; `kinds` maps each path to its kind. Absent boxes read as empty."""
    return {path: _one(post, path=path, kind=kind, tree=tree) for path, kind in kinds.items()}


def changed(*, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The paths whose answer is another than before: what a page without scripts has changed."""
    return {path: value for path, value in after.items() if before.get(path, "") != value}


def pressed(post: QueryDict, *, names: Iterable[str] = ("_delete", "_add", "_remove", "_search")) -> tuple[str, str] | None:
    """Which of the page's small buttons was pressed, as (name, value)."""
    return next(((name, str(post[name])) for name in names if name in post), None)


def _one(post: QueryDict, *, path: str, kind: str, tree: DivisionTree | None) -> str:
    if kind == "period":
        return _period(post, path)
    if kind == "until" and path not in post:
        return LONG_TERM if post.get(f"{path}.long") else post.get(f"{path}.day", "").strip()
    if kind == "units":
        return _units(post, path)
    if kind == "division" and tree is not None:
        return tree.read(post, path)
    if kind in SEVERAL:
        return ",".join(dict.fromkeys(part for part in post.getlist(path) if part))
    return post.get(path, "").replace("\r\n", "\n")


def _units(post: QueryDict, path: str) -> str:
    if f"{path}.name" not in post and path in post:
        return str(post[path])
    rows = zip_longest(post.getlist(f"{path}.name"), post.getlist(f"{path}.uscc"), fillvalue="")
    return KINDS["units"].compose(list(chain.from_iterable(rows)))


def _period(post: QueryDict, path: str) -> str:
    if f"{path}.from" not in post and path in post:
        return str(post[path])
    start = post.get(f"{path}.from", "").strip()
    end = LONG_TERM if post.get(f"{path}.long") else post.get(f"{path}.to", "").strip()
    return f"{start}{SPAN}{end}" if start or end else ""
