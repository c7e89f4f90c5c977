"""Loading reference data: divisions and working days, from CSV files."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock
from chengxin.common.canonical import sha256_hex
from chengxin.common.errors import Invalid
from chengxin.identity import policy
from chengxin.identity.models import Division, DivisionLoad, WorkDay
from chengxin.identity.tree import DivisionRow, rows_from
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

RETIRED_FILE = "divisions_retired.csv"
_UPDATED = ["name", "level", "parent", "above", "retired", "successor", "sort"]


@transaction.atomic
def load_divisions(path: Path, by: Actor | None = None) -> int:
    """Load `divisions.csv` and, if it lies beside it, `divisions_retired.csv`; returns how many changed.

    A division that is no longer listed stays, as filings name it. Loading the same files again does
    nothing. Raises Invalid for a list that contradicts itself.
    """
    actor = by or Actor.system("install")
    policy.require(by=actor, permission="division.load")
    beside = Path(path).with_name(RETIRED_FILE)
    content = Path(path).read_bytes() + (beside.read_bytes() if beside.exists() else b"")
    digest = sha256_hex(content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.load_divisions'))")
    if DivisionLoad.objects.order_by("-id").values_list("sha256", flat=True).first() == digest:
        return 0
    try:
        rows = rows_from(current=_table(path), retired=_table(beside) if beside.exists() else ())
    except (ValueError, KeyError) as error:
        raise Invalid({"file": [_("行政区划文件内容有误：%(error)s") % {"error": error}]}) from error
    Division.objects.bulk_create(
        [_model(row) for row in rows],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=_UPDATED,
    )
    load = DivisionLoad.objects.create(sha256=digest, at=clock.now())
    ledger.append(kind="division.loaded", subject=str(load.id), data={"sha256": digest, "rows": len(rows)}, by=actor)
    return len(rows)


def _model(row: DivisionRow) -> Division:
    return Division(
        code=row.code,
        name=row.name,
        level=row.level,
        parent_id=row.parent,
        above_id=row.above,
        retired=row.retired,
        successor_id=row.successor,
        sort=row.sort,
    )


@transaction.atomic
def load_workdays(path: Path, *, source: str, by: Actor) -> int:
    """Load days (columns date,is_workday,name) of the yearly notice `source`; returns how many (REG-20).

    Raises Invalid naming the line that cannot be read.
    """
    policy.require(by=by, permission="workday.load")
    days = [_day(row, number, source) for number, row in enumerate(_table(path), start=2)]
    WorkDay.objects.bulk_create(
        days,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_workday", "name", "source", "provisional"],
    )
    years = sorted({day.date.year for day in days})
    ledger.append(kind="workday.loaded", subject="workday", data={"years": years, "rows": len(days)}, by=by)
    return len(days)


def _day(row: dict[str, str], number: int, source: str) -> WorkDay:
    try:
        when = date.fromisoformat(row["date"].strip())
        is_workday = {"1": True, "0": False}[row["is_workday"].strip()]
    except (KeyError, ValueError) as error:
        raise Invalid({"file": [_("第%(line)d行：日期或是否工作日（1或0）有误") % {"line": number}]}) from error
    return WorkDay(date=when, is_workday=is_workday, name=row.get("name", "")[:40], source=source, provisional=False)


def _table(path: Path) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))
