"""我的关注: somebody is told once a day what changed in the public files he follows."""

from __future__ import annotations

from chengxin.access import limits
from chengxin.access import rules as access_rules
from chengxin.flow.step import step
from chengxin.identity import rules as identity_rules
from chengxin.identity.values import Actor
from chengxin.portal import watching


def ask(*, email: str, uscc: str, network: str) -> None:
    """Mail a link that confirms following; the answer tells nothing about the mailbox. Raises Invalid, NotFound, TooMany."""
    _count(email, network)
    _ask(email=email, uscc=uscc)


def ask_for_list(*, email: str, network: str) -> None:
    """Mail the link to a mailbox's list; the answer tells nothing. Raises Invalid or TooMany."""
    _count(email, network)
    _ask_for_list(email=email)


def _count(email: str, network: str) -> None:
    limits.named("watch.network", access_rules.network_of(network))
    if not identity_rules.email_errors(email):
        limits.named("watch.address", identity_rules.email_key(email))


@step
def _ask(*, email: str, uscc: str) -> None:
    watching.ask(email=email, uscc=uscc)


@step
def _ask_for_list(*, email: str) -> None:
    watching.ask_for_list(email=email)


@step
def confirm(*, token: str) -> str:
    """The button behind the mailed link; returns the token of the list. Raises LinkRefused."""
    return watching.confirm(token=token)


@step
def follow(*, uscc: str, by: Actor) -> None:
    """A logged-in enterprise follows another one. Raises Conflict or NotFound."""
    watching.follow(uscc=uscc, by=by)


@step
def leave(*, uscc: str, by: Actor) -> None:
    """A logged-in enterprise follows one no longer."""
    watching.leave(uscc=uscc, by=by)


@step
def leave_by_link(*, uscc: str, token: str) -> bool:
    """A mailbox follows one no longer; returns whether it follows anything still. Raises LinkRefused."""
    return watching.leave_by_link(uscc=uscc, token=token)


@step
def unsubscribe(*, token: str) -> None:
    """Follow nothing any more; the mailbox is deleted."""
    watching.unsubscribe(token=token)


@step
def tell(limit: int) -> int:
    """The day's digests, as many as are due."""
    return watching.tell(limit=limit)
