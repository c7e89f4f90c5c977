"""The documents that papers are made from: plain data, every value a text that is printed as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NotRequired, TypedDict

Origin = Literal["government", "enterprise", "voluntary"]


class Record(TypedDict):
    """One published record: labelled values in order; marks such as 异议中 stand beside its title."""

    title: NotRequired[str]
    rows: list[tuple[str, str]]
    source: NotRequired[str]
    version_id: str
    marks: NotRequired[list[str]]


class Section(TypedDict):
    """One group of records; `total` counts those not printed too."""

    title: str
    origin: Origin
    records: list[Record]
    total: int


class Subject(TypedDict):
    """Whom a report is about."""

    name: str
    uscc: str
    division: str
    type: str


class Report(TypedDict):
    """A credit report; `group` names the one group of a partial report."""

    number: str
    issued_at: datetime
    as_of: datetime
    checkpoint_size: int | None
    enterprise: Subject
    sections: list[Section]
    verify_url: str
    site_name: str
    demo: bool
    group: NotRequired[str]
    banner: NotRequired[str]


class Confirmation(TypedDict):
    """That one voluntary record stands published: what the public sees of it, and nothing more."""

    number: str
    issued_at: datetime
    as_of: datetime
    checkpoint_size: int | None
    enterprise: Subject
    item: str
    record: Record
    registered_at: datetime
    published_at: datetime
    verify_url: str
    site_name: str
    demo: bool


class Poster(TypedDict):
    """What hangs in a shop window; the QR code leads to what is public at the moment of scanning."""

    title: str
    enterprise: Subject
    lines: list[tuple[str, str]]
    printed_at: datetime
    verify_url: str
    site_name: str
    demo: bool


class ReceiptFile(TypedDict):
    """One file of a submission as frozen."""

    name: str
    sha256: str
    bytes: int


class ReceiptProof(TypedDict):
    """Where the submission stands in the log, once it does."""

    index: int
    checkpoint: str


class Receipt(TypedDict):
    """What the platform confirms to have received, without its content."""

    number: str
    title: str
    form: str
    form_version: str
    filer: str
    uscc: str
    submitted_at: datetime
    answers_sha256: str
    files: list[ReceiptFile]
    unit: str
    due_at: datetime | None
    due_provisional: bool
    signature: str
    proof: NotRequired[ReceiptProof | None]
    verify_url: str
    site_name: str
    demo: bool


class Verdict(TypedDict):
    """What `pdf.verify` found; `ok` is the only field to decide by."""

    ok: bool
    signed: bool
    intact: bool
    trusted: bool
    signer: str
    signed_at: datetime | None
    sha256: str
    reason: str
