"""Browsers at the reviewers' desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.test import Client

from chengxin.access import actions as access
from chengxin.common import clock
from chengxin.web.session import cookie_name
from tests import people

OPENED = datetime(2026, 1, 5, 9, tzinfo=clock.SHANGHAI)


def office() -> people.Office:
    """The agencies, at work since January."""
    with clock.at(OPENED):
        return people.office()


def colleague(of: people.Person, login: str = "county-zhou", *, name: str = "周审", **options: Any) -> people.Person:
    """One more person of the same agency, at work since January."""
    agency = of.actor.agency_id
    assert agency is not None
    with clock.at(OPENED):
        return people.officer(agency, login, name=name, **options)


def desk(person: people.Person) -> Client:
    """A browser with a session of its own; the log-in page has its own journeys."""
    client = Client()
    opened = access.open_session(account_id=person.account_id, assurance="password", network="192.0.2.7")
    client.cookies[cookie_name("session")] = opened.session_key
    return client


def html(answer: Any) -> str:
    """The text of an answer."""
    return str(answer.content.decode())


def decide(client: Client, filing: Any, outcome: str, opinion: str = "", **extra: Any) -> Any:
    """Post a decision on the version that was read."""
    body = {"round": filing.round, "outcome": outcome, "opinion": opinion}
    return client.post(f"/desk/{filing.id}/decide", body, **extra)


@contextmanager
def somebody_at(filing_id: Any, *, patience: str = "lock_timeout") -> Iterator[None]:
    """Another connection holds a filing, and this one's patience is over in a tenth of a second."""
    other = connection.copy()
    limits = {"lock_timeout": "0", "statement_timeout": "0", patience: "100ms"}
    with connection.cursor() as mine, other.cursor() as theirs:
        theirs.execute("BEGIN")
        theirs.execute("SELECT 1 FROM filings_filing WHERE id = %s FOR UPDATE", [filing_id])
        mine.execute("; ".join(f"SET {name} = '{limit}'" for name, limit in limits.items()))
        try:
            yield
        finally:
            mine.execute("; ".join(f"RESET {name}" for name in limits))
            theirs.execute("ROLLBACK")
    other.close()


def read_on(page: Any) -> dict[str, str]:
    """The proposal that a page shows to the second person, as its form carries it."""
    found = re.search(r'name="seen" value="([^"]+)"', html(page))
    return {"seen": found[1]} if found else {}
