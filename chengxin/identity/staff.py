"""People of agencies as values, and who does whose part while somebody is away (D-05)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from chengxin.common import clock
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


def represented_by(account_id: UUID) -> list[StaffView]:
    """Colleagues who are away now and whose part as reviewers this person does."""
    now = clock.now()
    rows = AgencyMembership.objects.select_related("account").filter(deputy_id=account_id, roles__contains=["reviewer"])
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=now), Q(absent_to__isnull=True) | Q(absent_to__gt=now), absent_from__lte=now)
    return [staff_view(row) for row in rows.order_by("id")]


def forms_now(membership: AgencyMembership) -> frozenset[str]:
    """The forms of a person, and of those whose part that person does now; none named means every form."""
    if not membership.forms or "reviewer" not in membership.roles:
        return frozenset(membership.forms)
    away = [each.forms for each in represented_by(membership.account_id)]
    return frozenset(membership.forms).union(*away) if all(away) else frozenset()
