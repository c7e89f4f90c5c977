"""A reviewer's own affairs at the desk: hand-over, absence with a deputy, today, second looks, phrases (D-03, D-05, D-37)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chengxin import followers
from chengxin.common import clock
from chengxin.filings import secondlooks
from chengxin.filings.models import Filing, HandOver, Phrase, SecondLook
from chengxin.identity import queries as identity
from chengxin.ledger import sequencer
from tests import people
from tests.journeys import desks
from tests.journeys.desks import colleague, decide, desk, html
from tests.journeys.test_review import listed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def test_an_item_is_handed_to_a_colleague_and_the_trace_stays(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    other = colleague(office.county)
    first, second = desk(office.county), desk(other)
    page = html(first.get(f"/desk/{filing.id}"))
    assert f"person:{other.account_id}" in page and "杭州市商务局（演示）" in page and "三穗县商务局" not in page
    refused = first.post(f"/desk/{filing.id}/hand-over", {"to": f"person:{office.elsewhere.account_id}", "handing_reason": "请协助核实"})
    assert refused.status_code == 422 and "请选择接办人或接办单位。" in html(refused) and "请协助核实" in html(refused)
    done = first.post(f"/desk/{filing.id}/hand-over", {"to": f"person:{other.account_id}", "handing_reason": "该企业由您跟进"})
    assert done.headers["Location"] == "/desk?handed=1"
    assert "转交 周审" in html(first.get("/desk")) and "件转交我办理" not in html(first.get("/desk"))
    assert listed(second, "?handed_to=me") == [filing.id] and listed(first, "?handed_to=me") == []
    assert "该企业由您跟进" in html(second.get(f"/desk/{filing.id}"))
    assert decide(second, filing, "rejected", "请更正").status_code == 302
    people.hand_in(firm)
    assert listed(second, "?handed_to=me") == [], "a hand-over speaks of one round"
    assert "该企业由您跟进" in html(second.get(f"/desk/{filing.id}")), "its trace stays"


def test_an_item_handed_to_a_unit_lies_there_until_it_is_handed_in_again(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing = people.filing(firm)
    county, city = desk(office.county), desk(office.city)
    unit = office.city.actor.agency_id
    county.post(f"/desk/{filing.id}/hand-over", {"to": f"unit:{unit}", "handing_reason": "情况复杂，请上级办理"})
    assert listed(county) == [] and listed(city) == [filing.id]
    assert "<b>0</b> 件待审核" in html(county.get("/desk")) and "<b>1</b> 件待审核" in html(city.get("/desk"))
    assert decide(county, filing, "approved").status_code == 403
    assert decide(city, filing, "rejected", "请更正").status_code == 302
    people.hand_in(firm)
    assert listed(county) == [filing.id] and listed(city) == [], "a new round lies with whom D-05 names"
    assert HandOver.objects.get().reason == "情况复杂，请上级办理"


def test_a_deputy_sees_what_was_handed_to_who_is_away(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    other = colleague(office.county)
    mine, theirs = desk(office.county), desk(other)
    theirs.post(f"/desk/{filing.id}/hand-over", {"to": f"person:{office.county.account_id}", "handing_reason": "由您办理"})
    day = clock.today()
    wrong = mine.post("/desk/absence", {"absent_from": "下周", "absent_to": "", "deputy": str(office.city.account_id)})
    assert wrong.status_code == 422 and "请填写缺勤开始日期" in html(wrong)
    strange = mine.post("/desk/absence", {"absent_from": day.isoformat(), "deputy": str(office.city.account_id)})
    assert strange.status_code == 422 and "代理人应为本机构在岗的另一名审核员" in html(strange)
    body = {"absent_from": day.isoformat(), "absent_to": day.isoformat(), "deputy": str(other.account_id)}
    assert mine.post("/desk/absence", body).status_code == 302
    assert "缺勤，由您代理" in html(theirs.get("/desk")) and listed(theirs, "?handed_to=me") == [filing.id]
    with clock.at(clock.now() + timedelta(days=1)):
        later = desk(other)
        assert "缺勤，由您代理" not in html(later.get("/desk")) and listed(later, "?handed_to=me") == []
    assert mine.post("/desk/absence", {"act": "back"}).status_code == 302
    assert identity.represented_by(other.account_id) == []


def test_today_tells_what_was_done_and_what_is_due(office: people.Office) -> None:
    done, late = people.handed_in(1), people.handed_in(2)
    Filing.objects.filter(id=people.filing(late).id).update(due_at=clock.now() - timedelta(minutes=5))
    client = desk(office.county)
    decide(client, people.filing(done), "approved")
    page = html(client.get("/desk/today"))
    assert "通过 1，未通过 0" in page and "0分钟" in page and late.name in page and done.name not in page
    assert "1 件逾期" in page


def test_a_second_look_goes_to_another_person_and_a_difference_becomes_a_correction(office: people.Office, settings: Any) -> None:
    settings.SECOND_LOOK_PERCENT = 100
    filing = people.filing(people.handed_in(1))
    other = colleague(office.county)
    first, second = desk(office.county), desk(other)
    decide(first, filing, "approved")
    for _turn in range(2):
        sequencer.step(100)
        followers.step(100)
    row = SecondLook.objects.get()
    assert row.person_id == other.account_id and str(filing.id) in html(second.get("/desk/looks"))
    assert str(filing.id) not in html(first.get("/desk/looks"))
    assert first.post(f"/desk/{filing.id}/look", {"result": "agrees"}).status_code == 404
    refused = second.post(f"/desk/{filing.id}/look", {"result": "differs", "look_reason": ""})
    assert refused.status_code == 422 and "不一致时请填写理由" in html(refused)
    assert second.post(f"/desk/{filing.id}/look", {"result": "differs", "look_reason": "执照与名称不符"}).status_code == 302
    page = html(first.get(f"/desk/{filing.id}"))
    assert "抽查复核：不一致" in page and "确认纠正，改为审核未通过" in page, "the first person may now confirm the correction"
    late = second.post(f"/desk/{filing.id}/look", {"result": "agrees", "look_reason": "与登记一致"})
    assert late.status_code == 409 and "该抽查已复核" in html(late) and "与登记一致" in html(late)
    assert "抽查复核：不一致" in html(late) and 'name="look_reason"' not in html(late), "the page shows what was decided meanwhile"
    stale = second.post(f"/desk/{filing.id}/decide", {"round": "1", "outcome": "rejected", "opinion": "请补正。"})
    assert stale.status_code == 409 and "您填写的内容未保存：请补正。" in html(stale) and "抽查复核：不一致" in html(stale)


def test_the_share_of_second_looks_is_drawn_by_a_key() -> None:
    numbers = [secondlooks.lot(filing_id=people.UUID(int=n), round=1) for n in range(2000)]
    share = sum(secondlooks.is_chosen(number, percent=5) for number in numbers)
    assert 60 <= share <= 140 and not any(secondlooks.is_chosen(number, percent=0) for number in numbers)
    assert numbers[0] == secondlooks.lot(filing_id=people.UUID(int=0), round=1) != secondlooks.lot(filing_id=people.UUID(int=0), round=2)


def test_phrases_of_person_and_unit_are_filled_in(office: people.Office) -> None:
    firm = people.handed_in(1)
    mine, theirs = desk(office.county), desk(colleague(office.county))
    bad = mine.post("/desk/phrases", {"kind": "registration", "text": "请 {phone} 联系", "whose": "own"})
    assert bad.status_code == 422 and "只能使用 {name}" in html(bad) and "请 {phone} 联系" in html(bad)
    for whose, text in (("own", "请{name}补正。"), ("unit", "请按{division}要求办理。")):
        assert mine.post("/desk/phrases", {"kind": "registration", "text": text, "whose": whose}).status_code == 302
    item = f"/desk/{people.filing(firm).id}"
    assert f'data-phrase="请{firm.name}补正。" data-key="1"' in html(mine.get(item))
    assert f"请{firm.name}补正。" not in html(theirs.get(item)) and "请浙江省杭州市余杭区要求办理。" not in html(theirs.get(item))
    assert "请按浙江省杭州市余杭区要求办理。" in html(theirs.get(item))
    own = Phrase.objects.get(account_id=office.county.account_id)
    assert theirs.post(f"/desk/phrases/{own.id}/drop").status_code == 404
    assert mine.post(f"/desk/phrases/{own.id}/drop").status_code == 302 and Phrase.objects.count() == 1
