"""Which rows hold envelopes, for the day after a rotation (D-41).

The lines of an import under way stay as they are: they hold envelopes within an envelope and go with the import, and what it
takes in is renewed where it then stands. Until then they count as held.
"""

from __future__ import annotations

from chengxin.common import crypto, resealing
from chengxin.common.errors import Unavailable
from chengxin.common.resealing import Changes, Row, Table
from chengxin.exchange import itemviews, queries


def _chunk(row: Row) -> Changes:
    if row["payload"] and crypto.needs_resealing(row["payload"]):
        raise Unavailable
    return {}


def _faulty_line(row: Row) -> Changes:
    return resealing.text(row, "cells", bound_to=queries.cells_place(row["job_id"], row["number"]))


def _item_row(row: Row) -> Changes:
    return resealing.text(row, "cells", bound_to=itemviews.cells_place(row["book_id"], row["number"]))


TABLES = (
    Table("exchange_chunk", "id", ("payload",), _chunk),
    Table("exchange_faultyline", "id", ("job_id", "number", "cells"), _faulty_line),
    Table("exchange_itemrow", "id", ("book_id", "number", "cells"), _item_row),
)
