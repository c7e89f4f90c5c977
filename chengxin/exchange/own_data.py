"""What an enterprise takes away of its own voluntary registration: every filing with every field, as JSON or as a workbook.

Both are made filing by filing: memory does not grow with how much there is. Texts are in Chinese, as they were filed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import IO, Any
from uuid import UUID

import orjson
from django.utils.translation import override
from openpyxl import Workbook

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Field, Form
from chengxin.common import clock
from chengxin.common.canonical import rfc3339
from chengxin.exchange.workbooks import bytes_of, text_cell
from chengxin.filings import handed, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.handed import Kept
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import standing

KIND = "voluntary"
LONGEST_SHEET_NAME = 31
NOT_IN_SHEET_NAME = re.compile(r"[\\*?:/\[\]]")
HEAD = ("填报编号", "记录编号", "数据状态", "创建时间", "提交时间", "审核时间", "审核意见", "回执编号", "存证编号")
FILES = "证明附件（文件名与SHA-256）"
PUBLIC = {"full": "公开", "masked": "脱敏公开", "street": "公开到街道", "never": "不公开"}


def as_json(*, by: Actor) -> Iterator[bytes]:
    """One JSON document in pieces: whose data, what was signed, then every filing."""
    published = _published(by)
    with override("zh-hans"):
        yield orjson.dumps(_whose(by))[:-1] + b',"filings":['
        between = b""
        for form_id in dict.fromkeys(form_id for form_id, _version in handed.forms(kind=KIND, by=by)):
            for kept in handed.everything(kind=KIND, form_id=form_id, by=by):
                yield between + orjson.dumps(_entry(kept, published))
                between = b","
        yield b"]}"


def _whose(by: Actor) -> dict[str, Any]:
    assert by.enterprise_id is not None
    enterprise = identity.enterprise(by.enterprise_id)
    signed = filings.commitments(enterprise_id=enterprise.id)
    return {
        "kind": "voluntary-registration",
        "enterprise": {"name": enterprise.name, "uscc": enterprise.uscc},
        "made_at": rfc3339(clock.now()),
        "commitments": [{"document": code, "version": version, "at": rfc3339(at)} for code, version, at in signed],
    }


def _published(by: Actor) -> dict[UUID, UUID]:
    """The version of each record that the public sees now."""
    assert by.enterprise_id is not None
    return standing.versions(enterprise_id=by.enterprise_id, by=by)


def _version_of(kept: Kept, row: paths.Row, published: dict[UUID, UUID]) -> UUID | None:
    """What the public sees of a record, where this is the filing that is in force."""
    return published.get(UUID(row.id)) if kept.filing.state == lifecycle.APPROVED else None


def _entry(kept: Kept, published: dict[UUID, UUID]) -> dict[str, Any]:
    form = catalogue.version(kept.filing.form_version)
    return {
        "filing_id": kept.filing.id,
        "form": form.id,
        "form_title": str(form.title),
        "form_version": form.version,
        "state": kept.filing.state,
        "state_label": str(catalogue.state_label(KIND, kept.filing.state)),
        "created_at": rfc3339(kept.filing.created_at),
        "records": [_record(form, row) | {"version_id": _version_of(kept, row, published)} for row in _rows(form, kept)],
        "submissions": [{"number": s.number, "at": rfc3339(s.submitted_at), "sha256": s.sha256} for s in kept.submissions],
        "decisions": [{"outcome": d.outcome, "opinion": d.opinion, "at": rfc3339(d.at)} for d in kept.decisions],
        "files": [{"name": f.name, "sha256": f.sha256, "bytes": f.size} for f in kept.files],
    }


def _rows(form: Form, kept: Kept) -> list[paths.Row]:
    return [row for group in form.groups for row in paths.rows(kept.answers, group.code)]


def _record(form: Form, row: paths.Row) -> dict[str, Any]:
    """One record: every field with its words, what was typed, and whether the public sees it."""
    return {
        "record_id": row.id,
        "fields": {
            f.code: {"label": str(f.label), "value": row.raw[f.code], "text": _text(f, row.raw[f.code]), "public": f.public}
            for f in _fields(form)
            if row.raw.get(f.code)
        },
    }


def _text(field: Field, raw: str) -> str:
    """What was typed, in words: choices by their labels."""
    if field.kind == "boolean":
        return {"1": "是", "0": "否"}.get(raw, raw)
    labels = {option.code: str(option.label) for option in field.options}
    return "、".join(labels.get(code, code) for code in raw.split(",")) if labels else raw


def _fields(form: Form) -> list[Field]:
    return [f for group in form.groups for f in group.fields if f.kind != "file"]


def as_book(*, by: Actor) -> IO[bytes]:
    """A workbook: a sheet for each item, a line for each filing."""
    published = _published(by)
    book = Workbook(write_only=True)
    with override("zh-hans"):
        used = groupby(handed.forms(kind=KIND, by=by), key=lambda used: used[0])
        for form_id, versions in used:
            _sheet(book, form_id, [version for _form_id, version in versions], published, by)
        if not book.worksheets:
            book.create_sheet("没有数据")
    return io.BytesIO(bytes_of(book))


def _sheet(book: Workbook, form_id: str, versions: Sequence[str], published: dict[UUID, UUID], by: Actor) -> None:
    """One item; its columns are the fields of all versions under which something was filed."""
    fields = {f.code: f for version in versions for f in _fields(catalogue.version(version))}
    title = str(catalogue.version(versions[-1]).title)
    sheet: Any = book.create_sheet(sheet_name(title))
    sheet.append([*HEAD, *(f"{f.label}（{PUBLIC.get(f.public, f.public)}）" for f in fields.values()), FILES])
    for kept in handed.everything(kind=KIND, form_id=form_id, by=by):
        form = catalogue.version(kept.filing.form_version)
        for row in _rows(form, kept):
            texts = [
                *_head(kept, row, _version_of(kept, row, published)),
                *(_text(f, row.raw.get(f.code, "")) for f in fields.values()),
                _files(kept),
            ]
            sheet.append([text_cell(sheet, text) for text in texts])


def sheet_name(title: str) -> str:
    """A title as a workbook can name a sheet."""
    return NOT_IN_SHEET_NAME.sub(" ", title).strip("' ")[:LONGEST_SHEET_NAME]


def _head(kept: Kept, row: paths.Row, version_id: UUID | None) -> list[str]:
    filing = kept.filing
    moments = (filing.created_at, filing.submitted_at, filing.decided_at)
    created, submitted, decided = (f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}" if at else "" for at in moments)
    label = str(catalogue.state_label(KIND, filing.state))
    number = kept.submissions[-1].number if kept.submissions else ""
    return [str(filing.id), row.id, label, created, submitted, decided, filing.opinion, number, str(version_id or "")]


def _files(kept: Kept) -> str:
    return "\n".join(f"{file.name} {file.sha256}" for file in kept.files)
