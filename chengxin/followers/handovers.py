"""Whoever is handed an item, or an enterprise that has moved, is told by mail, as reviewers are told of new work (D-05, D-10)."""

from __future__ import annotations

from uuid import UUID

from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.followers.mailing import BY, day_of, due, mail, title
from chengxin.identity import competence
from chengxin.identity import queries as identity
from chengxin.ledger.values import EventView


def handed_over(event: EventView) -> None:
    """转办: the colleague, or the reviewers of the unit, that has it now."""
    filing = _waiting(event)
    if filing is None or filing.round != event.data["round"]:
        return
    if event.data["person"]:
        person = UUID(event.data["person"])
        _tell([person], filing, to=identity.names_of([person])[person], event=event)
    else:
        passed_on(event)


def passed_on(event: EventView) -> None:
    """A case was passed on, or went up because it was overdue: the reviewers of the unit that has it now."""
    filing = _waiting(event)
    if filing is not None:
        unit = filings.unit(filing)
        _tell(competence.reviewers_now(unit.id, filing.form_id), filing, to=unit.name, event=event)


def _waiting(event: EventView) -> FilingView | None:
    """The filing, if it still waits for somebody."""
    standing = filings.standing(UUID(event.subject))
    if standing is None or standing.state != lifecycle.SUBMITTED:
        return None
    return filings.one(filing_id=UUID(event.subject), by=BY)


def _tell(people: list[UUID], filing: FilingView, *, to: str, event: EventView) -> None:
    params = {"to": to, "title": title(filing), "due": due(filing)}
    mail(people, template="handed_over", params=params, key=f"handed_over:{day_of(event)}")


def moved(event: EventView) -> None:
    """住所迁移: where another unit is competent from now on, its reviewers learn whom they look after."""
    enterprise = identity.enterprise(UUID(event.subject))
    former, present = (competence.competent_agency(event.data[name]) for name in ("from", "to"))
    if former.id == present.id:
        return
    params = {"unit": present.name, "former": former.name, "name": enterprise.name, "moment": event.created_at}
    mail(competence.reviewers_now(present.id), template="enterprise_moved_in", params=params, key=f"moved-in:{event.id}")


HANDLERS = {
    "filing.handed_over": handed_over,
    "case.passed_on": passed_on,
    "case.escalated": passed_on,
    "enterprise.moved": moved,
}
"""What it reads, beside what reviewers are told of: one follower, so that an upgrade tells nobody of what is long past."""
