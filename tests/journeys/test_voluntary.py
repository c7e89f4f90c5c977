"""Voluntary records through their states: draft, handed in, withdrawn, revised, deleted (VOL-08 to VOL-30)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from chengxin.catalogue import actions as catalogue_actions
from chengxin.common import clock
from chengxin.common.errors import ChengxinError, Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import inbox, lifecycle, voluntary_queries
from chengxin.filings import queries as filings
from chengxin.filings import voluntary as voluntary_filings
from chengxin.filings.models import Attachment, Filing, Submission
from chengxin.flow import closing
from chengxin.flow import due as due_loop
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from tests.journeys import archives, voluntary
from tests.journeys import enterprises as people
from tests.journeys.voluntary import DONATION, HONOUR, LEADER, Registrant

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise that may register."""
    return voluntary.registrant(by=judge)


def refused(attempt: object, *args: object, **options: object) -> ChengxinError:
    """What a command says that is refused."""
    with pytest.raises(ChengxinError) as caught:
        attempt(*args, **options)  # type: ignore[operator]
    return caught.value


def pending(by: Actor) -> list[object]:
    return [item.id for item in inbox.opened(by=by, narrowed=inbox.Narrowed()).items]


@pytest.mark.requirement("VOL-16.1", "VOL-15.1", "VOL-17.1", "VOL-14.1", "VOL-30.1")
def test_a_draft_is_kept_as_typed_and_goes_when_it_is_whole(firm: Registrant) -> None:
    filing_id = flow.open_new(form_id=DONATION, by=firm.actor).id
    assert voluntary.listed(firm) == [], "a form that was never saved is in no list"
    at = voluntary.place(filing_id, DONATION, firm)
    half = {f"{at}/receiver": "", f"{at}/amount": "abc", f"{at}/uscc": "91110000000000000A", f"S01/{uuid4()}/name": "别家"}
    flow.save(filing_id=filing_id, base_rev=1, changes=half, by=firm.actor)
    kept = filings.draft(filing_id=filing_id, by=firm.actor).answers
    assert kept == {f"{at}/receiver": "", f"{at}/amount": "abc"}, "name and code are not asked, so nothing of them is taken"
    assert voluntary.listed(firm) == [filing_id] and voluntary.one(firm, filing_id).state == "draft"
    error = refused(voluntary.submit, firm, filing_id)
    assert isinstance(error, Invalid) and f"{at}/receiver" in error.fields and f"{at}/proof" in error.fields
    assert voluntary.one(firm, filing_id).due_at is None and voluntary_queries.counts(firm.id) == {}
    voluntary.type_in(firm, filing_id, voluntary.filled(DONATION))
    voluntary.prove(firm, filing_id)
    receipt = voluntary.submit(firm, filing_id, key="once")
    assert voluntary.one(firm, filing_id).state == "submitted" and receipt.signature
    assert voluntary.submit(firm, filing_id, key="once").number == receipt.number, "a repeated page gets the first receipt"
    spare = voluntary.draft(firm, proof="")
    assert voluntary_queries.one(filing_id=spare, by=firm.actor).actions == ("detail", "edit", "delete")
    flow.delete(filing_id=spare, by=firm.actor)
    assert voluntary.listed(firm) == [filing_id]


@pytest.mark.requirement("VOL-15.2", "VOL-17.2")
def test_what_fails_a_rule_is_not_handed_in(firm: Registrant) -> None:
    filing_id = voluntary.draft(firm, mode="joint", amount="abc")
    error = refused(voluntary.submit, firm, filing_id)
    at = voluntary.place(filing_id, DONATION, firm)
    assert isinstance(error, Invalid) and {f"{at}/joint_units", f"{at}/amount"} <= set(error.fields)
    assert not Submission.objects.filter(filing_id=filing_id).exists() and voluntary.one(firm, filing_id).state == "draft"
    assert flow.check(filing_id=filing_id, by=firm.actor).errors.keys() == {f"{at}/joint_units", f"{at}/amount"}


@pytest.mark.requirement("VOL-18.1")
def test_leaving_a_form_that_was_never_saved_leaves_no_record(firm: Registrant) -> None:
    filing_id = flow.open_new(form_id=DONATION, by=firm.actor).id
    at = voluntary.place(filing_id, DONATION, firm)
    flow.keep_copy(filing_id=filing_id, base_rev=1, answers={f"{at}/receiver": "慈善总会"}, by=firm.actor)
    assert voluntary.listed(firm) == [filing_id], "what autosave kept can be found again"
    flow.leave(filing_id=filing_id, by=firm.actor)
    assert voluntary.listed(firm) == [] and not Filing.objects.filter(id=filing_id).exists()
    saved = voluntary.draft(firm, proof="")
    flow.leave(filing_id=saved, by=firm.actor)
    assert voluntary.listed(firm) == [saved], "a saved draft stays"


def test_forms_that_were_never_saved_are_forgotten_after_a_day(firm: Registrant) -> None:
    old = flow.open_new(form_id=DONATION, by=firm.actor).id
    flow.open_new(form_id=HONOUR, by=firm.actor)
    assert Filing.objects.filter(id=old).exists()
    with clock.at(clock.now() + timedelta(hours=25)):
        flow.open_new(form_id=HONOUR, by=firm.actor)
    assert not Filing.objects.filter(id=old).exists()


def test_too_many_drafts_of_an_item_are_refused(firm: Registrant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voluntary_filings, "MAX_OPEN", 2)
    voluntary.draft(firm, proof="")
    voluntary.draft(firm, proof="")
    assert refused(flow.open_new, form_id=DONATION, by=firm.actor).code == "too-many-drafts"
    assert flow.open_new(form_id=HONOUR, by=firm.actor).state == "draft"


@pytest.mark.requirement("VOL-13.1", "VOL-13.2", "VOL-08.1", "VOL-08.2", "VOL-26.2")
def test_only_published_records_count_and_one_completes_the_registration(firm: Registrant, judge: Actor) -> None:
    assert not voluntary_queries.completed(firm.id), "signing is no completion"
    published = voluntary.handed_in(firm)
    flow.withdraw(filing_id=voluntary.handed_in(firm, amount="1"), by=firm.actor)
    voluntary.handed_in(firm, amount="2")
    voluntary.handed_in(firm, amount="3")
    assert voluntary_queries.counts(firm.id) == {} and not voluntary_queries.completed(firm.id)
    people.decide(published, "approved", judge)
    assert voluntary.one(firm, published).state == "approved"
    assert voluntary_queries.counts(firm.id) == {DONATION: 1} and voluntary_queries.completed(firm.id)


@pytest.mark.requirement("VOL-08.2", "VOL-10.1", "VOL-39.2", "VOL-29.3")
def test_an_item_takes_registrations_in_its_window_only_and_the_leading_runner_completes_nothing(firm: Registrant, judge: Actor) -> None:
    assert refused(flow.open_new, form_id=LEADER, by=firm.actor).code == "item-closed"
    today = clock.today()
    window = replace(voluntary.item_settings(LEADER), opens_on=today, closes_on=today)
    catalogue_actions.set_item(wanted=window, by=SYSTEM)
    published = voluntary.published(firm, LEADER, by=judge)
    open_ = voluntary.draft(firm, LEADER, benchmark="另一个标杆")
    assert voluntary_queries.counts(firm.id) == {LEADER: 1} and not voluntary_queries.completed(firm.id)
    catalogue_actions.set_item(wanted=replace(window, opens_on=date(2020, 1, 1), closes_on=date(2020, 1, 31)), by=SYSTEM)
    error = refused(voluntary.submit, firm, open_, though_alike=True)
    assert isinstance(error, Conflict) and error.code == "item-closed" and "不在注册期内" in error.message
    voluntary.type_in(firm, open_, {"content": "窗口关闭后草稿仍可保存。"})
    assert open_ in voluntary.listed(firm, LEADER), "the draft survives"
    assert refused(flow.revise, filing_id=published, by=firm.actor).code == "item-closed"


def test_without_the_commitment_nothing_is_opened_or_handed_in(judge: Actor, tmp_path: Path) -> None:
    firm = voluntary.registrant(by=judge, signed=False)
    assert not flow.signed(by=firm.actor)
    assert refused(flow.open_new, form_id=DONATION, by=firm.actor).code == "commitment-needed"
    assert isinstance(refused(flow.sign, version="", ticked=False, by=firm.actor), Invalid)
    assert refused(flow.sign, version="0" * 64, ticked=True, by=firm.actor).code == "commitment-outdated"
    voluntary.sign(firm)
    voluntary.sign(firm)
    assert flow.signed(by=firm.actor) and Event.objects.filter(kind="commitment.signed", subject=str(firm.id)).count() == 1
    weak = replace(firm.actor, assurance="password")
    assert refused(flow.open_new, form_id=DONATION, by=weak).code == "low-assurance"
    filing_id = voluntary.draft(firm)
    archives.change_catalogue(tmp_path, "commitments/voluntary.yaml", "自觉", "始终自觉")
    assert not flow.signed(by=firm.actor), "a new text is read and signed again"
    assert refused(voluntary.submit, firm, filing_id).code == "commitment-needed"
    voluntary.sign(firm)
    assert voluntary.submit(firm, filing_id).number


@pytest.mark.requirement("VOL-25.1", "VOL-25.2", "VOL-25.3", "VOL-28.1", "VOL-30.1", "VOL-30.2")
def test_each_state_takes_its_own_actions_and_no_other(firm: Registrant, judge: Actor) -> None:
    filing_id = voluntary.handed_in(firm)
    assert filing_id in pending(judge)
    assert voluntary_queries.one(filing_id=filing_id, by=firm.actor).actions == ("detail", "withdraw")
    for forbidden in (flow.revise, flow.delete):
        assert refused(forbidden, filing_id=filing_id, by=firm.actor).status == 409
    assert refused(flow.save, filing_id=filing_id, base_rev=9, changes={}, by=firm.actor).status == 409
    flow.withdraw(filing_id=filing_id, by=firm.actor)
    mine = voluntary_queries.one(filing_id=filing_id, by=firm.actor)
    assert lifecycle.label(kind="voluntary", state=mine.filing.state) == "已撤销" and filing_id not in pending(judge)
    assert mine.actions == ("detail", "submit", "edit", "delete")
    assert refused(people.decide, filing_id, "approved", judge).status == 409
    assert flow.revise(filing_id=filing_id, by=firm.actor).state == "draft"
    voluntary.type_in(firm, filing_id, {"amount": "60000"})
    voluntary.submit(firm, filing_id)
    assert voluntary.one(firm, filing_id).state == "submitted"
    flow.withdraw(filing_id=filing_id, by=firm.actor)
    flow.resend(filing_id=filing_id, key="again", by=firm.actor)
    assert voluntary.one(firm, filing_id).round == 3
    people.decide(filing_id, "approved", judge)
    assert voluntary_queries.one(filing_id=filing_id, by=firm.actor).actions == ("detail", "edit", "takedown")
    assert refused(flow.delete, filing_id=filing_id, by=firm.actor).status == 409
    assert refused(flow.withdraw, filing_id=filing_id, by=firm.actor).status == 409
    gone = voluntary.handed_in(firm, amount="7")
    flow.withdraw(filing_id=gone, by=firm.actor)
    proof = Attachment.objects.get(filing_id=gone).id
    flow.delete(filing_id=gone, by=firm.actor)
    assert voluntary.listed(firm) == [filing_id]
    for read in (lambda: filings.one(filing_id=gone, by=firm.actor), lambda: filings.attachment(attachment_id=proof, by=firm.actor)):
        assert isinstance(refused(read), NotFound)
    assert Event.objects.filter(subject=str(gone), kind="filing.deleted").count() == 1, "the log keeps a tombstone"


def test_nobody_else_reads_or_moves_a_record(firm: Registrant, judge: Actor) -> None:
    other = voluntary.registrant(by=judge)
    filing_id = voluntary.handed_in(firm)
    for command in (flow.withdraw, flow.revise, flow.delete, flow.leave):
        assert refused(command, filing_id=filing_id, by=other.actor).status == 404
    assert refused(filings.one, filing_id=filing_id, by=other.actor).status == 404
    assert voluntary.listed(other) == [] and voluntary.listed(firm) == [filing_id]


@pytest.mark.requirement("VOL-21.1")
def test_a_proof_that_proves_nothing_is_refused_with_its_reason(firm: Registrant, judge: Actor) -> None:
    voluntary.with_archive(firm, by=judge)
    filing_id = voluntary.handed_in(firm)
    people.decide(filing_id, "rejected", judge, "证明附件不能证明捐赠的真实性，请上传捐赠票据。")
    mine = voluntary_queries.one(filing_id=filing_id, by=firm.actor)
    assert lifecycle.label(kind="voluntary", state=mine.filing.state) == "未通过"
    assert "证明附件不能证明" in mine.filing.opinion and mine.actions == ("detail", "edit", "delete")
    assert "山区小学图书角" not in voluntary.shown(firm) and voluntary_queries.counts(firm.id) == {}


@pytest.mark.requirement("VOL-26.1")
def test_a_record_is_due_at_the_end_of_the_fifteenth_working_day() -> None:
    with clock.at(datetime(2026, 11, 2, 15, 30, tzinfo=clock.SHANGHAI)):
        judge = people.reviewer()
        firm = voluntary.registrant(by=judge)
        filing_id = voluntary.draft(firm)
        submission = voluntary.submit(firm, filing_id)
        assert voluntary.one(firm, filing_id).due_at == submission.due_at
    due = datetime(2026, 11, 23, 23, 59, 59, tzinfo=clock.SHANGHAI)
    assert submission.due_at == due
    with clock.at(due):
        assert due_loop.mark_overdue(10) == 0
    with clock.at(datetime(2026, 11, 24, 0, 1, tzinfo=clock.SHANGHAI)):
        assert due_loop.mark_overdue(10) == 1
        counted = inbox.opened(by=judge, narrowed=inbox.Narrowed(overdue_only=True))
        assert counted.counts.overdue == 1 and [item.id for item in counted.items] == [filing_id]
        assert voluntary.one(firm, filing_id).state == "submitted", "it is never published by itself"


def test_the_item_names_the_level_that_reviews(firm: Registrant) -> None:
    assert flow.reviewed_at(division_code="330110", level="") == "330110"
    assert flow.reviewed_at(division_code="330110", level="city") == "330100"
    assert flow.reviewed_at(division_code="330110", level="province") == "330000"
    assert flow.reviewed_at(division_code="330110", level="national") == "000000"
    assert flow.reviewed_at(division_code="440305", level="province") == "000000", "计划单列市 stand under the national level"
    catalogue_actions.set_item(wanted=replace(voluntary.item_settings(DONATION), level="province"), by=SYSTEM)
    filing_id = voluntary.handed_in(firm)
    assert voluntary.one(firm, filing_id).division_code == "330000"


def test_the_end_of_an_account_closes_what_was_open_and_ends_what_was_published(firm: Registrant, judge: Actor) -> None:
    states = {"draft": voluntary.draft(firm), "submitted": voluntary.handed_in(firm, amount="2")}
    states["approved"] = voluntary.published(firm, by=judge, amount="3")
    states["withdrawn"] = voluntary.handed_in(firm, amount="4")
    flow.withdraw(filing_id=states["withdrawn"], by=firm.actor)
    ended = _closed(firm)
    assert {before: ended[filing_id] for before, filing_id in states.items()} == {
        "draft": "closed", "submitted": "closed", "withdrawn": "closed", "approved": "ended",
    }  # fmt: skip
    assert voluntary_queries.counts(firm.id) == {}


def _closed(firm: Registrant) -> dict[object, str]:
    from chengxin.flow.step import step

    step(lambda: closing.close_enterprise(enterprise_id=firm.id, reason="test", why="账号重置。", by=SYSTEM))()
    return dict(Filing.objects.filter(kind="voluntary", enterprise_id=firm.id).values_list("id", "state"))


def test_files_go_to_their_own_field_only(firm: Registrant) -> None:
    filing_id = flow.open_new(form_id=DONATION, by=firm.actor).id
    at = voluntary.place(filing_id, DONATION, firm)
    for path in (f"{at}/receiver", f"V08/{uuid4()}/proof", "nonsense"):
        error = refused(flow.upload, filing_id=filing_id, path=path, stream=None, name="a.jpg", by=firm.actor)
        assert isinstance(error, Forbidden) and error.code == "no-file-field"


def test_more_than_a_page_is_read_page_by_page(firm: Registrant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voluntary_queries, "PAGE", 2)
    made = [voluntary.draft(firm, proof="", amount=str(n + 1)) for n in range(5)]
    seen, cursor = [], ""
    for _turn in range(3):
        page = voluntary_queries.mine(enterprise_id=firm.id, form_id=DONATION, cursor=cursor, by=firm.actor)
        seen += [row.filing.id for row in page.rows]
        cursor = page.next
    assert seen == made[::-1] and cursor == ""
    with pytest.raises(Invalid):
        voluntary_queries.mine(enterprise_id=firm.id, form_id=DONATION, cursor="x", by=firm.actor)
