"""纠正审核: an approval is taken back by two people; what followed from it is undone in the same transaction (D-03)."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import actions as filings
from chengxin.filings import corrections, lifecycle, voluntary, voluntary_queries
from chengxin.filings import queries as filing_queries
from chengxin.filings.values import DecisionView, FilingView
from chengxin.flow import notices, review
from chengxin.flow import voluntary as registered
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity.values import Actor
from chengxin.records import actions as records


@step
def propose(*, filing_id: UUID, reason: str, by: Actor) -> UUID:
    """Say that an approval was wrong; another person confirms or declines."""
    return corrections.propose(filing_id=filing_id, reason=reason, by=by)


@step
def settle(*, filing_id: UUID, seen: str, confirmed: bool, by: Actor) -> None:
    """The second person's word; a confirmed correction undoes what the approval brought, and the enterprise is told."""
    filings.lock_subject(filing_id=filing_id, by=by)
    done = corrections.settle(filing_id=filing_id, seen=seen, confirmed=confirmed, by=by)
    if done is None:
        return
    if done.of == corrections.RECORD:
        registered.revoke(filing=done.filing, reason=done.reason, by=by)
        return
    filing = done.filing
    UNDO[filing.kind](filing, by)
    told = DecisionView(
        filing_id=filing.id,
        round=filing.round,
        outcome="rejected",
        opinion=filing.opinion,
        by_id=by.id,
        by_name=by.display_name,
        at=clock.now(),
    )
    notices.decided(filing=filing, decision=told, by=by, key=f"corrected:{filing.id}:{filing.round}")


def _shut(filing: FilingView, by: Actor) -> None:
    """The account is as before its approval; an archive that is public or under review has to be settled first."""
    assert filing.enterprise_id is not None
    archive = filing_queries.latest(enterprise_id=filing.enterprise_id, kind="archive", by=SYSTEM)
    in_force = filing_queries.approved(enterprise_id=filing.enterprise_id, kind="archive")
    if in_force or (archive and archive.state == lifecycle.SUBMITTED):
        raise Conflict(_("该企业的诚信档案已公示或正在审核，请先纠正或审核诚信档案。"), code="archive-stands")
    identity.deactivate(enterprise_id=filing.enterprise_id, by=by)


def _withdraw(filing: FilingView, by: Actor) -> None:
    """The version leaves the public file; the one it had replaced is in force again."""
    assert filing.enterprise_id is not None
    records.end_archive(enterprise_id=filing.enterprise_id, reason="taken_back", by=by)
    former = corrections.restore_former(filing=filing, by=by)
    if former is not None:
        review.publish(former, by)


def _unpublish(filing: FilingView, by: Actor) -> None:
    """A voluntary record is as before its approval: not public, or public with what its revision had replaced."""
    replaced = voluntary.revised_by(filing_id=filing.id)
    if replaced is not None:
        former = voluntary.restore_revised(former=replaced, values=review.says(replaced, by), by=by)
        if former is not None:
            review.publish_record(former, by)
            return
    assert filing.enterprise_id is not None
    record_id = voluntary_queries.one(filing_id=filing.id, by=SYSTEM).record_id
    records.end_voluntary(enterprise_id=filing.enterprise_id, record_id=record_id, reason=records.UNDONE, by=by)


SYSTEM = Actor.system("correcting")
UNDO = {"registration": _shut, "archive": _withdraw, "voluntary": _unpublish}
