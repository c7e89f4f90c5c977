"""Whether what the public reads is what the records say: files, search rows, openings and leaves (D-47, D-57)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from chengxin.common import clock
from chengxin.ledger import queries as ledger
from chengxin.records import filesql, openings

BATCH = 200

_NEXT = """
SELECT enterprise_id FROM records_publicfile
WHERE uscc > %(after)s AND (next_change_on IS NULL OR next_change_on > %(day)s) ORDER BY uscc LIMIT %(limit)s
"""
_COMPARE = f"""
WITH made AS ({filesql.ASSEMBLE})
SELECT f.uscc, f.body, f.body = made.body FROM made JOIN records_publicfile f USING (enterprise_id) ORDER BY f.uscc
"""
_UNFOUND = """
SELECT f.uscc FROM records_publicfile f LEFT JOIN records_search s USING (enterprise_id)
WHERE s.enterprise_id IS NULL
UNION ALL
SELECT s.uscc FROM records_search s LEFT JOIN records_publicfile f USING (enterprise_id)
WHERE f.enterprise_id IS NULL
"""


def differing_files(*, limit: int | None = None) -> list[str]:
    """Codes of files whose bytes are not what their records give, or that show a record its leaf does not hold.

    Looks at the first `limit` files in the order of codes, at all of them with None. A file whose day of change
    has come is left out: its readers get it put together afresh (D-07).
    """
    found: list[str] = []
    after, left = "", limit
    while left is None or left > 0:
        rows = _compared(after, BATCH if left is None else min(BATCH, left))
        if not rows:
            break
        found += [code for code, body, same in rows if not (same and _opens(body))]
        after, left = rows[-1][0], None if left is None else left - len(rows)
    return found


def _compared(after: str, size: int) -> list[tuple[str, bytes, bool]]:
    """The next files: code, bytes as stored, whether they are as they should be; compared in one statement."""
    args: dict[str, Any] = {"after": after, "day": clock.today(), "limit": size}
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, args)
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(_COMPARE, {"ids": ids, "day": args["day"]})
        return [(code, bytes(body), same) for code, body, same in cursor.fetchall()]


def _opens(body: bytes) -> bool:
    """Whether every record of the file opens the commitment in its leaf (D-17)."""
    shown: list[Mapping[str, Any]] = json.loads(body)["records"]
    leaves = ledger.leaves(version_ids=[UUID(each["version_id"]) for each in shown])
    return all(_matches(each, leaves.get(UUID(each["version_id"]))) for each in shown)


def _matches(shown: Mapping[str, Any], leaf: bytes | None) -> bool:
    if leaf is None:
        return False
    made = openings.commitment(content=shown["content"], salt=base64.b64decode(shown["salt"]))
    return bool(base64.b64encode(made).decode() == json.loads(leaf)["commitment"])


def unfound_files() -> list[str]:
    """Codes that stand in the files and not in search, or the other way round."""
    with connection.cursor() as cursor:
        cursor.execute(_UNFOUND)
        return [row[0] for row in cursor.fetchall()]
