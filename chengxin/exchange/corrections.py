"""Before and after: what an import changed of records that stood (D-08)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from chengxin.catalogue import codes, queries
from chengxin.catalogue.values import Group
from chengxin.exchange import queries as jobs
from chengxin.identity import queries as identity
from chengxin.records import reading, sources
from chengxin.records.sources import Change


@dataclass(frozen=True)
class Line:
    """One value that is not as before."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Correction:
    """One record before and after, and whose it was and is where that changed."""

    no: str
    uscc: str
    former_uscc: str
    lines: tuple[Line, ...]


def of(job_id: UUID, *, limit: int) -> list[Correction]:
    """The first corrections of an import, in words."""
    changes = sources.changes(jobs.changed(job_id, limit=limit))
    firms = identity.enterprises({holder for change in changes for holder in (change.former_id, change.enterprise_id)})
    return [_correction(change, {firm.id: firm.uscc for firm in firms.values()}) for change in changes]


def _correction(change: Change, usccs: dict[UUID, str]) -> Correction:
    group = queries.version(change.form_version).groups[0]
    lines = tuple(
        Line(field.label.zh, _text(group, field.code, change.before), _text(group, field.code, change.after))
        for field in group.fields
        if change.before.get(field.code) != change.after.get(field.code) and not field.personal
    )
    moved = change.former_id != change.enterprise_id
    return Correction(change.no, usccs[change.enterprise_id], usccs[change.former_id] if moved else "", lines)


def _text(group: Group, code: str, content: dict[str, object]) -> str:
    field = group.field(code)
    if field is None or content.get(code) is None:
        return "—"
    return reading.shown(field, content[code], codes.shipped()) or "—"
