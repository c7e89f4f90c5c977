"""Which rows hold envelopes and keyed fingerprints, for the day after a rotation (D-41)."""

from __future__ import annotations

import json

from chengxin.common import crypto, resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.records import inserting, openings
from chengxin.records.values import GOVERNMENT, SENT_AGAIN

COLUMNS = ("inside", "fingerprint", "fragment", "origin", "publicity_until", "ended_at")


def _version(row: Row) -> Changes:
    return resealing.values(row, "inside", bound_to=lambda code: f"{row['version_id']}/{code}") | _fingerprint(row)


def _fingerprint(row: Row) -> Changes:
    """Made anew where what it was made of is there and gives the former one: only versions that stand are compared with."""
    if row["ended_at"] is not None or crypto.blind_versions() == 1:
        return {}
    uncompared = SENT_AGAIN if row["origin"] == GOVERNMENT else frozenset()
    said = inserting.compared(
        content=openings.inside_plain(row["version_id"], row["inside"]),
        public=json.loads(row["fragment"])["content"] if row["fragment"] is not None else None,
        until=row["publicity_until"],
        uncompared=uncompared,
    )
    new, *former = inserting.marker()(said)
    return {"fingerprint": new} if row["fingerprint"] in former else {}


TABLES = (Table("records_version", "version_id", COLUMNS, _version),)
