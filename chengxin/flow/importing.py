"""Import of one government group from a file: every fault by its cell, or all of it in one transaction (D-07, D-08).

A file is named by the hash of its bytes: the same one is taken in once, however often it is sent and wherever a
program that takes it in is killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.canonical import sha256_hex
from chengxin.common.errors import Invalid, NotFound
from chengxin.exchange import judging, reading
from chengxin.exchange.values import Fault, Judged, Report
from chengxin.filings import imports as filings
from chengxin.flow import registered
from chengxin.flow.step import step
from chengxin.identity import policy
from chengxin.identity import queries as identity_queries
from chengxin.identity.known import Unregistered, know_enterprises
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import actions as records
from chengxin.records import sources

BATCH = 500
FORM = "import/{group}"
Key = tuple[str, str]


@dataclass(frozen=True)
class File:
    """One file for one group: its form, its hash, its lines as records."""

    form: Form
    sha256: str
    good: Sequence[Judged]
    faults: Sequence[Fault]

    @property
    def group(self) -> str:
        """The code of the group."""
        return self.form.groups[0].code

    def batches(self) -> Iterator[Sequence[Judged]]:
        """The good lines by the code of their subject, some at a time."""
        ordered = sorted(self.good, key=lambda line: line.uscc)
        for first in range(0, len(ordered), BATCH):
            yield ordered[first : first + BATCH]


def run(*, group: str, data: bytes, by: Actor) -> Report:
    """Take in a CSV file of one government group, or say what is wrong with it and take in nothing.

    Raises Invalid for an unknown group and for what is no table.
    """
    policy.require(by=by, permission="import.run")
    earlier = _done_before(form=_form(group), data=data)
    if earlier is not None:
        return earlier
    file = _read(group=group, data=data)
    if file.faults:
        return _report(file)
    return _take_in(file=file, by=by)


def rehearse(*, group: str, data: bytes, by: Actor) -> Report:
    """What `run` would do with a file; nothing is written."""
    policy.require(by=by, permission="import.run")
    earlier = _done_before(form=_form(group), data=data)
    if earlier is not None:
        return earlier
    file = _read(group=group, data=data)
    counts: Counter[str] = Counter()
    faults = list(file.faults)
    for batch in file.batches():
        held = _enterprises(batch)
        faults += _faults_of(file.group, batch, held)
        counts += _expected(file.group, batch, held)
    return _report(file, counts, faults)


def header(*, group: str) -> list[str]:
    """The column labels a file of this group begins with."""
    return reading.header(_form(group).groups[0])


def _form(group: str) -> Form:
    try:
        return catalogue.current(FORM.format(group=group))
    except NotFound as error:
        raise Invalid(_("没有这一类政府部门信息。"), fields={"group": [_("请填写G01至G21之一。")]}) from error


def _read(*, group: str, data: bytes) -> File:
    form = _form(group)
    lines, misshapen = reading.lines(data, group=form.groups[0])
    good, faults = judging.judge(lines, form=form, today=clock.today())
    return File(form=form, sha256=sha256_hex(data), good=good, faults=[*misshapen, *faults])


@step
def _take_in(*, file: File, by: Actor) -> Report:
    """The whole file in one transaction; enterprises are locked in the order of their codes."""
    faults = [fault for batch in file.batches() for fault in _faults_of(file.group, batch, _enterprises(batch))]
    if faults:
        return _report(file, faults=faults)
    filing_id = filings.open_import(form_id=file.form.id, sha256=file.sha256, by=by)
    counts: Counter[str] = Counter()
    for batch in file.batches():
        counts += _take_in_batch(filing_id=filing_id, batch=batch, by=by)
    report = _report(file, counts, filing_id=filing_id)
    filings.finish_import(filing_id=filing_id, counts=report.counts, summary=report.summary(), by=by)
    return report


def _take_in_batch(*, filing_id: UUID, batch: Sequence[Judged], by: Actor) -> Counter[str]:
    held = _enterprises(batch)
    ids = {uscc: enterprise.id for uscc, enterprise in held.items()}
    ids |= _know([line for line in batch if line.uscc not in held], by=by)
    identity_queries.lock_enterprises(ids.values())
    if batch[0].record.group == registered.GROUP:
        registered.give_way(enterprise_ids=ids.values(), by=by)
    outcomes = records.take_in_many(filing_id=filing_id, records=[(ids[line.uscc], line.record) for line in batch], by=by)
    return Counter(outcomes) + _about(batch, held)


def _enterprises(batch: Sequence[Judged]) -> dict[str, EnterpriseView]:
    return identity_queries.enterprises_by_uscc(line.uscc for line in batch)


def _know(lines: Sequence[Judged], *, by: Actor) -> dict[str, UUID]:
    """Keep codes nobody has registered: the waiting room, which registration claims (D-06, D-08)."""
    places = identity_queries.divisions_below(None)
    entries = [Unregistered(uscc=line.uscc, name=line.name, division_code=_division(line.uscc, places)) for line in lines]
    return know_enterprises(entries=entries, by=by) if entries else {}


def _division(uscc: str, places: Collection[str]) -> str:
    """The division in a code where it is known, also a retired one, else its city's or province's."""
    return next((code for code in (uscc[2:8], f"{uscc[2:6]}00", f"{uscc[2:4]}0000") if code in places), "")


def _faults_of(group: str, batch: Sequence[Judged], held: dict[str, EnterpriseView]) -> list[Fault]:
    """What only the database knows: keys that another enterprise's records have, places that do not exist."""
    stand = sources.standing(group=group, keys=_keys(batch))
    holders = identity_queries.enterprises(there.enterprise_id for there in stand.values())
    places = identity_queries.divisions_below(None)
    faults = []
    for line in batch:
        there = stand.get(_key(line))
        if line.uscc not in held and not _division(line.uscc, places):
            faults.append(Fault(line.number, _("主体统一社会信用代码"), _("代码中的行政区划不存在，请核对。")))
        if there is not None and holders[there.enterprise_id].uscc != line.uscc:
            words = _("该编号已用于另一企业的记录；归属更正须由来源单位另行办理。")
            faults.append(Fault(line.number, _("来源记录编号"), words))
    return faults


def _expected(group: str, batch: Sequence[Judged], held: dict[str, EnterpriseView]) -> Counter[str]:
    stand = sources.standing(group=group, keys=_keys(batch))
    outcomes = []
    for line in batch:
        there, enterprise = stand.get(_key(line)), held.get(line.uscc)
        same = there is not None and enterprise is not None and there.enterprise_id == enterprise.id
        outcomes.append(records.outcome(record=line.record, stands=there.fingerprint if there and same else None))
    return Counter(outcomes) + _about(batch, held)


def _about(batch: Sequence[Judged], held: dict[str, EnterpriseView]) -> Counter[str]:
    """How many lines are of codes nobody has registered, and how many the law keeps inside."""
    unmatched = sum(1 for line in batch if line.uscc not in held or not held[line.uscc].claimed)
    return Counter(unmatched=unmatched, unpublished=sum(1 for line in batch if line.why_unpublished))


def _key(line: Judged) -> Key:
    return line.record.source_unit, line.record.source_no


def _keys(batch: Sequence[Judged]) -> set[Key]:
    return {_key(line) for line in batch}


def _report(
    file: File, counts: Counter[str] | None = None, faults: Sequence[Fault] | None = None, *, filing_id: UUID | None = None
) -> Report:
    found = sorted(file.faults if faults is None else faults, key=lambda fault: fault.line)
    told = counts or Counter()
    return Report(
        sha256=file.sha256,
        filing_id=filing_id,
        lines=len(file.good),
        new=told["new"],
        corrected=told["corrected"],
        unchanged=told["unchanged"],
        unpublished=told["unpublished"],
        unmatched=told["unmatched"],
        faults=tuple(found),
    )


def _done_before(*, form: Form, data: bytes) -> Report | None:
    """What was done when exactly this file was taken in, if it was."""
    sha256 = sha256_hex(data)
    earlier = filings.imported(form_id=form.id, sha256=sha256)
    return Report(sha256=sha256, filing_id=earlier.filing_id, earlier=earlier.summary) if earlier else None
