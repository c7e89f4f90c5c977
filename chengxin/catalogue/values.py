"""What a form is: frozen values, the only things of the catalogue that other apps hold.

Form ── pages ── page: title, codes of groups
  └──── groups ── Group: origin, visibility, how many records
                    ├── fields ── Field: kind, required, limits, options, what the public sees
                    └── checks ── Check: what must hold between fields or records
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as of
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

MAX_UNITS = 20
"""Most organisations in one field of kind `units`."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words in both languages; `str()` gives those of the reader's language, Chinese first."""

    zh: str
    en: str = ""

    def __str__(self) -> str:
        return self.in_language(get_language() or "zh-hans")

    def in_language(self, language: str) -> str:
        """Return the words in `language`; Chinese where English is missing."""
        return self.en if language.startswith("en") and self.en else self.zh


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice; imports may give its code or either label."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when the sibling `field` has one of `values` (raw codes)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value must keep to; None means no limit. Numbers in the field's unit, lengths in characters."""

    min: Decimal | None = None
    max: Decimal | None = None
    min_length: int | None = None
    max_length: int | None = None
    decimals: int | None = None
    not_before: str | None = None
    not_after: str | None = None
    shape: str | None = None
    leaf: bool = False
    document: str | None = None


@dataclass(frozen=True, slots=True)
class FileSlot:
    """Limits of the files of a field (D-39)."""

    slot: str
    max_files: int
    max_mb: int
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `public` is `never`, `full`, `masked` (张*) or `street` (no house number).

    `word` ties a field to its kind of subject (D-12): representative, name, address; see `rules.for_subject`.
    """

    code: str
    label: Text
    kind: str
    required: bool = False
    unit: Text | None = None
    hint: Text | None = None
    options: tuple[Option, ...] = ()
    limits: Limits = of(default_factory=Limits)
    files: FileSlot | None = None
    personal: bool = False
    public: str = "never"
    when: Condition | None = None
    required_when: Condition | None = None
    prefill: str | None = None
    word: str | None = None
    public_basis: str = ""

    def option(self, code: str) -> Option | None:
        """Return the option with `code`, or None."""
        return next((o for o in self.options if o.code == code), None)


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold beyond one field; `kind` is sum, order, not_above, balance or unique."""

    kind: str
    fields: tuple[str, ...]
    bound: Decimal | None = None
    message: Text | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of fields answered as records. `visibility`: choice (公开/不公开), always, never.

    `source` is `answers`, or `voluntary` for a view of published voluntary records (no fields of its own): of the
    items in `shows`.
    """

    code: str
    title: Text
    origin: str = "enterprise"
    visibility: str = "choice"
    default_public: bool | None = None
    min_records: int = 0
    max_records: int = 50
    min_records_for: Mapping[str, int] = of(default_factory=dict)
    source: str = "answers"
    shows: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    checks: tuple[Check, ...] = ()
    summary: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    yearly: str | None = None
    hint: Text | None = None
    reference: str = ""
    term: Mapping[str, Any] = of(default_factory=dict)

    def field(self, code: str) -> Field | None:
        """Return the field with `code`, or None."""
        return next((f for f in self.fields if f.code == code), None)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a form; `initial` pages stand above the dashed line and only show government records."""

    code: str
    title: Text
    groups: tuple[str, ...]
    initial: bool = False
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The same fact among government records: `field` of their `group` says what `mine` says here (VOL-12)."""

    group: str
    field: str
    mine: str


@dataclass(frozen=True, slots=True)
class Item:
    """What makes a voluntary form one of the 自愿注册事项 (VOL-42); what an administrator sets later stands in `items`.

    `counts`: it makes a registration complete (VOL-08). `windowed`: closed unless a window is set. `level`: lowest level
    that reviews it, empty for the nearest. `near`: fields that make two records look alike. `columns`: fields shown in
    lists. `expires`: field with the last day of validity, after which a record is shown as 已过期.
    """

    order: int
    category: Text
    counts: bool = True
    windowed: bool = False
    level: str = ""
    near: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    crumbs: tuple[Text, ...] = ()
    held: tuple[Held, ...] = ()
    proof: str = "proof"
    expires: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A version of a form. `kind` is registration, archive, import, voluntary, report or public (D-02).

    Two forms are equal when they are the same object: what is worked out from a form is kept by it.
    """

    id: str
    version: str
    title: Text
    kind: str
    audience: str
    pages: tuple[Page, ...]
    groups: tuple[Group, ...]
    review: Mapping[str, Any] = of(default_factory=dict)
    commitments: tuple[str, ...] = ()
    subjects: tuple["Subject", ...] = ()
    enterprise_type: str = ""
    operations: tuple[Option, ...] = ()
    notes: tuple[Text, ...] = ()
    item: Item | None = None

    def group(self, code: str) -> Group | None:
        """Return the group with `code`, or None."""
        return next((g for g in self.groups if g.code == code), None)

    def page(self, code: str) -> Page | None:
        """Return the page with `code`, or None."""
        return next((p for p in self.pages if p.code == code), None)

    def groups_of(self, page: Page) -> tuple[Group, ...]:
        """Return the groups of `page` in its order."""
        return tuple(g for code in page.groups if (g := self.group(code)))

    def asked_groups(self) -> Iterator[Group]:
        """Yield the groups that the filer answers: not those of the government, not views."""
        if self.kind == "import":
            return iter(self.groups)
        return (g for g in self.groups if g.origin == "enterprise" and g.source == "answers")

    @property
    def review_days(self) -> int:
        """Working days a reviewer has; 0 where a rule decides at once."""
        return int(self.review.get("working_days", 0))

    @property
    def review_end_of_day(self) -> bool:
        """Whether the deadline is the end of its day."""
        return bool(self.review.get("end_of_day", False))

    def with_groups(self, groups: tuple[Group, ...]) -> "Form":
        """Return the same version with its groups replaced (for a kind of subject)."""
        return replace(self, groups=groups)


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of subject and its words and rules (D-12): 91 company, 91/partnership, 92 individual business, …

    `named` are words of a name or of the register's type by which it is known before its company type is.
    """

    code: str
    title: Text
    representative: Text
    company_types: tuple[str, ...] = ()
    seal: str = "required"
    name_required: bool = True
    name_unique: str = "country"
    operator_needs_authorisation: bool = True
    authorisation: Text | None = None
    authorisation_template: str = ""
    named: tuple[str, ...] = ()
    address_public: str = "full"
    representative_public: str = "full"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a commitment or notice."""

    title: Text
    body: Text


@dataclass(frozen=True, slots=True)
class Commitment:
    """A versioned text a person ticks: `edition` is for people, `version` is the hash."""

    code: str
    version: str
    edition: str
    title: Text
    preamble: Text
    clauses: tuple[Clause, ...]
    tick: Text


@dataclass(frozen=True, slots=True)
class Record:
    """One cleaned record: typed values by field code; `public` is None where there is no choice."""

    row: str
    public: bool | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What `rules.clean` found. `ok` when it can be handed in; warnings never refuse."""

    values: Mapping[str, tuple[Record, ...]]
    errors: Mapping[str, list[str]]
    warnings: Mapping[str, list[str]]
    missing: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong and nothing is missing."""
        return not self.errors and not self.missing
