"""纠正审核 over HTTP: a wrong approval is taken back by two people, and what followed from it is undone (D-03)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from chengxin.filings.models import Correction, Filing
from chengxin.gateways import actions as gateways
from chengxin.gateways import dev
from chengxin.ledger.models import Event
from tests import people
from tests.journeys import desks, enterprises
from tests.journeys.desks import colleague, decide, desk, html, read_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def propose(client: Client, filing_id: Any, reason: str = "营业执照系伪造。") -> Any:
    return client.post(f"/desk/{filing_id}/correct", {"reason": reason})


def settle(client: Client, filing_id: Any, outcome: str = "confirmed") -> Any:
    found = Correction.objects.filter(filing_id=filing_id, state="proposed").first()
    return client.post(f"/desk/{filing_id}/correct/settle", {"outcome": outcome, "seen": str(found.id) if found else ""})


def test_an_account_approved_by_mistake_is_given_back_by_two_people(office: people.Office) -> None:
    firm = people.approved(1, by=office.county)
    filing = people.filing(firm)
    inside = people.browser(firm)
    first, second = desk(office.county), desk(colleague(office.county))
    assert propose(first, filing.id, " ").status_code == 422
    assert "提出纠正" in html(first.get(f"/desk/{filing.id}"))
    assert propose(first, filing.id).status_code == 302
    assert propose(second, filing.id).status_code == 409, "one at a time"
    assert settle(first, filing.id).status_code == 403, "never by the same person"
    assert people.state(firm) == "approved" and inside.get("/workbench").status_code == 200
    assert firm.name in html(second.get("/desk")) and "等待您复核的纠正审核" not in html(first.get("/desk"))
    assert settle(second, filing.id).status_code == 302
    assert people.state(firm) == "rejected"
    assert inside.get("/workbench").headers["Location"].startswith("/login"), "open sessions end"
    again = people.browser(firm)
    assert again.get("/workbench").headers["Location"] == "/account/supplement"
    assert "纠正审核：营业执照系伪造。" in html(again.get("/account/supplement"))
    gateways.deliver_due(50)
    bodies = [mail["body"] for mail in dev.mailbox(to=firm.email, channel="mail")]
    assert sum("纠正审核：营业执照系伪造。" in body for body in bodies) == 1
    kinds = Event.objects.filter(subject=str(filing.id)).values_list("kind", flat=True)
    assert [kind for kind in kinds if "correct" in kind] == ["filing.correction_proposed", "filing.corrected"]
    people.hand_in(firm)
    people.decide(firm, by=office.county)
    assert people.browser(firm).get("/workbench").status_code == 200


def test_a_declined_correction_changes_nothing(office: people.Office) -> None:
    firm = people.approved(1, by=office.county)
    filing = people.filing(firm)
    propose(desk(office.county), filing.id)
    assert settle(desk(office.elsewhere), filing.id).status_code == 403
    assert settle(desk(office.city), filing.id, "declined").status_code == 302, "a small unit's second person is above it"
    assert people.state(firm) == "approved" and Correction.objects.get().state == "declined"
    assert settle(desk(office.city), filing.id).status_code == 404
    assert people.browser(firm).post(f"/desk/{filing.id}/correct", {"reason": "x"}).status_code == 403


def test_a_corrected_archive_leaves_the_public_file_and_the_former_version_is_back(office: people.Office) -> None:
    firm = enterprises.approved(by=office.county.actor)
    first, second, public = desk(office.county), desk(colleague(office.county)), Client()
    one = enterprises.submitted(firm)
    decide(first, Filing.objects.get(id=one), "approved")
    enterprises.PAGES["operation"]["S06"]["name"] = "冒名旗舰店"
    two = enterprises.submitted(firm)
    enterprises.PAGES["operation"]["S06"]["name"] = "澜序桥旗舰店"
    decide(first, Filing.objects.get(id=two), "approved")
    address = f"/api/v1/files/{firm.uscc}"
    assert "冒名旗舰店" in html(public.get(address))
    propose(first, two, "网店不属于该企业。")
    settle(second, two)
    states = dict(Filing.objects.values_list("id", "state"))
    assert (states[one], states[two]) == ("approved", "rejected")
    assert "澜序桥旗舰店" in html(public.get(address)) and "冒名旗舰店" not in html(public.get(address))
    registration = Filing.objects.get(enterprise_id=firm.id, kind="registration")
    propose(first, registration.id)
    assert settle(second, registration.id).status_code == 409, "first the archive"
    enterprises.open_draft(firm)
    propose(second, one, "上一版同样有误。")
    settle(first, one)
    assert public.get(address).status_code == 404
    assert Filing.objects.get(id=one).state == "ended", "beside an open one it ends"
    assert settle(second, registration.id).status_code == 302


def test_only_the_correction_that_was_read_is_settled(office: people.Office) -> None:
    filing = people.filing(people.approved(1, by=office.county))
    first, second = desk(office.county), desk(colleague(office.county))
    propose(first, filing.id)
    read = read_on(second.get(f"/desk/{filing.id}"))
    assert settle(desk(office.city), filing.id, "declined").status_code == 302
    propose(first, filing.id, "另一理由。")
    stale = second.post(f"/desk/{filing.id}/correct/settle", {**read, "outcome": "confirmed"})
    assert stale.status_code == 409 and "处理意见已变化，请刷新后重新核对。" in html(stale)
    read = read_on(second.get(f"/desk/{filing.id}"))
    assert second.post(f"/desk/{filing.id}/correct/settle", {**read, "outcome": "confirmed"}).status_code == 302
