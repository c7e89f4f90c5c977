"""What the market register says becomes a record above the dashed line (ARC-05).

The register is asked before a decision, outside its transaction, and its answer kept with its date; an approval takes
the last answer in as a record of group G01. Once a department supplies that group itself, its record stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.common import clock
from chengxin.exchange import judging
from chengxin.filings import queries as filing_queries
from chengxin.flow import prefill
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import actions as records
from chengxin.records import queries as record_queries
from chengxin.records import sources, supplying
from chengxin.records.values import NewRecord

VOLUNTARY = "voluntary"
GROUP = "G01"
FORM = f"import/{GROUP}"
UNIT = "市场监管部门（企业登记信息）"
FRESH = timedelta(hours=24)
ACTIVE = frozenset({"存续", "在营", "开业", "在册", "在业"})
COPIED = (
    *("name", "uscc", "type", "legal_representative", "capital_wan", "capital_currency"),
    *("established_on", "address", "scope", "authority"),
)


def ask(*, filing_id: UUID, by: Actor) -> None:
    """Ask the register about a filing's enterprise, unless it answered within a day; when it is down, nothing happens.

    The approval of one voluntary record takes nothing in, so nobody is asked.
    """
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.enterprise_id is None or filing.kind == VOLUNTARY:
        return
    uscc = identity.enterprise(filing.enterprise_id).uscc
    known = record_queries.snapshot(uscc=uscc)
    if known is None or clock.now() - known[1] > FRESH:
        keep(prefill.register_entry(uscc=uscc))


def keep(register: prefill.Register) -> None:
    """Keep an answer that has just come, with its date."""
    if register.fetched:
        _keep(uscc=register.uscc, entry=register.entry)


@step
def _keep(*, uscc: str, entry: dict[str, Any]) -> None:
    records.keep_snapshot(uscc=uscc, entry=entry)


def take_in(*, enterprise: EnterpriseView, by: Actor) -> None:
    """Take the last answer in as a government record; in the deciding transaction, the enterprise being locked."""
    known = record_queries.snapshot(uscc=enterprise.uscc)
    if known is None or not known[0] or sources.supplied(enterprise_id=enterprise.id, group=GROUP, besides=UNIT):
        return
    record = record_of(entry=known[0], uscc=enterprise.uscc, fetched_at=known[1])
    supplying.take_in(enterprise_id=enterprise.id, filing_id=None, record=record, by=by)


def give_way(*, enterprise_ids: Iterable[UUID], by: Actor) -> None:
    """A department supplies the group itself: what the register said of these enterprises ends."""
    supplying.end_supplied(enterprise_ids=enterprise_ids, group=GROUP, source_unit=UNIT, by=by)


def record_of(*, entry: Mapping[str, Any], uscc: str, fetched_at: datetime) -> NewRecord:
    """An answer as a record; what does not keep to the group's rules is left out."""
    form = catalogue.current(FORM)
    raw = {code: str(entry[code]) for code in COPIED if entry.get(code) not in (None, "")}
    if entry.get("term_from"):
        raw["term"] = f"{entry['term_from']}..{entry.get('term_to') or prefill.LONG_TERM}"
    status = str(entry.get("status") or "")
    raw |= {"status": "active" if status in ACTIVE else status} if status else {}
    raw |= {judging.SUBJECT: uscc, judging.UNIT: UNIT, judging.NUMBER: uscc}
    values, _errors = catalogue_rules.clean_record(form.groups[0], raw, today=clock.today())
    return judging.record_of(form=form, values=values, collected_at=fetched_at)
