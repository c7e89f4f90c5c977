"""What crosses the border of identity: frozen values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from chengxin.common.errors import Unauthenticated

ACCOUNT_KINDS = ("enterprise", "agency", "system")
ACCOUNT_STATES = ("pending", "active", "suspended", "closed")
ENTERPRISE_STATES = ("known", "active", "closed")
ACCOUNT_PROOFS = ("none", "medium", "high")
ENTERPRISE_ROLES = ("administrator", "operator", "handler")
EXCLUSIVE_ROLES = ("audit_admin", "security_admin", "system_admin")
AGENCY_ROLES = (*EXCLUSIVE_ROLES, "editor", "helpdesk", "importer", "reviewer", "supervisor")
AGENCY_LEVELS = ("national", "province", "city", "county")
AGENCY_ACTS = ("suspend", "resume", "roles", "leave")
AGENCY_KINDS = ("commerce", "source", "service")
UNNAMED_KIND = "92"
SUBJECT_FACTS = ("former_name", "deregistered", "revoked")
NATIONAL = "000000"


@dataclass(frozen=True)
class Codes:
    """A set of division codes: those listed, or all but those listed."""

    listed: frozenset[str] = frozenset()
    complement: bool = False

    def __contains__(self, code: str) -> bool:
        return (code in self.listed) != self.complement


NO_CODES = Codes()
ALL_CODES = Codes(complement=True)


@dataclass(frozen=True)
class Actor:
    """Who acts: made once per request, passed everywhere as `by`. A reviewer without `forms` has every form.

    `assurance` is how the session logged in, `proven` what was proved of the account (D-28), `withdrew` that a consent was taken
    back (D-31), `division_code` where the agency stands, None at the national level.
    """

    account_id: UUID | None
    kind: str
    enterprise_id: UUID | None = None
    agency_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    assurance: str = "none"
    display_name: str = ""
    state: str = "active"
    proven: str = "none"
    withdrew: bool = False
    division_code: str | None = None
    scope: Codes = field(default=NO_CODES, repr=False)

    @classmethod
    def nobody(cls) -> Actor:
        """A visitor who is not logged in."""
        return cls(account_id=None, kind="nobody")

    @classmethod
    def system(cls, name: str) -> Actor:
        """A part of the program that acts on its own, such as `worker`."""
        return cls(account_id=None, kind="system", roles=frozenset({"system"}), display_name=name, scope=ALL_CODES)

    @property
    def id(self) -> UUID:
        """The acting account; raises Unauthenticated for whoever has none."""
        if self.account_id is None:
            raise Unauthenticated
        return self.account_id

    @property
    def name(self) -> str:
        """How the ledger names this actor: an id or `system:<name>`, never a person's name."""
        if self.account_id is not None:
            return str(self.account_id)
        return f"system:{self.display_name}" if self.kind == "system" else "nobody"


@dataclass(frozen=True)
class DivisionView:
    """One division; `path` are the names from the province down."""

    code: str
    name: str
    level: int
    parent: str | None
    retired: bool
    successor: str | None
    path: tuple[str, ...]


@dataclass(frozen=True)
class DivisionNode:
    """One division of the picker with those below it."""

    code: str
    name: str
    children: tuple[DivisionNode, ...] = ()


@dataclass(frozen=True)
class AgencyView:
    """One agency. `division_code` is None for the national level."""

    id: UUID
    code: str
    name: str
    level: str
    kind: str
    parent_id: UUID | None
    division_code: str | None


@dataclass(frozen=True)
class EnterpriseView:
    """One enterprise as pages may show it; `name` may be empty for kind 92 (D-12)."""

    id: UUID
    uscc: str
    name: str
    kind: str
    state: str
    claimed: bool
    division_code: str
    division_path: tuple[str, ...]


@dataclass(frozen=True)
class SubjectEnd:
    """That a subject's registration ended: `deregistered` or `revoked`, when, and who says so."""

    status: str
    on: date
    source: str


@dataclass(frozen=True)
class ContactView:
    """Contact data, masked: `li***@example.com`, `138****0000`."""

    email: str
    email_verified: bool
    phone: str


@dataclass(frozen=True)
class StaffView:
    """One person of an agency, for its management page."""

    account_id: UUID
    display_name: str
    state: str
    roles: tuple[str, ...]
    forms: tuple[str, ...]
    absent_from: datetime | None
    absent_to: datetime | None
    until: datetime | None
    deputy_id: UUID | None = None


@dataclass(frozen=True)
class PaperView:
    """An authorisation paper as it is kept: bytes by their hash, drawn page by page."""

    sha256: str
    name: str
    media_type: str
    pages: int


@dataclass(frozen=True)
class ActedOn:
    """On what a handler acted for an enterprise at some moment: the paper in force then, and how it stands today."""

    display_name: str
    authorised_from: date
    authorised_until: date
    standing: str
    paper: PaperView


@dataclass(frozen=True)
class HandlerView:
    """One 经办人 of an enterprise: the log-in, the term of the authorisation, and how it stands today.

    `standing` is invited, coming, in_force, expired or ended.
    """

    account_id: UUID
    display_name: str
    phone: str
    authorised_from: date
    authorised_until: date
    standing: str
    ended_at: datetime | None
    paper: PaperView


@dataclass(frozen=True)
class ConsentView:
    """The newest word of an account on one document."""

    document: str
    version: str
    given: bool
    at: datetime


@dataclass(frozen=True)
class AccountView:
    """One account as `access` and pages may know it; no contact data."""

    id: UUID
    kind: str
    state: str
    display_name: str
    session_epoch: int
    email_verified: bool
    created_at: datetime
