"""Reads of identity; every one gives values. Contact data are opened here only, with `by` and a purpose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, crypto, identifiers, sql, stored, workdays
from chengxin.common.errors import NotFound
from chengxin.identity import divisions, policy, rules, staff
from chengxin.identity.competence import (
    agencies_above,
    agency_view,
    competent_agency,
    competent_codes,
    divisions_of,
    forms_named,
    handled_by,
    helpdesk_agency,
    is_staffed,
    on_duty,
    reach,
    reviewers_now,
    units_of,
)
from chengxin.identity.models import (
    AccessLog,
    Account,
    Agency,
    AgencyMembership,
    Consent,
    Enterprise,
    Membership,
)
from chengxin.identity.names import called, is_called, names_of
from chengxin.identity.rules import covers, edit_permission, form_patterns, review_permission, role_for
from chengxin.identity.staff import represented_by
from chengxin.identity.values import (
    NATIONAL,
    NO_CODES,
    AccountView,
    Actor,
    AgencyView,
    ConsentView,
    ContactView,
    DivisionNode,
    DivisionView,
    EnterpriseView,
    StaffView,
)

__all__ = [
    "agencies_above",
    "called",
    "competent_agency",
    "competent_codes",
    "covers",
    "divisions_of",
    "edit_permission",
    "form_patterns",
    "forms_named",
    "handled_by",
    "helpdesk_agency",
    "is_called",
    "is_staffed",
    "names_of",
    "on_duty",
    "reach",
    "represented_by",
    "review_permission",
    "reviewers_now",
    "role_for",
    "units_of",
]


_ACTING = """
SELECT a.id, a.kind, a.state, a.display_name, a.session_epoch, a.email_verified_at IS NOT NULL, a.created_at,
  a.proven, (SELECT bool_or(NOT given)
    FROM (SELECT DISTINCT ON (document) given FROM identity_consent WHERE account_id = a.id ORDER BY document, id DESC) AS newest),
  m.enterprise_id, m.role, w.agency_id, w.roles, w.forms, unit.division_id, unit.kind, unit.suspended_at IS NOT NULL
FROM identity_account AS a
LEFT JOIN identity_membership AS m ON m.account_id = a.id AND m.since <= %(now)s AND (m.until IS NULL OR m.until > %(now)s)
LEFT JOIN identity_agencymembership AS w ON w.account_id = a.id AND w.since <= %(now)s AND (w.until IS NULL OR w.until > %(now)s)
LEFT JOIN identity_agency AS unit ON unit.id = w.agency_id
WHERE a.id = %(account)s ORDER BY m.id, w.id LIMIT 1
"""


def actor_for(account_id: UUID, assurance: str) -> Actor:
    """Who acts when this account is logged in; raises NotFound for an unknown one."""
    return acting(account_id, assurance)[1]


def acting(account_id: UUID, assurance: str) -> tuple[AccountView, Actor]:
    """An account and who acts when it is logged in, in one read; raises NotFound for an unknown one."""
    found = sql.row(_ACTING, {"account": account_id, "now": clock.now()})
    if found is None:
        raise NotFound(_("未找到该账号。"))
    account = AccountView(*found[:7])
    actor = Actor(
        account_id=account.id,
        kind=account.kind,
        assurance=assurance,
        display_name=account.display_name,
        state=account.state,
        proven=found[7],
        withdrew=bool(found[8]),
    )
    part = _at_agency(account, *found[11:]) if account.kind == "agency" else _at_enterprise(account, *found[9:11])
    return account, replace(actor, **part)


def _at_enterprise(account: AccountView, enterprise_id: UUID | None, role: str | None) -> dict[str, Any]:
    """The part of an account of an enterprise."""
    if role == "administrator" and account.state == "pending":
        role = "applicant"
    return {"enterprise_id": enterprise_id, "roles": frozenset({role} - {None})}


def _at_agency(
    account: AccountView, agency_id: UUID | None, roles: list[str], forms: list[str], division: str | None, kind: str, suspended: bool
) -> dict[str, Any]:
    """The part of somebody of an agency; nothing while the agency is suspended."""
    if agency_id is None or account.state != "active" or suspended:
        return {}
    return {
        "agency_id": agency_id,
        "roles": frozenset(roles),
        "forms": staff.forms_now(account.id, roles, forms),
        "division_code": division,
        "scope": NO_CODES if kind == "source" else divisions.tree().scope(division),
    }


def account(account_id: UUID) -> AccountView:
    """One account; raises NotFound."""
    row = _account(account_id)
    return AccountView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        display_name=row.display_name,
        session_epoch=row.session_epoch,
        email_verified=row.email_verified_at is not None,
        created_at=row.created_at,
    )


def _account(account_id: UUID) -> Account:
    row = Account.objects.filter(id=account_id).first()
    if row is None:
        raise NotFound(_("未找到该账号。"))
    return row


def accounts_by_email(email: str) -> list[UUID]:
    """Accounts that are not closed and use this mailbox; one mailbox may serve several."""
    hashes = crypto.blinds(rules.email_key(email), purpose="email")
    rows = Account.objects.filter(email_blind__in=hashes).exclude(state="closed")
    return list(rows.order_by("created_at", "id").values_list("id", flat=True))


def enterprise(enterprise_id: UUID) -> EnterpriseView:
    """One enterprise; raises NotFound."""
    return _enterprise_view(_enterprise(enterprise_id))


def uscc_of(enterprise_id: UUID) -> str:
    """The code of an enterprise; raises NotFound."""
    return _enterprise(enterprise_id).uscc


def _enterprise(enterprise_id: UUID) -> Enterprise:
    row = stored.first(Enterprise, "WHERE id = %(id)s", {"id": enterprise_id})
    if row is None:
        raise NotFound(_("未找到该企业。"))
    return row


def enterprise_by_uscc(uscc: str) -> EnterpriseView | None:
    """The enterprise that holds the code now (not a closed one), or None."""
    row = Enterprise.objects.filter(uscc=identifiers.normalise_uscc(uscc)).exclude(state="closed").first()
    return _enterprise_view(row) if row else None


def enterprises_by_uscc(usccs: Iterable[str]) -> dict[str, EnterpriseView]:
    """Those who hold the codes now, by code in its normal form; codes that nobody holds are left out."""
    codes = sorted({identifiers.normalise_uscc(uscc) for uscc in usccs})
    rows = Enterprise.objects.filter(uscc__in=codes).exclude(state="closed")
    return {row.uscc: _enterprise_view(row) for row in rows}


def enterprises(enterprise_ids: Iterable[UUID]) -> dict[UUID, EnterpriseView]:
    """Many at once, by id; unknown ones are left out."""
    return {row.id: _enterprise_view(row) for row in Enterprise.objects.filter(id__in=list(enterprise_ids))}


def _enterprise_view(row: Enterprise) -> EnterpriseView:
    return EnterpriseView(
        id=row.id,
        uscc=row.uscc,
        name=row.name,
        kind=row.kind,
        state=row.state,
        claimed=row.claimed,
        division_code=row.division_id,
        division_path=divisions.tree().path(row.division_id),
    )


def lock_enterprise(enterprise_id: UUID) -> None:
    """Hold the enterprise's row to the end of the transaction: the first lock of every flow call (D-43).

    Its key is not held: rows that name the enterprise may be written meanwhile by whoever holds one of its filings.
    """
    if not Enterprise.objects.select_for_update(no_key=True).filter(id=enterprise_id).exists():
        raise NotFound(_("未找到该企业。"))


def administrator_of(enterprise_id: UUID) -> UUID | None:
    """The account that administers the enterprise now."""
    rows = Membership.objects.filter(enterprise_id=enterprise_id, role="administrator", until__isnull=True)
    return rows.values_list("account_id", flat=True).first()


def division(code: str) -> DivisionView:
    """One division; raises NotFound."""
    tree = divisions.tree()
    if code not in tree:
        raise NotFound(_("行政区划代码不存在。"))
    return tree.view(code)


def division_path(code: str) -> list[str]:
    """The names from the province down, of a retired code those of its successor; empty if unknown."""
    return list(divisions.tree().path(code))


def division_paths(codes: Iterable[str]) -> dict[str, list[str]]:
    """`division_path` of many divisions."""
    tree = divisions.tree()
    return {code: list(tree.path(code)) for code in set(codes)}


def divisions_stamp() -> tuple[int, str]:
    """What tells two lists of divisions apart; one small query."""
    return divisions.stamp()


def divisions_tree() -> tuple[DivisionNode, ...]:
    """All current divisions, nested, in the order of the list."""
    return divisions.tree().nodes


def divisions_below(code: str | None) -> frozenset[str]:
    """The division and all below it in matters of competence, retired ones too; None for all."""
    tree = divisions.tree()
    return frozenset(tree.rows) if code is None else tree.scope(code).listed


def division_above(code: str) -> str | None:
    """The division next above one in matters of competence; None under the national level."""
    above = divisions.tree().chain(code)[1:2]
    return above[0] if above else None


def divisions_just_below(code: str | None) -> list[DivisionView]:
    """The divisions next below one in matters of competence: provinces, 兵团 and 计划单列市 for None."""
    return divisions.tree().just_below(code)


def agency(agency_id: UUID) -> AgencyView:
    """One agency; raises NotFound."""
    row = Agency.objects.filter(id=agency_id).first()
    if row is None:
        raise NotFound(_("未找到该机构。"))
    return agency_view(row)


def national_agency() -> AgencyView | None:
    """The reviewing agency of the national level, once it was set up."""
    row = Agency.objects.filter(kind="commerce", level="national").first()
    return agency_view(row) if row else None


def agency_by_code(code: str) -> AgencyView | None:
    """The agency with this code, or None."""
    row = Agency.objects.filter(code=code).first()
    return agency_view(row) if row else None


def source_agency(name: str) -> AgencyView | None:
    """The unit that supplies data under this name, if it is one of the agencies."""
    row = Agency.objects.filter(kind="source", name=name).order_by("created_at", "id").first()
    return agency_view(row) if row else None


def source_agencies() -> list[AgencyView]:
    """Every unit that supplies data, by code."""
    return [agency_view(row) for row in Agency.objects.filter(kind="source").order_by("code")]


def staff_of(agency_id: UUID, *, by: Actor) -> list[StaffView]:
    """Everyone who works or worked in the agency, newest first."""
    policy.require(by=by, permission="agency.view", division_code=agency(agency_id).division_code or NATIONAL)
    rows = AgencyMembership.objects.select_related("account").filter(agency_id=agency_id).order_by("-since", "-id")
    return [staff.staff_view(row) for row in rows[:500]]


def reviewers_of(agency_id: UUID) -> list[UUID]:
    """Active reviewers of the agency: whom a notice goes to."""
    rows = AgencyMembership.objects.filter(agency_id=agency_id, roles__contains=["reviewer"], account__state="active").filter(
        Q(until__isnull=True) | Q(until__gt=clock.now())
    )
    return list(rows.order_by("since", "id").values_list("account_id", flat=True))


def email_of(account_id: UUID, by: Actor, purpose: str) -> str:
    """The mailbox of an account, for `purpose`; written to the access log. Empty if there is none."""
    row = _opened(account_id, what="email", by=by, purpose=purpose)
    return _open(row.email_sealed, account_id, "email")


def phone_of(account_id: UUID, by: Actor, purpose: str) -> str:
    """The mobile number of an account, for `purpose`; written to the access log. Empty if there is none."""
    row = _opened(account_id, what="phone", by=by, purpose=purpose)
    return _open(row.phone_sealed, account_id, "phone")


def contact_of(account_id: UUID, by: Actor, purpose: str) -> ContactView:
    """Masked contact data, as a page may show them; written to the access log."""
    row = _opened(account_id, what="contact-masked", by=by, purpose=purpose)
    return ContactView(
        email=rules.mask_email(_open(row.email_sealed, account_id, "email")),
        email_verified=row.email_verified_at is not None,
        phone=rules.mask_phone(_open(row.phone_sealed, account_id, "phone")),
    )


def _opened(account_id: UUID, *, what: str, by: Actor, purpose: str) -> Account:
    policy.require(by=by, permission="contact.view", account_id=account_id)
    if not purpose:
        raise ValueError("Personal data are read for a purpose.")
    row = _account(account_id)
    note_reading(by=by, what=what, subject=str(account_id), purpose=purpose)
    return row


def note_reading(*, by: Actor, what: str, subject: str, purpose: str) -> None:
    """Write to the access log who read what about whom and why: ids and codes only, never the data (D-41)."""
    AccessLog.objects.create(who=by.name, what=what, subject=subject, purpose=purpose, at=clock.now())


def _open(envelope: str, account_id: UUID, path: str) -> str:
    return crypto.unseal(envelope, bound_to=contact_place(account_id, path)) if envelope else ""


def contact_place(account_id: UUID, path: str) -> str:
    """What an envelope of contact data is bound to."""
    return f"identity.account/{account_id}/{path}"


def consents(account_id: UUID, *, by: Actor) -> list[ConsentView]:
    """The newest word on every document, by document."""
    policy.require(by=by, permission="consent.give", account_id=account_id)
    rows = Consent.objects.filter(account_id=account_id).order_by("document", "-id").distinct("document")
    return [ConsentView(document=row.document, version=row.version, given=row.given, at=row.at) for row in rows]


def work_calendar() -> workdays.WorkCalendar:
    """The built-in calendar with the days administrators loaded (REG-20)."""
    rows = sql.rows("SELECT date, is_workday, provisional, name FROM identity_workday", {})
    days = {day: workdays.WorkDay(is_workday, provisional, name) for day, is_workday, provisional, name in rows}
    return workdays.WorkCalendar(overrides=days)


def calendar_warnings(today: date) -> list[int]:
    """Of this year and the next from November on, those whose calendar is not published yet (REG-20)."""
    years = [today.year] + ([today.year + 1] if today.month >= 11 else [])
    return work_calendar().missing_years(years)
