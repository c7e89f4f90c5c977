"""Who holds a government record now, by the key its source unit gave it."""

from __future__ import annotations

from uuid import UUID

from chengxin.records.models import Version
from chengxin.records.values import GOVERNMENT


def holder_of(*, source_unit: str, source_no: str, group: str) -> UUID | None:
    """The enterprise that the current record with this natural key belongs to, or None."""
    rows = Version.objects.filter(
        source_unit=source_unit, source_no=source_no, group=group, origin=GOVERNMENT, ended_at=None
    )
    return rows.values_list("enterprise_id", flat=True).first()
