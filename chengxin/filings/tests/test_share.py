"""The inbox lists exactly what its reader may decide, and its counts are the counts of that list (D-05)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chengxin.common import clock
from chengxin.filings import bulk, inbox, waiting
from chengxin.filings.models import BulkDecision, BulkItem, Filing
from chengxin.identity import actions as identity
from tests import people
from tests.journeys import desks

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ("helpdesk", "reviewer")


def away(office: people.Office) -> None:
    """The county's reviewer is away."""
    identity.set_absence(account_id=office.county.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)


def divided(office: people.Office) -> None:
    """The city's two reviewers have some forms each, the county's one of all archives."""
    desks.colleague(office.city, forms=("registration/*", "objection/*"))
    for person, forms in ((office.city, ["archive/PLATFORM"]), (office.county, ["archive/*"])):
        identity.set_roles(account_id=person.account_id, roles=["reviewer"], forms=forms, by=people.SYSTEM)


def pending(office: people.Office) -> list[Filing]:
    """Filings of several forms in three divisions, some with a handler, one the city reviewer's own, one in a bulk decision."""
    first = Filing.objects.get(id=people.filing(people.handed_in(1)).id)
    court = identity.create_agency(code="court", name="法院", division_code=people.CITY, kind="source", by=people.SYSTEM)
    desk = office.nation.actor.agency_id
    late = {"due_at": clock.now() - timedelta(hours=1)}
    for changes in (
        {"form_id": "archive/PLATFORM", "kind": "archive"},
        {"form_id": "archive/SERVICE", "kind": "archive", **late},
        {"form_id": "voluntary/donation", "division_code": people.CITY},
        {"form_id": "voluntary/donation", "division_code": people.ELSEWHERE, **late, "overdue_at": clock.now()},
        {"form_id": "registration/enterprise", "filer_id": office.city.account_id},
        {"form_id": "objection/government", "kind": "objection", "handler_id": court, **late},
        {"form_id": "report/help", "kind": "help", "handler_id": desk},
    ):
        like(first, **{"kind": "voluntary", "enterprise_id": None, "subject_id": first.enterprise_id, **changes})
    now, by = clock.now(), office.nation.account_id
    held = BulkDecision.objects.create(kind=first.kind, outcome="approved", opinion="", by_id=by, created_at=now, effective_at=now)
    BulkItem.objects.create(bulk=held, filing=first, round=first.round, effective_at=now)
    return list(Filing.objects.filter(state="submitted"))


def like(filing: Filing, **changes: Any) -> UUID:
    """One more pending filing, like another."""
    row = Filing.objects.get(id=filing.id)
    row.pk = uuid4()
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row.id


@pytest.mark.parametrize("arrange", [lambda _office: None, away, divided], ids=["all there", "one away", "by form"])
def test_the_inbox_is_what_may_be_decided_and_its_counts_are_of_it(arrange: Callable[[people.Office], None]) -> None:
    office = desks.office()
    identity.set_roles(account_id=office.nation.account_id, roles=ROLES, by=people.SYSTEM)
    arrange(office)
    filings = pending(office)
    everyone: list[UUID] = []
    for person in (office.nation, office.province, office.city, office.county, office.elsewhere):
        by = person.actor
        if not by.agency_id:
            continue
        for settled in (0, 100):
            waiting.settle(limit=settled)
            page = inbox.opened(by=by, narrowed=inbox.Narrowed())
            mine = [each for each in filings if inbox.may_review(filing=each, by=by) and bulk.waiting_at(filing_id=each.id) is None]
            assert {item.id for item in page.items} == {each.id for each in mine}
            assert page.counts.pending == len(mine)
            assert page.counts.overdue == sum(each.due_at is not None and each.due_at < clock.now() for each in mine)
            assert page.items == sorted(page.items, key=lambda item: (item.due_at, item.id))
        assert inbox.next_item(by=by) == (page.items[0].id if page.items else None)
        everyone += [item.id for item in page.items]
    assert len(everyone) > 3
