"""Published voluntary records where the archive shows them: groups S20 to S23 are views of some items, not filled in twice (D-35)."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Group
from chengxin.common import clock
from chengxin.records import reading, standing

MOST_SHOWN = 100
"""Most records in one view."""


def shown_in(group: Group, *, enterprise_id: UUID) -> tuple[reading.Item, ...]:
    """What a view of the archive lists: the public records of its items, the newest first."""
    found = standing.public(enterprise_id=enterprise_id, most=MOST_SHOWN)
    records = [record for record in found if catalogue.version(record["form"]).id in group.shows]
    codes, today = code_tables.shipped(), clock.today()
    return tuple(
        reading.item(record, form_of=catalogue.version, codes=codes, today=today, number=number)
        for number, record in enumerate(records, start=1)
    )


def sections(*, enterprise_id: UUID) -> list[reading.Section]:
    """All of them by item, as the public file shows or will show them."""
    found = standing.public(enterprise_id=enterprise_id, most=MOST_SHOWN)
    counted = Counter(str(record["group"]) for record in found)
    document = {"records": found, "groups": {code: {"total": n, "more": False} for code, n in counted.items()}}
    return reading.sections(document, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today())
