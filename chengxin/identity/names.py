"""What enterprises and people are called, for lists of other apps that hold their ids."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from chengxin.common import sql
from chengxin.identity.models import Account

_CALLED = """
SELECT id, name, uscc FROM identity_enterprise WHERE id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT id, display_name, '' FROM identity_account WHERE id = ANY(%(ids)s::uuid[])
"""
_IS_CALLED = """EXISTS (
  SELECT 1 FROM identity_enterprise AS firm WHERE firm.id IN ({columns})
  AND (strpos(upper(firm.name), upper(%(text)s)) > 0 OR starts_with(firm.uscc, upper(%(text)s)))
)"""


def called(ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Names of enterprises and of people, by id, with the code of an enterprise."""
    return {id_: (name, uscc) for id_, name, uscc in sql.rows(_CALLED, {"ids": list(set(ids))})}


def is_called(*columns: str) -> str:
    """As a condition: one of the enterprises in these columns has `%(text)s` in its name, or a code that begins so."""
    return _IS_CALLED.format(columns=", ".join(columns))


def names_of(account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """How people of agencies are shown, by account."""
    return dict(Account.objects.filter(id__in=list(account_ids), kind="agency").values_list("id", "display_name"))
