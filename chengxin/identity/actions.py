"""Writes of identity on accounts and enterprises; each appends one event in the caller's transaction.

Agencies and their people are written in `agencies`, reference data in `reference`; both are given here
too, so that callers know one door.
"""

from __future__ import annotations

import uuid
from uuid import UUID

import psycopg
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, crypto, identifiers, text
from chengxin.common.errors import Conflict, Invalid, NotFound, Unauthenticated
from chengxin.identity import divisions, policy, rules
from chengxin.identity.agencies import (
    create_agency,
    create_agency_user,
    end_agency_membership,
    set_absence,
    set_roles,
)
from chengxin.identity.known import Unregistered, know_enterprises
from chengxin.identity.models import Account, Consent, Enterprise, Membership
from chengxin.identity.queries import contact_place, note_reading
from chengxin.identity.reference import load_divisions, load_workdays
from chengxin.identity.values import ACCOUNT_PROOFS, UNNAMED_KIND, Actor
from chengxin.ledger import actions as ledger

__all__ = [
    "create_agency",
    "create_agency_user",
    "end_agency_membership",
    "load_divisions",
    "load_workdays",
    "set_absence",
    "set_roles",
]


class Taken(Invalid):
    """The name or the code belongs to another enterprise; `.fields` says which."""

    default_code = "taken"


@transaction.atomic
def open_enterprise(*, uscc: str, name: str, division_code: str, email: str, phone: str, by: Actor) -> tuple[UUID, UUID]:
    """Register an enterprise with a pending account as its administrator; returns (account, enterprise).

    An enterprise that is only known from imports is claimed. Raises Invalid by field (uscc, name,
    division, email, phone), or Taken with 企业名称已被注册 / 统一社会信用代码已被注册 (REG-04).
    """
    policy.require(by=by, permission="enterprise.open")
    errors = rules.registration_errors(uscc=uscc, name=name, division_code=division_code, email=email, phone=phone, tree=divisions.tree())
    if errors:
        raise Invalid(errors)
    enterprise = _claim(identifiers.normalise_uscc(uscc), rules.clean_name(name), division_code)
    account = Account(id=uuid.uuid4(), kind="enterprise", display_name=enterprise.name, created_at=clock.now())
    set_contact(account, email=email, phone=phone)
    account.save(force_insert=True)
    Membership.objects.create(account=account, enterprise=enterprise, role="administrator", since=account.created_at)
    ledger.append(
        kind="enterprise.opened",
        subject=str(enterprise.id),
        data={"account": str(account.id), "division": division_code, "kind": enterprise.kind},
        by=by,
    )
    return account.id, enterprise.id


def _claim(uscc: str, name: str, division_code: str) -> Enterprise:
    held = Enterprise.objects.select_for_update().filter(uscc=uscc).exclude(state="closed").first()
    kind = identifiers.uscc_kind(uscc)
    used = taken(kind=kind, name=name, division_code=division_code, besides=held.id if held and not held.claimed else None)
    if held is not None and held.claimed:
        raise Taken({"uscc": [rules.CODE_TAKEN], **used})
    if used:
        raise Taken(used)
    row = held or Enterprise(id=uuid.uuid4(), uscc=uscc, kind=kind, created_at=clock.now())
    row.name, row.name_key, row.claimed = name, text.name_key(name), True
    row.division_id = division_code
    save(row)
    return row


def taken(*, kind: str, name: str, division_code: str, besides: UUID | None) -> rules.Errors:
    """What is wrong with a name that another enterprise has; kind 92 has its names by county (D-12)."""
    rows = Enterprise.objects.filter(claimed=True, name_key=text.name_key(name)).exclude(state="closed")
    if besides is not None:
        rows = rows.exclude(id=besides)
    if not name:
        return {}
    in_county = kind == UNNAMED_KIND
    rows = rows.filter(kind=kind, division_id=division_code) if in_county else rows.exclude(kind=UNNAMED_KIND)
    return {"name": [rules.NAME_TAKEN]} if rows.exists() else {}


def save(row: Enterprise) -> None:
    """Write the row; what another registration took in the meantime is told by its field."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        cause = error.__cause__
        constraint = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else ""
        if constraint == "enterprise_uscc_once":
            raise Taken({"uscc": [rules.CODE_TAKEN]}) from error
        if constraint in ("enterprise_name_once", "enterprise_name_once_in_county"):
            raise Taken({"name": [rules.NAME_TAKEN]}) from error
        raise


def know_enterprise(*, uscc: str, name: str, division_code: str, by: Actor) -> UUID:
    """The enterprise of the code, made in state `known` if nobody holds it (D-06, D-08); returns its id."""
    entry = Unregistered(uscc=uscc, name=name, division_code=division_code)
    [enterprise_id] = know_enterprises(entries=[entry], by=by).values()
    return enterprise_id


@transaction.atomic
def change_registration(*, enterprise_id: UUID, name: str, division_code: str, email: str, phone: str, by: Actor) -> None:
    """Correct a registration that is not approved yet; the code stays (REG-14, REG-15, REG-16).

    Raises Invalid or Taken by field, Conflict once the enterprise is active or closed.
    """
    row = locked(enterprise_id)
    policy.require(by=by, permission="enterprise.change", enterprise_id=row.id, division_code=row.division_id)
    if row.state != "known" or not row.claimed:
        raise Conflict(_("账号已审核通过或已终止，不能在此修改注册信息。"))
    errors = rules.change_errors(kind=row.kind, name=name, division_code=division_code, email=email, phone=phone, tree=divisions.tree())
    shown = rules.clean_name(name)
    if errors:
        raise Invalid(errors)
    used = taken(kind=row.kind, name=shown, division_code=division_code, besides=row.id)
    if used:
        raise Taken(used)
    row.name, row.name_key, row.division_id = shown, text.name_key(shown), division_code
    save(row)
    account = administrator(row)
    account.display_name = shown
    set_contact(account, email=email, phone=phone)
    account.save()
    ledger.append(
        kind="enterprise.registration_changed",
        subject=str(row.id),
        data={"account": str(account.id), "division": division_code},
        by=by,
    )


@transaction.atomic
def activate(enterprise_id: UUID, by: Actor) -> None:
    """Open the doors after the registration was approved: account and enterprise become active (D-01)."""
    row = locked(enterprise_id)
    policy.require(by=by, permission="enterprise.activate", division_code=row.division_id)
    if row.state != "known" or not row.claimed:
        raise Conflict(_("该企业当前状态不能启用。"))
    account = administrator(row)
    row.state, account.state = "active", "active"
    row.save(update_fields=["state"])
    account.save(update_fields=["state"])
    ledger.append(kind="enterprise.activated", subject=str(row.id), data={"account": str(account.id)}, by=by)


@transaction.atomic
def deactivate(enterprise_id: UUID, by: Actor) -> None:
    """Shut the doors again after an approval was corrected: as before it, and open sessions end (D-03)."""
    row = locked(enterprise_id)
    policy.require(by=by, permission="enterprise.activate", division_code=row.division_id)
    if row.state != "active":
        raise Conflict(_("该企业当前状态不能停用。"))
    account = administrator(row)
    row.state, account.state = "known", "pending"
    account.session_epoch += 1
    row.save(update_fields=["state"])
    account.save(update_fields=["state", "session_epoch"])
    ledger.append(kind="enterprise.deactivated", subject=str(row.id), data={"account": str(account.id)}, by=by)


@transaction.atomic
def close_enterprise(*, enterprise_id: UUID, reason: str, by: Actor) -> list[UUID]:
    """Close an enterprise and its accounts; code and name are free again (REG-16, D-10).

    `reason` is a code or ticket number, never a person's text. Returns the accounts, whose log-in
    names the caller frees with `access.actions.free_names`.
    """
    row = locked(enterprise_id)
    policy.require(by=by, permission="enterprise.close", division_code=row.division_id)
    if row.state == "closed":
        raise Conflict(_("该企业已终止。"))
    row.state, row.closed_at = "closed", clock.now()
    row.save(update_fields=["state", "closed_at"])
    members = Membership.objects.select_for_update().filter(enterprise=row, until__isnull=True).order_by("id")
    accounts = [member.account_id for member in members]
    members.update(until=row.closed_at)
    for account in Account.objects.select_for_update().filter(id__in=accounts).order_by("id"):
        account.state = "closed"
        account.session_epoch += 1
        account.save(update_fields=["state", "session_epoch"])
    data = {"accounts": [str(each) for each in accounts], "reason": reason}
    ledger.append(kind="enterprise.closed", subject=str(row.id), data=data, by=by)
    return accounts


@transaction.atomic
def suspend(*, account_id: UUID, reason: str, by: Actor) -> None:
    """Close an account's doors for now: no log-in, and open sessions end."""
    _set_state(account_id, "active", "suspended", kind="account.suspended", reason=reason, by=by)


@transaction.atomic
def resume(*, account_id: UUID, reason: str, by: Actor) -> None:
    """Open the doors of a suspended account again."""
    _set_state(account_id, "suspended", "active", kind="account.resumed", reason=reason, by=by)


def _set_state(account_id: UUID, before: str, after: str, *, kind: str, reason: str, by: Actor) -> None:
    row = _locked_account(account_id)
    policy.require(by=by, permission="account.suspend", account_id=account_id)
    if row.state != before:
        raise Conflict(_("账号当前状态不能进行此操作。"))
    row.state = after
    row.session_epoch += 1
    row.save(update_fields=["state", "session_epoch"])
    ledger.append(kind=kind, subject=str(account_id), data={"reason": reason}, by=by)


@transaction.atomic
def end_sessions(*, account_id: UUID, reason: str, by: Actor) -> int:
    """Raise the account's session epoch, which ends every session; returns the new one."""
    row = _locked_account(account_id)
    policy.require(by=by, permission="account.end_sessions", account_id=account_id)
    row.session_epoch += 1
    row.save(update_fields=["session_epoch"])
    ledger.append(kind="account.sessions_ended", subject=str(account_id), data={"reason": reason}, by=by)
    return row.session_epoch


@transaction.atomic
def change_contact(*, account_id: UUID, email: str, phone: str, by: Actor) -> None:
    """Change mailbox and mobile number; a new mailbox is unproved again. Raises Invalid by field."""
    row = _locked_account(account_id)
    policy.require(by=by, permission="contact.change", account_id=account_id)
    errors = {"email": rules.email_errors(email), "phone": rules.phone_errors(phone)}
    if any(errors.values()):
        raise Invalid({field: texts for field, texts in errors.items() if texts})
    set_contact(row, email=email, phone=phone)
    row.save()
    ledger.append(kind="account.contact_changed", subject=str(account_id), data={}, by=by)


@transaction.atomic
def change_email(*, account_id: UUID, email: str, by: Actor) -> None:
    """Give the account another mailbox, one that was proved; whoever is logged in with it has to log in anew (REG-17)."""
    row = _locked_account(account_id)
    policy.require(by=by, permission="contact.change", account_id=account_id)
    errors = rules.email_errors(email)
    if errors:
        raise Invalid({"email": errors})
    _set_email(row, email)
    row.email_verified_at = clock.now()
    row.session_epoch += 1
    row.save()
    ledger.append(kind="account.email_changed", subject=str(account_id), data={}, by=by)


@transaction.atomic
def verify_email(*, account_id: UUID, by: Actor) -> None:
    """Note that the mailbox was proved by a code or link."""
    row = _locked_account(account_id)
    row.email_verified_at = clock.now()
    row.save(update_fields=["email_verified_at"])
    ledger.append(kind="account.email_verified", subject=str(account_id), data={}, by=by)


@transaction.atomic
def prove(*, account_id: UUID, level: str, by: Actor) -> None:
    """Note what was proved of an account (D-28); a lower level than it has changes nothing."""
    row = _locked_account(account_id)
    if ACCOUNT_PROOFS.index(level) <= ACCOUNT_PROOFS.index(row.proven):
        return
    row.proven = level
    row.save(update_fields=["proven"])
    ledger.append(kind="account.proven", subject=str(account_id), data={"level": level}, by=by)


@transaction.atomic
def give_consent(*, document: str, version: str, by: Actor, account_id: UUID | None = None, given: bool = True) -> None:
    """Keep an account's word (`by`'s own unless named) on a document; `given=False` withdraws it (D-31)."""
    account_id = account_id or by.account_id
    if account_id is None:
        raise Unauthenticated()
    policy.require(by=by, permission="consent.give", account_id=account_id)
    Consent.objects.create(account_id=account_id, document=document, version=version, given=given, at=clock.now())
    kind = "consent.given" if given else "consent.withdrawn"
    ledger.append(kind=kind, subject=str(account_id), data={"document": document, "version": version}, by=by)


def log_access(*, by: Actor, what: str, subject: str, purpose: str) -> None:
    """Write to the access log that `by` read personal data: ids and codes only (D-41)."""
    note_reading(by=by, what=what, subject=subject, purpose=purpose)


def set_contact(account: Account, *, email: str, phone: str) -> None:
    """Seal mailbox and mobile number into the account's row, which the caller saves."""
    number = rules.clean_phone(phone)
    _set_email(account, email)
    account.phone_blind = crypto.blind(number, purpose="phone")
    account.phone_sealed = crypto.seal(number, bound_to=contact_place(account.id, "phone"))


def _set_email(account: Account, email: str) -> None:
    address = rules.clean_email(email)
    blinds = crypto.blinds(rules.email_key(address), purpose="email")
    if account.email_blind is None or bytes(account.email_blind) not in blinds:
        account.email_verified_at = None
    account.email_blind = blinds[0]
    account.email_sealed = crypto.seal(address, bound_to=contact_place(account.id, "email"))


def locked(enterprise_id: UUID) -> Enterprise:
    """The enterprise's row, held to the end of the transaction."""
    row = Enterprise.objects.select_for_update(no_key=True).filter(id=enterprise_id).first()
    if row is None:
        raise NotFound(_("未找到该企业。"))
    return row


def _locked_account(account_id: UUID) -> Account:
    row = Account.objects.select_for_update().filter(id=account_id).first()
    if row is None:
        raise NotFound(_("未找到该账号。"))
    return row


def administrator(enterprise: Enterprise) -> Account:
    """The locked account that administers the enterprise."""
    member = Membership.objects.filter(enterprise=enterprise, role="administrator", until__isnull=True).get()
    return _locked_account(member.account_id)
