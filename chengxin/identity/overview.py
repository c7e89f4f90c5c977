"""Agencies with their people on duty, for 机构管理: one unit, those below it, those without anybody (D-05)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from chengxin.common import clock, sql
from chengxin.identity import policy
from chengxin.identity.competence import PRESENT
from chengxin.identity.models import AgencyMembership
from chengxin.identity.values import NATIONAL, Actor, AgencyView

SHOWN = 500

_UNITS = f"""
SELECT a.id, a.code, a.name, a.level, a.kind, a.parent_id, a.division_id, a.suspended_at IS NOT NULL,
  (SELECT count(*) FROM identity_agencymembership AS m JOIN identity_account AS person ON person.id = m.account_id
    WHERE m.agency_id = a.id AND 'reviewer' = ANY (m.roles) AND person.state = 'active' AND (m.until IS NULL OR m.until > %(now)s))::int,
  (SELECT count(*) {PRESENT.format(agency="a.id")})::int,
  (SELECT count(*) FROM identity_agency AS child WHERE child.parent_id = a.id)::int
FROM identity_agency AS a
"""
_MOMENT = {"role": "reviewer", "forms": None}


@dataclass(frozen=True)
class UnitRow:
    """One agency: reviewers, how many of them are on duty now, units directly below, and whether it is suspended."""

    agency: AgencyView
    suspended: bool
    reviewers: int
    on_duty: int
    below: int


def unit(agency_id: UUID, *, by: Actor) -> UnitRow | None:
    """One agency that the acting person may see; None for no such agency."""
    found = _rows("WHERE a.id = %(agency)s", agency=agency_id)
    if not found:
        return None
    policy.require(by=by, permission="agency.view", division_code=found[0].agency.division_code or NATIONAL)
    return found[0]


def units_below(agency_id: UUID, *, by: Actor) -> list[UnitRow]:
    """The agencies directly below one, the reviewing ones first, by code."""
    found = _rows("WHERE a.parent_id = %(agency)s ORDER BY a.kind = 'commerce' DESC, a.code", agency=agency_id)
    return [row for row in found if _may_see(row, by)]


def unstaffed(*, by: Actor) -> list[UnitRow]:
    """Reviewing agencies without a reviewer on duty, whose items lie with the level above now."""
    found = _rows("WHERE a.kind = 'commerce' ORDER BY a.code")
    return [row for row in found if not row.on_duty and _may_see(row, by)][:SHOWN]


def may_see(agency_id: UUID, *, by: Actor) -> bool:
    """Whether the acting person may see an agency."""
    found = _rows("WHERE a.id = %(agency)s", agency=agency_id)
    return bool(found) and _may_see(found[0], by)


def _may_see(row: UnitRow, by: Actor) -> bool:
    return policy.may(by=by, permission="agency.view", division_code=row.agency.division_code or NATIONAL)


def _rows(condition: str, **given: object) -> list[UnitRow]:
    found = sql.rows(_UNITS + condition, {"now": clock.now(), **_MOMENT, **given})
    return [UnitRow(AgencyView(*row[:7]), *row[7:]) for row in found]


def accounts_of(agency_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The accounts of the people who work in these agencies now, by agency."""
    rows = AgencyMembership.objects.filter(agency_id__in=list(agency_ids), until__isnull=True)
    found: dict[UUID, list[UUID]] = {}
    for agency, account in rows.values_list("agency_id", "account_id"):
        found.setdefault(agency, []).append(account)
    return found


@dataclass(frozen=True)
class Listed:
    """One person of an agency with the roles and forms held now, for a workbook."""

    agency_code: str
    account_id: UUID
    display_name: str
    roles: tuple[str, ...]
    forms: tuple[str, ...]


def everything(*, by: Actor) -> tuple[list[AgencyView], list[Listed]]:
    """All agencies and the people who work in them now, by code."""
    policy.require(by=by, permission="agency.manage")
    units = [row.agency for row in _rows("ORDER BY a.code")]
    people = AgencyMembership.objects.select_related("account", "agency").filter(until__isnull=True).order_by("agency__code", "id")
    return units, [Listed(row.agency.code, row.account_id, row.account.display_name, tuple(row.roles), tuple(row.forms)) for row in people]
