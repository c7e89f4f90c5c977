"""Which rows hold envelopes and blind indexes, for the day after a rotation (D-41)."""

from __future__ import annotations

from chengxin.common import resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.gateways.actions import BLIND_PURPOSE, address_key, bound


def _outbox(row: Row) -> Changes:
    to, secret = bound(row["dedupe_key"], "to"), bound(row["dedupe_key"], "secret")
    return (
        resealing.text(row, "to_sealed", bound_to=to)
        | resealing.text(row, "secret_sealed", bound_to=secret)
        | resealing.index(row, "to_blind", of="to_sealed", bound_to=to, purpose=BLIND_PURPOSE, key=address_key)
    )


TABLES = (Table("gateways_outbox", "id", ("dedupe_key", "to_sealed", "to_blind", "secret_sealed"), _outbox),)
