"""What crosses the border of records: frozen values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

GOVERNMENT = "government"
ENTERPRISE = "enterprise"
SENT_AGAIN = frozenset({"collected_on"})
"""What of a government record alone makes no other version: the day on which it was sent."""

BY_CONTENT, ADD, CORRECT, WITHDRAW, REASSIGN = "", "add", "correct", "withdraw", "reassign"
"""What a source unit wants done with a record (D-08); without a word the content decides."""


@dataclass(frozen=True)
class NewRecord:
    """One fact to be kept as a record version: all its values and what the public sees of them.

    `uncompared` are values that alone make no other version, such as the day on which a record was sent again.
    """

    record_id: UUID
    group: str
    form_version: str
    origin: str
    content: Mapping[str, Any]
    public_content: Mapping[str, Any] | None
    personal: frozenset[str] = frozenset()
    order: int = 0
    source_unit: str = ""
    source_no: str = ""
    collected_at: datetime | None = None
    publicity_from: date | None = None
    publicity_until: date | None = None
    uncompared: frozenset[str] = frozenset()


class Written(NamedTuple):
    """A record in pieces of canonical JSON, `"code":value` in the order of codes: what `NewRecord` says, written already.

    `said` and `shown` are the pieces of `inside` and `public` that make another version; `secrets` are places among `inside`
    with the code and the value to be sealed there. `public` is None where nothing of the record is.
    """

    record_id: UUID
    origin: str
    group: str
    form_version: str
    source_unit: str
    source_no: str
    collected_at: str | None
    inside: Sequence[bytes]
    public: Sequence[bytes] | None
    said: Sequence[bytes]
    shown: Sequence[bytes]
    secrets: Sequence[tuple[int, str, Any]]
    publicity_from: date | None
    publicity_until: date | None


class Ready(NamedTuple):
    """One record version made ready but for its moment, salt, enterprise and filing.

    `inside` is JSON, `public` canonical bytes or None; `fingerprints` are the keyed hash under every key, the newest first.
    """

    version_id: UUID
    record_id: UUID
    origin: str
    group: str
    form_version: str
    order: int
    source_unit: str
    source_no: str
    collected_at: str | None
    inside: bytes
    public: bytes | None
    fingerprints: tuple[bytes, ...]
    publicity_from: date | None
    publicity_until: date | None

    def same_as(self, fingerprint: bytes | None) -> bool:
        """Whether the version with this fingerprint says the same; also where the key was rotated since."""
        return fingerprint in self.fingerprints


@dataclass(frozen=True)
class FileHead:
    """The top of a public file: who it is about."""

    uscc: str
    name: str
    kind: str
    type: str
    division_code: str
    division_name: str
    approved_at: datetime
    first_published_at: datetime
    commitment: Mapping[str, str]
    former_names: tuple[str, ...] = ()
    shop_names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """What a publication did, by version ids."""

    unchanged: tuple[UUID, ...] = ()
    published: tuple[UUID, ...] = ()
    kept_inside: tuple[UUID, ...] = ()
    ended: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class FileBytes:
    """A public file ready to send."""

    uscc: str
    body: bytes
    etag: str


@dataclass(frozen=True)
class Hit:
    """One search result, with the reason why it was found (D-13)."""

    uscc: str
    name: str
    division: str
    division_name: str
    type: str
    rank: int
    records: int
    approved_at: datetime
    why: str = ""


@dataclass(frozen=True)
class Page:
    """One page of search results; ``next`` is the cursor, ``total`` exact to 1,000."""

    items: tuple[Hit, ...] = ()
    next: str | None = None
    total: int = 0
    total_is_more: bool = False
    narrowed_needed: bool = False
    notice: str = field(default="")
