"""A workbook of voluntary records as its page shows it: figures, faults by cell, pictures, lines with what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue.values import Form
from chengxin.exchange import itemkeeping, itemviews
from chengxin.exchange.itemviews import BookView, Counts, RowView
from chengxin.exchange.values import ROW_DRAFTED, ROW_FAULTY, ROW_REFUSED, ROW_SUBMITTED, ROW_WAITING
from chengxin.filings import lifecycle
from chengxin.filings.file_rules import extensions, slot_of
from chengxin.flow import itembooks as flow
from chengxin.web.forms import Field, Slot

LINES_SHOWN = 100
FAULTY_SHOWN = 100
NAMES_SHOWN = 50
ASKED_SHOWN = 100
TITLE_CHARS = 60
TONES = {
    ROW_FAULTY: "bad",
    ROW_DRAFTED: "info",
    ROW_WAITING: "info",
    ROW_SUBMITTED: "good",
    ROW_REFUSED: "bad",
    itemviews.LACKING: "warn",
    itemviews.ASKING: "warn",
    itemviews.GONE: "",
}
STEPS = (gettext_lazy("上传工作簿"), gettext_lazy("更正错误"), gettext_lazy("上传证明图片"), gettext_lazy("报送"))


@dataclass(frozen=True)
class Line:
    """One line: its number, what it is about, where it stands, and the page where one can go on."""

    number: int
    title: str
    state: str
    tone: str
    note: str
    url: str
    action: str
    receipt: str


@dataclass(frozen=True)
class Named:
    """A picture and the lines that name it, or why it was refused."""

    name: str
    lines: str
    problem: str = ""


@dataclass(frozen=True)
class Asked:
    """Lines that wait for one and the same decision: all that are listed, and how many come after these."""

    asks: str
    title: str
    text: str
    lines: list[Line]
    rows: str
    more: int


QUESTIONS = {
    flow.ALIKE: (
        gettext_lazy("与已注册的信息相近，请确认"),
        gettext_lazy("下列各行与已注册的信息相近，还没有报送。请逐条对照；确认不是同一信息的，可以一并提交。"),
    ),
    flow.HELD: (
        gettext_lazy("信用网站已经归集，请确认"),
        gettext_lazy("下列各行的信息信用网站已从政府部门归集，无需重复注册，还没有报送。确需注册的，可以一并提交。"),
    ),
}


def asked(book: BookView, form: Form, states: dict[UUID, str]) -> list[Asked]:
    """What the person has to decide, a list for each kind of decision; those that do not fit come when these are done."""
    found = []
    for asks, (title, text) in QUESTIONS.items():
        rows = itemviews.asking(book.id, asks=asks, states=states)
        shown = rows[:ASKED_SHOWN]
        if shown:
            lines = [_line(row, form, states, set(row.pictures)) for row in shown]
            numbers = ",".join(str(row.id) for row in shown)
            found.append(Asked(asks, str(title), str(text), lines, numbers, len(rows) - len(shown)))
    return found


def place(counts: Counts) -> int:
    """Which step comes next; behind the last one when everything is handed in."""
    if counts.faulty:
        return 2
    if counts.lacking:
        return 3
    return 4 if counts.ready or counts.waiting or counts.asking else 5


def lines(book: BookView, form: Form, *, after: int, states: dict[UUID, str]) -> tuple[list[Line], int]:
    """Some lines of a workbook from behind a number on, and where the next ones begin; 0 for none."""
    there = itemviews.good_pictures(book.id)
    rows = itemviews.rows(book.id, after=after, limit=LINES_SHOWN + 1)
    shown = [_line(row, form, states, there) for row in rows[:LINES_SHOWN]]
    return shown, rows[LINES_SHOWN - 1].number if len(rows) > LINES_SHOWN else 0


def _line(row: RowView, form: Form, states: dict[UUID, str], there: set[str]) -> Line:
    standing = itemviews.standing(row, states, there)
    state, now = str(flow.STATES[standing]), states.get(row.filing_id) if row.filing_id else None
    if standing == ROW_SUBMITTED and now:
        state = lifecycle.label(kind=flow.KIND, state=now)
    url, action = _way(row, now)
    note = _note(row, standing, there)
    return Line(row.number, _title(row, form), state, TONES[standing], note, url, action, row.receipt)


def _way(row: RowView, now: str | None) -> tuple[str, str]:
    if row.filing_id is None or now is None:
        return "", ""
    if now == lifecycle.DRAFT:
        return reverse("enterprise:voluntary_form", args=[row.filing_id]), _("填写")
    return reverse("enterprise:voluntary_record", args=[row.filing_id]), _("详情")


def _note(row: RowView, standing: str, there: set[str]) -> str:
    if standing == itemviews.LACKING:
        names = [name for name in row.pictures if name not in there]
        return _("缺图片：%(names)s") % {"names": _("、").join(names)}
    if standing == ROW_FAULTY:
        return _("%(n)s处错误") % {"n": len(row.faults)}
    return row.why if standing != itemviews.GONE else ""


def _title(row: RowView, form: Form) -> str:
    """The first columns of the item's list that say something."""
    columns = form.item.columns if form.item else ()
    said = [text for code in columns if (text := row.cells.get(code, ""))]
    return " · ".join(said[:3])[:TITLE_CHARS] or "—"


def faults(book: BookView) -> tuple[list[dict[str, object]], int]:
    """What is wrong at which cell in the first faulty lines, and how many of those lines are shown."""
    rows = itemviews.rows(book.id, only=[ROW_FAULTY], limit=FAULTY_SHOWN)
    return [{"line": row.number, "column": f.column or "—", "message": f.message} for row in rows for f in row.faults], len(rows)


def missing(book: BookView) -> tuple[list[Named], int]:
    """Pictures that lines name and that are not there, and how many more there are."""
    there = itemviews.good_pictures(book.id)
    wanted = [Named(key, _numbers(lines)) for key, lines in itemviews.named_pictures(book.id).items() if key not in there]
    return wanted[:NAMES_SHOWN], max(0, len(wanted) - NAMES_SHOWN)


def refused(book: BookView) -> tuple[list[Named], int]:
    """Pictures that were not taken and those that no line names, and how many more there are."""
    named, held = itemviews.named_pictures(book.id), itemviews.pictures(book.id)
    wrong = [Named(each.name, _numbers(named.get(key, [])), each.problem) for key, each in held.items() if each.problem]
    idle = [Named(each.name, "—", _("没有行填写这个文件名")) for key, each in held.items() if not each.problem and key not in named]
    return [*wrong, *idle][:NAMES_SHOWN], max(0, len(wrong) + len(idle) - NAMES_SHOWN)


def _numbers(lines: list[int]) -> str:
    shown = _("、").join(str(number) for number in lines[:5])
    return f"{shown}{_('等')}" if len(lines) > 5 else shown or "—"


def picture_field(book: BookView) -> Field:
    """The field that takes pictures; with scripts each goes up by itself and can be tried again."""
    url = reverse("enterprise:voluntary_book_pictures", args=[book.id])
    return Field(name="pictures", label=_("证明图片"), kind="file", slot=_slot(url))


def picture_field_accept() -> str:
    """What a plain field of pictures takes."""
    return _slot("").accept


def _slot(url: str) -> Slot:
    limits = slot_of(flow.SLOT)
    return Slot(types=extensions(flow.SLOT), max_bytes=limits.max_bytes, max_files=itemkeeping.MAX_PICTURES, upload_url=url)
