"""Reviewers are told by mail what waits for them; their inbox shows it in any case (D-04, D-05, D-45)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chengxin.filings import deadlines, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import Standing
from chengxin.followers import mailing
from chengxin.followers.mailing import BY, day_of, due, mail, title
from chengxin.identity import competence
from chengxin.identity import queries as identity
from chengxin.identity.values import AgencyView
from chengxin.ledger.follow import Handler
from chengxin.ledger.values import EventView


class Telling:
    """One reading of events in one transaction: whom it has told already is not looked up again for each filing."""

    def __init__(self) -> None:
        self._units: dict[tuple[object, ...], AgencyView] = {}
        self._told: set[tuple[object, ...]] = set()

    def waiting(self, event: EventView) -> None:
        """A filing was handed in: the reviewers who are competent now get a mail, with the day's first one only."""
        self._tell(event, template="review_waiting")

    def overdue(self, event: EventView) -> None:
        """A filing passed its due moment: the reviewers who are competent now are reminded, once a day."""
        self._tell(event, template="review_overdue")

    def _tell(self, event: EventView, *, template: str) -> None:
        filing_id, day = UUID(event.subject), day_of(event)
        standing = filings.standing(filing_id)
        if standing is None or standing.state != lifecycle.SUBMITTED or standing.round != event.data["round"]:
            return
        unit = self._unit(standing)
        whom = (unit.id, standing.form_id, template, day)
        if whom not in self._told:
            _tell_unit(unit, filing_id, standing.form_id, template=template, day=day)
            self._told.add(whom)

    def _unit(self, standing: Standing) -> AgencyView:
        place = (standing.division_code, standing.handler_id, standing.form_id)
        if place not in self._units:
            self._units[place] = filings.unit(standing)
        return self._units[place]


def passed_on(event: EventView) -> None:
    """The last reviewer of a unit left or is away: the unit that takes over learns how much came to it (D-05)."""
    if "passes_to" not in event.data:
        return
    agency = identity.agency(UUID(event.data["passes_to"]))
    former = identity.agency(UUID(event.data["agency"]))
    count = deadlines.waiting_count(below=former.division_code, agency_id=agency.id)
    if count:
        params = {"unit": former.name, "count": count, "moment": event.created_at}
        _mail(agency.id, form=None, template="competence_moved", params=params, key=f"passed-on:{event.id}")


def _tell_unit(unit: AgencyView, filing_id: UUID, form: str, *, template: str, day: str) -> None:
    """The reviewers on duty whom nobody told that day; for most filings there is none of them."""
    whom = mailing.untold(competence.reviewers_now(unit.id, form), key=f"{template}:{day}")
    if whom:
        filing = filings.one(filing_id=filing_id, by=BY)
        params = {"unit": unit.name, "title": title(filing), "moment": filing.submitted_at, "due": due(filing)}
        mailing.send(whom, template=template, params=params)


def _mail(agency_id: UUID, *, form: str | None, template: str, params: dict[str, Any], key: str) -> None:
    """One mail to every reviewer who is there and has a mailbox."""
    mail(competence.reviewers_now(agency_id, form), template=template, params=params, key=key)


def handlers() -> Mapping[str, Handler]:
    """What one reading of events does with each kind."""
    telling = Telling()
    return {
        "filing.submitted": telling.waiting,
        "filing.overdue": telling.overdue,
        "agency.member_left": passed_on,
        "agency.suspended": passed_on,
        "agency.member_roles_set": passed_on,
        "agency.member_absence_set": passed_on,
    }
