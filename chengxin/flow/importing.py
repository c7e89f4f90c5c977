"""Import of one government group from a table: one filing, faults by cell, the good lines taken in (D-07, D-08)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.exchange import judging, reading
from chengxin.exchange.values import Fault, Judged, Report
from chengxin.filings import imports as filings
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import policy
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.records import actions as records
from chengxin.records import sources

BATCH = 200
FORM = "import/{group}"


def run(*, group: str, data: bytes, by: Actor) -> Report:
    """Take in a CSV file of one government group; what is wrong is reported and left out."""
    policy.require(by=by, permission="import.run")
    form_id = FORM.format(group=group)
    if form_id not in catalogue.forms("import"):
        raise Invalid(_("没有这一类政府部门信息。"), fields={"group": [_("请填写G01至G21之一。")]})
    form = catalogue.current(form_id)
    lines = reading.lines(data, group=form.groups[0])
    good, faults = judging.judge(lines, form=form, today=clock.today())
    if not good:
        return Report(faults=tuple(faults))
    filing_id = _open(form_id=form_id, sha256=hashlib.sha256(data).hexdigest(), by=by)
    counted: Counter[str] = Counter()
    good.sort(key=lambda judged: judged.uscc)
    for start in range(0, len(good), BATCH):
        counts, found = _take_in(filing_id=filing_id, batch=good[start : start + BATCH], by=by)
        counted += counts
        faults += found
    report = Report(filing_id=filing_id, faults=tuple(sorted(faults, key=lambda fault: fault.line)), **counted)
    _finish(filing_id=filing_id, report=report, by=by)
    return report


@step
def _open(*, form_id: str, sha256: str, by: Actor) -> UUID:
    return filings.open_import(form_id=form_id, sha256=sha256, by=by)


@step
def _take_in(*, filing_id: UUID, batch: Sequence[Judged], by: Actor) -> tuple[Counter[str], list[Fault]]:
    """One batch in one transaction; enterprises are locked in the order of their codes."""
    counts: Counter[str] = Counter()
    faults: list[Fault] = []
    for line in batch:
        known = identity_queries.enterprise_by_uscc(line.uscc)
        try:
            enterprise_id = known.id if known else _know(line, by=by)
        except Invalid:
            faults.append(Fault(line.number, _("主体统一社会信用代码"), _("代码中的行政区划不存在，请核对。")))
            continue
        identity_queries.lock_enterprise(enterprise_id)
        fault = _held_by_another(line, enterprise_id)
        if fault is not None:
            faults.append(fault)
            continue
        counts["unmatched"] += 0 if known and known.claimed else 1
        counts["unpublished"] += 1 if line.why_unpublished else 0
        counts[records.take_in(enterprise_id=enterprise_id, filing_id=filing_id, record=line.record, by=by)] += 1
    return counts, faults


def _know(line: Judged, *, by: Actor) -> UUID:
    """Keep a code nobody has registered: the waiting room, which registration claims (D-06, D-08)."""
    return identity.know_enterprise(uscc=line.uscc, name=line.name, division_code=_division(line.uscc), by=by)


def _division(uscc: str) -> str:
    """The division in a code where it is known, else its city's or province's."""
    known = identity_queries.divisions_below(None)
    return next((code for code in (uscc[2:8], f"{uscc[2:6]}00", f"{uscc[2:4]}0000") if code in known), "")


def _held_by_another(line: Judged, enterprise_id: UUID) -> Fault | None:
    record = line.record
    holder = sources.holder_of(source_unit=record.source_unit, source_no=record.source_no, group=record.group)
    if holder in (None, enterprise_id):
        return None
    return Fault(line.number, _("来源记录编号"), _("该编号已用于另一企业的记录；归属更正须由来源单位另行办理。"))


@step
def _finish(*, filing_id: UUID, report: Report, by: Actor) -> None:
    counts = {name: value for name, value in asdict(report).items() if isinstance(value, int)}
    counts["faults"] = len(report.faults)
    filings.finish_import(filing_id=filing_id, counts=counts, summary=report.summary(), by=by)
