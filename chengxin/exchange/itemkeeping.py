"""Writes of items' workbooks: open, put in lines, keep pictures, have lines handed in. All in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from chengxin.catalogue.values import Form
from chengxin.common import clock, crypto
from chengxin.exchange import itemviews
from chengxin.exchange.itemrows import ItemLine, picture_key
from chengxin.exchange.itemviews import BookView
from chengxin.exchange.models import ItemBook, ItemPicture, ItemRow
from chengxin.exchange.values import ROW_DRAFTED, ROW_FAULTY, ROW_REFUSED, ROW_SUBMITTED, ROW_WAITING
from chengxin.filings.files import Stored
from chengxin.identity.values import Actor

MAX_PICTURES = 2_000
"""Pictures that one workbook keeps."""
LEASE_SECONDS = 60
"""How long a line that is being handed in is left to whoever is at it."""
RETRY_SECONDS = 5
MOST_ATTEMPTS = 10
KEPT_DAYS = 90
NAME_CHARS = 200
WHY_CHARS = 300
BATCH = 500


@dataclass(frozen=True)
class Placed:
    """A line and where it leads: the filing it became or is already, and its receipt; or further faults."""

    line: ItemLine
    filing_id: UUID | None = None
    state: str = ROW_FAULTY
    content: bytes = b""
    why: str = ""
    receipt: str = ""
    faults: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Due:
    """A line whose turn it is."""

    id: int
    filing_id: UUID
    key: str
    by_id: UUID
    assurance: str
    form_id: str
    form_version: str
    though: frozenset[str]


def open_book(*, key: str, enterprise_id: UUID, form: Form, name: str, by: Actor) -> BookView | None:
    """Note a workbook; None where the same key opened one before."""
    now = clock.now()
    row = ItemBook(
        key=key, enterprise_id=enterprise_id, form_id=form.id, form_version=form.version, by_id=by.id, name=name[-NAME_CHARS:],
        created_at=now, changed_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return itemviews.view(row)


def again(*, book_id: UUID, form: Form, name: str) -> bool:
    """The corrected workbook takes the place of the lines there are; False while some of them are being handed in."""
    row = ItemBook.objects.select_for_update().get(id=book_id)
    if row.rows.filter(state=ROW_WAITING).exists():
        return False
    row.rows.all().delete()
    row.name, row.form_version, row.times, row.changed_at = name[-NAME_CHARS:], form.version, row.times + 1, clock.now()
    row.save(update_fields=["name", "form_version", "times", "changed_at"])
    return True


def put_in(*, book_id: UUID, placed: Iterable[Placed]) -> None:
    """Keep the lines of a workbook."""
    ItemRow.objects.bulk_create([_row(book_id, each) for each in placed], batch_size=BATCH)


def _row(book_id: UUID, placed: Placed) -> ItemRow:
    line = placed.line
    faults = [*((fault.column, fault.message) for fault in line.faults), *placed.faults]
    cells = json.dumps(dict(line.cells), ensure_ascii=False)
    return ItemRow(
        book_id=book_id,
        number=line.number,
        cells=crypto.seal(cells, bound_to=itemviews.cells_place(book_id, line.number)),
        faults=[list(fault) for fault in faults],
        pictures=[picture_key(name) for name in line.pictures],
        content=placed.content,
        filing_id=placed.filing_id,
        state=placed.state,
        why=placed.why[:WHY_CHARS],
        receipt=placed.receipt,
    )


def keep_picture(*, book_id: UUID, name: str, stored: Stored | None, problem: str = "") -> bool:
    """Keep a picture under its name, the newest of a name; a refused one never replaces a good one. False where there are too many."""
    key = picture_key(name)
    rows = ItemPicture.objects.filter(book_id=book_id)
    if stored is None and rows.filter(name_key=key, problem="").exists():
        return True
    if not rows.filter(name_key=key).exists() and rows.count() >= MAX_PICTURES:
        return False
    values = {"name": name[-NAME_CHARS:], "problem": problem[:WHY_CHARS], "at": clock.now()}
    values |= {"media_type": stored.media_type, "size": stored.bytes, "sha256": stored.sha256} if stored else {}
    ItemPicture.objects.update_or_create(book_id=book_id, name_key=key, defaults=values)
    ItemBook.objects.filter(id=book_id).update(changed_at=clock.now())
    return True


def order(*, book_id: UUID, states: Mapping[UUID, str], by: Actor) -> int:
    """Have every ready draft of a workbook handed in, each under a key of its own; returns how many.

    A line that waits or has its receipt is left alone, so pressing twice does nothing more; one that was not taken is tried
    anew, unless it asks for a decision.
    """
    there = itemviews.good_pictures(book_id)
    rows = ItemRow.objects.select_for_update().filter(book_id=book_id, state__in=[ROW_DRAFTED, ROW_REFUSED])
    ready = [row for row in rows.order_by("number") if itemviews.standing(row, states, there) in (ROW_DRAFTED, ROW_REFUSED)]
    return _order(book_id, ready, by=by)


def confirm(*, book_id: UUID, asks: str, rows: Collection[int], states: Mapping[UUID, str], by: Actor) -> int:
    """Have these lines handed in although they are what `asks` names; returns how many still waited for that word."""
    there = itemviews.good_pictures(book_id)
    found = ItemRow.objects.select_for_update().filter(book_id=book_id, state=ROW_REFUSED, asks=asks, id__in=rows)
    meant = [row for row in found.order_by("number") if itemviews.standing(row, states, there) == itemviews.ASKING]
    for row in meant:
        row.though = [*row.though, asks]
    return _order(book_id, meant, by=by)


def _order(book_id: UUID, rows: Sequence[ItemRow], *, by: Actor) -> int:
    now = clock.now()
    for row in rows:
        row.state, row.key, row.by_id, row.assurance = ROW_WAITING, row.key or uuid4(), by.id, by.assurance
        row.why, row.asks, row.attempts, row.next_try_at = "", "", 0, now
    changed = ["state", "key", "by", "assurance", "why", "asks", "though", "attempts", "next_try_at"]
    ItemRow.objects.bulk_update(rows, changed, batch_size=BATCH)
    ItemBook.objects.filter(id=book_id).update(changed_at=now)
    return len(rows)


def take(*, limit: int) -> list[Due]:
    """Lines whose turn it is, the oldest order first; they are left to the caller for `LEASE_SECONDS`."""
    now = clock.now()
    rows = ItemRow.objects.select_for_update(skip_locked=True, of=("self",)).select_related("book")
    rows = rows.filter(state=ROW_WAITING, next_try_at__lte=now)
    taken = list(rows.order_by("next_try_at", "id")[:limit])
    for row in taken:
        row.next_try_at = now + timedelta(seconds=LEASE_SECONDS)
    ItemRow.objects.bulk_update(taken, ["next_try_at"])
    return [
        Due(row.pk, row.filing_id, str(row.key), row.by_id, row.assurance, row.book.form_id, row.book.form_version, frozenset(row.though))
        for row in taken
        if row.filing_id and row.by_id
    ]


def settle(*, row_id: int, receipt: str = "", why: str = "", asks: str = "") -> None:
    """Note the receipt of a line, or why it was not taken and what a person has to decide first."""
    state = ROW_SUBMITTED if receipt else ROW_REFUSED
    rows = ItemRow.objects.filter(pk=row_id, state=ROW_WAITING)
    rows.update(state=state, receipt=receipt, why=why[:WHY_CHARS], asks=asks, next_try_at=None)


def put_off(*, row_id: int) -> bool:
    """Somebody is at this record now: its turn comes again soon; False where that has been so too often."""
    row = ItemRow.objects.select_for_update().filter(pk=row_id, state=ROW_WAITING).first()
    if row is None or row.attempts >= MOST_ATTEMPTS:
        return row is None
    row.attempts, row.next_try_at = row.attempts + 1, clock.now() + timedelta(seconds=RETRY_SECONDS)
    row.save(update_fields=["attempts", "next_try_at"])
    return True


def sweep() -> int:
    """Forget workbooks that nobody has touched for long: the records they became stand by themselves; returns how many."""
    old = clock.now() - timedelta(days=KEPT_DAYS)
    idle = ItemBook.objects.filter(changed_at__lt=old).exclude(rows__state=ROW_WAITING)
    ids: Sequence[UUID] = list(idle.values_list("id", flat=True)[:100])
    ItemBook.objects.filter(id__in=ids).delete()
    return len(ids)
