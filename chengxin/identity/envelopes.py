"""Which rows hold envelopes and blind indexes, for the day after a rotation (D-41)."""

from __future__ import annotations

from chengxin.common import resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.identity import rules
from chengxin.identity.queries import contact_place


def _account(row: Row) -> Changes:
    changes: Changes = {}
    for what, key in (("email", rules.email_key), ("phone", str)):
        place, sealed = contact_place(row["id"], what), f"{what}_sealed"
        changes |= resealing.text(row, sealed, bound_to=place)
        changes |= resealing.index(row, f"{what}_blind", of=sealed, bound_to=place, purpose=what, key=key)
    return changes


TABLES = (Table("identity_account", "id", ("email_sealed", "email_blind", "phone_sealed", "phone_blind"), _account),)
