"""Voluntary records in the public file: with the archive and without it, revised, taken down, revoked (VOL-02, VOL-28 to VOL-31)."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chengxin.common import clock, keys
from chengxin.common.errors import ChengxinError, Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import attaching, bulk, fingerprints, voluntary_queries
from chengxin.filings import queries as filings
from chengxin.filings.models import Correction, Filing
from chengxin.filings.voluntary import Twin
from chengxin.filings.voluntary_models import Fingerprint
from chengxin.flow import archive, correcting, rulings, takedowns, wrongdata
from chengxin.flow import bulk as bulk_flow
from chengxin.flow import voluntary as flow
from chengxin.flow.step import step
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.records import actions as records_actions
from chengxin.records import consistency, search
from chengxin.records import queries as records
from chengxin.records.models import PublicFile, Version
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.voluntary import DONATION, FINANCE, Registrant

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = "山区小学图书角"


@pytest.fixture
def firm(judge: Actor) -> Registrant:
    """An enterprise that may register."""
    return voluntary.registrant(by=judge)


@pytest.fixture
def public(firm: Registrant, judge: Actor) -> Registrant:
    """The same with a public file."""
    voluntary.with_archive(firm, by=judge)
    return firm


def counted(firm: Registrant) -> int:
    return PublicFile.objects.get(enterprise_id=firm.id).records or 0


def standing(firm: Registrant, group: str = "V07") -> list[Version]:
    return list(Version.objects.filter(enterprise_id=firm.id, group=group, ended_at=None))


@pytest.mark.requirement("VOL-31.1")
def test_a_published_record_is_in_file_counts_and_search_at_once(public: Registrant, judge: Actor) -> None:
    before = counted(public)
    filing_id = voluntary.handed_in(public)
    assert PROJECT not in voluntary.shown(public) and counted(public) == before
    people.decide(filing_id, "approved", judge)
    document = records.document(uscc=public.uscc)
    [shown] = [record for record in document["records"] if record["group"] == "V07"]
    assert shown["content"]["project"] == PROJECT and shown["content"]["amount"] == "50000.00" and "proof" not in shown["content"]
    assert counted(public) == before + 1 and document["groups"]["V07"] == {"more": False, "total": 1}
    assert [hit.uscc for hit in search.search(search.Query(text=PROJECT)).items] == [public.uscc]
    assert consistency.differing_files() == [] and consistency.unfound_files() == []


@pytest.mark.requirement("VOL-31.2")
def test_what_the_form_does_not_publish_stays_inside(public: Registrant, judge: Actor) -> None:
    voluntary.published(public, FINANCE, by=judge, revenue="9871234")
    voluntary.published(public, "voluntary/contract", by=judge, counterparty="不公开的相对方有限公司")
    text = voluntary.shown(public)
    assert "9871234" not in text and "不公开的相对方有限公司" not in text and "农产品年度供货合同" in text
    inside = records.inside_records(enterprise_id=public.id, division_code="330110", by=judge, purpose="review")
    values = {record.group: record.values for record in inside}
    assert values["V06"]["revenue"] == "9871234.00" and values["V05"]["counterparty"] == "不公开的相对方有限公司"
    assert voluntary_queries.counts(public.id) == {FINANCE: 1, "voluntary/contract": 1}


def test_without_an_archive_the_record_waits_and_enters_with_the_first(firm: Registrant, judge: Actor) -> None:
    known = records.snapshot(uscc=firm.uscc)
    with clock.at(clock.now() + timedelta(days=2)):
        voluntary.published(firm, by=judge)
    assert records.snapshot(uscc=firm.uscc) == known, "the register is not asked for one record"
    assert voluntary_queries.counts(firm.id) == {DONATION: 1}
    with pytest.raises(NotFound):
        records.public_file(uscc=firm.uscc)
    [before] = standing(firm)
    voluntary.with_archive(firm, by=judge)
    assert PROJECT in voluntary.shown(firm)
    voluntary.with_archive(firm, by=judge)
    [after] = standing(firm)
    assert after.version_id == before.version_id, "an update of the archive neither ends nor doubles it"
    assert voluntary.shown(firm).count(PROJECT) == 1


def test_the_archive_taken_back_leaves_the_record_for_the_next(public: Registrant, judge: Actor) -> None:
    voluntary.published(public, by=judge)
    archive_id = Filing.objects.get(enterprise_id=public.id, kind="archive").id
    undo(archive_id, judge)
    with pytest.raises(NotFound):
        records.public_file(uscc=public.uscc)
    assert len(standing(public)) == 1


def undo(filing_id: UUID, judge: Actor) -> None:
    """Take an approval back, by two people."""
    correcting.propose(filing_id=filing_id, reason="审核有误。", by=judge)
    seen = str(Correction.objects.get(filing_id=filing_id, state="proposed").id)
    correcting.settle(filing_id=filing_id, seen=seen, confirmed=True, by=people.reviewer())


def replaced(firm: Registrant, judge: Actor) -> tuple[UUID, UUID]:
    """A published record and the published revision in its place, before the key of fingerprints changes."""
    first = voluntary.published(firm, by=judge)
    second = flow.revise(filing_id=first, by=firm.actor).id
    voluntary.type_in(firm, second, {"amount": "88000"})
    voluntary.submit(firm, second)
    people.decide(second, "approved", judge)
    keys.ring().rotate(fingerprints.KEY)
    return first, second


def test_after_a_new_key_what_a_revision_replaced_comes_back_and_is_recognised(public: Registrant, judge: Actor) -> None:
    first, second = replaced(public, judge)
    before = bytes(Fingerprint.objects.get(filing_id=first).whole)
    undo(second, judge)
    assert voluntary.one(public, first).state == "approved" and "50000.00" in voluntary.shown(public)
    now = Fingerprint.objects.get(filing_id=first)
    assert now.standing and bytes(now.whole) != before
    with pytest.raises(Twin) as twin:
        voluntary.submit(public, voluntary.draft(public))
    assert twin.value.twin == first


def test_after_a_new_key_what_stands_elsewhere_does_not_come_back_twice(public: Registrant, judge: Actor) -> None:
    first, second = replaced(public, judge)
    same = voluntary.published(public, by=judge)
    undo(second, judge)
    assert voluntary.one(public, first).state == "superseded" and voluntary.one(public, same).state == "approved"
    assert voluntary.shown(public).count("50000.00") == 1 and len(standing(public)) == 1


@pytest.mark.requirement("VOL-29.1", "VOL-29.2")
def test_a_revision_replaces_what_it_revises_when_it_is_published(public: Registrant, judge: Actor) -> None:
    first = voluntary.published(public, by=judge)
    [before] = standing(public)
    second = flow.revise(filing_id=first, by=public.actor).id
    assert flow.revise(filing_id=first, by=public.actor).id == second, "one revision at a time"
    assert second in voluntary.listed(public)
    with pytest.raises(Conflict) as same:
        voluntary.submit(public, second)
    assert same.value.code == "registered-already"
    voluntary.type_in(public, second, {"amount": "88000"})
    voluntary.submit(public, second)
    assert "50000.00" in voluntary.shown(public) and "88000.00" not in voluntary.shown(public)
    assert voluntary_queries.counts(public.id) == {DONATION: 1}, "the published one counts until it is replaced"
    people.decide(second, "approved", judge)
    [after] = standing(public)
    assert after.record_id == before.record_id and after.version_id != before.version_id
    assert "88000.00" in voluntary.shown(public) and "50000.00" not in voluntary.shown(public)
    assert voluntary_queries.one(filing_id=first, by=public.actor).actions == ("detail",)
    assert voluntary_queries.counts(public.id) == {DONATION: 1}
    undo(second, judge)
    assert "50000.00" in voluntary.shown(public) and voluntary.one(public, first).state == "approved"


def test_a_refused_revision_leaves_the_published_record_as_it_is(public: Registrant, judge: Actor) -> None:
    first = voluntary.published(public, by=judge)
    second = flow.revise(filing_id=first, by=public.actor).id
    voluntary.type_in(public, second, {"amount": "88000"})
    voluntary.submit(public, second)
    people.decide(second, "rejected", judge, "金额与票据不符。")
    assert voluntary.one(public, first).state == "approved" and "50000.00" in voluntary.shown(public)
    assert flow.revise(filing_id=first, by=public.actor).id == second
    flow.delete(filing_id=second, by=public.actor)
    assert flow.revise(filing_id=first, by=public.actor).id != second


@pytest.mark.slow
@pytest.mark.requirement("VOL-28.2")
def test_of_a_withdrawal_and_an_approval_at_one_moment_one_wins(public: Registrant, judge: Actor) -> None:
    for amount in ("1", "2", "3", "4"):
        filing_id = voluntary.handed_in(public, amount=amount)
        owner = partial(flow.withdraw, filing_id=filing_id, by=public.actor)
        withdrawn, decided = both(owner, partial(people.decide, filing_id, "approved", judge))
        state = voluntary.one(public, filing_id).state
        assert {withdrawn, decided} == {"done", "illegal-transition"}
        assert state == ("withdrawn" if withdrawn == "done" else "approved")
        assert (f'"amount":"{amount}.00"' in voluntary.shown(public)) is (state == "approved")


def both(*attempts: Callable[[], object]) -> list[str]:
    """Two at one moment; how each ended."""
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            start.wait(30)
            attempt()
        except ChengxinError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


@pytest.mark.requirement("VOL-02.1")
def test_a_false_record_is_revoked_with_its_reason_and_the_breach_is_recorded(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(public, by=judge)
    with pytest.raises(Invalid):
        flow.propose_revocation(filing_id=filing_id, reason=" ", by=judge)
    with pytest.raises(Forbidden):
        flow.propose_revocation(filing_id=filing_id, reason="票据系伪造。", by=public.actor)
    revision = flow.revise(filing_id=filing_id, by=public.actor).id
    flow.propose_revocation(filing_id=filing_id, reason="票据系伪造。", by=judge)
    assert PROJECT in voluntary.shown(public), "one person alone takes nothing out"
    seen = str(Correction.objects.get(filing_id=filing_id).id)
    with pytest.raises(Forbidden):
        correcting.settle(filing_id=filing_id, seen=seen, confirmed=True, by=judge)
    correcting.settle(filing_id=filing_id, seen=seen, confirmed=True, by=people.reviewer())
    assert PROJECT not in voluntary.shown(public) and standing(public) == []
    mine = voluntary_queries.one(filing_id=filing_id, by=public.actor)
    assert mine.filing.state == "ended" and "票据系伪造。" in mine.filing.opinion
    assert voluntary.one(public, revision).state == "closed" and voluntary_queries.counts(public.id) == {}
    assert Event.objects.filter(kind="commitment.breached", subject=str(filing_id)).count() == 1
    with pytest.raises(Conflict):
        flow.propose_revocation(filing_id=filing_id, reason="再次撤销。", by=judge)


def test_a_record_is_taken_down_when_a_reviewer_confirms(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(public, by=judge)
    asked = flow.ask_takedown(filing_id=filing_id, reason="项目已结束，不再公示。", key="down", by=public.actor)
    assert flow.ask_takedown(filing_id=filing_id, reason="重复", key="down", by=public.actor).number == asked.number
    with pytest.raises(Conflict) as twice:
        flow.ask_takedown(filing_id=filing_id, reason="再次申请", key="down-2", by=public.actor)
    assert twice.value.code == "takedown-open" and PROJECT in voluntary.shown(public)
    with pytest.raises(Invalid):
        takedowns.decide(filing_id=asked.filing_id, outcome="rejected", answer="", by=judge)
    takedowns.decide(filing_id=asked.filing_id, outcome="approved", answer="", by=judge)
    assert PROJECT not in voluntary.shown(public) and voluntary.one(public, filing_id).state == "ended"
    assert filings.one(filing_id=asked.filing_id, by=public.actor).state == "approved"
    voluntary.handed_in(public)
    kept = voluntary.published(public, by=judge, amount="9")
    stays = flow.ask_takedown(filing_id=kept, reason="不想公示了", key="down-3", by=public.actor)
    takedowns.decide(filing_id=stays.filing_id, outcome="rejected", answer="信息真实，请说明理由。", by=judge)
    assert voluntary.one(public, kept).state == "approved"


def test_there_is_no_hiding_of_a_voluntary_record(public: Registrant, judge: Actor) -> None:
    voluntary.published(public, by=judge)
    [version] = standing(public)
    assert archive.hide_record(record_id=version.record_id, by=public.actor) is None
    assert PROJECT in voluntary.shown(public)


def test_the_desk_shows_a_request_beside_its_record_and_answers_it(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(public, by=judge)
    asked = flow.ask_takedown(filing_id=filing_id, reason="项目已结束，不再公示。", key="down", by=public.actor)
    assert judge.account_id is not None
    desk, at = people.signed_in(judge.account_id), f"/desk/takedowns/{asked.filing_id}"
    assert f'href="/desk/{asked.filing_id}"' in desk.get("/desk").content.decode()
    assert desk.get(f"/desk/{asked.filing_id}").headers["Location"] == at
    page = desk.get(at).content.decode()
    assert "项目已结束，不再公示。" in page and PROJECT in page and "确认下线" in page
    refused = desk.post(f"{at}/decide", {"outcome": "rejected", "answer": "\0"})
    assert refused.status_code == 422 and "维持公示时请填写理由" in refused.content.decode()
    assert desk.post(f"{at}/decide", {"outcome": "approved", "answer": "已核对，\0予以下线。"}).status_code == 302
    done = desk.get(at).content.decode()
    assert "该条信息已不再公示" in done and "已核对，予以下线。" in done and PROJECT not in voluntary.shown(public)
    owner = public.client()
    assert "下线申请" in owner.get("/workbench/cases").content.decode()
    assert "已核对，予以下线。" in owner.get(f"/workbench/cases/{asked.filing_id}").content.decode()
    assert owner.get(at).status_code in (302, 403, 404), "the desk is the reviewers'"


def objected(public: Registrant) -> UUID:
    """An objection of the enterprise to its one public donation."""
    [version] = standing(public)
    row, stored = uuid4(), attaching.intake(stream=io.BytesIO(voluntary.picture("why")), name="why.jpg", slot="case")
    answers = {"kind": "content", "text": "捐赠项目名称有误，不应公示。", "proof": stored.sha256}
    files = [(f"objection/{row}/proof", stored)]
    said = {f"objection/{row}/{code}": value for code, value in answers.items()}
    return wrongdata.object_to(version_id=version.version_id, answers=said, files=files, key="no", by=public.actor).filing_id


def test_a_record_that_a_ruling_corrects_is_recognised_by_what_it_says_now(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(public, by=judge)
    said = rulings.Said("corrected", "经核实，予以更正。", {"project": "海岛小学图书角"})
    rulings.decide(filing_id=objected(public), said=said, by=judge)
    assert "海岛小学图书角" in voluntary.shown(public) and PROJECT not in voluntary.shown(public)
    with pytest.raises(Conflict) as same:
        voluntary.handed_in(public, project="海岛小学图书角")
    assert (same.value.code, getattr(same.value, "twin", None)) == ("registered-already", filing_id)
    voluntary.handed_in(public)


def test_a_record_that_a_ruling_deletes_is_registered_no_more(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.published(public, by=judge)
    rulings.decide(filing_id=objected(public), said=rulings.Said("deleted", "经核实，予以删除。", {}), by=judge)
    assert PROJECT not in voluntary.shown(public) and voluntary.one(public, filing_id).state == "ended"
    assert voluntary_queries.counts(public.id) == {}
    assert search.search(search.Query(text=PROJECT)).items == ()
    voluntary.handed_in(public)


def test_an_ending_that_a_restore_had_lost_ends_the_record_and_not_the_file(public: Registrant, judge: Actor) -> None:
    voluntary.published(public, by=judge)
    [version], [trade] = standing(public), standing(public, "S14")
    endings = {str(version.version_id): records_actions.TAKEN_DOWN, str(trade.version_id): "corrected"}
    assert step(lambda: records_actions.replay_endings(endings=endings, by=Actor.system("restore")))() == 2
    assert PROJECT not in voluntary.shown(public) and standing(public) == [] and standing(public, "S14") == []


def test_a_withdrawal_before_a_bulk_decision_takes_effect_wins(public: Registrant, judge: Actor) -> None:
    filing_id = voluntary.handed_in(public)
    chosen = [bulk.Chosen(filing_id, voluntary.one(public, filing_id).round)]
    bulk_flow.store(chosen=chosen, outcome="approved", opinion="", by=judge)
    flow.withdraw(filing_id=filing_id, by=public.actor)
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert bulk_flow.carry_out(10) == 1
    assert voluntary.one(public, filing_id).state == "withdrawn" and PROJECT not in voluntary.shown(public)
