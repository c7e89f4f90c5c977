"""The end of an enterprise's account, and what the next holder of its code finds (REG-16, D-06, D-10)."""

from __future__ import annotations

import pytest
from django.test import Client

from chengxin.filings.models import Filing
from chengxin.flow import archive, closing, registration, review
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.records.models import Version
from tests import people as accounts
from tests.journeys import enterprises as people
from tests.journeys.test_import import penalty, run, shown

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.system("test")


def published(judge: Actor) -> people.Enterprise:
    """An enterprise with a public file, a penalty in it and an update in the making."""
    firm = people.approved(by=judge)
    filing_id = people.fill(firm)
    archive.submit(filing_id=filing_id, key="first", by=firm.actor)
    review.decide_filing(filing_id=filing_id, round=1, outcome="approved", opinion="", by=judge)
    run(penalty(firm.uscc, "P-1"))
    people.open_draft(firm)
    return firm


def test_a_closed_enterprise_frees_code_and_name_and_keeps_its_history(judge: Actor) -> None:
    firm = published(judge)
    browser = firm.client()
    step(closing.close_enterprise)(enterprise_id=firm.id, reason="T-1", why="重置企业信息", by=BY)
    assert identity.enterprise(firm.id).state == "closed"
    assert Client().get(f"/api/v1/files/{firm.uscc}").status_code == 404
    assert browser.get("/workbench").url.startswith("/login")
    states = set(Filing.objects.filter(enterprise_id=firm.id).values_list("kind", "state"))
    assert states == {("registration", "closed"), ("archive", "ended"), ("archive", "closed")}
    assert set(Filing.objects.filter(enterprise_id=firm.id).values_list("opinion", flat=True)) == {"重置企业信息"}
    assert not Version.objects.filter(enterprise_id=firm.id, ended_at=None).exists()
    assert Version.objects.filter(enterprise_id=firm.id, origin="enterprise", end_reason="T-1").exists()
    kinds = set(Event.objects.filter(subject=str(firm.id)).values_list("kind", flat=True))
    assert {"enterprise.closed", "record.rebound"} <= kinds


def test_government_records_wait_for_the_next_holder_of_the_code(judge: Actor) -> None:
    firm = published(judge)
    step(closing.close_enterprise)(enterprise_id=firm.id, reason="T-1", why="重置企业信息", by=BY)
    waiting = identity.enterprise_by_uscc(firm.uscc)
    assert waiting is not None and waiting.id != firm.id and not waiting.claimed
    form = accounts.application(77, name=firm.name, uscc=firm.uscc)
    made = registration.register(form=form)
    assert made.enterprise_id == waiting.id
    held = Version.objects.filter(origin="government", ended_at=None)
    assert set(held.values_list("enterprise_id", flat=True)) == {waiting.id}
    assert [record["source"]["no"] for record in _published_again(firm, made, judge)] == ["P-1"]


def _published_again(firm: people.Enterprise, made: registration.Registered, judge: Actor) -> list[dict[str, dict[str, str]]]:
    """The penalties in the file of the new holder."""
    again = accounts.Person(firm.uscc, made.account_id, made.enterprise_id, firm.name)
    accounts.hand_in(again)
    review.decide_filing(filing_id=made.filing_id, round=1, outcome="approved", opinion="", by=judge)
    holder = people.Enterprise(made.account_id, made.enterprise_id, firm.uscc, firm.name)
    filing_id = people.fill(holder)
    archive.submit(filing_id=filing_id, key="again", by=holder.actor)
    review.decide_filing(filing_id=filing_id, round=1, outcome="approved", opinion="", by=judge)
    return shown(firm.uscc)  # type: ignore[return-value]
