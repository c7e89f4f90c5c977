"""Subjects live on: a new name, another region, the end of the registration; the code never changes (D-10)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, sql, text
from chengxin.common.errors import Conflict, Invalid
from chengxin.identity import divisions, policy, rules
from chengxin.identity.actions import Taken, administrator, locked, save, taken
from chengxin.identity.models import Enterprise, SubjectFact
from chengxin.identity.values import Actor, SubjectEnd
from chengxin.ledger import actions as ledger

FORMER_NAME = "former_name"
ENDS = ("deregistered", "revoked")


def name_taken(*, enterprise_id: UUID, name: str) -> bool:
    """Whether another subject has the name, by the rules of this one's kind (D-12)."""
    row = Enterprise.objects.get(id=enterprise_id)
    return bool(taken(kind=row.kind, name=rules.clean_name(name), division_code=row.division_id, besides=row.id))


def former_names(enterprise_id: UUID) -> tuple[str, ...]:
    """曾用名, the newest first."""
    rows = SubjectFact.objects.filter(enterprise_id=enterprise_id, kind=FORMER_NAME).order_by("-at", "-id")
    return tuple(rows.values_list("name", flat=True))


_END = """
SELECT kind, "on", source FROM identity_subjectfact WHERE enterprise_id = %(enterprise)s AND kind = ANY (%(kinds)s) ORDER BY id LIMIT 1
"""


def end_of(enterprise_id: UUID) -> SubjectEnd | None:
    """That the registration ended, if it did: the archive is frozen from then on."""
    found = sql.row(_END, {"enterprise": enterprise_id, "kinds": list(ENDS)})
    return SubjectEnd(*found) if found else None


@transaction.atomic
def rename(*, enterprise_id: UUID, name: str, on: date, source: str, by: Actor) -> str:
    """更名; returns the former name, which stays known. Raises Invalid, or Taken where another has the name."""
    row = _active(enterprise_id, by)
    shown, former = rules.clean_name(name), row.name
    errors = rules.name_errors(name, kind=row.kind)
    if errors:
        raise Invalid({"name": errors})
    if text.name_key(shown) == row.name_key:
        raise Invalid({"name": [_("与现在的名称相同，请填写变更后的名称")]})
    if taken(kind=row.kind, name=shown, division_code=row.division_id, besides=row.id):
        raise Taken({"name": [rules.NAME_TAKEN]})
    if former:
        _note(row, FORMER_NAME, name=former, on=on, source=source)
    row.name, row.name_key = shown, text.name_key(shown)
    save(row)
    account = administrator(row)
    account.display_name = shown
    account.save(update_fields=["display_name"])
    ledger.append(kind="enterprise.renamed", subject=str(row.id), data={"account": str(account.id)}, by=by)
    return former


@transaction.atomic
def move(*, enterprise_id: UUID, division_code: str, by: Actor) -> None:
    """住所迁移 to another division. Raises Invalid, or Taken where a namesake of kind 92 is there already."""
    row = _active(enterprise_id, by)
    errors = rules.division_errors(division_code, tree=divisions.tree())
    if errors:
        raise Invalid({"division": errors})
    former, row.division_id = row.division_id, division_code
    save(row)
    ledger.append(kind="enterprise.moved", subject=str(row.id), data={"from": former, "to": division_code}, by=by)


@transaction.atomic
def end(*, enterprise_id: UUID, end: SubjectEnd, by: Actor) -> None:
    """注销 or 吊销, with day and source; once."""
    row = _active(enterprise_id, by)
    if end_of(enterprise_id) is not None:
        raise Conflict(_("该主体已登记注销或吊销。"), code="subject-ended")
    _note(row, end.status, on=end.on, source=end.source)
    ledger.append(kind="enterprise.ended", subject=str(row.id), data={"status": end.status, "on": end.on.isoformat()}, by=by)


def _active(enterprise_id: UUID, by: Actor) -> Enterprise:
    row = locked(enterprise_id)
    policy.require(by=by, permission="enterprise.change", division_code=row.division_id)
    if row.state != "active":
        raise Conflict(_("该企业当前状态不能变更主体信息。"))
    return row


def _note(row: Enterprise, kind: str, *, on: date, source: str, name: str = "") -> None:
    SubjectFact.objects.create(enterprise=row, kind=kind, name=name, on=on, source=source[:200], at=clock.now())
