"""Replayed and double-clicked: 200 at once over the same flow leave exactly one submission, one receipt, one event."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from chengxin.common.errors import Conflict
from chengxin.filings.models import Decision, Message, Submission
from chengxin.flow import archive, review
from chengxin.gateways.models import Outbox
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from tests.journeys import enterprises as people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CLICKS, AT_ONCE = 200, 40


def click(action: Callable[[], Any]) -> Counter[str]:
    """Do the same `CLICKS` times, `AT_ONCE` at a time; what came of it, errors by their code."""
    gate = threading.Barrier(AT_ONCE)

    def one(number: int) -> str:
        if number < AT_ONCE:
            gate.wait()
        try:
            return str(action())
        except Conflict as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(CLICKS)))


@pytest.fixture
def judge() -> Actor:
    return people.reviewer()


@pytest.fixture
def enterprise(judge: Actor) -> people.Enterprise:
    return people.approved(by=judge)


def test_one_key_two_hundred_times_is_one_submission(enterprise: people.Enterprise) -> None:
    filing_id, by, key = people.fill(enterprise), enterprise.actor, str(uuid4())
    came = click(lambda: archive.submit(filing_id=filing_id, key=key, by=by).number)
    [submission] = Submission.objects.filter(filing_id=filing_id)
    assert came.pop("locked", 0) < CLICKS
    assert set(came) == {submission.number}
    assert Event.objects.filter(kind="filing.submitted", subject=str(filing_id)).count() == 1
    assert Message.objects.filter(template="handed_in", params__kind="archive").count() == 1
    assert archive.submit(filing_id=filing_id, key=key, by=by).number == submission.number


def test_two_hundred_keys_are_one_submission_and_clear_refusals(enterprise: people.Enterprise) -> None:
    filing_id, by = people.fill(enterprise), enterprise.actor
    came = click(lambda: archive.submit(filing_id=filing_id, key=str(uuid4()), by=by).number)
    [submission] = Submission.objects.filter(filing_id=filing_id)
    assert came.pop(submission.number) == 1
    assert set(came) <= {"illegal-transition", "locked"}


def test_two_hundred_decisions_are_one(enterprise: people.Enterprise, judge: Actor) -> None:
    filing_id = people.submitted(enterprise)
    decide = {"filing_id": filing_id, "round": 1, "outcome": "approved", "opinion": ""}
    came = click(lambda: review.decide_filing(**decide, by=judge).outcome)
    assert came.pop("approved") == 1
    assert set(came) <= {"illegal-transition", "locked"}
    assert Decision.objects.filter(filing_id=filing_id).count() == 1
    assert Outbox.objects.filter(template="archive_result").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT version_id) FROM ledger_event WHERE kind = 'record.published'")
        published, versions = cursor.fetchone()
    assert published == versions > 0
