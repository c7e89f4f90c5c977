"""An import on its way through its phases: structure, rows, commit; each step one transaction, each chunk exactly once (D-44).

A worker that is killed leaves a step undone, never half done; whoever comes next takes it again. Several may work on one
file: a chunk is held with SKIP LOCKED.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import ChengxinError, Conflict, Invalid
from chengxin.exchange import actions, packing, queries, shaping, store, values, workbooks
from chengxin.exchange.actions import Taken
from chengxin.exchange.judging import Judge
from chengxin.exchange.packed import Packed
from chengxin.exchange.reading import Columns, rows
from chengxin.exchange.values import Fault, FaultyLine, JobView, Judged, Line
from chengxin.filings import imports as filings
from chengxin.flow import importing_lines
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records.supplying import CORRECTED, REASSIGNED, Verdict

log = structlog.get_logger()
COMMAND = Actor.system("command")
Step = Callable[[], int]


def carry_out(limit: int) -> int:
    """Take steps until about `limit` lines are dealt with or nothing waits; returns how many lines were."""
    done = 0
    while done < limit and (taken := one_step()):
        done += taken
    return done


def one_step(job_id: UUID | None = None) -> int:
    """The next step of any file, or of one; returns how many lines it dealt with, at least 1, or 0 where nothing waits."""
    steps: dict[tuple[str, bool], Step] = {
        (values.COMMIT, False): partial(_advance, values.COMMIT, job_id),
        (values.ROWS, False): partial(_advance, values.ROWS, job_id),
        (values.COMMIT, True): partial(_commit_chunk, job_id),
        (values.ROWS, True): partial(_judge_chunk, job_id),
        (values.STRUCTURE, True): partial(_read_through, job_id),
    }
    waiting = queries.waiting(job_id)
    return next((taken for kind, take in steps.items() if kind in waiting and (taken := take())), 0)


@dataclass
class _Held:
    """Whose step this is, for when it breaks: the transaction knows, and is rolled back."""

    job_id: UUID | None = None
    chunk_id: int | None = None


def _mending(take: Callable[[UUID | None, _Held], int]) -> Callable[[UUID | None], int]:
    """Note what broke in a transaction of its own, so that other files go on; who is busy is tried again soon."""

    def mended(job_id: UUID | None) -> int:
        held = _Held()
        try:
            return take(job_id, held)
        except Conflict:
            if held.chunk_id is None:
                raise
            _put_off(held.chunk_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            if held.job_id is None:
                raise
            log.exception("import step failed", job=str(held.job_id))
            _note(held.job_id, held.chunk_id, error)
        return 1

    return mended


@step
def _put_off(chunk_id: int) -> None:
    actions.put_off(chunk_id=chunk_id)


@step
def _note(job_id: UUID, chunk_id: int | None, cause: BaseException | None) -> None:
    why = cause.message if isinstance(cause, ChengxinError) else _("系统暂时无法处理此文件，已通知运维人员。")
    actions.note_failure(job_id=job_id, chunk_id=chunk_id, why=why)


# --- structure --------------------------------------------------------------------------------------------------------
@_mending
@step
def _read_through(job_id: UUID | None, held: _Held) -> int:
    """Read a file through and cut it into pieces; what is no table is refused with one sentence."""
    job = actions.hold_new(job_id=job_id)
    if job is None:
        return 0
    held.job_id = job.id
    try:
        _cut(job)
    except Invalid as refused:
        actions.drop_pieces(job_id=job.id)
        actions.move(job_id=job.id, phase=values.REFUSED, problem=refused.message)
    return 1


def _cut(job: JobView) -> None:
    group = catalogue.version(job.form_version).groups[0]
    path = workbooks.table(job.id) if workbooks.is_book(store.path_of(job.id)) else store.path_of(job.id)
    shape, pieces = shaping.shaped(path, group=group)
    for piece in pieces:
        actions.keep_piece(job_id=job.id, piece=piece)
    actions.keep_shape(job_id=job.id, shape=shape)


# --- rows -------------------------------------------------------------------------------------------------------------
@_mending
@step
def _judge_chunk(job_id: UUID | None, held: _Held) -> int:
    """Judge a chunk: every fault by its cell, or what taking it in would do."""
    taken = actions.take_chunk(phase=values.ROWS, job_id=job_id)
    if taken is None:
        return 0
    held.job_id, held.chunk_id = taken.job.id, taken.id
    _keep_judged(taken)
    return taken.piece.lines


def _keep_judged(taken: Taken) -> None:
    job, form = taken.job, catalogue.version(taken.job.form_version)
    by = actor_of(job)
    units = identity.units_of(by.agency_id) if by.agency_id else None
    assert taken.judged_on is not None
    lines = {line.number: line for line in lines_of(taken)}
    good, wrong = Judge(form, taken.judged_on, units, frozenset(taken.columns.values())).judge(lines.values())
    packed, unfit, counts = _against_the_database(job, good, lines)
    faulty = [*wrong, *unfit]
    counts[queries.FAULTY_LINES] = len(faulty)
    counts[queries.FAULTS] = sum(len(line.faults) for line in faulty)
    actions.keep_faulty(job_id=job.id, lines=sorted(faulty, key=lambda line: line.number))
    payload = packing.pack(packed, bound_to=taken.place) if job.wants_commit or not faulty else ""
    actions.keep_judged(chunk_id=taken.id, payload=payload, expected=counts)


def lines_of(taken: Taken) -> list[Line]:
    """The lines of a chunk, read from the file, without those of a wrong shape."""
    columns = Columns(tuple(taken.job.header), taken.columns)
    first, last = taken.piece.first_line, taken.piece.first_line
    table = rows(store.readable(taken.job.id), encoding=taken.encoding, offset=taken.piece.offset, number=first)
    found = list(itertools.islice(table, taken.piece.lines))
    last = found[-1].number if found else first
    wrong = queries.numbers_of_faulty(taken.job.id, first=first, last=last)
    return [columns.line(row) for row in found if row.number not in wrong]


def _against_the_database(
    job: JobView, good: Sequence[Judged], lines: dict[int, Line]
) -> tuple[list[Packed], list[FaultyLine], Counter[str]]:
    """Lines made ready, those that do not fit what stands, and what the others would do."""
    packed = packing.made_ready(good, group=job.group)
    there = importing_lines.around(packed, group=job.group)
    fit, unfit = _sorted_out(job, packed, there)
    faulty = [FaultyLine(number, lines[number].cells, tuple(faults)) for number, faults in unfit.items()]
    return [line for line, _said in fit], faulty, importing_lines.counted(fit, there)


def _sorted_out(
    job: JobView, packed: Sequence[Packed], there: importing_lines.Around
) -> tuple[list[tuple[Packed, Verdict]], dict[int, list[Fault]]]:
    labels = {field.code: field.label.zh for field in catalogue.version(job.form_version).groups[0].fields}
    places = identity.divisions_below(None)
    fit, unfit = [], {}
    for line in packed:
        said = there.verdict(line)
        faults = importing_lines.faults_of(line, said, there, labels=labels, places=places)
        if faults:
            unfit[line.number] = faults
        else:
            fit.append((line, said))
    return fit, unfit


# --- from phase to phase ----------------------------------------------------------------------------------------------
@step
def _advance(phase: str, job_id: UUID | None) -> int:
    """Bring a file whose chunks are all through to its next phase."""
    job = actions.hold_finished(phase=phase, job_id=job_id)
    if job is None:
        return 0
    if phase == values.COMMIT:
        assert job.filing_id is not None
        counts = {name: job.counts.get(name, 0) for name in values.COUNTED} | {"faults": job.faults}
        told = values.summary(job.counts, wrong=job.faults)
        filings.finish_import(filing_id=job.filing_id, counts=counts, summary=told, by=COMMAND)
        actions.move(job_id=job.id, phase=values.DONE)
    elif job.faults:
        actions.move(job_id=job.id, phase=values.FAULTY)
    elif not job.wants_commit:
        actions.move(job_id=job.id, phase=values.CHECKED)
    else:
        _begin(job)
    return 1


def _begin(job: JobView) -> None:
    """Open the filing of a file that is to be taken in; of the same file twice only one goes on."""
    try:
        by = actor_of(job)
        filing_id = filings.open_import(form_id=job.form_id, form_version=job.form_version, sha256=job.sha256, by=by)
    except ChengxinError as refused:
        actions.move(job_id=job.id, phase=values.REFUSED, problem=refused.message)
    else:
        actions.move(job_id=job.id, phase=values.COMMIT, filing_id=filing_id)


def actor_of(job: JobView) -> Actor:
    """Who handed a file in, as that account is now."""
    return identity.actor_for(job.by_id, "none") if job.by_id else COMMAND


# --- commit -----------------------------------------------------------------------------------------------------------
@_mending
@step
def _commit_chunk(job_id: UUID | None, held: _Held) -> int:
    """Take a chunk in: records, events, public files and the mark that it is done, in one transaction."""
    taken = actions.take_chunk(phase=values.COMMIT, job_id=job_id)
    if taken is None:
        return 0
    held.job_id, held.chunk_id = taken.job.id, taken.id
    _take_in(taken)
    return taken.piece.lines


def _take_in(taken: Taken) -> None:
    """What fitted when it was checked and does not any more is a fault, counted and kept; the rest goes in."""
    job = taken.job
    assert job.filing_id is not None
    packed = packing.unpack(taken.payload, bound_to=taken.place)
    there = importing_lines.held_around(packed, group=job.group)
    fit, unfit = _sorted_out(job, packed, there)
    counts = importing_lines.counted(fit, there)
    if unfit:
        cells = {line.number: line.cells for line in lines_of(taken)}
        faulty = [FaultyLine(number, cells.get(number, ()), tuple(faults)) for number, faults in unfit.items()]
        actions.keep_faulty(job_id=job.id, lines=faulty)
        counts[queries.FAULTY_LINES] = len(faulty)
        counts[queries.FAULTS] = sum(len(line.faults) for line in faulty)
    importing_lines.take_in(fit, there, group=job.group, filing_id=job.filing_id, by=actor_of(job))
    changed = [
        (line.supply.record.version_id, said.stands.version_id)
        for line, said in fit
        if said.outcome in (CORRECTED, REASSIGNED) and line.supply.record is not None and said.stands is not None
    ]
    actions.keep_done(chunk_id=taken.id, counts=counts, changed=changed)
