"""Whoever is handed an item, and the unit that an enterprise moves to, get a mail; nobody else does."""

from __future__ import annotations

from uuid import UUID

import pytest

from chengxin import followers
from chengxin.flow import desk
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail
from chengxin.identity import subjects
from chengxin.ledger import sequencer
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)


def told(subject: str) -> list[tuple[str, str]]:
    """Who has a mail of this subject in the mailbox, with what it says."""
    while sequencer.step() or followers.step(500):
        pass
    gateways.deliver_due(100)
    return sorted(DemoMail.objects.filter(subject__startswith=subject).values_list("to", "body"))


def hand_over(firm: people.Person, to: str, by: people.Person) -> None:
    desk.hand_over(filing_id=people.filing(firm).id, to=to, reason="材料涉及跨区经营，请上级单位办理。", by=by.actor)


def test_the_reviewers_of_the_unit_that_takes_over_get_one_mail_a_day() -> None:
    office = people.office()
    city = office.city.actor.agency_id
    for number in (1, 2):
        hand_over(people.handed_in(number), f"unit:{city}", office.county)
    ((to, body),) = told("今日有转交的待办事项")
    assert to == office.city.email
    assert "杭州澜序桥1电子商务有限公司" in body and "杭州市商务局（演示）" in body and "跨区经营" not in body


def test_only_the_colleague_is_told_of_what_is_handed_to_him() -> None:
    office = people.office()
    county = office.county.actor.agency_id
    assert isinstance(county, UUID)
    colleague = people.officer(county, "county-wang", name="王审")
    people.officer(county, "county-zhou", name="周审")
    hand_over(people.handed_in(1), f"person:{colleague.account_id}", office.county)
    assert [to for to, body in told("今日有转交的待办事项") if "王审" in body] == [colleague.email]


def test_a_unit_learns_of_an_enterprise_that_moves_to_it() -> None:
    office = people.office()
    firm = people.approved(1, by=office.county)
    subjects.move(enterprise_id=firm.actor.enterprise_id, division_code=people.ELSEWHERE, by=people.SYSTEM)
    ((to, body),) = told("有企业迁入本单位辖区")
    assert to == office.elsewhere.email
    assert "杭州澜序桥1电子商务有限公司" in body and "余杭区商务局（演示）" in body and "三穗县商务局（演示）" in body
