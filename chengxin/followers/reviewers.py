"""Reviewers are told by mail what waits for them; their inbox shows it in any case (D-04, D-05, D-45)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.filings import deadlines, lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.gateways import actions as gateways
from chengxin.gateways import queries as messages
from chengxin.gateways.rules import moment_text
from chengxin.identity import competence
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger.follow import Handler
from chengxin.ledger.values import EventView

BY = Actor.system("reviewers")


class Telling:
    """One reading of events in one transaction: whom it has told already is not looked up again for each filing."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()

    def waiting(self, event: EventView) -> None:
        """A filing was handed in: the reviewers who are competent now get a mail, with the day's first one only."""
        self._tell(event, template="review_waiting")

    def overdue(self, event: EventView) -> None:
        """A filing passed its due moment: the reviewers who are competent now are reminded, once a day."""
        self._tell(event, template="review_overdue")

    def _tell(self, event: EventView, *, template: str) -> None:
        filing_id, day = UUID(event.subject), _day(event)
        standing = filings.standing(filing_id)
        if standing is None or standing.state != lifecycle.SUBMITTED or standing.round != event.data["round"]:
            return
        whom = (standing.division_code, standing.handler_id, standing.form_id, template, day)
        if whom not in self._told:
            _tell_unit(filings.one(filing_id=filing_id, by=BY), template=template, day=day)
            self._told.add(whom)


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


def _tell_unit(filing: FilingView, *, template: str, day: str) -> None:
    unit = filings.unit(filing)
    params = {"unit": unit.name, "title": _title(filing), "moment": filing.submitted_at, "due": _due(filing)}
    _mail(unit.id, form=filing.form_id, template=template, params=params, key=f"{template}:{day}")


def _day(event: EventView) -> str:
    """The day in Shanghai; a clerk with two hundred items gets one mail, not two hundred."""
    return event.created_at.astimezone(clock.SHANGHAI).date().isoformat()


def _title(filing: FilingView) -> str:
    title = str(catalogue.version(filing.form_version).title)
    return f"{title}（{identity.enterprise(filing.about_id).name}）" if filing.about_id else title


def _due(filing: FilingView) -> str:
    assert filing.due_at is not None
    text = moment_text(filing.due_at)
    return str(_("%(moment)s（暂定）") % {"moment": text}) if filing.due_provisional else text


def _mail(agency_id: UUID, *, form: str | None, template: str, params: dict[str, Any], key: str) -> None:
    """One mail to every reviewer who is there and has a mailbox; whose mail went out already is not looked up again."""
    keys = {account_id: f"{key}:{account_id}" for account_id in competence.reviewers_now(agency_id, form)}
    told = messages.delivery_states(list(keys.values()))
    for account_id in (each for each, dedupe_key in keys.items() if dedupe_key not in told):
        to = identity.email_of(account_id, by=BY, purpose=template.replace("_", "-"))
        if to:
            gateways.enqueue(
                channel="mail",
                purpose=template,
                to=to,
                template=template,
                params={**params, "link": f"{settings.SITE_ORIGIN}/login/agency"},
                dedupe_key=keys[account_id],
            )


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
