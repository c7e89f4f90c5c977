"""What crosses the border of portal, and the limits of what is typed; lengths in characters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

NOTICE: Final = "notice"
POLICY: Final = "policy"
NEWS: Final = "news"
DOWNLOAD: Final = "download"
HELP: Final = "help"
KINDS: Final = (NOTICE, POLICY, NEWS, DOWNLOAD)
"""What has lists, feeds and pages of its own; an entry of the help centre stands among the other entries."""
EDITED: Final = (*KINDS, HELP)

DRAFT: Final = "draft"
REVIEW: Final = "review"
SCHEDULED: Final = "scheduled"
PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (DRAFT, REVIEW, SCHEDULED, PUBLISHED, WITHDRAWN)

MAX_TITLE_CHARS: Final = 100
MAX_SUMMARY_CHARS: Final = 200
MAX_BODY_CHARS: Final = 50_000
MAX_FACT_CHARS: Final = 100
MAX_URL_CHARS: Final = 500
MAX_NOTE_CHARS: Final = 500
MAX_FILES: Final = 10
MAX_SCHEDULE_DAYS: Final = 365
PAGE: Final = 20
"""Lines on one page of a list."""

FACTS: Final = ("number", "issuer", "issued_on", "valid_from", "valid_to", "source_url")
"""What a policy says of itself besides title and text: 文号, issuer, days, where it stands."""
ENGLISH: Final = ("title_en", "body_en")
"""The English of an entry of the help centre."""


@dataclass(frozen=True)
class Content:
    """What an editor has typed for one version; texts as typed, `facts` by the names of FACTS."""

    title: str
    body: str
    summary: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileView:
    """One file of a page of content."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class VersionView:
    """One version of a page of content; `html` is clean and may be shown as it is."""

    number: int
    content: Content
    html: str
    files: tuple[FileView, ...]
    by_name: str
    at: datetime

    def fact(self, name: str) -> str:
        """One of the facts, empty where it was not given."""
        return self.content.facts.get(name, "")


@dataclass(frozen=True)
class ItemView:
    """One page of content as its editors see it: the newest version and, if any, the number of the public one."""

    id: UUID
    kind: str
    state: str
    latest: VersionView
    public_number: int | None
    publish_at: datetime | None
    published_at: datetime | None
    updated_at: datetime
    entry: str = ""
    """Where a page of help stands: the id of its entry."""


@dataclass(frozen=True)
class PublicItem:
    """One page of content as everyone sees it."""

    id: UUID
    kind: str
    published_at: datetime
    updated_at: datetime
    version: VersionView

    @property
    def title(self) -> str:
        """Its heading."""
        return self.version.content.title


@dataclass(frozen=True)
class StepView:
    """One thing that was done with a page of content, by whom."""

    event: str
    number: int
    by_name: str
    note: str
    at: datetime


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` is the cursor of the following one, empty at the end."""

    items: tuple[PublicItem, ...]
    next: str
    total: int


# --- Services --------------------------------------------------------------------------------------------------------
LINK: Final = "link"
CODE: Final = "code"
CONTACT: Final = "contact"
WAYS: Final = (LINK, CODE, CONTACT)
GROUPS: Final = ("training", "digital", "data", "management")

LISTED: Final = "listed"
DOWN: Final = "down"
PRODUCT_STATES: Final = (DRAFT, LISTED, DOWN)
MAX_VALUE_CHARS: Final = 500
MAX_STOCK: Final = 1_000_000
"""Most pieces of a product that may be given out."""


@dataclass(frozen=True)
class Product:
    """What an administrator says of a service product; its price to enterprises is always 0."""

    code: str
    group: str
    title: str
    provider: str
    content: str
    way: str
    value: str
    valid_from: date | None = None
    valid_to: date | None = None
    stock: int | None = None
    title_en: str = ""
    provider_en: str = ""
    content_en: str = ""


@dataclass(frozen=True)
class ProductView:
    """One product with its state; `left` is how many may still be claimed, None without a limit."""

    id: UUID
    product: Product
    state: str
    claims: int
    left: int | None
    updated_at: datetime


@dataclass(frozen=True)
class ClaimView:
    """One enterprise's claim of one product, with what it was given then; stays after 下架."""

    number: str
    product_code: str
    product_state: str
    title: str
    way: str
    value: str
    at: datetime


@dataclass(frozen=True)
class PublicQuestionView:
    """One published question with its answer."""

    id: UUID
    topic: str
    title: str
    text: str
    answer: str
    unit: str
    asked_at: datetime
    answered_at: datetime
