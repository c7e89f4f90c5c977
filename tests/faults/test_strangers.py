"""Requests for what belongs to others, with the right address and the wrong person: nothing is told and nothing is done."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from chengxin.filings import queries as filings
from chengxin.filings.models import Attachment, Decision, Filing, Remark
from tests import people
from tests.journeys import desks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    return desks.office()


def papers_of(firm: people.Person) -> list[str]:
    return [f"/files-of/{a.id}/1.png" for a in filings.attachments(filing_id=people.filing(firm).id, by=firm.actor)]


def test_a_reviewer_out_of_jurisdiction_neither_sees_nor_decides(office: people.Office) -> None:
    firm = people.handed_in(1)
    filing, stranger = people.filing(firm), desks.desk(office.elsewhere)
    assert firm.name not in desks.html(stranger.get("/desk"))
    assert stranger.get(f"/desk/{filing.id}").status_code in (403, 404)
    for outcome in ("approved", "rejected"):
        assert desks.decide(stranger, filing, outcome, "材料不全，请补充。").status_code in (403, 404)
    remark = {"path": "registration", "remark": "请核对"}
    assert stranger.post(f"/desk/{filing.id}/remark", remark).status_code in (403, 404)
    assert [stranger.get(address).status_code for address in papers_of(firm)] == [404, 404]
    assert people.state(firm) == "submitted"
    assert not Decision.objects.exists() and not Remark.objects.exists()
    assert [desks.desk(office.county).get(address).status_code for address in papers_of(firm)] == [200, 200]


def test_nobody_gets_another_enterprises_papers(office: people.Office) -> None:
    firm, other = people.handed_in(1), people.handed_in(2)
    addresses = papers_of(firm)
    assert [people.browser(other).get(address).status_code for address in addresses] == [404, 404]
    assert [Client().get(address).status_code for address in addresses] == [302, 302]
    assert [people.browser(firm).get(address).status_code for address in addresses] == [200, 200]
    assert people.browser(other).get(f"/files-of/{uuid4()}/1.png").status_code == 404


def test_nobody_takes_anothers_papers_off(office: people.Office) -> None:
    firm, other = people.registered(1), people.registered(2)
    people.hand_in(firm)
    people.decide(firm, by=office.county, outcome="rejected", opinion="营业执照照片不清晰，请重新拍摄。")
    held = Attachment.objects.filter(filing_id=people.filing(firm).id).values_list("id", flat=True)
    before = list(Attachment.objects.order_by("id").values_list("id", "state"))
    browser = people.browser(other)
    for attachment_id in held:
        answer = browser.post("/register/papers", {"_remove": f"licence={attachment_id}"})
        assert answer.status_code in (302, 403, 404, 422)
    assert list(Attachment.objects.order_by("id").values_list("id", "state")) == before


def test_an_enterprise_never_reaches_the_desk(office: people.Office) -> None:
    firm = people.approved(1, by=office.county)
    waiting = people.handed_in(2)
    filing, browser = people.filing(waiting), people.browser(firm)
    assert desks.decide(browser, filing, "approved").status_code == 403
    assert {browser.get(address).status_code for address in ("/desk", f"/desk/{filing.id}", "/desk/mine")} == {403}
    assert Filing.objects.get(id=filing.id).state == "submitted"
