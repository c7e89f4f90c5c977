"""Reads of items' workbooks: whose they are, what stands at each line, how far the handing in has come."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chengxin.common import crypto
from chengxin.common.errors import NotFound
from chengxin.exchange.models import ItemBook, ItemPicture, ItemRow
from chengxin.exchange.values import ROW_DRAFTED, ROW_REFUSED, ROW_STATES, ROW_SUBMITTED, Fault
from chengxin.filings import lifecycle

NEWEST = 10
LACKING, GONE, ASKING = "lacking", "gone", "asking"
"""A draft whose pictures are not all there; one that somebody deleted; one that was not taken until a person has decided."""


@dataclass(frozen=True)
class BookView:
    """One workbook: of whom, of which item in which version, how often it came."""

    id: UUID
    enterprise_id: UUID
    form_id: str
    form_version: str
    by_id: UUID
    name: str
    times: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class RowView:
    """One line. `cells` are by field code as typed, `pictures` the keys of the files it names."""

    id: int
    number: int
    cells: Mapping[str, str]
    faults: tuple[Fault, ...]
    pictures: tuple[str, ...]
    filing_id: UUID | None
    state: str
    why: str
    asks: str
    receipt: str


@dataclass(frozen=True)
class PictureView:
    """One picture that came: kept under its hash, or why it was refused."""

    key: str
    name: str
    sha256: str
    media_type: str
    size: int
    problem: str


@dataclass(frozen=True)
class Counts:
    """How the lines of a workbook stand; `drafted` are those whose pictures are all there, `lacking` those whose are not."""

    lines: int = 0
    faulty: int = 0
    drafted: int = 0
    lacking: int = 0
    waiting: int = 0
    submitted: int = 0
    refused: int = 0
    asking: int = 0
    gone: int = 0

    @property
    def ready(self) -> int:
        """What 报送 hands in: ready drafts, and those that were not taken before."""
        return self.drafted + self.refused

    @property
    def share(self) -> int:
        """How much of what was ordered is done, in percent."""
        whole = self.waiting + self.submitted + self.refused + self.asking
        return 100 * (whole - self.waiting) // whole if whole else 100


def view(row: ItemBook) -> BookView:
    """A workbook as others see it."""
    return BookView(
        row.id, row.enterprise_id, row.form_id, row.form_version, row.by_id, row.name, row.times, row.created_at, row.changed_at
    )


def own(book_id: UUID, *, enterprise_id: UUID) -> BookView:
    """A workbook of this enterprise; NotFound for every other."""
    row = ItemBook.objects.filter(id=book_id, enterprise_id=enterprise_id).first()
    if row is None:
        raise NotFound
    return view(row)


def by_key(key: str, *, enterprise_id: UUID) -> BookView | None:
    """The workbook that was opened by this submission."""
    row = ItemBook.objects.filter(key=key, enterprise_id=enterprise_id).first()
    return view(row) if row else None


def newest(*, enterprise_id: UUID, form_id: str) -> list[BookView]:
    """The workbooks of an enterprise for one item, newest first."""
    rows = ItemBook.objects.filter(enterprise_id=enterprise_id, form_id=form_id)
    return [view(row) for row in rows.order_by("-created_at")[:NEWEST]]


def rows(book_id: UUID, *, after: int = 0, limit: int | None = None, only: Collection[str] = ()) -> list[RowView]:
    """The lines of a workbook in their order, from behind a number on."""
    found = ItemRow.objects.filter(book_id=book_id, number__gt=after)
    found = found.filter(state__in=list(only)) if only else found
    return [_row(row) for row in found.order_by("number")[:limit]]


def asking(book_id: UUID, *, asks: str, states: Mapping[UUID, str]) -> list[RowView]:
    """The lines that wait for a person's decision of this kind."""
    found = ItemRow.objects.filter(book_id=book_id, state=ROW_REFUSED, asks=asks).order_by("number")
    there = good_pictures(book_id)
    return [_row(row) for row in found if standing(row, states, there) == ASKING]


def _row(row: ItemRow) -> RowView:
    cells = json.loads(crypto.unseal(row.cells, bound_to=cells_place(row.book_id, row.number)))
    faults = tuple(Fault(row.number, column, message) for column, message in row.faults)
    return RowView(row.pk, row.number, cells, faults, tuple(row.pictures), row.filing_id, row.state, row.why, row.asks, row.receipt)


def cells_place(book_id: UUID, number: int) -> str:
    """What the envelope of a line's cells is bound to."""
    return f"exchange.itemrow/{book_id}/{number}"


def pictures(book_id: UUID) -> dict[str, PictureView]:
    """The pictures that came with a workbook, by key."""
    found = ItemPicture.objects.filter(book_id=book_id).order_by("name_key")
    return {row.name_key: PictureView(row.name_key, row.name, row.sha256, row.media_type, row.size, row.problem) for row in found}


def good_pictures(book_id: UUID) -> set[str]:
    """The keys of the pictures that were taken in."""
    return set(ItemPicture.objects.filter(book_id=book_id, problem="").values_list("name_key", flat=True))


def standing(row: RowView | ItemRow, states: Mapping[UUID, str], there: Collection[str]) -> str:
    """Where a line stands now: as it was left, unless its draft was handed in or deleted elsewhere, or lacks pictures."""
    if row.state not in (ROW_DRAFTED, ROW_REFUSED) or row.filing_id is None:
        return row.state
    now = states.get(row.filing_id)
    if now != lifecycle.DRAFT:
        return ROW_SUBMITTED if now else GONE
    lacks = any(key not in there for key in row.pictures)
    return LACKING if lacks else ASKING if row.asks else row.state


def counts(book_id: UUID, states: Mapping[UUID, str]) -> Counts:
    """How the lines of a workbook stand, given where their records do."""
    there, found = good_pictures(book_id), dict.fromkeys((*ROW_STATES, LACKING, GONE, ASKING), 0)
    lines = ItemRow.objects.filter(book_id=book_id).only("state", "pictures", "filing_id", "asks")
    for row in lines:
        found[standing(row, states, there)] += 1
    return Counts(lines=sum(found.values()), **found)


def filings_in(book_id: UUID) -> list[UUID]:
    """The filings that the lines of a workbook became."""
    rows = ItemRow.objects.filter(book_id=book_id, filing_id__isnull=False)
    return [filing for filing in rows.values_list("filing_id", flat=True) if filing]


def named_pictures(book_id: UUID) -> dict[str, list[int]]:
    """Every picture that a line names, with the numbers of those lines."""
    found: dict[str, list[int]] = {}
    for number, names in ItemRow.objects.filter(book_id=book_id).order_by("number").values_list("number", "pictures"):
        for key in names:
            found.setdefault(key, []).append(number)
    return found


def naming(book_id: UUID, *, key: str = "") -> list[tuple[UUID, tuple[str, ...]]]:
    """The drafts whose lines name pictures, or this one picture, with all the pictures they name."""
    found = ItemRow.objects.filter(book_id=book_id, state__in=[ROW_DRAFTED, ROW_REFUSED], filing_id__isnull=False)
    found = found.filter(pictures__contains=[key]) if key else found
    return [(filing, tuple(names)) for filing, names in found.values_list("filing_id", "pictures") if filing]


def holds(sha256: str) -> bool:
    """Whether a workbook still speaks of these bytes: the sweep leaves them (D-39)."""
    return ItemPicture.objects.filter(sha256=sha256).exists()


def filings_of(*, enterprise_id: UUID, form_id: str, contents: Collection[bytes]) -> dict[bytes, list[UUID]]:
    """The filings that lines with this content became, in any workbook of the enterprise for the item, newest first."""
    rows = ItemRow.objects.filter(book__enterprise_id=enterprise_id, book__form_id=form_id, content__in=list(contents))
    found: dict[bytes, list[UUID]] = {}
    for content, filing_id in rows.filter(filing_id__isnull=False).order_by("-id").values_list("content", "filing_id"):
        if filing_id is not None:
            found.setdefault(bytes(content), []).append(filing_id)
    return found


def receipts_of(filing_ids: Collection[UUID]) -> dict[UUID, str]:
    """The receipts that lines got, by filing."""
    rows = ItemRow.objects.filter(filing_id__in=list(filing_ids)).exclude(receipt="")
    return {filing: receipt for filing, receipt in rows.order_by("id").values_list("filing_id", "receipt") if filing}
