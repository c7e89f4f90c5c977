"""Pleas for help of the stories' enterprises, handed in and checked by the real actions (D-56, REG-17)."""

from __future__ import annotations

import io
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from chengxin.catalogue.answers import path
from chengxin.common import clock
from chengxin.demo import guards, pictures, playing, reading
from chengxin.demo.reading import Story
from chengxin.filings import account_changes, attaching
from chengxin.filings.files import Stored
from chengxin.flow import helpdesk
from chengxin.identity import competence
from chengxin.identity import queries as identity
from chengxin.identity.rules import HELP_FORM
from chengxin.identity.values import Actor

GROUP = "help"
NETWORK = "192.0.2.0/24"
SAID = ("topic", "right_uscc", "person", "phone", "contact", "statement")


def plead(*, start: datetime, stories: list[Story]) -> None:
    """Hand every plea in at its moment; one that was handed in before stays as it is."""
    told = {story.story: story for story in stories}
    for number, plea in enumerate(reading.document("pleas.yaml", start=start)["pleas"], start=1):
        guards.require_fictitious(plea)
        with clock.at(reading.moment(plea["at"], start=start)):
            ticket_id = _hand_in(number, plea, told[plea["story"]])
            if plea.get("proposed") and not account_changes.of_ticket(ticket_id=ticket_id, by=_clerk()):
                helpdesk.propose(ticket_id=ticket_id, reason=plea["proposed"], by=_clerk())


def _hand_in(number: int, plea: dict[str, str], story: Story) -> UUID:
    row = str(uuid5(NAMESPACE_URL, f"demo-plea-{number}"))
    values = {"uscc": story.uscc, "name": story.name, **{code: plea[code] for code in SAID if plea.get(code)}}
    files = [(path(GROUP, row, code), stored) for code, stored in _papers(plea, story).items()]
    answers = {path(GROUP, row, code): value for code, value in values.items()} | {where: stored.sha256 for where, stored in files}
    done = helpdesk.hand_in(values=values, answers=answers, files=files, key=f"demo-plea-{number}", network=NETWORK)
    return done.filing_id


def _papers(plea: dict[str, str], story: Story) -> dict[str, Stored]:
    """Licence and signed statement, drawn; a plain question needs none."""
    if plea["topic"] == "other":
        return {}
    head = story.register["legal_representative"]
    said = [("单位名称", story.name), ("统一社会信用代码", story.uscc), ("情况说明", plea["statement"]), ("负责人", head)]
    drawn = {
        "licence": pictures.licence(
            title=playing.TITLES[story.uscc[:2]], rows=playing.licence_rows(story.name, story.uscc, story.register)
        ),
        "papers": pictures.authorisation(name=story.name, rows=said, head=head),
    }
    return {code: attaching.intake(stream=io.BytesIO(body), name=f"{code}.jpg", slot="registration") for code, body in drawn.items()}


def _clerk() -> Actor:
    """The first of the help desk's people."""
    return identity.actor_for(competence.reviewers_now(identity.helpdesk_agency().id, HELP_FORM)[0], "password")
