"""The form of an item: 保存, 提交, 返回, and what stands in the way of handing in (VOL-14 to VOL-20, VOL-40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import items
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, Unavailable
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.voluntary import Alike, Held, Twin
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from chengxin.web import answers as posted_answers
from chengxin.web import reading
from chengxin.web.enterprise import posting, rows, showing
from chengxin.web.enterprise.showing import Show
from chengxin.web.enterprise.voluntary_guard import filer_only, to_commitment
from chengxin.web.enterprise.voluntary_words import item_trail, only_group
from chengxin.web.enterprise.voluntary_work import Record, enterprise_of, locked, open_record, own
from chengxin.web.session import Request

BUTTONS = ("_remove", "_search", "_add", "_delete", "_restore")


@require_http_methods(["GET", "HEAD", "POST"])
@filer_only
def form(request: Request, filing_id: UUID) -> HttpResponse:
    """One record being written; whatever is posted is kept as a draft first, then handed in where that was asked."""
    by = request.actor
    record = open_record(filing_id=filing_id, by=by)
    if request.method == "POST":
        return _take(request, record, by)
    if record.filing.state not in lifecycle.EDITABLE_STATES:
        return redirect("enterprise:voluntary_record", filing_id=filing_id)
    if not flow.signed(by=by):
        return to_commitment(request)
    if catalogue.current_version(record.filing.form_id) != record.filing.form_version:
        flow.open_draft(filing_id=filing_id, by=by)
        record = open_record(filing_id=filing_id, by=by)
    said = _("已保存 %(time)s")
    return _draw(request, record, showing.as_asked(request, work=record, part=record.page, by=by, saved=said))


def _take(request: Request, record: Record, by: Actor) -> HttpResponse:
    filing_id, key = record.filing.id, request.POST.get("submission_key", "")
    if record.filing.state not in lifecycle.EDITABLE_STATES and _handed_in(key, filing_id, by):
        return redirect("enterprise:voluntary_done", filing_id=filing_id)
    posted = posting.read(request, work=record, part=record.page, by=by, upload=flow.upload)
    pressed = posted_answers.pressed(request.POST, names=BUTTONS)
    rows.apply(request, work=record, part=record.page, posted=posted, pressed=pressed)
    typed = {**record.draft.answers, **posted.values}
    try:
        saved = flow.save(filing_id=filing_id, base_rev=posted.base_rev, changes=posted.changes, by=by)
    except (Invalid, Conflict, Unavailable) as error:
        errors = (error.fields if isinstance(error, Invalid) else {}) or {"": [error.message]}
        return _draw(request, record, Show(answers=typed, errors=errors, base_rev=posted.base_rev, status=error.status))
    showing.tick(request, work=record, by=by)
    searched = pressed[1] if pressed and pressed[0] == "_search" else ""
    how, though = pressed_save(request)
    if how == "submit" and not (saved.clashes or posted.errors or searched):
        return _submit(request, filing_id, key, though, by)
    record = open_record(filing_id=filing_id, by=by)
    if saved.clashes:
        return _draw(request, record, showing.clashing(record, saved.clashes))
    if posted.errors:
        return _draw(request, record, Show(errors=posted.errors, status=422))
    if searched:
        return _draw(request, record, Show(searches={searched: request.POST.get(f"{searched}.search", "")[:40]}))
    return redirect(f"{record.url()}?{urlencode({'saved': rows.clock_text()})}")


def _handed_in(key: str, filing_id: UUID, by: Actor) -> bool:
    """Whether this very page was handed in already: a second click, a reload, a lost answer (D-33)."""
    return posting.is_row(key) and filings.submission_by_key(key=key, filing_id=filing_id, by=by) is not None


def pressed_save(request: Request) -> tuple[str, set[str]]:
    """What the pressed button asks for, and what the person has looked at and wants none the less (`submit:alike+held`)."""
    how, _colon, though = request.POST.get("_save", "").partition(":")
    return how, set(though.split("+")) & {"alike", "held"}


def _submit(request: Request, filing_id: UUID, key: str, though: set[str], by: Actor) -> HttpResponse:
    """Hand in what was just saved; where it is refused, the record is drawn as it stands."""
    reopened = partial(open_record, filing_id=filing_id, by=by)
    if not posting.is_row(key):
        return _draw(request, reopened(), Show(errors={"": [_("页面已失效，内容已保存为草稿，请再次点击“提交”。")]}, status=409))
    try:
        flow.submit(filing_id=filing_id, key=key, though_alike="alike" in though, though_held="held" in though, by=by)
    except Invalid as error:
        beside = {path: texts for path, texts in error.fields.items() if "/" in path}  # a record not begun is asked for field by field
        return _draw(request, reopened(), Show(errors=beside, strict=True, status=422))
    except Conflict as error:
        record = reopened()
        if error.code == "commitment-needed":
            return to_commitment(request, record.url())
        return _draw(request, record, Show(status=409), stopped=stopped_by(error, mine=record.raw, form=record.form, though=though, by=by))
    return redirect("enterprise:voluntary_done", filing_id=filing_id)


@dataclass(frozen=True)
class Row:
    """One field of two records side by side."""

    label: str
    mine: str
    theirs: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether they say different things."""
        return any(other != self.mine for other in self.theirs)


@dataclass(frozen=True)
class Stopped:
    """Why a record was not handed in, and what the person may look at or decide."""

    code: str
    message: str
    twins: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    held: tuple[str, ...] = ()
    though: str = ""


def stopped_by(error: Conflict, *, mine: Mapping[str, str], form: Form, though: set[str], by: Actor) -> Stopped:
    """What the page says of a conflict; `mine` are the answers by field, `though` what the person decided already."""
    if isinstance(error, Twin):
        return Stopped(error.code, error.message, twins=(_named(error.twin, by),) if error.twin else ())
    if isinstance(error, Alike):
        twins = tuple(_named(twin, by) for twin in error.twins)
        rows_ = compared(form, mine, error.twins, by)
        return Stopped(error.code, error.message, twins, rows_, though="+".join(sorted({*though, "alike"})))
    if isinstance(error, Held):
        words = tuple(f"{fact.source_unit} {fact.source_no}".strip() for fact in error.held)
        return Stopped(error.code, error.message, held=words, though="+".join(sorted({*though, "held"})))
    return Stopped(error.code, error.message)


def _named(filing_id: UUID, by: Actor) -> tuple[str, str]:
    """Address and state of another record of the enterprise."""
    filing = own(filing_id=filing_id, by=by).filing
    return reverse("enterprise:voluntary_record", args=[filing_id]), lifecycle.label(kind=filing.kind, state=filing.state)


def compared(form: Form, mine: Mapping[str, str], twins: tuple[UUID, ...], by: Actor) -> tuple[Row, ...]:
    """One record beside those that are nearly the same, field by field."""
    others = [own(filing_id=twin, by=by).answers for twin in twins]
    made = []
    for f in only_group(form).fields:
        said = [reading.shown(f, raw.get(f.code, "")) for raw in (mine, *others)]
        if any(said):
            made.append(Row(label=str(f.label), mine=said[0], theirs=tuple(said[1:])))
    return tuple(made)


def _draw(request: Request, record: Record, show: Show, *, stopped: Stopped | None = None) -> HttpResponse:
    by, filing = request.actor, record.filing
    enterprise = enterprise_of(by)
    settings = items.settings(filing.form_id)
    context: dict[str, Any] = {
        **showing.context(
            work=record,
            part=record.page,
            show=show,
            known={},
            upload_url=reverse("enterprise:voluntary_upload", args=[filing.id]),
            small_form=True,
            by=by,
        ),
        "filing": filing,
        "locked": locked(enterprise),
        "key": str(uuid4()),
        "stopped": stopped,
        "refusals": show.errors.get("", ()) if show.status == 409 else (),
        "closed": not settings.is_open(clock.today()),
        "leftover": [value for value in record.draft.leftover.values() if value.strip()],
        "crumbs": item_trail(record.form),
    }
    return render(request, "enterprise/voluntary_form.html", context, status=show.status)
