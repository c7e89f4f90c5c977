"""What is said to wait is what waits, whoever hands in and decides at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chengxin.common import clock
from chengxin.filings import inbox, waiting
from chengxin.filings.models import Filing, Waiting
from chengxin.identity import actions as identity
from tests import people
from tests.journeys import desks

pytestmark = pytest.mark.django_db(transaction=True)


def handed_in(*, of: Filing, enterprise: UUID | None, **changes: Any) -> Filing:
    """One more pending filing, like another."""
    row = Filing.objects.get(id=of.id)
    row.pk, row.enterprise_id, row.kind, row.form_id = uuid4(), enterprise, "voluntary", "voluntary/donation"
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


def counted() -> dict[str, int]:
    """The sums of the lines, by kind, zeros left out."""
    sums: dict[str, int] = {}
    for kind, pending in Waiting.objects.values_list("kind", "pending"):
        sums[kind] = sums.get(kind, 0) + pending
    return {kind: n for kind, n in sums.items() if n}


def test_every_change_of_a_filing_moves_the_counts() -> None:
    office = desks.office()
    firm = people.handed_in(1)
    filing = Filing.objects.get(id=people.filing(firm).id)
    assert counted() == {"registration": 1} and waiting.wrong() == []
    other = handed_in(of=filing, enterprise=firm.enterprise_id)
    assert counted() == {"registration": 1, "voluntary": 1}
    Filing.objects.filter(id=other.id).update(overdue_at=clock.now(), division_code=people.ELSEWHERE)
    assert waiting.wrong() == [] and Waiting.objects.filter(division_code=people.ELSEWHERE, late=1).exists()
    assert waiting.settle(limit=2) == 2 and waiting.wrong() == []
    waiting.settle(limit=100)
    assert waiting.wrong() == [] and not Waiting.objects.filter(settled=False).exists()
    people.decide(firm, by=office.county)
    Filing.objects.filter(id=other.id).delete()
    assert counted() == {} and waiting.wrong() == []
    Waiting.objects.filter(kind="registration").update(pending=5)
    assert waiting.wrong() != [], "the doctor sees a count that is wrong"


def test_counts_of_the_inbox_know_the_clock_and_leave_out_what_is_not_for_this_person() -> None:
    office = desks.office()
    firm = people.handed_in(1)
    filing = Filing.objects.get(id=people.filing(firm).id)
    by = office.county.actor
    handed_in(of=filing, enterprise=firm.enterprise_id, due_at=clock.now() - timedelta(minutes=1))
    handed_in(of=filing, enterprise=firm.enterprise_id, due_at=clock.now() - timedelta(days=1), overdue_at=clock.now())
    handed_in(of=filing, enterprise=firm.enterprise_id, due_at=clock.now() - timedelta(days=1), filer_id=by.account_id)
    handed_in(of=filing, enterprise=firm.enterprise_id, division_code=people.ELSEWHERE)
    for settled in (0, 100):
        waiting.settle(limit=settled)
        counts = inbox.opened(by=by, narrowed=inbox.Narrowed()).counts
        assert (counts.pending, counts.overdue, counts.by_kind) == (3, 2, {"registration": 1, "voluntary": 2})
    identity.set_absence(account_id=office.county.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)
    counts = inbox.opened(by=office.city.actor, narrowed=inbox.Narrowed()).counts
    assert (counts.pending, counts.overdue) == (4, 3), "what the one who is away may not decide, somebody above may"


def test_the_sum_is_exact_while_many_hand_in_decide_and_take_together() -> None:
    desks.office()
    firm = people.handed_in(1)
    filing = Filing.objects.get(id=people.filing(firm).id)
    problems: list[object] = []

    def busy(number: int) -> None:
        try:
            for turn in range(12):
                made = handed_in(of=filing, enterprise=firm.enterprise_id)
                if turn % 3:
                    Filing.objects.filter(id=made.id).update(state="approved" if turn % 2 else "rejected")
                if number % 2:
                    waiting.settle(limit=7)
                problems.extend(waiting.wrong())
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert counted() == {"registration": 1, "voluntary": 24}
