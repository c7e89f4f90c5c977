"""Where what was typed differs from what the market register says: shown to the reviewer first (D-35)."""

from __future__ import annotations

from dataclasses import dataclass

from chengxin.catalogue import answers as paths
from chengxin.catalogue.values import Form
from chengxin.common.text import name_key
from chengxin.filings.values import SubmissionView
from chengxin.flow import prefill
from chengxin.identity.values import EnterpriseView

COMPARED = {
    "name": "name",
    "legal_representative": "legal_representative",
    "registered_address": "address",
    "address": "address",
    "domicile": "address",
    "business_scope": "scope",
    "authority": "authority",
}


@dataclass(frozen=True)
class Difference:
    """One field that is not as registered."""

    label: str
    typed: str
    registered: str


@dataclass(frozen=True)
class Compared:
    """The comparison with the register; ``known`` is False when the register does not know the code."""

    known: bool
    as_of: object
    rows: tuple[Difference, ...]


def against_register(*, form: Form, enterprise: EnterpriseView, submission: SubmissionView) -> Compared:
    """The fields whose typed value is another than the register's."""
    register = prefill.register_entry(uscc=enterprise.uscc)
    rows = []
    for group in form.asked_groups():
        for row in paths.rows(submission.answers, group.code):
            for f in group.fields:
                registered = str(register.entry.get(COMPARED.get(f.code, ""), "") or "")
                typed = row.raw.get(f.code, "")
                if registered and typed and name_key(registered) != name_key(typed):
                    rows.append(Difference(label=str(f.label), typed=typed, registered=registered))
        break  # the register speaks of the first group only: the enterprise itself
    return Compared(known=bool(register.entry), as_of=register.as_of, rows=tuple(rows))
