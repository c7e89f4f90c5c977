"""Prefilling from the market register, with its last snapshot when it cannot be reached (ARC-02, ARC-05)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.canonical import canonical
from chengxin.common.errors import Unavailable
from chengxin.gateways import market_register
from chengxin.identity.values import EnterpriseView
from chengxin.records import queries as records

LONG_TERM = "长期"


@dataclass(frozen=True)
class Register:
    """What the register says of a code, and as of when; ``fetched`` when it answered just now, ``late`` when it did not."""

    uscc: str
    entry: dict[str, Any]
    as_of: datetime | None
    fetched: bool
    late: bool = False


def register_entry(*, uscc: str) -> Register:
    """Ask the register; when it cannot be reached, the last snapshot with its date."""
    try:
        found = market_register.lookup(uscc)
    except Unavailable:
        snapshot = records.snapshot(uscc=uscc)
        entry, as_of = snapshot if snapshot else ({}, None)
        return Register(uscc=uscc, entry=entry, as_of=as_of, fetched=False, late=True)
    if found is None:
        return Register(uscc=uscc, entry={}, as_of=clock.now(), fetched=False)
    return Register(uscc=uscc, entry=plain(asdict(found)), as_of=clock.now(), fetched=True)


def last_known(*, uscc: str) -> Register:
    """The last answer of the register as it was kept; the register itself is not asked."""
    entry, as_of = records.snapshot(uscc=uscc) or ({}, None)
    return Register(uscc=uscc, entry=entry, as_of=as_of, fetched=False)


def plain(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as plain JSON values."""
    import json

    made: dict[str, Any] = json.loads(canonical(entry))
    return made


def answers(*, form: Form, register: Register, enterprise: EnterpriseView) -> dict[str, str]:
    """First answers of a form: what the account and the register already know."""
    known = known_facts(register=register, enterprise=enterprise)
    made: dict[str, str] = {}
    for group in form.asked_groups():
        values = {f.code: str(known[f.prefill]) for f in group.fields if f.prefill and known.get(f.prefill)}
        row = str(uuid4())
        made |= {f"{group.code}/{row}/{code}": value for code, value in values.items()}
    return made


def known_facts(*, register: Register, enterprise: EnterpriseView) -> dict[str, str]:
    """What account and register say, as a person would type it, by the ``prefill`` of a field."""
    entry = register.entry
    facts = {code: str(value) for code, value in entry.items() if value not in (None, "")}
    if entry.get("term_from"):
        facts["term"] = f"{entry['term_from']}..{entry.get('term_to') or LONG_TERM}"
    account = {"name": enterprise.name, "uscc": enterprise.uscc, "division": enterprise.division_code}
    return {**facts, **{code: value for code, value in account.items() if value}}
