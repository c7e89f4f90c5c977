"""What reviewers do about their own work: hand over, be away, second looks, phrases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chengxin.filings import corrections, handing, phrases, secondlooks
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity.values import Actor


@step
def hand_over(*, filing_id: UUID, to: str, reason: str, by: Actor) -> None:
    """Hand an item to a colleague or to another competent unit, with a reason."""
    handing.hand_over(filing_id=filing_id, to=to, reason=reason, by=by)


@step
def be_away(*, absent_from: datetime | None, absent_to: datetime | None, deputy_id: UUID | None, by: Actor) -> None:
    """Note when the acting person is away and who does the work meanwhile; None, None: is back."""
    identity.set_absence(account_id=by.id, absent_from=absent_from, absent_to=absent_to, deputy_id=deputy_id, by=by)


@step
def look_again(*, filing_id: UUID, result: str, reason: str, by: Actor) -> None:
    """Give the result of a second look; an approval that would not be given again becomes a proposed correction (D-03)."""
    differing = secondlooks.look(filing_id=filing_id, result=result, reason=reason, by=by)
    if differing is not None and not corrections.is_open(filing_id=filing_id):
        corrections.propose(filing_id=filing_id, reason=reason, by=by)


@step
def keep_phrase(*, kind: str, text: str, own: bool, by: Actor) -> None:
    """Keep a phrase for oneself or the unit."""
    phrases.add(kind=kind, text=text, own=own, by=by)


@step
def drop_phrase(*, phrase_id: UUID, by: Actor) -> None:
    """Take a phrase away."""
    phrases.drop(phrase_id=phrase_id, by=by)
