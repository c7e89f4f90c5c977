"""Everything that an enterprise ever filed of one kind, filing by filing, for itself to take away (VOL-31)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from chengxin.catalogue import queries as catalogue
from chengxin.filings import lifecycle, personal
from chengxin.filings.models import PRESENT, Draft, Filing
from chengxin.filings.queries import attachment_view, decision_view, submission_view, view
from chengxin.filings.values import AttachmentView, DecisionView, FilingView, SubmissionView
from chengxin.identity import policy
from chengxin.identity.values import Actor

BATCH = 100
"""Filings that are read at a time."""
CHANGEABLE = (*lifecycle.EDITABLE_STATES, lifecycle.WITHDRAWN)


@dataclass(frozen=True)
class Kept:
    """One filing with all that belongs to it; `typed` is what stands in its draft now."""

    filing: FilingView
    typed: Mapping[str, str]
    submissions: tuple[SubmissionView, ...]
    decisions: tuple[DecisionView, ...]
    files: tuple[AttachmentView, ...]

    @property
    def answers(self) -> Mapping[str, str]:
        """What it says: as handed in last, or as typed while it can be edited."""
        typed = self.filing.state in CHANGEABLE or not self.submissions
        return self.typed if typed else self.submissions[-1].answers


def forms(*, kind: str, by: Actor) -> list[tuple[str, str]]:
    """Which forms, in which versions, the own enterprise has filed of a kind."""
    rows = Filing.objects.filter(enterprise_id=_own(by), kind=kind).exclude(state=lifecycle.DELETED)
    return sorted(rows.order_by().values_list("form_id", "form_version").distinct())


def everything(*, kind: str, form_id: str, by: Actor) -> Iterator[Kept]:
    """All filings of one form, oldest first, in bounded memory; without those that were opened and never typed in."""
    rows = Filing.objects.filter(enterprise_id=_own(by), kind=kind, form_id=form_id).exclude(state=lifecycle.DELETED)
    ids = list(rows.order_by("created_at", "id").values_list("id", flat=True))
    for first in range(0, len(ids), BATCH):
        yield from _batch(ids[first : first + BATCH])


def _own(by: Actor) -> UUID:
    policy.require(by=by, permission="record.view", enterprise_id=by.enterprise_id)
    assert by.enterprise_id is not None
    return by.enterprise_id


def _batch(ids: list[UUID]) -> Iterator[Kept]:
    found = Filing.objects.filter(id__in=ids).prefetch_related("submissions", "decisions", "attachments").order_by("created_at", "id")
    drafts = {row.filing_id: row for row in Draft.objects.filter(filing_id__in=ids)}
    for filing in found:
        kept = _kept(filing, drafts.get(filing.id))
        if kept.answers or kept.submissions:
            yield kept


def _kept(filing: Filing, draft: Draft | None) -> Kept:
    form = catalogue.version(filing.form_version)
    handed_in = sorted(filing.submissions.all(), key=lambda row: row.round)
    decided = sorted(filing.decisions.all(), key=lambda row: row.round)
    held = sorted((row for row in filing.attachments.all() if row.state in PRESENT), key=lambda row: row.created_at)
    return Kept(
        filing=view(filing),
        typed=personal.unseal_answers(form=form, filing_id=filing.id, answers=draft.answers) if draft else {},
        submissions=tuple(
            submission_view(
                row, personal.unseal_answers(form=catalogue.version(row.form_version), filing_id=filing.id, answers=row.answers)
            )
            for row in handed_in
        ),
        decisions=tuple(decision_view(row, "") for row in decided),
        files=tuple(attachment_view(row) for row in held),
    )
