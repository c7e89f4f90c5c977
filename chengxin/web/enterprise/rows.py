"""新增记录, 删除, 撤销删除 and the removal of files, as changes of a posted page (ARC-08)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chengxin.catalogue import answers as paths
from chengxin.catalogue.answers import ORDER, PUBLIC
from chengxin.catalogue.values import Group
from chengxin.common import clock
from chengxin.web.enterprise import posting
from chengxin.web.enterprise.outline import Part, Work
from chengxin.web.enterprise.posting import Posted
from chengxin.web.session import Request


def apply(request: Request, *, work: Work, part: Part, posted: Posted, pressed: tuple[str, str] | None) -> str:
    """Add to the posted changes what the pressed button does; gives the text that undoes a deletion."""
    if pressed is None:
        return ""
    name, value = pressed
    if name == "_add":
        _add(work, part, posted, value)
    elif name == "_remove":
        _remove_file(posted, value)
    elif name == "_restore":
        _restore(request, part, posted)
    elif name == "_delete":
        return _delete(work, part, posted, value)
    return ""


def _group(part: Part, code: str) -> Group | None:
    return next((g for g in part.groups if g.code == code and g.source == "answers"), None)


def _typed(work: Work, posted: Posted) -> dict[str, str]:
    return {**work.draft.answers, **posted.values}


def _add(work: Work, part: Part, posted: Posted, code: str) -> None:
    """A new record at the end; those before it keep their places. 公开/不公开 stays open."""
    group = _group(part, code)
    if group is None:
        return
    answers = dict(work.draft.answers)
    there = work.rows(group, answers)
    if len(there) >= group.max_records:
        return
    if any(ORDER not in row.raw for row in there):
        places = {paths.path(code, row.id, ORDER): str(at) for at, row in enumerate(there, start=1)}
        answers |= places
        posted.changes |= places
    _row, made = paths.new_row(answers, group)
    posted.changes |= {path: value for path, value in made.items() if not path.endswith(f"/{PUBLIC}")}


def _delete(work: Work, part: Part, posted: Posted, where: str) -> str:
    code, _slash, row = where.partition("/")
    if _group(part, code) is None or not posting.is_row(row):
        return ""
    prefix = f"{where}/"
    gone = {path: value for path, value in _typed(work, posted).items() if path.startswith(prefix) and value}
    posted.changes = {path: value for path, value in posted.changes.items() if not path.startswith(prefix)}
    posted.changes |= dict.fromkeys(path for path in work.draft.answers if path.startswith(prefix))
    return json.dumps(gone, ensure_ascii=False)


def _restore(request: Request, part: Part, posted: Posted) -> None:
    for path, value in _kept_answers(request.POST.get("_undo", "")).items():
        where = paths.split(path)
        if where and _group(part, where[0]) is not None:
            posted.changes[path] = value


def _kept_answers(text: str) -> dict[str, str]:
    """The answers of a deleted record as its page kept them."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _remove_file(posted: Posted, value: str) -> None:
    path, _equals, sha = value.partition("=")
    if path in posted.values:
        left = [part for part in posted.values[path].split(",") if part and part != sha]
        posted.values[path] = posted.changes[path] = ",".join(left)


def differs(copy: Mapping[str, str], stored: Mapping[str, str]) -> bool:
    """Whether a recovery copy holds anything that the draft has not."""
    return any(stored.get(path, "") != value for path, value in copy.items())


def clock_text() -> str:
    """The time of day in Shanghai, for 已暂存 14:23."""
    return f"{clock.now().astimezone(clock.SHANGHAI):%H:%M}"
