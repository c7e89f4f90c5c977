"""Which agency is competent now (D-05), for one division and, as the same rule, for all of an agency's.

The division's home is the first agency at or above it; from there the agencies' own tree is climbed
to the first one with an active reviewer for the form who is not absent. The national level takes
whatever is left, so no division is ever without an agency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chengxin.common import clock, sql
from chengxin.common.errors import Unavailable
from chengxin.identity import coverage
from chengxin.identity.models import Agency
from chengxin.identity.rules import HELP_FORM, form_patterns, role_for
from chengxin.identity.values import AgencyView, Codes

PRESENT = """
  FROM identity_agencymembership AS m JOIN identity_account AS person ON person.id = m.account_id
  WHERE m.agency_id = {agency} AND %(role)s = ANY (m.roles) AND person.state = 'active'
    AND m.since <= %(now)s AND (m.until IS NULL OR m.until > %(now)s)
    AND (m.absent_from IS NULL OR m.absent_from > %(now)s OR m.absent_to <= %(now)s)
    AND NOT EXISTS (SELECT 1 FROM identity_agency AS unit WHERE unit.id = m.agency_id AND unit.suspended_at IS NOT NULL)
    AND (cardinality(m.forms) = 0 OR %(forms)s::varchar[] IS NULL OR m.forms && %(forms)s::varchar[]
      OR EXISTS (SELECT 1 FROM identity_agencymembership AS away
        WHERE away.deputy_id = m.account_id AND away.agency_id = m.agency_id AND %(role)s = ANY (away.roles)
          AND (away.until IS NULL OR away.until > %(now)s)
          AND away.absent_from <= %(now)s AND (away.absent_to IS NULL OR away.absent_to > %(now)s)
          AND (cardinality(away.forms) = 0 OR away.forms && %(forms)s::varchar[])))
"""

_STAFFED = f"EXISTS (SELECT 1 {PRESENT.format(agency='{agency}.id')})"

_REVIEWERS = f"SELECT m.account_id {PRESENT.format(agency='%(agency)s')} ORDER BY m.since, m.id"

_ONE = f"""
WITH RECURSIVE chain (code, above_id, depth) AS (
  SELECT code, above_id, 0 FROM identity_division WHERE code = %(code)s
  UNION ALL
  SELECT d.code, d.above_id, chain.depth + 1 FROM chain JOIN identity_division AS d ON d.code = chain.above_id
), home AS (
  SELECT a.id FROM chain JOIN identity_division AS d ON d.code = chain.code AND NOT d.retired
  JOIN identity_agency AS a ON a.division_id = d.code AND a.kind = 'commerce'
  ORDER BY chain.depth LIMIT 1
), climb (id, parent_id, depth) AS (
  SELECT a.id, a.parent_id, 0 FROM home JOIN identity_agency AS a ON a.id = home.id
  UNION ALL
  SELECT a.id, a.parent_id, climb.depth + 1 FROM climb JOIN identity_agency AS a ON a.id = climb.parent_id
)
SELECT a.id, a.code, a.name, a.level, a.kind, a.parent_id, a.division_id
FROM climb JOIN identity_agency AS a ON a.id = climb.id
WHERE {_STAFFED.format(agency="a")} ORDER BY climb.depth
"""

_NATIONAL = "a.kind = 'commerce' AND a.level = 'national'"

_ON_DUTY = f"SELECT DISTINCT m.agency_id::text {PRESENT.format(agency='ANY(%(agencies)s::uuid[])')}"

_ALL_ON_DUTY = f"SELECT DISTINCT m.agency_id::text {PRESENT.format(agency='m.agency_id')}"

NAMED_AT_MOST = 100

_ABOVE = f"""
WITH RECURSIVE climb (id, depth) AS (
  SELECT a.id, 0 FROM identity_agency AS a WHERE a.id = %(agency)s
  UNION ALL
  SELECT a.parent_id, climb.depth + 1 FROM climb JOIN identity_agency AS a ON a.id = climb.id WHERE a.parent_id IS NOT NULL
)
SELECT a.id, a.code, a.name, a.level, a.kind, a.parent_id, a.division_id
FROM climb JOIN identity_agency AS a ON a.id = climb.id
WHERE {_STAFFED.format(agency="a")} ORDER BY climb.depth LIMIT 1
"""

_HANDLED = f"""
WITH RECURSIVE handled (id) AS (
  SELECT a.id FROM identity_agency AS a WHERE a.id = %(agency)s AND ({_NATIONAL} OR {_STAFFED.format(agency="a")})
  UNION
  SELECT a.id FROM identity_agency AS a JOIN handled ON a.parent_id = handled.id
    OR a.parent_id IS NULL AND handled.id = (SELECT a.id FROM identity_agency AS a WHERE {_NATIONAL})
  WHERE NOT {_STAFFED.format(agency="a")}
)
SELECT id FROM handled
"""


_DESK = """
SELECT a.id, a.code, a.name, a.level, a.kind, a.parent_id, a.division_id FROM identity_agency AS a
WHERE EXISTS (SELECT 1 FROM identity_agencymembership AS m WHERE m.agency_id = a.id AND %(role)s = ANY (m.roles) AND m.until IS NULL)
ORDER BY {present} DESC, a.code LIMIT 1
"""


def competent_agency(division_code: str, form: str | None = None) -> AgencyView:
    """The agency that decides now for `division_code` and `form` (`registration/enterprise`, `archive/…`).

    An unknown code goes to the national level. Raises Unavailable if no national agency was set up.
    """
    found = sql.row(_ONE, {"code": division_code, **_moment(form)})
    return AgencyView(*found) if found is not None else _national(_("尚未设置全国级审核机构，请联系系统管理员。"))


def agencies_above(division_code: str, form: str | None = None) -> list[AgencyView]:
    """Every agency at or above a division that has a reviewer on duty for `form`, the nearest first: who may decide at all."""
    return [AgencyView(*row) for row in sql.rows(_ONE, {"code": division_code, **_moment(form)})]


def on_duty(agency_id: UUID, form: str | None = None) -> AgencyView:
    """The agency itself where it has a reviewer on duty for `form`, else the first one above that has; last the national level."""
    found = sql.row(_ABOVE, {"agency": agency_id, **_moment(form)})
    return AgencyView(*found) if found is not None else _national(_("尚未设置全国级审核机构，请联系系统管理员。"))


def helpdesk_agency() -> AgencyView:
    """With whom pleas for help lie: the unit with people of the help desk, the one with somebody on duty first; else the national level."""
    moment = _moment(HELP_FORM)
    present = f"EXISTS (SELECT 1 {PRESENT.format(agency='a.id')})"
    found = sql.row(_DESK.format(present=present), moment)
    return AgencyView(*found) if found is not None else _national(_("尚未设置客服机构，请联系系统管理员。"))


def _national(missing: str) -> AgencyView:
    """The national level, which is never empty (D-05); Unavailable with `missing` before it was set up."""
    agency = national_agencies().first()
    if agency is None:
        raise Unavailable(missing)
    return agency_view(agency)


def handled_by(agency_id: UUID, form: str | None = None) -> list[UUID]:
    """`on_duty` the other way round: the agencies whose cases this one has now, itself and those without anybody on duty."""
    return [row[0] for row in sql.rows(_HANDLED, {"agency": agency_id, **_moment(form)})]


@dataclass(frozen=True)
class Reach:
    """What an agency has now: the divisions, and the names of the agencies below whose items it has until they return."""

    codes: Codes
    taken_over: tuple[str, ...]


def reach(agency_id: UUID, form: str | None = None) -> Reach:
    """The divisions an agency is competent for now, of the national level as all but what others have (D-05)."""
    homes = coverage.homes()
    serves = homes.served(str(agency_id), staffed=_on_duty(form))
    return Reach(homes.served_codes(serves), tuple(homes.names[each] for each in serves[1:]))


def _on_duty(form: str | None) -> Callable[[list[str]], set[str]]:
    """Asks which of some agencies have somebody on duty for `form`."""
    moment = _moment(form)

    def staffed(agencies: list[str]) -> set[str]:
        if len(agencies) > NAMED_AT_MOST:
            return {row[0] for row in sql.rows(_ALL_ON_DUTY, moment)}
        return {row[0] for row in sql.rows(_ON_DUTY, {"agencies": agencies, **moment})}

    return staffed


def divisions_of(agency_id: UUID, form: str | None = None) -> frozenset[str]:
    """Every division code, retired ones too, for which the agency is competent now; often empty."""
    codes = reach(agency_id, form).codes
    return coverage.homes().codes - codes.listed if codes.complement else codes.listed


def competent_codes(agency_id: UUID, form: str | None = None) -> Codes:
    """`divisions_of` as `policy.visible` takes it."""
    return reach(agency_id, form).codes


def national_agencies() -> QuerySet[Agency]:
    """The one reviewing agency of the national level, as rows."""
    return Agency.objects.filter(kind="commerce", level="national")


def is_staffed(agency_id: UUID, form: str | None = None) -> bool:
    """True if the agency has an active reviewer who is not absent."""
    statement = f"SELECT 1 FROM identity_agency AS a WHERE a.id = %(agency)s AND {_STAFFED.format(agency='a')}"
    return sql.row(statement, {"agency": agency_id, **_moment(form)}) is not None


def reviewers_now(agency_id: UUID, form: str | None = None) -> list[UUID]:
    """The agency's active reviewers for `form` who are not absent: whom a notice goes to.

    Where it has pleas for help of a desk with nobody on duty, its reviewers for everything else.
    """
    found = [row[0] for row in sql.rows(_REVIEWERS, {"agency": agency_id, **_moment(form)})]
    return reviewers_now(agency_id) if not found and form == HELP_FORM else found


def agency_view(agency: Agency) -> AgencyView:
    """The row as a value."""
    return AgencyView(
        id=agency.id,
        code=agency.code,
        name=agency.name,
        level=agency.level,
        kind=agency.kind,
        parent_id=agency.parent_id,
        division_code=agency.division_id,
    )


_NAMED = """
SELECT DISTINCT unnest(forms) FROM identity_agencymembership WHERE forms <> '{}'::varchar(80)[] AND (until IS NULL OR until > %(now)s)
"""


def forms_named() -> frozenset[str]:
    """What the lists of forms of today's reviewers say; while it is empty, one agency is competent for every form."""
    return frozenset(row[0] for row in sql.rows(_NAMED, {"now": clock.now()}))


_BELOW = """
WITH RECURSIVE below (id, name) AS (
  SELECT id, name FROM identity_agency WHERE id = %(agency)s
  UNION ALL
  SELECT a.id, a.name FROM below JOIN identity_agency AS a ON a.parent_id = below.id
)
SELECT name FROM below
"""


def units_of(agency_id: UUID) -> frozenset[str]:
    """The names of an agency and of all below it in the agencies' own tree: the units it may speak for."""
    return frozenset(row[0] for row in sql.rows(_BELOW, {"agency": agency_id}))


def _moment(form: str | None) -> dict[str, datetime | list[str] | str | None]:
    return {"now": clock.now(), "forms": form_patterns(form) if form else None, "role": role_for(form)}
