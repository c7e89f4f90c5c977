"""Many voluntary records at once: a workbook becomes drafts, pictures find their lines, ready drafts are handed in one by one.

A line that comes again leads to the filing it became before: by its 草稿编号, else by what it says. So a corrected workbook
never doubles what was good the first time, and a record that stands already is named instead of registered again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.exchange import itembooks, itemkeeping, itemrows, itemviews
from chengxin.exchange.itembooks import Marked
from chengxin.exchange.itemkeeping import Due
from chengxin.exchange.itemrows import ItemLine, picture_key
from chengxin.exchange.itemviews import BookView, PictureView, RowView
from chengxin.exchange.values import ROW_DRAFTED, ROW_FAULTY, ROW_REFUSED, ROW_SUBMITTED, ROW_WAITING
from chengxin.filings import attaching, many
from chengxin.filings.files import Readable, Stored
from chengxin.filings.voluntary import Alike, Held
from chengxin.flow import itemplacing, voluntary
from chengxin.flow.step import settled, step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

KIND, SLOT = voluntary.KIND, voluntary.SLOT
BATCH = 20
"""Lines that are taken for handing in at a time."""
STATES = {
    ROW_FAULTY: gettext_lazy("有错误，请更正"),
    ROW_DRAFTED: gettext_lazy("已存草稿"),
    ROW_SUBMITTED: gettext_lazy("已报送"),
    ROW_WAITING: gettext_lazy("等待报送"),
    ROW_REFUSED: gettext_lazy("未报送"),
    itemviews.LACKING: gettext_lazy("已存草稿，待上传图片"),
    itemviews.GONE: gettext_lazy("草稿已删除"),
    itemviews.ASKING: gettext_lazy("待您确认"),
}
DRAFTS = (ROW_DRAFTED, itemviews.LACKING, itemviews.ASKING, ROW_REFUSED)
ALIKE, HELD = Alike.default_code, Held.default_code


def template(*, form_id: str, by: Actor) -> bytes:
    """The workbook to fill in."""
    return itembooks.template(_form(form_id, by=by))


def _form(form_id: str, *, by: Actor) -> Form:
    """The item in force, in the words for the acting person's kind of subject (D-12)."""
    assert by.enterprise_id is not None
    form = catalogue.current(form_id)
    return catalogue_rules.for_subject(form, _subject(form, by=by))


def _subject(form: Form, *, by: Actor) -> str:
    assert by.enterprise_id is not None
    return catalogue_rules.subject_of(form, uscc=identity.enterprise(by.enterprise_id).uscc)


# --- a workbook -------------------------------------------------------------------------------------------------------
def hand_in(*, form_id: str, stream: Readable, name: str, key: str, by: Actor) -> BookView:
    """Check a workbook and keep it: every good line is a draft then. The same `key` gives the first one again.

    Raises Invalid({"file": …}) for what is no workbook of this item; Conflict where the item is closed, the commitment is not
    signed, or there are too many drafts.
    """
    enterprise_id = voluntary.require_can_open(form_id=form_id, by=by)
    earlier = itemviews.by_key(key, enterprise_id=enterprise_id)
    if earlier is not None:
        return earlier
    form, lines = _read(form_id, stream, by=by)
    return _keep(form=form, lines=lines, name=name, key=key, by=by)


def again(*, book_id: UUID, stream: Readable, name: str, by: Actor) -> BookView:
    """The corrected workbook: its lines take the place of those there are, its pictures stay."""
    book = own(book_id, by=by)
    voluntary.require_can_open(form_id=book.form_id, by=by)
    form, lines = _read(book.form_id, stream, by=by)
    return _keep_again(book=book, form=form, lines=lines, name=name, by=by)


def _read(form_id: str, stream: Readable, *, by: Actor) -> tuple[Form, list[ItemLine]]:
    form = _form(form_id, by=by)
    data = stream.read(itembooks.MAX_BYTES + 1)
    table = itembooks.read(data, form)
    return form, itemrows.judge(table, form, subject=_subject(form, by=by), today=clock.today())


@step
def _keep(*, form: Form, lines: Sequence[ItemLine], name: str, key: str, by: Actor) -> BookView:
    enterprise_id = voluntary.require_can_open(form_id=form.id, by=by)
    identity.lock_enterprise(enterprise_id)
    book = itemkeeping.open_book(key=key, enterprise_id=enterprise_id, form=form, name=name, by=by)
    if book is None:
        first = itemviews.by_key(key, enterprise_id=enterprise_id)
        if first is None:
            raise Conflict
        return first
    itemkeeping.put_in(book_id=book.id, placed=itemplacing.placed(lines, form, enterprise_id, by=by))
    return book


@step
def _keep_again(*, book: BookView, form: Form, lines: Sequence[ItemLine], name: str, by: Actor) -> BookView:
    enterprise_id = voluntary.require_can_open(form_id=form.id, by=by)
    identity.lock_enterprise(enterprise_id)
    placed = itemplacing.placed(lines, form, enterprise_id, by=by)
    if not itemkeeping.again(book_id=book.id, form=form, name=name):
        raise Conflict(_("正在报送这个工作簿中的记录，请待报送完成后再上传更正。"), code="book-under-way")
    itemkeeping.put_in(book_id=book.id, placed=placed)
    _give_pictures(book, itemviews.naming(book.id), by=by)
    return itemviews.own(book.id, enterprise_id=enterprise_id)


# --- pictures ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Taken:
    """What became of one picture: the hash it is kept under, or why it was refused, and the lines that name it."""

    name: str
    sha256: str = ""
    size: int = 0
    problem: str = ""
    lines: tuple[int, ...] = ()


def add_picture(*, book_id: UUID, stream: Readable, name: str, by: Actor) -> Taken:
    """Keep a picture and put it to the drafts that name it; one that will not do is noted with the reason."""
    book = own(book_id, by=by)
    try:
        stored: Stored | None = attaching.intake(stream=stream, name=name, slot=SLOT)
        problem = ""
    except Invalid as error:
        stored, problem = None, next((text for texts in error.fields.values() for text in texts), error.message)
    _keep_picture(book=book, name=name, stored=stored, problem=problem, by=by)
    lines = tuple(itemviews.named_pictures(book.id).get(picture_key(name), ()))
    return Taken(name, stored.sha256 if stored else "", stored.bytes if stored else 0, problem, lines)


@step
def _keep_picture(*, book: BookView, name: str, stored: Stored | None, problem: str, by: Actor) -> None:
    identity.lock_enterprise(book.enterprise_id)
    if not itemkeeping.keep_picture(book_id=book.id, name=name, stored=stored, problem=problem):
        words = _("一个工作簿最多%(most)s张图片，请分批上传。") % {"most": itemkeeping.MAX_PICTURES}
        raise Invalid(words, fields={"pictures": [words]})
    if stored:
        _give_pictures(book, itemviews.naming(book.id, key=picture_key(name)), by=by)


def _give_pictures(book: BookView, drafts: Sequence[tuple[UUID, Sequence[str]]], *, by: Actor) -> None:
    """Put the pictures that lines name to their drafts, as far as they are there."""
    held = {key: _stored(each) for key, each in itemviews.pictures(book.id).items() if not each.problem}
    wanted = {filing: [held[key] for key in names if key in held] for filing, names in drafts}
    many.put_pictures(form=catalogue.version(book.form_version), pictures=wanted, by=by)


def _stored(picture: PictureView) -> Stored:
    return Stored(picture.sha256, picture.media_type, picture.size, picture.name)


# --- handing in -------------------------------------------------------------------------------------------------------
@step
def order(*, book_id: UUID, by: Actor) -> int:
    """Have all ready drafts of a workbook handed in; the worker does it line by line. Returns how many."""
    book = own(book_id, by=by)
    voluntary.require_can_open(form_id=book.form_id, by=by)
    return itemkeeping.order(book_id=book.id, states=states_of(book), by=by)


@step
def confirm(*, book_id: UUID, asks: str, rows: Collection[int], by: Actor) -> int:
    """Have lines handed in that were shown to be near to others (or held already), as the person means them. Returns how many."""
    book = own(book_id, by=by)
    voluntary.require_can_open(form_id=book.form_id, by=by)
    return itemkeeping.confirm(book_id=book.id, asks=asks, rows=rows, states=states_of(book), by=by)


def carry_out(limit: int) -> int:
    """Hand in lines whose turn it is, each in a transaction of its own and under its own key; returns how many.

    A line that was handed in when the program was killed gets the same receipt when its turn comes again (D-33).
    """
    done = 0
    while done < limit and (taken := _take(min(BATCH, limit - done))):
        for due in taken:
            _hand_in(due)
        done += len(taken)
    return done


@step
def _take(limit: int) -> list[Due]:
    return itemkeeping.take(limit=limit)


def _hand_in(due: Due) -> None:
    def work() -> None:
        by = identity.actor_for(due.by_id, due.assurance)
        if due.form_version != catalogue.current_version(due.form_id):
            voluntary.open_draft(filing_id=due.filing_id, by=by)
        meant = {"though_alike": ALIKE in due.though, "though_held": HELD in due.though}
        try:
            done = voluntary.submit(filing_id=due.filing_id, key=due.key, by=by, **meant)
        except (Alike, Held) as error:
            _settle(due.id, why=error.message, asks=error.code)
        else:
            _settle(due.id, receipt=done.number)

    broken = str(_("系统暂时无法报送，请稍后再试。"))
    if not settled(work, refuse=lambda why: _settle(due.id, why=why), broken=broken):
        _put_off(due.id)


@step
def _settle(row_id: int, *, receipt: str = "", why: str = "", asks: str = "") -> None:
    itemkeeping.settle(row_id=row_id, receipt=receipt, why=why, asks=asks)


@step
def _put_off(row_id: int) -> None:
    if not itemkeeping.put_off(row_id=row_id):
        itemkeeping.settle(row_id=row_id, why=_("该记录一直在被他人处理，请稍后再试。"))


# --- what a person sees -----------------------------------------------------------------------------------------------
def own(book_id: UUID, *, by: Actor) -> BookView:
    """A workbook of the acting person's enterprise; NotFound for every other."""
    return itemviews.own(book_id, enterprise_id=voluntary.require_filer(by=by))


def states_of(book: BookView) -> dict[UUID, str]:
    """Where the records of a workbook's lines stand now, whatever was done to them since; deleted ones are left out."""
    return many.states(enterprise_id=book.enterprise_id, form_id=book.form_id, ids=itemviews.filings_in(book.id))


def marked(*, book_id: UUID, by: Actor) -> bytes:
    """The workbook as it came, each fault at its cell, drafts numbered; it can be corrected and handed in again."""
    book = own(book_id, by=by)
    there, states = itemviews.good_pictures(book.id), states_of(book)
    lines = [_marked(row, itemviews.standing(row, states, there)) for row in itemviews.rows(book.id)]
    return itembooks.marked(_form(book.form_id, by=by), lines)


def _marked(row: RowView, standing: str) -> Marked:
    about = "：".join(part for part in (str(STATES[standing]), row.receipt or row.why) if part)
    draft = str(row.filing_id) if row.filing_id and standing in DRAFTS else ""
    return Marked(row.number, row.cells, row.faults, draft, about)
