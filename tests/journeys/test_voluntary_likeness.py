"""Identical and near-identical voluntary records, and what the government supplied already (VOL-12, VOL-19)."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from chengxin.common import keys
from chengxin.common.errors import ChengxinError
from chengxin.filings import fingerprints, voluntary_queries
from chengxin.filings.models import Filing, Fingerprint
from chengxin.filings.voluntary import Alike, Held, Twin
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, LICENCE, Registrant

pytestmark = pytest.mark.django_db(transaction=True)
HANDFUL = 6


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise that may register."""
    return voluntary.registrant(by=judge)


@pytest.mark.requirement("VOL-19.1", "VOL-19.2", "VOL-19.3", "VOL-16.2")
def test_the_same_is_refused_and_one_other_field_is_accepted(firm: Registrant, judge: Actor) -> None:
    first = voluntary.handed_in(firm)
    again = voluntary.draft(firm, proof="another picture", receiver=" 中国乡村 发展基金会", amount="50,000.00", donated_on="2026/6/1")
    with pytest.raises(Twin) as twin:
        voluntary.submit(firm, again)
    assert twin.value.code == "registered-already" and "该信息已注册过" in twin.value.message and twin.value.twin == first
    assert voluntary.one(firm, again).state == "draft", "what was typed is kept"
    people.decide(first, "approved", judge)
    with pytest.raises(Twin):
        voluntary.submit(firm, again, though_alike=True)
    voluntary.type_in(firm, again, {"means": "现场捐赠"})
    with pytest.raises(Alike) as alike:
        voluntary.submit(firm, again)
    assert alike.value.code == "alike" and alike.value.twins == (first,)
    voluntary.submit(firm, again, though_alike=True)
    assert [one.id for one in voluntary_queries.twins(filing_id=again, by=judge)] == [first], "the reviewer sees them too"


@pytest.mark.requirement("VOL-19.3")
def test_drafts_withdrawn_refused_and_other_enterprises_block_nobody(firm: Registrant, judge: Actor) -> None:
    voluntary.draft(firm)
    withdrawn = voluntary.handed_in(firm)
    flow.withdraw(filing_id=withdrawn, by=firm.actor)
    refused = voluntary.handed_in(firm)
    people.decide(refused, "rejected", judge, "请核对金额。")
    stands = voluntary.handed_in(firm)
    voluntary.handed_in(voluntary.registrant(by=judge))
    with pytest.raises(Twin) as twin:
        flow.resend(filing_id=withdrawn, key="again", by=firm.actor)
    assert twin.value.twin == stands
    standing = Fingerprint.objects.filter(enterprise_id=firm.id, standing=True).values_list("filing_id", flat=True)
    assert list(standing) == [stands]


def test_after_a_new_key_the_same_is_recognised_still(firm: Registrant) -> None:
    voluntary.handed_in(firm)
    keys.ring().rotate(fingerprints.KEY)
    with pytest.raises(Twin):
        voluntary.submit(firm, voluntary.draft(firm))


@pytest.mark.requirement("VOL-12.1")
def test_what_the_government_supplied_is_shown_as_held(firm: Registrant, judge: Actor) -> None:
    voluntary.supplied(firm, "JY１３３０１１０００１２３４５")
    filing_id = voluntary.draft(firm, LICENCE)
    with pytest.raises(Held) as held:
        voluntary.submit(firm, filing_id)
    assert held.value.code == "already-held" and held.value.held[0].source_unit == "余杭区市场监管局"
    assert not Fingerprint.objects.filter(filing_id=filing_id).exists(), "nothing of it stands"
    voluntary.submit(firm, filing_id, though_held=True)
    assert voluntary.one(firm, filing_id).state == "submitted"
    voluntary.handed_in(firm, LICENCE, number="JY000")


@pytest.mark.slow
@pytest.mark.requirement("VOL-19.4")
def test_of_a_handful_handed_in_at_one_moment_one_is_accepted(firm: Registrant) -> None:
    found = raced(firm, [voluntary.draft(firm) for _n in range(HANDFUL)])
    assert found == Counter({"done": 1, "registered-already": HANDFUL - 1})
    assert Filing.objects.filter(enterprise_id=firm.id, form_id=DONATION, state="submitted").count() == 1


@pytest.mark.campaign
@pytest.mark.requirement("VOL-19.4")
def test_of_two_hundred_handed_in_at_one_moment_one_is_accepted(firm: Registrant) -> None:
    found = raced(firm, [voluntary.draft(firm) for _n in range(200)])
    assert found["done"] == 1 and sum(found.values()) == 200 and set(found) <= {"done", "registered-already", "locked"}
    assert Filing.objects.filter(enterprise_id=firm.id, form_id=DONATION, state="submitted").count() == 1


def raced(firm: Registrant, filing_ids: list[object]) -> Counter[str]:
    """Hand all of them in at once, on 50 connections at most; how each ended."""
    lanes = min(50, len(filing_ids))
    start, by = threading.Barrier(lanes), firm.actor

    def outcome(filing_id: object) -> str:
        try:
            flow.submit(filing_id=filing_id, key=f"race-{filing_id}", by=by)  # type: ignore[arg-type]
        except ChengxinError as error:
            return error.code
        return "done"

    def lane(first: int) -> list[str]:
        try:
            connection.ensure_connection()
            start.wait(60)
            return [outcome(each) for each in filing_ids[first::lanes]]
        finally:
            connection.close()

    with ThreadPoolExecutor(lanes) as pool:
        return Counter(each for found in pool.map(lane, range(lanes)) for each in found)
