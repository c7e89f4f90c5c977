"""Writes of files on their way: open a job, take a chunk, keep what was found, move on. All in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from chengxin.common import clock, crypto, sql
from chengxin.exchange import queries, store, values
from chengxin.exchange.models import Chunk, FaultyLine, Job
from chengxin.exchange.shaping import Shape
from chengxin.exchange.values import FaultyLine as Wrong
from chengxin.exchange.values import JobView, Piece
from chengxin.identity.values import Actor

MOST_ATTEMPTS = 10
BUSY_RETRY_SECONDS = 1
LONGEST_RETRY_SECONDS = 300
UNCONFIRMED_DAYS = 7
HISTORY_DAYS = 365
NAME_CHARS = 200
MOST_CHANGES_KEPT = 50


@dataclass(frozen=True)
class NewJob:
    """A file that has just been stored."""

    id: UUID
    key: str
    form_id: str
    form_version: str
    group: str
    name: str
    sha256: str
    size: int
    wants_commit: bool


@dataclass(frozen=True)
class Taken:
    """A chunk that this transaction holds."""

    id: int
    job: JobView
    encoding: str
    columns: Mapping[int, str]
    judged_on: date | None
    piece: Piece
    payload: str

    @property
    def place(self) -> str:
        """What its payload is bound to."""
        return f"exchange.chunk/{self.job.id}/{self.piece.number}"


def open_job(new: NewJob, *, by: Actor) -> bool:
    """Note a stored file; False where the same key handed one in before."""
    now = clock.now()
    row = Job(
        id=new.id, key=new.key, form_id=new.form_id, form_version=new.form_version, group=new.group, name=new.name[-NAME_CHARS:],
        sha256=new.sha256, size=new.size, by_id=by.account_id, agency_id=by.agency_id, wants_commit=new.wants_commit,
        next_try_at=now, created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def hold_new(*, job_id: UUID | None = None) -> JobView | None:
    """The oldest job whose file nobody has read yet, held to the end of the transaction, however long reading takes."""
    rows = Job.objects.select_for_update(skip_locked=True).filter(phase=values.STRUCTURE, next_try_at__lte=clock.now())
    row = (rows.filter(id=job_id) if job_id else rows).order_by("created_at").first()
    if row is None:
        return None
    with connection.cursor() as cursor:  # a big workbook is read for longer than a session may idle, with no statement meanwhile
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    return queries.view(row)


def keep_piece(*, job_id: UUID, piece: Piece) -> None:
    """Note one piece of a file."""
    Chunk.objects.create(
        job_id=job_id, number=piece.number, first_line=piece.first_line, lines=piece.lines, offset=piece.offset, next_try_at=clock.now()
    )


def drop_pieces(*, job_id: UUID) -> None:
    """A file turns out to be no table after all."""
    Chunk.objects.filter(job_id=job_id).delete()


def keep_shape(*, job_id: UUID, shape: Shape) -> None:
    """The file is read through: its lines can be judged now."""
    keep_faulty(job_id=job_id, lines=shape.faulty)
    Job.objects.filter(id=job_id).update(
        phase=values.ROWS,
        encoding=shape.encoding,
        header=list(shape.columns.header),
        columns={str(place): code for place, code in shape.columns.codes.items()},
        lines=shape.lines,
        found={queries.FAULTY_LINES: len(shape.faulty), queries.FAULTS: sum(len(line.faults) for line in shape.faulty)},
        judged_on=clock.today(),
        attempts=0,
    )


def take_chunk(*, phase: str, job_id: UUID | None = None) -> Taken | None:
    """A chunk that waits in this phase, of the oldest job first, held to the end of the transaction.

    A crash takes a chunk back whole, and it is taken again; that the job is done waits for the disk, and so for all its chunks.
    """
    waits = Q(judged_at=None) if phase == values.ROWS else Q(done_at=None)
    rows = Chunk.objects.select_for_update(skip_locked=True, of=("self",)).select_related("job")
    rows = rows.filter(waits, job__phase=phase, next_try_at__lte=clock.now())
    row = (rows.filter(job_id=job_id) if job_id else rows).order_by("job__created_at", "job_id", "number").first()
    if row is None:
        return None
    sql.do_not_wait_for_disk()
    piece = Piece(row.number, row.first_line, row.lines, row.offset)
    columns = {int(place): code for place, code in row.job.columns.items()}
    return Taken(row.pk, queries.view(row.job, counted=False), row.job.encoding, columns, row.job.judged_on, piece, row.payload)


def keep_judged(*, chunk_id: int, payload: str, expected: Mapping[str, int]) -> None:
    """A chunk is judged: what taking it in would do. Of a job that was given up meanwhile nothing is kept."""
    Chunk.objects.filter(pk=chunk_id, job__phase__in=values.WORKING).update(
        judged_at=clock.now(), payload=payload, expected=dict(expected), attempts=0
    )


def keep_done(*, chunk_id: int, counts: Mapping[str, int], changed: Sequence[tuple[UUID, UUID]]) -> None:
    """A chunk is taken in, in this transaction; some of the versions it changed are kept for a person to look at."""
    pairs = [[str(after), str(before)] for after, before in changed[:MOST_CHANGES_KEPT]]
    Chunk.objects.filter(pk=chunk_id).update(done_at=clock.now(), payload="", counts=dict(counts), changed=pairs)


def keep_faulty(*, job_id: UUID, lines: Iterable[Wrong]) -> None:
    """Keep lines that will not do with their faults, as many as a person could read."""
    room = values.MAX_FAULTY_LINES_KEPT - FaultyLine.objects.filter(job_id=job_id).count()
    rows = [_faulty(job_id, line) for line, _one in zip(lines, range(max(room, 0)), strict=False)]
    FaultyLine.objects.bulk_create(rows, ignore_conflicts=True)


def _faulty(job_id: UUID, line: Wrong) -> FaultyLine:
    cells = crypto.seal(json.dumps(line.cells, ensure_ascii=False), bound_to=queries.cells_place(job_id, line.number))
    return FaultyLine(job_id=job_id, number=line.number, cells=cells, faults=[[f.column, f.message] for f in line.faults])


def hold_finished(*, phase: str, job_id: UUID | None = None) -> JobView | None:
    """A job whose chunks are all through a phase, held to the end of the transaction."""
    left = Chunk.objects.filter(judged_at=None) if phase == values.ROWS else Chunk.objects.filter(done_at=None)
    rows = Job.objects.select_for_update(skip_locked=True).filter(phase=phase).exclude(id__in=left.values("job_id"))
    row = (rows.filter(id=job_id) if job_id else rows).order_by("created_at").first()
    return queries.view(row) if row else None


def move(*, job_id: UUID, phase: str, filing_id: UUID | None = None, problem: str = "") -> None:
    """Bring a held job to another phase; where it ends, no chunk keeps a payload, not even one that is being judged just now."""
    changes: dict[str, object] = {"phase": phase, "problem": problem[:500]}
    if filing_id is not None:
        changes["filing_id"] = filing_id
    if phase in values.ENDED:
        changes["finished_at"] = clock.now()
        Chunk.objects.filter(job_id=job_id).update(payload="")
        transaction.on_commit(lambda: store.remove(job_id))
    Job.objects.filter(id=job_id).update(**changes)


def confirm(*, job_id: UUID) -> bool:
    """A person wants a checked file taken in. Judged on another day, it is judged again first; False where it cannot be."""
    row = Job.objects.select_for_update().filter(id=job_id, phase=values.CHECKED).first()
    if row is None:
        return False
    if row.judged_on != clock.today():
        row.chunks.update(judged_at=None, payload="", expected={})
    row.phase, row.wants_commit, row.judged_on = values.ROWS, True, clock.today()
    row.save(update_fields=["phase", "wants_commit", "judged_on"])
    return True


def cancel(*, job_id: UUID) -> bool:
    """A person does not want a file taken in; False where it is too late.

    Held without its key: who judges a chunk may still note faults of the job, and is waited for.
    """
    row = Job.objects.select_for_update(no_key=True).filter(id=job_id).exclude(phase__in=[values.COMMIT, *values.ENDED]).first()
    if row is None or (row.phase == values.PARKED and row.filing_id):
        return False
    move(job_id=job_id, phase=values.CANCELLED)
    return True


def drop(*, job_id: UUID) -> None:
    """Forget a rehearsal: nothing of it stays."""
    Job.objects.filter(id=job_id, filing__isnull=True).delete()
    transaction.on_commit(lambda: store.remove(job_id))


def put_off(*, chunk_id: int) -> None:
    """Somebody holds one of the enterprises of a chunk just now: it waits a moment, as often as need be."""
    Chunk.objects.filter(pk=chunk_id).update(next_try_at=clock.now() + timedelta(seconds=BUSY_RETRY_SECONDS))


def note_failure(*, job_id: UUID, chunk_id: int | None, why: str) -> None:
    """Something broke: later and later tries, then the job is parked for a person (D-44)."""
    rows = Chunk.objects.filter(pk=chunk_id, done_at=None) if chunk_id else Job.objects.filter(id=job_id)
    row = rows.select_for_update().first()
    if row is None:
        return
    row.attempts += 1
    row.next_try_at = clock.now() + timedelta(seconds=min(2**row.attempts, LONGEST_RETRY_SECONDS))
    row.save(update_fields=["attempts", "next_try_at"])
    if row.attempts >= MOST_ATTEMPTS:
        Job.objects.filter(id=job_id, phase__in=values.WORKING).update(phase=values.PARKED, problem=why[:500])


def resume(*, job_id: UUID) -> bool:
    """A person lets a parked job go on where it stood; False where it is not parked."""
    row = Job.objects.select_for_update().filter(id=job_id, phase=values.PARKED).first()
    if row is None:
        return False
    now = clock.now()
    row.chunks.filter(done_at=None).update(attempts=0, next_try_at=now)
    row.phase = values.COMMIT if row.filing_id else values.ROWS if row.lines else values.STRUCTURE
    row.problem, row.attempts, row.next_try_at = "", 0, now
    row.save(update_fields=["phase", "problem", "attempts", "next_try_at"])
    return True


def sweep() -> int:
    """Give up what nobody confirmed, and forget what was cancelled, refused or faulty a year ago; returns how many."""
    now = clock.now()
    waiting = Job.objects.filter(phase=values.CHECKED, created_at__lt=now - timedelta(days=UNCONFIRMED_DAYS))
    gone = 0
    for job_id in list(waiting.values_list("id", flat=True)[:100]):
        with transaction.atomic():
            if waiting.select_for_update(no_key=True).filter(id=job_id).first():  # nobody has confirmed it meanwhile
                gone += cancel(job_id=job_id)
    ended = [phase for phase in values.ENDED if phase != values.DONE]
    old = Job.objects.filter(phase__in=ended, filing__isnull=True, finished_at__lt=now - timedelta(days=HISTORY_DAYS))
    return gone + old.delete()[0]
