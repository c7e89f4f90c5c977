"""What crosses the border of filings: frozen values only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class FilingView:
    """One filing as a page or another app sees it."""

    id: UUID
    kind: str
    form_id: str
    form_version: str
    state: str
    round: int
    enterprise_id: UUID | None
    filer_id: UUID | None
    division_code: str
    enterprise_type: str
    commitment_version: str
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    due_at: datetime | None
    due_provisional: bool
    decided_at: datetime | None
    opinion: str
    page_done: tuple[str, ...] = ()
    subject_id: UUID | None = None
    handler_id: UUID | None = None
    revises_id: UUID | None = None

    @property
    def about_id(self) -> UUID | None:
        """The enterprise it is about: the one named, else the filer's own."""
        return self.subject_id or self.enterprise_id


@dataclass(frozen=True)
class Standing:
    """How a filing stands and where it lies: what those who follow events ask first."""

    kind: str
    form_id: str
    state: str
    round: int
    division_code: str
    handler_id: UUID | None


@dataclass(frozen=True)
class DraftView:
    """What a person has typed and not handed in: raw strings by path (D-32)."""

    filing_id: UUID
    rev: int
    answers: dict[str, str]
    field_rev: dict[str, int]
    leftover: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """One path that two tabs changed: both values come back, the person chooses."""

    path: str
    mine: str | None
    theirs: str | None


@dataclass(frozen=True)
class Saved:
    """The outcome of saving a draft."""

    rev: int
    clashes: tuple[Clash, ...]
    changed: bool


@dataclass(frozen=True)
class SubmissionView:
    """One frozen act of handing in, with its receipt (D-23)."""

    id: UUID
    filing_id: UUID
    round: int
    number: str
    answers: dict[str, str]
    sha256: str
    submitted_at: datetime
    due_at: datetime
    due_provisional: bool
    receipt: dict[str, Any]
    signature: str
    by_id: UUID | None


@dataclass(frozen=True)
class AttachmentView:
    """One uploaded file; never served to anyone but its enterprise and its reviewers (D-16)."""

    id: UUID
    filing_id: UUID
    path: str
    name: str
    media_type: str
    size: int
    sha256: str
    state: str
    created_at: datetime
    pages: int = 1


@dataclass(frozen=True)
class RemarkView:
    """A reviewer's remark on a field, group or attachment (D-37)."""

    id: UUID
    path: str
    text: str
    round: int
    dealt_with: bool


@dataclass(frozen=True)
class DecisionView:
    """One decision of one submission; immutable."""

    filing_id: UUID
    round: int
    outcome: str
    opinion: str
    by_id: UUID
    by_name: str
    at: datetime


@dataclass(frozen=True)
class CaseView:
    """What a case has besides its filing: what it is about, what came of it, the first of two people's word.

    `changes` are (label, before, after) in words, `raw` the corrected answers by field.
    """

    filing_id: UUID
    number: str
    about: UUID | None
    version_id: UUID | None
    origin: str
    group: str
    source_unit: str
    result: str
    changes: tuple[tuple[str, str, str], ...]
    raw: dict[str, str]
    accepted_at: datetime | None
    proposed_result: str
    proposed_reason: str
    proposed_by_id: UUID | None
    proposed_by_name: str

    @property
    def seen(self) -> str:
        """Which proposal this is, for the second person's form: who proposed what, and for which reason."""
        reason = hashlib.sha256(self.proposed_reason.encode()).hexdigest()[:16]
        return f"{self.proposed_by_id}:{self.proposed_result}:{reason}"


@dataclass(frozen=True)
class AccountChangeView:
    """A mailbox change or a reset: who proposed it and why, who confirmed it, when it takes effect, what became of it."""

    id: UUID
    ticket_id: UUID
    kind: str
    account_id: UUID
    enterprise_id: UUID
    reason: str
    by_id: UUID
    by_name: str
    proposed_at: datetime
    state: str
    second_id: UUID | None
    second_name: str
    settled_at: datetime | None
    effective_at: datetime | None
    ended_at: datetime | None
    why: str


@dataclass(frozen=True)
class InboxItem:
    """One row of a reviewer's inbox."""

    id: UUID
    kind: str
    form_id: str
    round: int
    enterprise_id: UUID | None
    enterprise_name: str
    uscc: str
    division_code: str
    submitted_at: datetime
    due_at: datetime
    due_provisional: bool
    overdue: bool
    claimed_by: str
    handed_to: str = ""
