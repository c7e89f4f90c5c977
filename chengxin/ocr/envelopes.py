"""Which rows hold envelopes, for the day after a rotation (D-41)."""

from __future__ import annotations

from chengxin.common import resealing
from chengxin.common.resealing import Changes, Row, Table
from chengxin.ocr import queries


def _reading(row: Row) -> Changes:
    return resealing.text(row, "lines", bound_to=queries.place(row["attachment_id"]))


TABLES = (Table("ocr_reading", "attachment_id", ("lines",), _reading),)
