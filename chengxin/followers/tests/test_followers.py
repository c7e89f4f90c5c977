"""Reviewers learn what waits, what is overdue and what passes to them; provisional moments are reckoned anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chengxin import followers
from chengxin.common import clock
from chengxin.flow import due
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.models import AccessLog
from chengxin.ledger import sequencer
from chengxin.ledger.models import Event
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
BEFORE_A_FREE_DAY = datetime(2033, 11, 21, 2, 0, tzinfo=UTC)  # a Monday of a year without a calendar
SUBJECTS = {"waiting": "今日有新的待审核事项", "overdue": "待审核事项已逾期", "passed_on": "待审核事项转由本单位办理"}


def follow() -> None:
    """Let everything follow that can."""
    while sequencer.step() or followers.step(500):
        pass


def told(what: str) -> list[str]:
    """Who has a mail of this kind in the mailbox, once for each mail."""
    gateways.deliver_due(100)
    return sorted(DemoMail.objects.filter(subject__startswith=SUBJECTS[what]).values_list("to", flat=True))


def test_the_competent_reviewers_are_told_once_of_what_waits() -> None:
    office = people.office()
    agency = identity_queries.agency_by_code(f"commerce-{people.COUNTY}")
    assert agency is not None
    colleague = people.officer(agency.id, "county-wang")
    people.officer(agency.id, "county-zhou", roles=("supervisor",))
    away = people.officer(agency.id, "county-qian")
    identity.set_absence(account_id=away.account_id, absent_from=clock.now(), absent_to=None, by=people.SYSTEM)
    firm = people.handed_in(1)
    follow()
    assert told("waiting") == sorted([office.county.email, colleague.email])
    body = DemoMail.objects.get(to=colleague.email).body
    assert firm.name in body and "余杭区商务局" in body and "/login/agency" in body
    assert followers.step(500) == 0
    assert len(told("waiting")) == 2


def test_a_reviewer_gets_one_mail_a_day_however_much_comes_in() -> None:
    office = people.office()
    with clock.at(MONDAY):
        for number in (1, 2, 3):
            people.handed_in(number)
    with clock.at(MONDAY + timedelta(days=1)):
        people.handed_in(4)
        follow()
        assert told("waiting") == [office.county.email] * 2
    assert AccessLog.objects.filter(purpose="review-waiting").count() == 2, "a mailbox is opened only for a mail that goes out"


def test_nobody_is_told_of_what_is_decided_already() -> None:
    office = people.office()
    people.approved(1, by=office.county)
    follow()
    assert told("waiting") == []


def test_an_overdue_filing_is_marked_once_and_its_reviewer_reminded() -> None:
    office = people.office()
    with clock.at(MONDAY):
        firm = people.handed_in(1)
        follow()
        assert due.mark_overdue(100) == 0
    with clock.at(MONDAY + timedelta(days=1, minutes=1)):
        assert due.mark_overdue(100) == 1
        assert due.mark_overdue(100) == 0
        follow()
        assert told("overdue") == [office.county.email]
        assert people.state(firm) == "submitted"
    assert Event.objects.filter(kind="filing.overdue").count() == 1


def test_a_new_round_is_not_overdue_because_the_last_one_was() -> None:
    office = people.office()
    with clock.at(MONDAY):
        firm = people.handed_in(1)
    with clock.at(MONDAY + timedelta(days=3)):
        assert due.mark_overdue(100) == 1
        people.decide(firm, by=office.county, outcome="rejected", opinion="营业执照照片不清晰，请重新拍摄。")
        people.hand_in(firm)
        assert due.mark_overdue(100) == 0
    with clock.at(MONDAY + timedelta(days=5)):
        assert due.mark_overdue(100) == 1
    assert [event.data["round"] for event in Event.objects.filter(kind="filing.overdue").order_by("id")] == [1, 2]


def test_the_unit_above_is_told_what_passes_to_it() -> None:
    office = people.office()
    for number in (1, 2):
        people.handed_in(number)
    follow()
    identity.end_agency_membership(account_id=office.county.account_id, by=people.SYSTEM)
    follow()
    assert told("passed_on") == [office.city.email]
    text = DemoMail.objects.get(to=office.city.email).body
    assert "余杭区商务局" in text and "2 项" in text


def test_a_unit_without_pending_items_passes_nothing_on() -> None:
    office = people.office()
    identity.end_agency_membership(account_id=office.county.account_id, by=people.SYSTEM)
    follow()
    assert told("passed_on") == []


def test_a_provisional_moment_is_reckoned_anew_when_the_calendar_arrives(tmp_path: Path) -> None:
    people.office()
    with clock.at(BEFORE_A_FREE_DAY):
        firm = people.handed_in(1)
        before = people.filing(firm)
        assert before.due_provisional and before.due_at == BEFORE_A_FREE_DAY + timedelta(days=1)
        notice = tmp_path / "days.csv"
        notice.write_text("date,is_workday,name\n2033-11-21,1,\n2033-11-22,0,某节\n2033-11-23,1,\n", "utf-8")
        identity.load_workdays(notice, source="国办发明电〔2032〕1号", by=people.SYSTEM)
        follow()
        after = people.filing(firm)
    assert after.due_at == BEFORE_A_FREE_DAY + timedelta(days=2)
    assert not after.due_provisional
    assert Event.objects.filter(kind="filing.due_reckoned").count() == 1
