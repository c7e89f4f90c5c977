"""Bulk decisions over HTTP: stored, revocable for half a minute, then each its own decision (D-03)."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client

from chengxin.common import clock
from chengxin.filings.models import BulkDecision, BulkItem, Decision, Filing
from chengxin.flow import bulk, due
from chengxin.gateways.models import Outbox
from chengxin.identity import actions as identity
from chengxin.ledger.models import Event
from tests import people
from tests.journeys import desks, enterprises
from tests.journeys.desks import colleague, decide, desk, html

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> people.Office:
    """The agencies."""
    return desks.office()


def boxes(client: Client) -> list[str]:
    """What can be chosen in the inbox."""
    return re.findall(r'name="item" value="([^"]+)"', html(client.get("/desk")))


def later(seconds: int) -> None:
    """Let the due loop run after some seconds."""
    with clock.at(clock.now() + timedelta(seconds=seconds)):
        due.run(100)


def soon(client: Client) -> str:
    """The inbox as it is a minute from now."""
    with clock.at(clock.now() + timedelta(seconds=60)):
        return html(client.get("/desk"))


def states() -> dict[UUID, str]:
    return dict(Filing.objects.values_list("id", "state"))


def test_a_bulk_approval_takes_effect_after_half_a_minute_item_by_item(office: people.Office) -> None:
    firms = [people.handed_in(number) for number in range(1, 4)]
    client, other = desk(office.county), desk(colleague(office.county))
    items = boxes(client)
    assert len(items) == 3
    page = html(client.get("/desk/bulk", {"item": items}))
    assert all(firm.login in page for firm in firms) and "确认" in page
    answer = client.post("/desk/bulk", {"item": items, "outcome": "approved"})
    assert answer.status_code == 302
    assert set(states().values()) == {"submitted"}, "nothing has happened yet"
    shown = html(client.get("/desk"))
    assert "批量审核3件" in shown and "撤销" in shown
    assert boxes(other) == [] and other.get("/desk/next").headers["Location"] == "/desk"
    later(29)
    assert set(states().values()) == {"submitted"}
    later(31)
    assert set(states().values()) == {"approved"} and all(people.state(firm) == "approved" for firm in firms)
    assert Decision.objects.count() == 3 and set(Decision.objects.values_list("by_id", flat=True)) == {office.county.account_id}
    assert Event.objects.filter(kind="filing.approved", actor=f"account:{office.county.account_id}").count() == 3
    assert Outbox.objects.filter(dedupe_key__startswith="decided:").count() == 3
    assert "已办结3件" in soon(client)
    later(60)
    assert Decision.objects.count() == 3, "carried out once"


def test_a_revoked_bulk_decision_leaves_everything_as_it_was(office: people.Office) -> None:
    people.handed_in(1), people.handed_in(2)
    client, other = desk(office.county), desk(colleague(office.county))
    client.post("/desk/bulk", {"item": boxes(client), "outcome": "rejected", "opinion": "请加盖公章。"})
    [address] = re.findall(r'action="(/desk/bulk/[^"]+/revoke)"', html(client.get("/desk")))
    assert other.post(address).status_code == 404, "one's own only"
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 302, "twice is once"
    later(31)
    assert set(states().values()) == {"submitted"} and not Decision.objects.exists()
    assert len(boxes(other)) == 2
    again = boxes(client)
    client.post("/desk/bulk", {"item": again, "outcome": "rejected", "opinion": "请加盖公章。"})
    newest = BulkDecision.objects.latest("created_at")
    with clock.at(newest.effective_at):
        late = desk(office.county)
        assert late.post(f"/desk/bulk/{newest.id}/revoke").status_code == 409
    later(31)
    assert set(states().values()) == {"rejected"}
    assert set(Decision.objects.values_list("opinion", flat=True)) == {"请加盖公章。"}


def test_what_changes_meanwhile_wins_and_the_reason_is_told(office: people.Office) -> None:
    """Each item is checked again when its time has come: version, competence, papers."""
    firms = [people.handed_in(number) for number in range(1, 4)]
    client, other = desk(office.county), desk(colleague(office.county))
    client.post("/desk/bulk", {"item": boxes(client), "outcome": "approved"})
    first, second, third = (people.filing(firm) for firm in firms)
    assert decide(other, first, "rejected", "单件先办").status_code == 302
    Filing.objects.filter(id=second.id).update(filer_id=office.county.account_id)
    later(31)
    assert states() == {first.id: "rejected", second.id: "submitted", third.id: "approved"}
    assert dict(BulkItem.objects.values_list("filing_id", "state")) == {first.id: "refused", second.id: "refused", third.id: "done"}
    told = soon(client)
    assert "已办结1件" in told and "未办结2件" in told and "不能审核本人提交的填报" in told


def test_a_person_who_left_decides_nothing_any_more(office: people.Office) -> None:
    firm = people.handed_in(1)
    leaver = colleague(office.county)
    client = desk(leaver)
    client.post("/desk/bulk", {"item": boxes(client), "outcome": "approved"})
    identity.end_agency_membership(account_id=leaver.account_id, by=people.SYSTEM)
    later(31)
    assert people.state(firm) == "submitted" and BulkItem.objects.get().state == "refused"
    assert len(boxes(desk(office.county))) == 1


def test_what_cannot_be_decided_together_is_refused(office: people.Office) -> None:
    people.handed_in(1)
    archive = enterprises.submitted(enterprises.approved(by=office.county.actor))
    client = desk(office.county)
    both = boxes(client)
    assert len(both) == 2
    registration = [item for item in both if not item.startswith(str(archive))]
    for body, words in (
        ({"item": both, "outcome": "approved"}, "同一类别"),
        ({"item": registration, "outcome": "rejected", "opinion": " "}, "必须填写审核意见"),
        ({"item": registration, "outcome": "perhaps"}, "请选择"),
        ({"outcome": "approved"}, "请先选择"),
        ({"item": ["nonsense", "x:1"], "outcome": "approved"}, "请先选择"),
    ):
        answer = client.post("/desk/bulk", body)
        assert answer.status_code == 422 and words in html(answer), words
    assert client.get("/desk/bulk").status_code == 302, "nothing chosen: back to the list"
    stranger = desk(office.elsewhere)
    stranger.post("/desk/bulk", {"item": registration, "outcome": "approved"})
    later(31)
    assert set(Filing.objects.exclude(id__in=Decision.objects.values("filing_id")).values_list("state", flat=True)) == {"submitted"}
    firm = people.approved(9, by=office.county)
    assert people.browser(firm).post("/desk/bulk", {"item": registration, "outcome": "approved"}).status_code == 403


def test_a_filing_that_somebody_is_at_is_decided_at_the_next_turn(office: people.Office) -> None:
    filing = people.filing(people.handed_in(1))
    client = desk(office.county)
    client.post("/desk/bulk", {"item": boxes(client), "outcome": "approved"})
    with clock.at(clock.now() + timedelta(seconds=31)):
        with desks.somebody_at(filing.id):
            assert bulk.carry_out(10) == 0
        with desks.somebody_at(filing.id, patience="statement_timeout"), pytest.raises(OperationalError):
            bulk.carry_out(10)
        assert BulkItem.objects.get().state == "waiting" and states() == {filing.id: "submitted"}
        assert bulk.carry_out(10) == 1
    assert states() == {filing.id: "approved"}
