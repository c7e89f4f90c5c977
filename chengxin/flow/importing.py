"""Import of government records from a file: hand in, check, confirm; the page and the command go the same way (D-07, D-08).

A file in which the check finds a fault is not taken in at all; a checked one is taken in chunk by chunk, each exactly once,
wherever a program is killed (docs/adr/0016). It is named by the hash of its bytes: the same one does nothing twice.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.exchange import actions, queries, reading, store, values, workbooks
from chengxin.exchange.actions import NewJob
from chengxin.exchange.values import JobView, Report
from chengxin.filings import imports as filings
from chengxin.filings.files import Readable
from chengxin.flow import importing_phases
from chengxin.flow.importing_phases import carry_out
from chengxin.flow.step import step
from chengxin.identity import policy
from chengxin.identity.values import Actor

__all__ = ["carry_out"]

FORM = "import/{group}"
FAULTS_TOLD = 2_000
PATIENCE_S = 60.0
LOOK_AGAIN_S = 0.2


def hand_in(*, group: str, stream: Readable, name: str, key: str, wants_commit: bool, by: Actor) -> JobView:
    """Keep a file and put it in the queue: to be checked only, or to be taken in where the check finds nothing.

    The same `key` gives the first job again. Raises Invalid by field (group, file), Unavailable where the disk is full.
    """
    policy.require(by=by, permission="import.run")
    form, job_id = _form(group), uuid4()
    sha256, size = store.keep(stream, job_id=job_id)
    new = NewJob(job_id, key, form.id, form.version, group, name, sha256, size, wants_commit)
    if _open(new=new, by=by):
        return queries.job(job_id)
    store.remove(job_id)
    first = queries.by_key(key)
    if first is None or first.by_id != by.account_id:
        raise Conflict
    return first


@step
def _open(*, new: NewJob, by: Actor) -> bool:
    return actions.open_job(new, by=by)


@step
def confirm(*, job_id: UUID, by: Actor) -> None:
    """Have a checked file of one's own unit taken in; a second click does nothing more."""
    _require_own(job_id, by=by)
    if not actions.confirm(job_id=job_id) and not queries.job(job_id).wants_commit:
        raise Conflict(_("该文件不在待确认状态，请查看其进度。"), code="import-not-checked")


@step
def cancel(*, job_id: UUID, by: Actor) -> None:
    """Give up a file of one's own unit that is not being taken in."""
    _require_own(job_id, by=by)
    if not actions.cancel(job_id=job_id) and queries.job(job_id).phase != values.CANCELLED:
        raise Conflict(_("该文件已开始导入或已办结，不能取消。"), code="import-under-way")


@step
def resume(*, job_id: UUID, by: Actor) -> None:
    """Let a file of one's own unit go on that was parked after too many failures."""
    _require_own(job_id, by=by)
    actions.resume(job_id=job_id)


def _require_own(job_id: UUID, *, by: Actor) -> None:
    policy.require(by=by, permission="import.run")
    queries.own(job_id, by=by)


def run(*, group: str, data: bytes | Readable, by: Actor) -> Report:
    """Take in a file at once, in this process, or say what is wrong with it; one that was cut off goes on where it stood.

    Raises Invalid for an unknown group and for what is no table, Conflict where others hold its enterprises for long.
    """
    job = _at_once(group=group, data=data, wants_commit=True, by=by)
    earlier, first = _done_before(job), queries.under_way(form_id=job.form_id, sha256=job.sha256)
    if earlier is not None or first is None or first.id != job.id:
        _drop(job_id=job.id)
    return earlier or _report(_finished(first.id if first else job.id))


def rehearse(*, group: str, data: bytes | Readable, by: Actor) -> Report:
    """What `run` would do with a file; nothing of it stays."""
    job = _at_once(group=group, data=data, wants_commit=False, by=by)
    try:
        return _done_before(job) or _report(_finished(job.id))
    finally:
        _drop(job_id=job.id)


def _at_once(*, group: str, data: bytes | Readable, wants_commit: bool, by: Actor) -> JobView:
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    return hand_in(group=group, stream=stream, name=f"{group}.csv", key=str(uuid4()), wants_commit=wants_commit, by=by)


@step
def _drop(*, job_id: UUID) -> None:
    actions.drop(job_id=job_id)


def _finished(job_id: UUID) -> JobView:
    """Work on one file until nothing is left to do, together with any worker that has begun."""
    come, since = queries.progress(job_id), time.monotonic()
    while come[0] in values.WORKING:
        importing_phases.one_step(job_id)
        now = queries.progress(job_id)
        if now != come:
            come, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE_S:
            raise Conflict(_("部分企业正在被他人处理，已导入的部分有效；请稍后再次导入同一文件，将接着办理。"), code="locked")
        else:
            time.sleep(LOOK_AGAIN_S)
    job = queries.job(job_id)
    if job.phase in (values.REFUSED, values.PARKED):
        raise Invalid(job.problem, fields={"file": [job.problem]})
    return job


def form_of(group: str) -> Form:
    """The form of a group; Invalid for one that is not of the government."""
    return _form(group)


def header(*, group: str) -> list[str]:
    """The column labels a file of this group begins with."""
    return reading.header(_form(group).groups[0])


def template(*, group: str, kind: str) -> bytes:
    """A file to fill in: `csv` or `xlsx`."""
    form = _form(group)
    return workbooks.template(form) if kind == "xlsx" else workbooks.template_csv(form)


def faults_file(*, job_id: UUID, kind: str, by: Actor) -> Iterator[bytes]:
    """The lines of a file of one's own unit that will not do, each fault named: `csv` or `xlsx`."""
    policy.require(by=by, permission="import.run")
    job = queries.own(job_id, by=by)
    lines = queries.faulty_lines(job.id)
    return iter([workbooks.faults_book(job.header, lines)]) if kind == "xlsx" else workbooks.faults_csv(job.header, lines)


def _form(group: str) -> Form:
    try:
        return catalogue.current(FORM.format(group=group))
    except NotFound as error:
        raise Invalid(_("没有这一类政府部门信息。"), fields={"group": [_("请填写G01至G21之一。")]}) from error


def _report(job: JobView) -> Report:
    faults = [fault for line in queries.faulty_lines(job.id, limit=FAULTS_TOLD) for fault in line.faults]
    report = Report(sha256=job.sha256, filing_id=job.filing_id, faults=tuple(faults), wrong=job.faults)
    if job.phase == values.FAULTY:
        return report
    return replace(report, **{name: job.counts.get(name, 0) for name in values.COUNTED})  # type: ignore[arg-type]


def _done_before(job: JobView) -> Report | None:
    """What was done when exactly this file was taken in, if it was to the end."""
    earlier = filings.imported(form_id=job.form_id, sha256=job.sha256)
    return Report(sha256=job.sha256, filing_id=earlier.filing_id, earlier=earlier.summary) if earlier and earlier.summary else None
