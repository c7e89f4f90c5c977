"""Writes on agencies and their people; each appends one event in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.identity import competence, divisions, policy, rules
from chengxin.identity.models import Account, Agency, AgencyMembership
from chengxin.identity.queries import contact_place
from chengxin.identity.values import AGENCY_KINDS, AGENCY_ROLES, EXCLUSIVE_ROLES, Actor
from chengxin.ledger import actions as ledger

LEVELS = {1: "province", 2: "city", 3: "county"}


@transaction.atomic
def create_agency(
    *,
    code: str,
    name: str,
    division_code: str | None,
    by: Actor,
    kind: str = "commerce",
    parent_id: UUID | None = None,
) -> UUID:
    """Set up an agency; without `parent_id` it stands under the nearest reviewing agency above.

    `division_code` None is the national level. Reviewing agencies below a new one are put under it.
    Raises Invalid by field (code, name, division, kind, parent).
    """
    policy.require(by=by, permission="agency.manage")
    errors = _agency_errors(code=code, name=name, division_code=division_code, kind=kind)
    if errors:
        raise Invalid(errors)
    row = Agency(
        id=uuid.uuid4(),
        code=code,
        name=name,
        kind=kind,
        level=_level(division_code),
        division_id=division_code,
        parent_id=parent_id or _nearest(division_code),
        created_at=clock.now(),
    )
    if division_code is not None and row.parent_id is None:
        raise Invalid({"parent": [_("请先设置全国级机构")]})
    if parent_id and kind == "commerce" and not Agency.objects.filter(id=parent_id, kind="commerce").exists():
        raise Invalid({"parent": [_("上级机构应为商务主管部门")]})
    row.save(force_insert=True)
    moved = _adopt(row) if kind == "commerce" else []
    ledger.append(
        kind="agency.created",
        subject=str(row.id),
        data={"division": division_code or "", "kind": kind, "below": [str(each) for each in moved]},
        by=by,
    )
    return row.id


def _agency_errors(*, code: str, name: str, division_code: str | None, kind: str) -> rules.Errors:
    errors: rules.Errors = {}
    if not code or Agency.objects.filter(code=code).exists():
        errors["code"] = [_("机构代码为空或已被使用")]
    if not name.strip() or len(name) > 120:
        errors["name"] = [_("请填写机构名称，不超过120个字")]
    if kind not in AGENCY_KINDS:
        errors["kind"] = [_("机构类别不存在")]
    tree = divisions.tree()
    if division_code is not None and (division_code not in tree or tree.rows[division_code].retired):
        errors["division"] = [_("行政区划不存在或已撤并")]
    elif kind == "commerce" and Agency.objects.filter(kind=kind, division_id=division_code).exists():
        errors["division"] = [_("该地区已有商务主管部门")]
    return errors


def _level(division_code: str | None) -> str:
    return "national" if division_code is None else LEVELS[divisions.tree().rows[division_code].level]


def _nearest(division_code: str | None) -> UUID | None:
    """The reviewing agency next above a division, or the one of the division for other kinds."""
    if division_code is None:
        return None
    above = divisions.tree().chain(division_code)[1:]
    held = dict(Agency.objects.filter(kind="commerce", division_id__in=above).values_list("division_id", "id"))
    found = next((held[code] for code in above if code in held), None)
    return found or competence.national_agencies().values_list("id", flat=True).first()


def _adopt(row: Agency) -> list[UUID]:
    below = divisions.tree().scope(row.division_id)
    rows = Agency.objects.filter(kind="commerce", parent_id=row.parent_id).exclude(id=row.id)
    moved = [each.id for each in rows if each.division_id and each.division_id in below]
    Agency.objects.filter(id__in=moved).update(parent_id=row.id)
    return moved


@transaction.atomic
def create_agency_user(
    *,
    agency_id: UUID,
    display_name: str,
    roles: Iterable[str],
    by: Actor,
    forms: Iterable[str] = (),
    email: str = "",
    phone: str = "",
    state: str = "active",
) -> UUID:
    """Set up a person of an agency; returns the account, whose log-in name and password `access` sets.

    With `state` pending the person has no part in anything until a second administrator confirms the role.
    Raises Invalid by field (agency, display_name, roles, email, phone).
    """
    policy.require(by=by, permission="agency.manage")
    held = sorted(set(roles))
    errors: rules.Errors = {"roles": role_errors(held)}
    if not Agency.objects.filter(id=agency_id).exists():
        errors["agency"] = [_("机构不存在")]
    if not display_name.strip() or len(display_name) > 200:
        errors["display_name"] = [_("请填写姓名")]
    errors["email"] = rules.email_errors(email) if email else []
    errors["phone"] = rules.phone_errors(phone) if phone else []
    if any(errors.values()):
        raise Invalid({field: texts for field, texts in errors.items() if texts})
    account = Account(id=uuid.uuid4(), kind="agency", state=state, display_name=display_name.strip(), created_at=clock.now())
    _set_contact(account, email=email, phone=phone)
    account.save(force_insert=True)
    AgencyMembership.objects.create(account=account, agency_id=agency_id, roles=held, forms=sorted(set(forms)), since=account.created_at)
    data = {"agency": str(agency_id), "roles": held}
    ledger.append(kind="agency.member_joined", subject=str(account.id), data=data, by=by)
    return account.id


def _set_contact(account: Account, *, email: str, phone: str) -> None:
    if email:
        address = rules.clean_email(email)
        account.email_blind = crypto.blind(rules.email_key(address), purpose="email")
        account.email_sealed = crypto.seal(address, bound_to=contact_place(account.id, "email"))
    if phone:
        number = rules.clean_phone(phone)
        account.phone_blind = crypto.blind(number, purpose="phone")
        account.phone_sealed = crypto.seal(number, bound_to=contact_place(account.id, "phone"))


def role_errors(roles: list[str]) -> list[str | Promise]:
    """What is wrong with a set of roles: system, security and audit administrators have no other (D-30)."""
    if not roles or not set(roles) <= set(AGENCY_ROLES):
        return [_("请选择角色")]
    if set(roles) & set(EXCLUSIVE_ROLES) and len(roles) > 1:
        return [_("系统管理员、安全管理员、审计管理员不能兼任其他角色")]
    return []


@transaction.atomic
def set_roles(*, account_id: UUID, roles: Iterable[str], by: Actor, forms: Iterable[str] = ()) -> None:
    """Give a person of an agency other roles. Raises Invalid, or Conflict as `end_agency_membership`."""
    policy.require(by=by, permission="agency.manage")
    held = sorted(set(roles))
    errors = role_errors(held)
    if errors:
        raise Invalid({"roles": errors})
    row, was = _locked_membership(account_id)
    row.roles, row.forms = held, sorted(set(forms))
    row.save(update_fields=["roles", "forms"])
    _tell(row, was, kind="agency.member_roles_set", data={"roles": held}, by=by)


@transaction.atomic
def set_absence(
    *, account_id: UUID, absent_from: datetime | None, absent_to: datetime | None, by: Actor, deputy_id: UUID | None = None
) -> None:
    """Note when a person of an agency is away (None, None: is back), and which colleague does that person's part meanwhile.

    Without anybody else on duty items pass to the level above (D-05). Raises Invalid by field (absent_from, absent_to, deputy).
    """
    policy.require(by=by, permission="staff.set_absence", account_id=account_id)
    row, was = _locked_membership(account_id)
    errors: rules.Errors = {}
    if absent_to and (absent_from is None or absent_to < absent_from):
        errors["absent_to"] = [_("结束时间不能早于开始时间")]
    if deputy_id is not None and not _may_stand_in(deputy_id, row):
        errors["deputy"] = [_("代理人应为本机构在岗的另一名审核员")]
    if errors:
        raise Invalid(errors)
    row.absent_from, row.absent_to = absent_from, absent_to
    row.deputy_id = deputy_id if absent_from is not None else None
    row.save(update_fields=["absent_from", "absent_to", "deputy"])
    data = {"absent": absent_from is not None, "deputy": str(row.deputy_id or "")}
    _tell(row, was, kind="agency.member_absence_set", data=data, by=by)


def _may_stand_in(deputy_id: UUID, row: AgencyMembership) -> bool:
    """A colleague of the same agency with the role of a reviewer, and not the person."""
    colleagues = AgencyMembership.objects.filter(agency_id=row.agency_id, until__isnull=True, account__state="active")
    return deputy_id != row.account_id and colleagues.filter(account_id=deputy_id, roles__contains=["reviewer"]).exists()


@transaction.atomic
def end_agency_membership(*, account_id: UUID, by: Actor) -> None:
    """Let a person leave the agency; the account is closed and its sessions end.

    When the last reviewer leaves, the event names the agency that takes over at once (`passes_to`).
    Raises Conflict when the national level would be left without a reviewer.
    """
    policy.require(by=by, permission="agency.manage")
    row, was = _locked_membership(account_id)
    row.until = clock.now()
    row.save(update_fields=["until"])
    account = Account.objects.select_for_update().get(id=account_id)
    account.state = "closed"
    account.session_epoch += 1
    account.save(update_fields=["state", "session_epoch"])
    _tell(row, was, kind="agency.member_left", data={}, by=by)


def _locked_membership(account_id: UUID) -> tuple[AgencyMembership, bool]:
    """The open membership and whether its agency has a reviewer now; the agency is locked first."""
    row = AgencyMembership.objects.filter(account_id=account_id, until__isnull=True).first()
    if row is None:
        raise NotFound(_("未找到该机构人员。"))
    Agency.objects.select_for_update().get(id=row.agency_id)
    row.refresh_from_db()
    return row, competence.is_staffed(row.agency_id)


def _tell(row: AgencyMembership, was_staffed: bool, *, kind: str, data: dict[str, object], by: Actor) -> None:
    told = {"agency": str(row.agency_id), **data}
    if was_staffed and not competence.is_staffed(row.agency_id):
        agency = Agency.objects.get(id=row.agency_id)
        if agency.kind == "commerce" and agency.level == "national":
            raise Conflict(_("全国级机构至少应保留一名在岗审核员。"))
        if agency.kind == "commerce" and agency.division_id:
            told["passes_to"] = str(competence.competent_agency(agency.division_id).id)
    ledger.append(kind=kind, subject=str(row.account_id), data=told, by=by)
