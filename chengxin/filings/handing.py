"""转办: an item under review goes to a colleague or to another unit that D-05 knows as competent; each step stays as a trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common import clock, sql
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import lifecycle
from chengxin.filings.actions import reviewable
from chengxin.filings.models import Filing, HandOver
from chengxin.filings.queries import visible_row
from chengxin.filings.values import FilingView
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, AgencyView
from chengxin.ledger import actions as ledger

KINDS = ("registration", "archive", "voluntary")
MAX_CHARS = 200


@dataclass(frozen=True)
class Targets:
    """To whom an item may be handed: colleagues on duty for its form, and units at or above its division."""

    colleagues: tuple[tuple[UUID, str], ...] = ()
    units: tuple[AgencyView, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.colleagues or self.units)


@dataclass(frozen=True)
class HandOverView:
    """One step: who handed it to whom and why."""

    round: int
    by_name: str
    to_name: str
    reason: str
    at: datetime


def targets(*, filing: FilingView | Filing, by: Actor) -> Targets:
    """Who else may take it: those who could decide it by D-05; nobody for kinds that are passed on by rules of their own."""
    if filing.kind not in KINDS or by.agency_id is None:
        return Targets()
    people = [each for each in identity.reviewers_now(by.agency_id, filing.form_id) if each not in (by.account_id, filing.filer_id)]
    names = identity.names_of(people)
    units = identity.agencies_above(filing.division_code, filing.form_id)
    return Targets(tuple((each, names[each]) for each in people), tuple(unit for unit in units if unit.id != by.agency_id))


def hand_over(*, filing_id: UUID, to: str, reason: str, by: Actor) -> None:
    """Hand an item to a colleague (`person:<id>`) or to a unit (`unit:<id>`). Raises Invalid by field (to, reason)."""
    filing = reviewable(filing_id=filing_id, by=by)
    if filing.state != lifecycle.SUBMITTED:
        raise Conflict(_("该填报已不在审核中。"), code="not-in-review")
    offered, reason = targets(filing=filing, by=by), reason.strip()
    person = next((each for each, _name in offered.colleagues if to == f"person:{each}"), None)
    agency = next((unit.id for unit in offered.units if to == f"unit:{unit.id}"), None)
    _check(chosen=person or agency, reason=reason)
    HandOver.objects.create(
        filing=filing, round=filing.round, by_id=by.id, to_account_id=person, to_agency_id=agency, reason=reason, at=clock.now()
    )
    filing.claimed_by, filing.claimed_until = None, None
    filing.handler_id = agency or filing.handler_id
    filing.save(update_fields=["claimed_by", "claimed_until", "handler"])
    data = {"round": filing.round, "person": str(person or ""), "agency": str(agency or "")}
    ledger.append(kind="filing.handed_over", subject=str(filing.id), data=data, by=by)


def _check(*, chosen: UUID | None, reason: str) -> None:
    errors: dict[str, list[str]] = {}
    if chosen is None:
        errors["to"] = [_("请选择接办人或接办单位。")]
    if not reason or len(reason) > MAX_CHARS:
        errors["handing_reason"] = [_("请填写转办理由，1至200字。")]
    if errors:
        raise Invalid(errors)


def of(*, filing_id: UUID, by: Actor) -> list[HandOverView]:
    """Every step of a filing, the oldest first, for those who may see it."""
    visible_row(filing_id=filing_id, by=by)
    rows = HandOver.objects.select_related("by", "to_account", "to_agency").filter(filing_id=filing_id).order_by("id")
    return [HandOverView(row.round, row.by.display_name, _name(row), row.reason, row.at) for row in rows]


def _name(row: HandOver) -> str:
    if row.to_account is not None:
        return row.to_account.display_name
    assert row.to_agency is not None
    return row.to_agency.name


# the steps that hold now: the newest of each filing in the round that is under review
_HELD = """
SELECT h.filing_id FROM filings_handover AS h JOIN filings_filing AS f ON f.id = h.filing_id AND f.round = h.round
WHERE h.to_account_id = ANY(%(people)s::uuid[]) AND f.state = 'submitted' AND NOT EXISTS (
  SELECT 1 FROM filings_handover AS later WHERE later.filing_id = h.filing_id AND later.round = h.round AND later.id > h.id
)
"""


def handed_to(account_ids: Iterable[UUID]) -> list[UUID]:
    """The filings that are handed to these people now."""
    return [row[0] for row in sql.rows(_HELD, {"people": list(account_ids)})]
