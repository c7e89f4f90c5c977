"""Enterprises that are only known: from the records of others, not yet registered (D-06, D-08)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, identifiers, sql, text
from chengxin.common.errors import Invalid
from chengxin.identity import divisions, policy, rules
from chengxin.identity.models import Enterprise
from chengxin.identity.tree import DivisionTree
from chengxin.identity.values import UNNAMED_KIND, Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger.values import NewEvent


@dataclass(frozen=True)
class Unregistered:
    """A code that records name, with the name they give it, if any, and the division it stands in."""

    uscc: str
    name: str
    division_code: str


class Holder(NamedTuple):
    """Who holds a code now, and whether it has been registered."""

    id: UUID
    uscc: str
    claimed: bool


_HOLDERS = """
SELECT id, uscc, claimed FROM identity_enterprise WHERE uscc = ANY(string_to_array(%(codes)s, chr(31))) AND state <> 'closed'
"""
_LOCKED = f"{_HOLDERS} ORDER BY uscc FOR UPDATE"
_LOCKED_BESIDES = """
SELECT id, uscc, claimed, state FROM identity_enterprise
WHERE uscc = ANY(string_to_array(%(codes)s, chr(31))) AND state <> 'closed' OR id = ANY(%(ids)s::uuid[]) ORDER BY uscc, id FOR UPDATE
"""


def holders(codes: Iterable[str]) -> dict[str, Holder]:
    """Those who hold codes (in their normal form) now; codes that nobody holds are left out."""
    rows = sql.rows(_HOLDERS, {"codes": sql.listed(codes)})
    return {row[1]: Holder(*row) for row in rows}


def lock_holders(codes: Iterable[str], *, besides: Iterable[UUID] = ()) -> dict[str, Holder]:
    """The same with their rows, and those of the enterprises `besides`, held to the end of the transaction."""
    given: dict[str, Any] = {"codes": sql.listed(codes), "ids": list(besides)}
    if not given["ids"]:
        return {row[1]: Holder(*row) for row in sql.rows(_LOCKED, {"codes": given["codes"]})}
    rows = sql.rows(_LOCKED_BESIDES, given)
    return {uscc: Holder(row_id, uscc, claimed) for row_id, uscc, claimed, state in rows if state != "closed"}


@transaction.atomic
def know_enterprises(*, entries: Sequence[Unregistered], by: Actor) -> dict[str, UUID]:
    """The enterprises of the codes, those nobody holds made in state `known`; ids by code in its normal form.

    Raises Invalid by field for the first entry that cannot be one.
    """
    policy.require(by=by, permission="enterprise.know")
    tree = divisions.tree()
    wanted: dict[str, Enterprise] = {}
    for entry in entries:
        row = _row(entry, tree)
        wanted.setdefault(row.uscc, row)
    found = _held(list(wanted))
    fresh = [row for uscc, row in wanted.items() if uscc not in found]
    Enterprise.objects.bulk_create(fresh, ignore_conflicts=True)
    found |= _held([row.uscc for row in fresh])
    made = [row for row in fresh if found[row.uscc] == row.id]
    ledger.append_many(
        events=[NewEvent(kind="enterprise.known", subject=str(row.id), data={"division": row.division_id}) for row in made],
        by=by,
    )
    return found


def _held(codes: Sequence[str]) -> dict[str, UUID]:
    rows = Enterprise.objects.filter(uscc__in=codes).exclude(state="closed")
    return dict(rows.values_list("uscc", "id"))


def _row(entry: Unregistered, tree: DivisionTree) -> Enterprise:
    errors: rules.Errors = {
        "uscc": list(identifiers.uscc_errors(entry.uscc)),
        "name": rules.name_errors(entry.name, kind=UNNAMED_KIND),
        "division": [] if entry.division_code in tree else [_("所属地区不存在，请重新选择")],
    }
    if any(errors.values()):
        raise Invalid({field: texts for field, texts in errors.items() if texts})
    code, shown = identifiers.normalise_uscc(entry.uscc), rules.clean_name(entry.name)
    return Enterprise(
        id=uuid.uuid4(),
        uscc=code,
        kind=identifiers.uscc_kind(code),
        name=shown,
        name_key=text.name_key(shown),
        division_id=tree.current(entry.division_code),
        created_at=clock.now(),
    )
