"""Sensitive acts on agencies and their people: one administrator proposes, another confirms (D-30).

Suspending a unit and taking it up again, giving other roles, letting a person leave. A new person with an exclusive role
waits as well: the account is pending until somebody else confirms the role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.identity import agencies, competence, policy, rules
from chengxin.identity.models import Account, Agency, AgencyAct, AgencyMembership
from chengxin.identity.values import AGENCY_ACTS, NATIONAL, Actor
from chengxin.ledger import actions as ledger

MAX_CHARS = 200
SHOWN = 50


@dataclass(frozen=True)
class ActView:
    """One act that was proposed: what, with whom, why, by whom, and who said what to it."""

    id: UUID
    kind: str
    agency_id: UUID
    agency_name: str
    account_name: str
    roles: tuple[str, ...]
    reason: str
    by_id: UUID
    by_name: str
    proposed_at: datetime
    state: str
    second_name: str


@transaction.atomic
def rename_agency(*, agency_id: UUID, name: str, by: Actor) -> None:
    """Give an agency another name. Raises Invalid by field (name)."""
    policy.require(by=by, permission="agency.manage")
    row = _agency(agency_id)
    if not name.strip() or len(name.strip()) > 120:
        raise Invalid({"name": [_("请填写机构名称，不超过120个字")]})
    row.name = name.strip()
    row.save(update_fields=["name"])
    ledger.append(kind="agency.renamed", subject=str(row.id), data={}, by=by)


@transaction.atomic
def propose(*, kind: str, agency_id: UUID, reason: str, by: Actor, account_id: UUID | None = None, roles: Iterable[str] = ()) -> UUID:
    """Propose an act; nothing changes until another administrator confirms. Raises Invalid by field (kind, roles, reason)."""
    policy.require(by=by, permission="agency.manage")
    row, held, reason = _agency(agency_id), sorted(set(roles)), reason.strip()
    errors: rules.Errors = {"kind": [] if kind in AGENCY_ACTS else [_("请选择操作")]}
    errors["roles"] = agencies.role_errors(held) if kind == "roles" else []
    errors["reason"] = [] if reason and len(reason) <= MAX_CHARS else [_("请填写理由，1至200字")]
    if any(errors.values()):
        raise Invalid({field: texts for field, texts in errors.items() if texts})
    if kind in ("roles", "leave"):
        _member(account_id, row)
    elif (kind == "suspend") == (row.suspended_at is not None):
        raise Conflict(_("机构当前状态不能进行此操作。"))
    about = Q(account_id=account_id) if account_id else Q(account__isnull=True)
    if AgencyAct.objects.filter(about, agency=row, state="proposed").exists():
        raise Conflict(_("已有一项操作等待复核。"), code="act-open")
    act = AgencyAct.objects.create(
        kind=kind, agency=row, account_id=account_id, roles=held, reason=reason, by_id=by.id, proposed_at=clock.now()
    )
    ledger.append(kind="agency.act_proposed", subject=str(row.id), data={"act": str(act.id), "kind": kind}, by=by)
    return act.id


@transaction.atomic
def settle(*, act_id: UUID, confirmed: bool, by: Actor) -> None:
    """A second administrator's word; a confirmed act takes effect at once."""
    policy.require(by=by, permission="agency.confirm")
    act = AgencyAct.objects.select_for_update().filter(id=act_id, state="proposed").first()
    if act is None:
        raise NotFound(_("没有等待复核的操作。"))
    if act.by_id == by.account_id:
        raise Forbidden(_("须由另一名管理员复核。"))
    act.state, act.second_id, act.settled_at = ("confirmed" if confirmed else "declined"), by.id, clock.now()
    act.save(update_fields=["state", "second", "settled_at"])
    told = {"act": str(act.id), "kind": act.kind, "confirmed": confirmed}
    ledger.append(kind="agency.act_settled", subject=str(act.agency_id), data=told, by=by)
    if confirmed:
        _carry_out(act, by)


def _carry_out(act: AgencyAct, by: Actor) -> None:
    """The act in the name of the platform, as two people asked for it; the ledger names both."""
    if act.kind == "roles" and act.account_id:
        agencies.set_roles(account_id=act.account_id, roles=act.roles, forms=_forms(act.account_id), by=SYSTEM)
        Account.objects.filter(id=act.account_id, state="pending").update(state="active")
    elif act.kind == "leave" and act.account_id:
        agencies.end_agency_membership(account_id=act.account_id, by=SYSTEM)
    else:
        _switch(act, by)


def _switch(act: AgencyAct, by: Actor) -> None:
    row = Agency.objects.select_for_update().get(id=act.agency_id)
    if act.kind == "suspend" and row.kind == "commerce" and row.level == "national":
        raise Conflict(_("全国级机构不能停用。"))
    was = competence.is_staffed(row.id)
    row.suspended_at = clock.now() if act.kind == "suspend" else None
    row.save(update_fields=["suspended_at"])
    if act.kind == "suspend":
        members = AgencyMembership.objects.filter(agency=row, until__isnull=True).values("account_id")
        for account in Account.objects.select_for_update().filter(id__in=members).order_by("id"):
            account.session_epoch += 1
            account.save(update_fields=["session_epoch"])
    data = {"agency": str(row.id)}
    if was and act.kind == "suspend" and row.kind == "commerce" and row.division_id:
        data["passes_to"] = str(competence.competent_agency(row.division_id).id)
    ledger.append(kind="agency.suspended" if act.kind == "suspend" else "agency.resumed", subject=str(row.id), data=data, by=by)


SYSTEM = Actor.system("two-administrators")


def _forms(account_id: UUID) -> list[str]:
    return list(AgencyMembership.objects.get(account_id=account_id, until__isnull=True).forms)


def _agency(agency_id: UUID) -> Agency:
    row = Agency.objects.select_for_update().filter(id=agency_id).first()
    if row is None:
        raise NotFound(_("未找到该机构。"))
    return row


def _member(account_id: UUID | None, agency: Agency) -> None:
    members = AgencyMembership.objects.filter(agency=agency, until__isnull=True)
    if account_id is None or not members.filter(account_id=account_id).exists():
        raise NotFound(_("未找到该机构人员。"))


def waiting(*, by: Actor) -> list[ActView]:
    """Acts that wait for a second administrator, the oldest first."""
    policy.require(by=by, permission="agency.view")
    rows = AgencyAct.objects.select_related("agency", "account", "by", "second").filter(state="proposed")
    return [_view(row) for row in rows.order_by("proposed_at")[:SHOWN]]


def of(*, agency_id: UUID, by: Actor) -> list[ActView]:
    """The acts of an agency, the newest first."""
    agency = _agency_division(agency_id)
    policy.require(by=by, permission="agency.view", division_code=agency)
    rows = AgencyAct.objects.select_related("agency", "account", "by", "second").filter(agency_id=agency_id)
    return [_view(row) for row in rows.order_by("-proposed_at")[:SHOWN]]


def _agency_division(agency_id: UUID) -> str:
    return Agency.objects.filter(id=agency_id).values_list("division_id", flat=True).first() or NATIONAL


def _view(row: AgencyAct) -> ActView:
    return ActView(
        id=row.id,
        kind=row.kind,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        account_name=row.account.display_name if row.account else "",
        roles=tuple(row.roles),
        reason=row.reason,
        by_id=row.by_id,
        by_name=row.by.display_name,
        proposed_at=row.proposed_at,
        state=row.state,
        second_name=row.second.display_name if row.second else "",
    )
