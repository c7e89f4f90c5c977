"""Which rows hold envelopes and blind indexes, for the day after a rotation (D-41)."""

from __future__ import annotations

from chengxin.common import resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.identity import rules
from chengxin.portal.watching import BLIND, place


def _watcher(row: Row) -> Changes:
    email = place(row["id"], "email")
    return (
        resealing.text(row, "email_sealed", bound_to=email)
        | resealing.text(row, "token_sealed", bound_to=place(row["id"], "token"))
        | resealing.index(row, "email_blind", of="email_sealed", bound_to=email, purpose=BLIND, key=rules.email_key)
    )


TABLES = (Table("portal_watcher", "id", ("email_sealed", "email_blind", "token_sealed"), _watcher),)
