"""Reads of files on their way: how far each has come, what is wrong with its lines, the unit's history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from chengxin.common import crypto, sql
from chengxin.common.errors import NotFound
from chengxin.exchange import values
from chengxin.exchange.models import Chunk, FaultyLine, Job
from chengxin.exchange.values import Fault, JobView
from chengxin.exchange.values import FaultyLine as Wrong
from chengxin.identity.values import Actor

PAGE = 30
FAULTS, FAULTY_LINES = "faults", "faulty_lines"


def view(row: Job, *, counted: bool = True) -> JobView:
    """A job as others see it; without what was found where nobody asks for it."""
    counts: Counter[str] = Counter(row.found) if counted else Counter()
    checked = taken_in = 0
    for lines, expected, judged, told, done in row.chunks.values_list(*_TOLD) if counted else ():
        counts.update(told if done else expected)
        checked, taken_in = checked + (lines if judged else 0), taken_in + (lines if done else 0)
    return JobView(
        id=row.id, form_id=row.form_id, form_version=row.form_version, group=row.group, name=row.name, sha256=row.sha256,
        size=row.size, by_id=row.by_id, agency_id=row.agency_id, phase=row.phase, wants_commit=row.wants_commit,
        header=tuple(row.header), lines=row.lines, checked=checked, taken_in=taken_in, counts=counts,
        faults=counts.pop(FAULTS, 0), faulty_lines=counts.pop(FAULTY_LINES, 0), filing_id=row.filing_id, problem=row.problem,
        created_at=row.created_at, finished_at=row.finished_at,
    )  # fmt: skip


_TOLD = ("lines", "expected", "judged_at", "counts", "done_at")


def job(job_id: UUID) -> JobView:
    """One job; raises NotFound."""
    row = Job.objects.filter(id=job_id).first()
    if row is None:
        raise NotFound
    return view(row)


def progress(job_id: UUID) -> tuple[str, int, int]:
    """The phase of a job and how many of its chunks are judged and taken in."""
    row = Job.objects.filter(id=job_id).annotate(judged=Count("chunks__judged_at"), done=Count("chunks__done_at"))
    found = row.values_list("phase", "judged", "done").first()
    if found is None:
        raise NotFound
    return found


_WAITING = """
WITH working AS (
  SELECT id, phase FROM exchange_job WHERE phase IN ('structure', 'rows', 'commit') AND (%(job)s::uuid IS NULL OR id = %(job)s)
), under_way AS (
  SELECT phase, EXISTS (
    SELECT 1 FROM exchange_chunk c WHERE c.job_id = working.id AND c.done_at IS NULL AND (phase = 'commit' OR c.judged_at IS NULL)
  ) AS has_chunks
  FROM working WHERE phase <> 'structure'
)
SELECT 'structure', true FROM working WHERE phase = 'structure' UNION SELECT phase, has_chunks FROM under_way
"""


def waiting(job_id: UUID | None = None) -> set[tuple[str, bool]]:
    """The phases that any file, or one, is in, each with whether chunks are left to deal with in it; nothing of it is held."""
    return {(phase, has_chunks) for phase, has_chunks in sql.rows(_WAITING, {"job": job_id})}


def own(job_id: UUID, *, by: Actor) -> JobView:
    """One job of the acting person's unit; raises NotFound for every other."""
    found = job(job_id)
    if by.agency_id is None or found.agency_id != by.agency_id:
        raise NotFound
    return found


def history(*, by: Actor, before: datetime | None = None) -> list[JobView]:
    """The imports of the acting person's unit, newest first."""
    rows = Job.objects.filter(agency_id=by.agency_id or UUID(int=0))
    rows = rows.filter(created_at__lt=before) if before else rows
    return [view(row) for row in rows.order_by("-created_at")[:PAGE]]


def under_way(*, form_id: str, sha256: str) -> JobView | None:
    """A job that takes in exactly this file now."""
    rows = Job.objects.filter(form_id=form_id, sha256=sha256, wants_commit=True, phase__in=[*values.WORKING, values.PARKED])
    row = rows.order_by("created_at").first()
    return view(row) if row else None


def by_key(key: str) -> JobView | None:
    """The job that was opened by this submission, or None."""
    row = Job.objects.filter(key=key).first()
    return view(row) if row else None


def faulty_lines(job_id: UUID, *, limit: int | None = None) -> Iterator[Wrong]:
    """Lines that will not do, in their order."""
    rows = FaultyLine.objects.filter(job_id=job_id).order_by("number")
    for row in rows[:limit] if limit else rows.iterator(chunk_size=500):
        cells = json.loads(crypto.unseal(row.cells, bound_to=cells_place(job_id, row.number)))
        faults = tuple(Fault(row.number, column, message) for column, message in row.faults)
        yield Wrong(row.number, tuple(cells), faults)


def numbers_of_faulty(job_id: UUID, *, first: int, last: int) -> set[int]:
    """The numbers of lines of a part of the file that will not do."""
    rows = FaultyLine.objects.filter(job_id=job_id, number__gte=first, number__lte=last)
    return set(rows.values_list("number", flat=True))


def cells_place(job_id: UUID, number: int) -> str:
    """What the envelope of a line's cells is bound to."""
    return f"exchange.faultyline/{job_id}/{number}"


def changed(job_id: UUID, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Record versions that an import put in the place of others, with those: some of each chunk."""
    rows = Chunk.objects.filter(job_id=job_id).exclude(changed=[]).order_by("number").values_list("changed", flat=True)
    pairs = [(UUID(after), UUID(before)) for found in rows[:limit] for after, before in found]
    return pairs[:limit]


def parked() -> Mapping[str, int]:
    """How many jobs wait for a person, by group: for the page of operations and `doctor`."""
    rows = Job.objects.filter(phase=values.PARKED).values("group").annotate(n=Count("id"))
    return {row["group"]: row["n"] for row in rows}
