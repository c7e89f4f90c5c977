"""Two workers hand in one workbook, and one workbook is brought twice at once: each record once, each receipt once (D-33, D-43)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connections

from chengxin.exchange import itemviews
from chengxin.filings.models import Filing, Submission
from chengxin.flow import itembooks as flow
from chengxin.identity.models import Membership
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.test_handlers import appointed, strong
from tests.journeys.test_voluntary_batch import book, jpg, line, saved, upload

pytestmark = pytest.mark.django_db(transaction=True)
LINES = 12


def worked(_worker: int) -> int:
    """Work as a worker of its own does."""
    try:
        return flow.carry_out(100)
    finally:
        connections.close_all()


def test_two_workers_and_two_uploads_double_nothing() -> None:
    firm = voluntary.registrant(by=people.reviewer())
    made = saved(book(*(line(number, proof="总收据.jpg") for number in range(LINES))))

    def brought(_tab: int) -> str:
        try:
            return upload(firm.client(), made, pictures=[jpg("总收据.jpg")])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        at, _other = pool.map(brought, range(2))
        assert Filing.objects.filter(kind="voluntary").count() == LINES
        firm.client().post(f"{at}/submit")
        assert sum(pool.map(worked, range(2))) == LINES
    receipts = {row.receipt for row in itemviews.rows(UUID(at.rpartition("/")[2]))}
    assert len(receipts - {""}) == LINES == Submission.objects.filter(filing__kind="voluntary").count()


def test_what_a_handler_ordered_is_not_handed_in_once_the_authorisation_has_ended() -> None:
    firm = voluntary.registrant(by=people.reviewer())
    handler = strong(appointed(firm))  # type: ignore[arg-type]
    at = upload(handler, saved(book(line(0, proof="总收据.jpg"))), pictures=[jpg("总收据.jpg")])
    assert handler.post(f"{at}/submit").status_code == 302
    firm.client().post(f"/account/handlers/{Membership.objects.get(role='handler').account_id}", {"_end": "1"})
    assert flow.carry_out(100) == 1
    [row] = itemviews.rows(UUID(at.rpartition("/")[2]))
    assert (row.state, row.receipt, Submission.objects.filter(filing__kind="voluntary").count()) == ("refused", "", 0)
