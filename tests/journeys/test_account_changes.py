"""Another mailbox, or a reset: from a ticket with evidence, by two people, after a day that can be stopped (REG-16, REG-17)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden
from chengxin.filings import account_changes, tickets
from chengxin.filings.models import AccountChange, Filing
from chengxin.flow import archive, closing, due, helpdesk, registration, review
from chengxin.flow.step import step
from chengxin.identity import actions
from chengxin.identity import queries as identity
from chengxin.identity.tests.test_races import race
from chengxin.ledger.models import Event
from tests import people
from tests.journeys import desks, enterprises, pleas

pytestmark = pytest.mark.django_db(transaction=True)
Clerks = tuple[people.Person, people.Person]
DAY = timedelta(hours=24, seconds=1)


@pytest.fixture
def clerks() -> Clerks:
    """Two clerks of the help desk."""
    return pleas.desk()


@pytest.fixture
def firm(clerks: Clerks) -> people.Person:
    """An enterprise that has registered and lost its mailbox."""
    return people.registered(1)


def email(firm: people.Person) -> str:
    return identity.email_of(firm.account_id, people.SYSTEM, "test")


def state(change_id: object) -> str:
    return AccountChange.objects.values_list("state", flat=True).get(id=change_id)


@pytest.mark.requirement("REG-17.1")
def test_a_mailbox_changes_after_two_people_and_a_day_and_both_are_told(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    own = people.browser(firm)
    change_id = pleas.held(ticket.filing_id, *clerks)
    assert len(pleas.mails(firm.email, "请核实：有人申请变更注册邮箱")) == 1
    assert len(pleas.mails(pleas.NEW_MAILBOX, "变更注册邮箱已核实，等待生效")) == 1
    with clock.at(clock.now() + DAY - timedelta(minutes=1)):
        due.run(limit=10)
    assert (email(firm), state(change_id)) == (firm.email, "held")
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
        due.run(limit=10)
        assert (email(firm), state(change_id)) == (pleas.NEW_MAILBOX, "done")
        assert identity.account(firm.account_id).email_verified
        for to in (firm.email, pleas.NEW_MAILBOX):
            [told] = pleas.mails(to, "注册邮箱已变更")
            assert "ne***@lanxu.example" in told and pleas.NEW_MAILBOX not in told
        assert own.get("/workbench").url.startswith("/login")
    kinds = list(
        Event.objects.filter(subject=str(firm.account_id), kind__startswith="account.").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["account.change_proposed", "account.change_confirmed", "account.email_changed", "account.change_done"]
    done = Filing.objects.get(id=ticket.filing_id)
    assert (done.state, "注册邮箱已变更" in done.opinion) == ("approved", True)


@pytest.mark.requirement("REG-17.2")
def test_nothing_changes_without_evidence_or_for_another_topic(firm: people.Person, clerks: Clerks) -> None:
    bare = pleas.handed_in(firm, topic="other", evidence=False)
    with pytest.raises(Conflict, match="不涉及变更邮箱"):
        helpdesk.propose(ticket_id=bare.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    proved = pleas.handed_in(firm)
    Filing.objects.get(id=proved.filing_id).attachments.filter(path__endswith="/papers").update(state="dropped")
    with pytest.raises(Conflict, match="没有营业执照和说明材料"):
        helpdesk.propose(ticket_id=proved.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    unknown = pleas.handed_in(people.Person(people.code(99), firm.account_id, name="查无此企业"))
    with pytest.raises(Conflict, match="没有注册账号"):
        helpdesk.propose(ticket_id=unknown.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    assert not AccountChange.objects.exists()


def test_the_same_person_cannot_confirm_and_nobody_else_may_touch_a_ticket(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    change_id = helpdesk.propose(ticket_id=ticket.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    with pytest.raises(Forbidden, match="另一名"):
        helpdesk.settle(change_id=change_id, confirmed=True, by=clerks[0].actor)
    reviewer = people.officer(people.agency("330110", name="余杭区商务局"), "county-li")
    with pytest.raises(Forbidden):
        helpdesk.settle(change_id=change_id, confirmed=True, by=reviewer.actor)
    with pytest.raises(Forbidden):
        helpdesk.propose(ticket_id=ticket.filing_id, reason=pleas.CONFIRMED, by=firm.actor)
    with pytest.raises(Conflict, match="等待复核或生效"):
        helpdesk.answer(ticket_id=ticket.filing_id, outcome="approved", text="好的", by=clerks[1].actor)
    helpdesk.settle(change_id=change_id, confirmed=False, by=clerks[1].actor)
    helpdesk.answer(ticket_id=ticket.filing_id, outcome="rejected", text="营业执照与登记信息不一致。", by=clerks[1].actor)
    assert (state(change_id), Filing.objects.get(id=ticket.filing_id).state) == ("declined", "rejected")


def test_one_click_in_the_old_mailbox_stops_it(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    change_id = pleas.held(ticket.filing_id, *clerks)
    path = pleas.stop_path(firm)
    stranger = Client()
    page = stranger.get(path).content.decode()
    assert "阻止此次变更" in page and state(change_id) == "held"
    assert "已阻止" in stranger.post(path).content.decode()
    assert state(change_id) == "stopped"
    for again in (stranger.get(path), stranger.post(path), stranger.get("/help-desk/stop/none")):
        assert again.status_code == 410
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
    assert email(firm) == firm.email
    for to in (firm.email, pleas.NEW_MAILBOX):
        assert len(pleas.mails(to, "变更注册邮箱已被阻止")) == 1
    assert Filing.objects.get(id=ticket.filing_id).state == "submitted"
    assert tickets.one(ticket_id=ticket.filing_id, by=clerks[0].actor).change == "stopped"


@pytest.mark.requirement("REG-16.1")
def test_a_reset_ends_the_account_and_the_right_code_can_register(firm: people.Person, clerks: Clerks) -> None:
    right = people.code(2)
    ticket = pleas.handed_in(firm, topic="code", right_uscc=right)
    pleas.held(ticket.filing_id, *clerks)
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
        assert identity.account(firm.account_id).state == "closed"
        assert identity.enterprise(firm.enterprise_id).state == "closed"  # type: ignore[arg-type]
        assert Filing.objects.get(enterprise_id=firm.enterprise_id, kind="registration").state == "closed"
        assert Client().post("/login", {"name": firm.login, "password": people.PASSWORD}).status_code == 422
        for to in (firm.email, pleas.NEW_MAILBOX):
            assert len(pleas.mails(to, "注册信息已重置")) == 1
        again = registration.register(form=people.application(2, name=firm.name, uscc=right))
        taken = registration.register(form=people.application(1, name="义乌市穗岚针织有限公司", uscc=firm.login))
    assert again.enterprise_id != taken.enterprise_id != firm.enterprise_id
    closed = Event.objects.get(kind="enterprise.closed", subject=str(firm.enterprise_id))
    assert closed.data["reason"] == ticket.number


@pytest.mark.requirement("REG-16.3")
def test_a_published_archive_ends_with_a_reset_that_two_people_made(clerks: Clerks) -> None:
    judge = enterprises.reviewer("330110")
    firm = enterprises.approved(by=judge)
    filing_id = enterprises.fill(firm)
    archive.submit(filing_id=filing_id, key="first", by=firm.actor)
    review.decide_filing(filing_id=filing_id, round=1, outcome="approved", opinion="", by=judge)
    holder = people.Person(firm.uscc, firm.account_id, firm.id, firm.name)
    ticket = pleas.handed_in(holder, topic="code", right_uscc=people.code(3))
    change_id = helpdesk.propose(ticket_id=ticket.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
        assert Client().get(f"/api/v1/files/{firm.uscc}").status_code == 200
        helpdesk.settle(change_id=change_id, confirmed=True, by=clerks[1].actor)
    with clock.at(clock.now() + DAY + DAY):
        due.run(limit=10)
    assert Client().get(f"/api/v1/files/{firm.uscc}").status_code == 404


def test_what_cannot_be_carried_out_any_more_goes_back_to_the_desk(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    change_id = pleas.held(ticket.filing_id, *clerks)
    other = pleas.handed_in(firm, topic="code", right_uscc=people.code(2))
    with pytest.raises(Conflict, match="已有一项变更"):
        helpdesk.propose(ticket_id=other.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)
    assert firm.enterprise_id is not None
    step(closing.close_enterprise)(enterprise_id=firm.enterprise_id, reason="T-9", why="冒名注册", by=people.SYSTEM)
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
    [change] = account_changes.of_ticket(ticket_id=ticket.filing_id, by=clerks[0].actor)
    assert (change.id, change.state) == (change_id, "failed") and "不再管理此企业" in change.why
    assert Filing.objects.get(id=ticket.filing_id).state == "submitted"


def test_an_account_that_is_suspended_is_not_changed(firm: people.Person, clerks: Clerks) -> None:
    people.hand_in(firm)
    people.decide(firm, by=people.officer(people.agency("330110", name="余杭区商务局"), "county-li"))
    ticket = pleas.handed_in(firm)
    change_id = pleas.held(ticket.filing_id, *clerks)
    actions.suspend(account_id=firm.account_id, reason="C-1", by=people.SYSTEM)
    with clock.at(clock.now() + DAY):
        due.run(limit=10)
    assert (email(firm), state(change_id)) == (firm.email, "failed")
    with pytest.raises(Conflict, match="正在核实身份"):
        helpdesk.propose(ticket_id=ticket.filing_id, reason=pleas.CONFIRMED, by=clerks[0].actor)


@pytest.mark.slow
def test_a_stop_and_the_carrying_out_at_once_end_in_one_of_both(firm: people.Person, clerks: Clerks) -> None:
    change_id = pleas.held(pleas.handed_in(firm).filing_id, *clerks)
    path = pleas.stop_path(firm)
    AccountChange.objects.filter(id=change_id).update(effective_at=clock.now())
    found = race(lambda number: helpdesk.stop(token=path.rpartition("/")[2]) if number % 2 else due.run(limit=10))
    assert found["done"] >= 1
    assert (state(change_id), email(firm)) in {("stopped", firm.email), ("done", pleas.NEW_MAILBOX)}
    told = [len(pleas.mails(firm.email, subject)) for subject in ("已被阻止", "注册邮箱已变更")]
    assert sorted(told) == [0, 1]


def test_a_ticket_that_somebody_is_at_has_its_change_carried_out_at_the_next_turn(firm: people.Person, clerks: Clerks) -> None:
    ticket = pleas.handed_in(firm)
    change_id = pleas.held(ticket.filing_id, *clerks)
    with clock.at(clock.now() + DAY):
        with desks.somebody_at(ticket.filing_id):
            assert helpdesk.carry_out(10) == 0
        with desks.somebody_at(ticket.filing_id, patience="statement_timeout"), pytest.raises(OperationalError):
            helpdesk.carry_out(10)
        assert (email(firm), state(change_id)) == (firm.email, "held")
        assert helpdesk.carry_out(10) == 1
    assert (email(firm), state(change_id)) == (pleas.NEW_MAILBOX, "done")
