"""Who may do what, to what: one table, role × permission → reach.

    OWN         the account itself
    ENTERPRISE  things of the actor's own enterprise
    AGENCY      things for which the actor's agency is competent now (D-05)
    SCOPE       things in the actor's division and below; everything for the national level
    ALL         everything

`may` answers for one row, `visible` is the same rule as a filter for a list; a test compares them.
An applicant is the administrator of an enterprise whose registration is not yet approved: he edits
and views filings, and nothing else is open to him (REG-14, REG-21). A handler (经办人) files voluntary
records of the enterprise and nothing else (VOL-03). Administrators of the system,
of security and of audit decide no filings (D-30).
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengxin.common.errors import Forbidden, Unauthenticated
from chengxin.identity.values import AGENCY_ROLES, ALL_CODES, NO_CODES, Actor, Codes


class Reach(Enum):
    """How far a permission goes."""

    OWN = "own"
    ENTERPRISE = "enterprise"
    AGENCY = "agency"
    SCOPE = "scope"
    ALL = "all"


OWN, ENTERPRISE, AGENCY, SCOPE, ALL = Reach.OWN, Reach.ENTERPRISE, Reach.AGENCY, Reach.SCOPE, Reach.ALL
ANYBODY = "public"

PERMISSIONS: dict[str, dict[str, Reach]] = {
    "account.end_sessions": {"account": OWN, "security_admin": ALL, "system": ALL},
    "account.suspend": {"security_admin": ALL, "system": ALL},
    "agency.confirm": {"security_admin": ALL, "system_admin": ALL},
    "agency.manage": {"system": ALL, "system_admin": ALL},
    "agency.view": {
        "audit_admin": ALL,
        "helpdesk": ALL,
        "reviewer": SCOPE,
        "security_admin": ALL,
        "supervisor": SCOPE,
        "system": ALL,
        "system_admin": ALL,
    },
    "api_key.manage": dict.fromkeys(sorted(("administrator", *AGENCY_ROLES)), OWN),
    "archive.file": {"administrator": ENTERPRISE},
    "case.hand_in": {"public": ALL},
    "catalogue.publish": {"editor": ALL, "system": ALL, "system_admin": ALL},
    "consent.give": {"account": OWN, "system": ALL},
    "contact.change": {"account": OWN, "system": ALL},
    "contact.view": {"account": OWN, "helpdesk": ALL, "reviewer": ALL, "system": ALL},
    "division.load": {"system": ALL, "system_admin": ALL},
    "enterprise.activate": {"reviewer": SCOPE, "system": ALL},
    "enterprise.change": {"administrator": ENTERPRISE, "applicant": ENTERPRISE, "reviewer": SCOPE, "system": ALL},
    "enterprise.close": {"reviewer": SCOPE, "system": ALL},
    "enterprise.know": {"importer": ALL, "system": ALL},
    "enterprise.open": {"public": ALL},
    "filing.correct": {"reviewer": SCOPE},
    "filing.edit": {"administrator": ENTERPRISE, "applicant": ENTERPRISE},
    "filing.inspect": {"reviewer": SCOPE, "supervisor": SCOPE, "system": ALL},
    "filing.review": {"reviewer": AGENCY},
    "filing.view": {"administrator": ENTERPRISE, "applicant": ENTERPRISE, "system": ALL},
    "handler.manage": {"administrator": ENTERPRISE},
    "import.run": {"importer": ALL, "system": ALL},
    "portal.edit": {"editor": ALL},
    "portal.publish": {"editor": ALL, "system": ALL},
    "question.publish": {"editor": ALL, "reviewer": SCOPE},
    "record.view": {
        "administrator": ENTERPRISE,
        "reviewer": SCOPE,
        "supervisor": SCOPE,
        "system": ALL,
    },
    "service.manage": {"editor": ALL, "system_admin": ALL},
    "service.use": {"administrator": ENTERPRISE},
    "staff.set_absence": {"account": OWN, "system": ALL, "system_admin": ALL},
    "ticket.handle": {"helpdesk": AGENCY, "reviewer": AGENCY, "system": ALL},
    "voluntary.file": {"administrator": ENTERPRISE, "handler": ENTERPRISE},
    "workday.load": {"system": ALL, "system_admin": ALL},
}


def reaches(*, by: Actor, permission: str) -> frozenset[Reach]:
    """How far `by` may exercise `permission`; empty for not at all. KeyError for an unknown permission."""
    table = PERMISSIONS[permission]
    roles = {*by.roles, ANYBODY} | ({"account"} if by.account_id else set())
    return frozenset(table[role] for role in roles if role in table)


def may(
    *,
    by: Actor,
    permission: str,
    enterprise_id: UUID | None = None,
    division_code: str | None = None,
    competent_agency_id: UUID | None = None,
    account_id: UUID | None = None,
) -> bool:
    """True if `by` may do `permission` to the thing described; what is not said reaches nothing but ALL."""
    answers = {
        Reach.OWN: account_id is not None and account_id == by.account_id,
        Reach.ENTERPRISE: enterprise_id is not None and enterprise_id == by.enterprise_id,
        Reach.AGENCY: competent_agency_id is not None and competent_agency_id == by.agency_id,
        Reach.SCOPE: division_code is not None and division_code in by.scope,
        Reach.ALL: True,
    }
    return any(answers[reach] for reach in reaches(by=by, permission=permission))


def require(
    *,
    by: Actor,
    permission: str,
    enterprise_id: UUID | None = None,
    division_code: str | None = None,
    competent_agency_id: UUID | None = None,
    account_id: UUID | None = None,
) -> None:
    """Like `may`, but raises Unauthenticated for a visitor and Forbidden for anyone else."""
    allowed = may(
        by=by,
        permission=permission,
        enterprise_id=enterprise_id,
        division_code=division_code,
        competent_agency_id=competent_agency_id,
        account_id=account_id,
    )
    if allowed:
        return
    if by.account_id is None and by.kind == "nobody":
        raise Unauthenticated()
    raise Forbidden(_("您没有进行此操作的权限。"))


def visible(
    *,
    by: Actor,
    permission: str,
    enterprise: str | None = None,
    division: str | None = None,
    account: str | None = None,
    competent: Codes | None = None,
) -> Q:
    """The rule of `may` as a filter. `enterprise`, `division`, `account` name the columns of the list.

    `competent` are the divisions the actor's agency is competent for now (`queries.divisions_of`).
    """
    allowed = Q(pk__in=[])
    for reach in reaches(by=by, permission=permission):
        allowed |= _filter(reach, by, enterprise=enterprise, division=division, account=account, competent=competent)
    return allowed


def codes(*, by: Actor, permission: str) -> Codes:
    """The divisions where `by` may exercise `permission`, for what is in one: the rule of `visible` for statements written out."""
    held = reaches(by=by, permission=permission)
    if Reach.ALL in held:
        return ALL_CODES
    return by.scope if Reach.SCOPE in held else NO_CODES


def _filter(
    reach: Reach,
    by: Actor,
    *,
    enterprise: str | None,
    division: str | None,
    account: str | None,
    competent: Codes | None,
) -> Q:
    nothing = Q(pk__in=[])
    if reach is Reach.ALL:
        return ~nothing
    if reach is Reach.OWN and account and by.account_id:
        return Q(**{account: by.account_id})
    if reach is Reach.ENTERPRISE and enterprise and by.enterprise_id:
        return Q(**{enterprise: by.enterprise_id})
    if reach is Reach.AGENCY and division and competent is not None and by.agency_id:
        return in_codes(division, competent)
    if reach is Reach.SCOPE and division:
        return in_codes(division, by.scope)
    return nothing


def in_codes(column: str, codes: Codes | Collection[str]) -> Q:
    """`column` holds one of `codes`."""
    if not isinstance(codes, Codes):
        codes = Codes(frozenset(codes))
    listed = Q(**{f"{column}__in": sorted(codes.listed)})
    return ~listed & Q(**{f"{column}__isnull": False}) if codes.complement else listed
