"""What a posted page changed (D-32): every record carries short marks of what it showed.

A page without scripts posts everything. Its hidden `_was/<group>/<row>` lists, for each field, a mark of
the value that the page was drawn with; what has another mark now was changed by this person, the rest
was not, whatever another tab has done to it meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from chengxin.catalogue.answers import PUBLIC
from chengxin.catalogue.values import Group
from chengxin.common.errors import Conflict, Invalid, Unavailable
from chengxin.filings.values import AttachmentView
from chengxin.flow import archive as flow
from chengxin.identity.values import Actor
from chengxin.web import answers as posted_answers
from chengxin.web.divisions import division_tree
from chengxin.web.enterprise.outline import Part, Work
from chengxin.web.session import Request

WAS = "_was/"
KEEP = "_keep/"
NEW = ".new"
Upload = Callable[..., AttachmentView]


@dataclass
class Posted:
    """A page as it came: all its values, those that changed, what was wrong with its files."""

    base_rev: int
    values: dict[str, str]
    changes: dict[str, str | None]
    errors: dict[str, list[str]] = field(default_factory=dict)


def mark(value: str) -> str:
    """A short mark of a value."""
    return hashlib.sha256(value.replace("\r\n", "\n").encode()).hexdigest()[:8]


def was(group: Group, row: str, answers: Mapping[str, str]) -> str:
    """The marks of one record, for its hidden field."""
    codes = [f.code for f in group.fields] + ([PUBLIC] if group.visibility == "choice" else [])
    return " ".join(f"{code}:{mark(answers.get(f'{group.code}/{row}/{code}', ''))}" for code in codes)


def read(request: Request, *, work: Work, part: Part, by: Actor, upload: Upload = flow.upload) -> Posted:
    """Everything the page posted; files chosen without scripts are taken in here, by `upload`."""
    post = request.POST
    marks, kinds = _shown(post, part)
    typed = posted_answers.read(post, kinds=kinds, tree=division_tree() if "division" in kinds.values() else None)
    values = {path: _kept(post, path, value, work) for path, value in typed.items()}
    base = post.get("base_rev", "")
    made = Posted(base_rev=int(base) if base.isdecimal() and len(base) < 10 else 0, values=values, changes={})
    _take_files(request, kinds=kinds, made=made, take=partial(upload, filing_id=work.filing.id, by=by))
    made.changes = {path: value for path, value in made.values.items() if mark(value) != marks[path]}
    return made


def _kept(post: QueryDict, path: str, value: str, work: Work) -> str:
    """After a clash: the other tab's value where the person chose it."""
    if post.get(KEEP + path) == "theirs":
        return work.draft.answers.get(path, "")
    return value


def _shown(post: QueryDict, part: Part) -> tuple[dict[str, str], dict[str, str]]:
    """Marks and kinds of the paths that the page showed."""
    groups = {group.code: group for group in part.groups}
    marks: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for name in post:
        if not name.startswith(WAS):
            continue
        code, _slash, row = name.removeprefix(WAS).partition("/")
        if code not in groups or not is_row(row):
            continue
        known = {f.code: str(f.kind) for f in groups[code].fields} | {PUBLIC: "visibility"}
        for pair in str(post[name]).split():
            field_code, _colon, its_mark = pair.partition(":")
            if field_code in known:
                marks[f"{code}/{row}/{field_code}"] = its_mark
                kinds[f"{code}/{row}/{field_code}"] = known[field_code]
    return marks, kinds


def is_row(text: str) -> bool:
    """Whether a text is the id of a record."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _take_files(request: Request, *, kinds: Mapping[str, str], made: Posted, take: Upload) -> None:
    for name in request.FILES:
        path = name.removesuffix(NEW)
        if not name.endswith(NEW) or kinds.get(path) != "file":
            continue
        for file in request.FILES.getlist(name):
            if file.name:
                _take(file, path, made=made, take=take)


def _take(file: UploadedFile[Any], path: str, *, made: Posted, take: Upload) -> None:
    try:
        taken = take(path=path, stream=file, name=str(file.name))
    except (Invalid, Conflict, Unavailable) as error:
        fields = error.fields if isinstance(error, Invalid) else {}
        texts = [text for found in fields.values() for text in found] or [error.message]
        made.errors.setdefault(path, []).extend(texts)
        return
    held = [part for part in made.values.get(path, "").split(",") if part]
    made.values[path] = ",".join(dict.fromkeys([*held, taken.sha256]))
