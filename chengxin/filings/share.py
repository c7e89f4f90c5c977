"""The share of a reviewer: which pending filings the acting person may decide now, as one condition (D-05).

It speaks of columns that filings and their counts have in common, so that a list and its count cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chengxin.common import clock, sql
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, Codes

_APART = """
SELECT ARRAY(SELECT filing_id FROM filings_bulkitem WHERE state = 'waiting'),
  ARRAY(SELECT DISTINCT form_id FROM filings_waiting WHERE handler_id IS NOT NULL),
  ARRAY(SELECT DISTINCT form_id FROM filings_waiting WHERE %(every)s::boolean)
"""
_WITHIN = "handler_id IS NULL AND division_code = ANY(%(codes)s::varchar[])"
_WITHOUT = "handler_id IS NULL AND division_code <> ALL(%(codes)s::varchar[])"
_HANDLED = "handler_id = ANY(%(agencies)s::uuid[])"
_OF_FORMS = "form_id = ANY(%(forms)s::varchar[])"


@dataclass(frozen=True)
class Part:
    """One condition with what is given to it by name."""

    where: str
    given: dict[str, Any]

    def of(self, forms: Sequence[str]) -> Part:
        """The same for some forms only."""
        return Part(f"{self.where} AND {_OF_FORMS}", {**self.given, "forms": list(forms)})


@dataclass(frozen=True)
class Share:
    """What lies with the agency of the acting person; `given` says besides who acts, when, and what waits in bulk decisions.

    `free` is the condition for what this person may decide of it: not their own, and none that waits in a bulk
    decision, as that is in nobody's inbox until it is carried out or revoked (D-03).
    """

    lies: str
    given: dict[str, Any] = field(repr=False)
    taken_over: tuple[str, ...]

    @property
    def free(self) -> str:
        """The condition of a filing that waits and that the acting person may decide now: `may_review` as a filter."""
        return f"state = 'submitted' AND {self.lies} AND filer_id IS DISTINCT FROM %(by)s AND id <> ALL(%(in_bulk)s::uuid[])"


def of(by: Actor) -> Share:
    """The divisions of the acting person's agency, and what was handed to it by name; competence is asked once."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    assert by.agency_id is not None
    named = identity.forms_named()
    apart = sql.row(_APART, {"every": bool(named)})
    assert apart is not None
    in_bulk, handled, every = apart
    whole = identity.reach(by.agency_id)
    # form by form only where some reviewer's list of forms tells forms apart
    parts = [] if named else [_in(whole.codes)]
    parts += [_in(identity.competent_codes(by.agency_id, forms[0])).of(forms) for forms in _alike(every, named, by)]
    parts += [Part(_HANDLED, {"agencies": identity.handled_by(by.agency_id, forms[0])}).of(forms) for forms in _alike(handled, named, by)]
    lies, given = _either(parts)
    return Share(lies, {**given, "by": by.account_id, "in_bulk": in_bulk, "now": clock.now()}, whole.taken_over)


def _in(codes: Codes) -> Part:
    return Part(_WITHOUT if codes.complement else _WITHIN, {"codes": list(codes.listed)})


def _alike(forms: Iterable[str], named: frozenset[str], by: Actor) -> list[list[str]]:
    """The forms that this person reviews, by which lists and roles mean them: those that all treat alike have one competent agency."""
    groups: dict[tuple[str, frozenset[str]], list[str]] = {}
    for form in forms:
        if identity.covers(by.forms, form):
            alike = (identity.role_for(form), frozenset(named & set(identity.form_patterns(form))))
            groups.setdefault(alike, []).append(form)
    return list(groups.values())


def _either(parts: Sequence[Part]) -> tuple[str, dict[str, Any]]:
    """One of the conditions, each with names of its own."""
    texts = [f"({part.where})".replace("%(", f"%(p{n}_") for n, part in enumerate(parts)]
    given = {f"p{n}_{name}": value for n, part in enumerate(parts) for name, value in part.given.items()}
    return f"({' OR '.join(texts) or 'FALSE'})", given
