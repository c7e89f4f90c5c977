"""People of agencies as values, and who does whose part while somebody is away (D-05)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chengxin.common import clock, sql
from chengxin.identity.models import AgencyMembership
from chengxin.identity.values import StaffView


def staff_view(row: AgencyMembership) -> StaffView:
    """The value of a membership; its account is read with it."""
    return StaffView(
        account_id=row.account_id,
        display_name=row.account.display_name,
        state=row.account.state,
        roles=tuple(row.roles),
        forms=tuple(row.forms),
        absent_from=row.absent_from,
        absent_to=row.absent_to,
        until=row.until,
        deputy_id=row.deputy_id,
    )


_REPRESENTED = """
SELECT m.account_id, person.display_name, person.state, m.roles, m.forms, m.absent_from, m.absent_to, m.until, m.deputy_id
FROM identity_agencymembership AS m JOIN identity_account AS person ON person.id = m.account_id
WHERE m.deputy_id = %(account)s AND 'reviewer' = ANY(m.roles) AND (m.until IS NULL OR m.until > %(now)s)
  AND m.absent_from <= %(now)s AND (m.absent_to IS NULL OR m.absent_to > %(now)s)
ORDER BY m.id
"""


def represented_by(account_id: UUID) -> list[StaffView]:
    """Colleagues who are away now and whose part as reviewers this person does."""
    rows = sql.rows(_REPRESENTED, {"account": account_id, "now": clock.now()})
    return [StaffView(who, name, state, tuple(roles), tuple(forms), *rest) for who, name, state, roles, forms, *rest in rows]


def forms_now(account_id: UUID, roles: Collection[str], forms: Collection[str]) -> frozenset[str]:
    """The forms of a person, and of those whose part that person does now; none named means every form."""
    if not forms or "reviewer" not in roles:
        return frozenset(forms)
    away = [each.forms for each in represented_by(account_id)]
    return frozenset(forms).union(*away) if all(away) else frozenset()
