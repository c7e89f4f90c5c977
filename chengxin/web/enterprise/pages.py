"""The pages that are filled in: first step 企业基本信息 and the indicator pages (ARC-02, ARC-05 to ARC-10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import answers as paths
from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import Clash
from chengxin.flow import archive as flow
from chengxin.flow import prefill
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records.reading import Item
from chengxin.web import answers as posted_answers
from chengxin.web.enterprise import drawing, government, outline, posting, rows, voluntary_views
from chengxin.web.enterprise.outline import BASIC, Part, Work
from chengxin.web.enterprise.posting import Posted
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only


@dataclass
class Show:
    """How a page is drawn after something happened."""

    answers: dict[str, str] | None = None
    base_rev: int | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    strict: bool = False
    said: str = ""
    undo: str = ""
    searches: dict[str, str] = field(default_factory=dict)
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def basic(request: Request, filing_id: UUID) -> HttpResponse:
    """Step one: basic information as on the business licence."""
    return _answer(request, filing_id, BASIC)


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def page(request: Request, filing_id: UUID, code: str) -> HttpResponse:
    """One indicator page."""
    return _answer(request, filing_id, code)


def _answer(request: Request, filing_id: UUID, code: str) -> HttpResponse:
    by = request.actor
    work = outline.open_work(filing_id=filing_id, by=by)
    part = work.part(code)
    if request.method == "POST":
        return _take(request, work, part, by)
    if work.filing.state not in lifecycle.EDITABLE_STATES:
        return redirect("enterprise:status", filing_id=filing_id)
    if not part.is_licence and not work.filing.enterprise_type:
        return redirect("enterprise:commitment", filing_id=filing_id)
    return _draw(request, work, part, _as_asked(request, work, part, by))


def _as_asked(request: Request, work: Work, part: Part, by: Actor) -> Show:
    """A plain look at the draft, or with the recovery copy laid over it."""
    if request.GET.get("saved"):
        return Show(said=_("已暂存 %(time)s") % {"time": request.GET["saved"][:5]})
    if not request.GET.get("recover"):
        return Show(strict=bool(request.GET.get("check")))
    copy = filings.recovery_copy(filing_id=work.filing.id, page=part.code, by=by)
    if copy is None:
        return Show()
    answers, base_rev, _at = copy
    stored = work.draft
    clashes = tuple(
        Clash(path=path, mine=value, theirs=stored.answers.get(path))
        for path, value in answers.items()
        if stored.field_rev.get(path, 0) > base_rev and stored.answers.get(path, "") != value
    )
    return Show(answers={**stored.answers, **answers}, clashes=clashes, said=_("已恢复自动保存的内容，尚未暂存"))


def _take(request: Request, work: Work, part: Part, by: Actor) -> HttpResponse:
    """Save what was posted, whatever it is, then do what the pressed button says."""
    posted = posting.read(request, work=work, part=part, by=by)
    pressed = posted_answers.pressed(request.POST, names=("_delete", "_add", "_remove", "_search", "_restore"))
    undo = rows.apply(request, work=work, part=part, posted=posted, pressed=pressed)
    typed = {**work.draft.answers, **posted.values}
    try:
        saved = flow.save_page(
            filing_id=work.filing.id, page=part.code, base_rev=posted.base_rev, changes=posted.changes, by=by
        )
    except Invalid as error:
        errors = {**error.fields, "": [error.message]} if not error.fields else dict(error.fields)
        return _draw(request, work, part, Show(answers=typed, errors=errors, base_rev=posted.base_rev, status=422))
    _tick(request, work, by)
    work = outline.open_work(filing_id=work.filing.id, by=by)
    if saved.clashes:
        return _draw(request, work, part, _clashing(work, saved.clashes))
    if posted.errors:
        return _draw(request, work, part, Show(errors=posted.errors, status=422))
    return _after(request, work, part, by=by, pressed=pressed, undo=undo, posted=posted)


def _clashing(work: Work, clashes: tuple[Clash, ...]) -> Show:
    mine = {clash.path: clash.mine or "" for clash in clashes}
    said = _("其他内容已暂存；有 %(n)s 项已在另一窗口被修改，请选择保留哪一个后再次保存") % {"n": len(clashes)}
    return Show(answers={**work.draft.answers, **mine}, clashes=clashes, said=said, status=409)


def _tick(request: Request, work: Work, by: Actor) -> None:
    """Take the ticks 已处理 of the remarks that this page showed (D-37)."""
    shown = set(request.POST.get("_remarks", "").split())
    ticked = set(request.POST.getlist("_dealt"))
    for remark in filings.remarks(filing_id=work.filing.id, by=by):
        if str(remark.id) in shown and remark.dealt_with != (str(remark.id) in ticked):
            flow.tick_remark(remark_id=remark.id, dealt_with=str(remark.id) in ticked, by=by)


def _after(
    request: Request,
    work: Work,
    part: Part,
    *,
    by: Actor,
    pressed: tuple[str, str] | None,
    undo: str,
    posted: Posted,
) -> HttpResponse:
    if pressed and pressed[0] == "_add":
        last = paths.rows(work.draft.answers, pressed[1])[-1].id
        return redirect(f"{work.url(part)}#{pressed[1]}-{last}")
    if pressed and pressed[0] == "_search":
        place = pressed[1]
        return _draw(request, work, part, Show(searches={place: request.POST.get(f"{place}.search", "")[:40]}))
    if pressed and pressed[0] == "_delete":
        return _draw(request, work, part, Show(said=_("已删除一条记录"), undo=undo))
    if request.POST.get("_save") != "next":
        query = urlencode({"saved": rows.clock_text()})
        return redirect(f"{work.url(part)}?{query}")
    return _next(request, work, part, by)


def _next(request: Request, work: Work, part: Part, by: Actor) -> HttpResponse:
    """保存，并填写下一页: only a page without problems counts as filled in (ARC-06, ARC-10)."""
    problems = outline.problems_of(part, work.cleaned())
    flow.mark_page(filing_id=work.filing.id, page=part.code, done=not problems, by=by)
    if problems:
        return _draw(request, work, part, Show(errors=problems, strict=True, status=422))
    if part.is_licence:
        return redirect("enterprise:commitment", filing_id=work.filing.id)
    following = work.after(part)
    if following is None:
        return redirect("enterprise:preview", filing_id=work.filing.id)
    return redirect(work.url(following))


def _draw(request: Request, work: Work, part: Part, show: Show) -> HttpResponse:
    context = _context(request, work, part, show)
    return render(request, "enterprise/page.html", context, status=show.status)


def _context(request: Request, work: Work, part: Part, show: Show) -> dict[str, Any]:
    by = request.actor
    answers = work.draft.answers if show.answers is None else show.answers
    remarks = filings.remarks(filing_id=work.filing.id, by=by)
    around = drawing.Around(
        answers=answers,
        known=_known(by),
        errors=_found(work, part, answers, show),
        remarks=drawing.remarks_of(remarks, round=work.filing.round, tickable=True),
        files=drawing.files_of(filings.attachments(filing_id=work.filing.id, by=by)),
        clashes={clash.path: clash.theirs for clash in show.clashes},
        searches=show.searches,
    )
    shown = drawing.groups(work=work, part=part, around=around)
    copy = filings.recovery_copy(filing_id=work.filing.id, page=part.code, by=by) if show.answers is None else None
    return {
        "work": work,
        "part": part,
        "groups": shown,
        "summary": _summary(shown, show),
        "strict": show.strict or show.status == 422,
        "warnings": 0 if show.strict or show.status == 422 else len(drawing.summary(shown)),
        "conditions": drawing.conditions(part, shown),
        "base_rev": work.draft.rev if show.base_rev is None else show.base_rev,
        "said": show.said,
        "undo": show.undo,
        "copy_at": copy[2] if copy and rows.differs(copy[0], work.draft.answers) else None,
        "remark_ids": " ".join(str(r.id) for r in remarks if r.round == work.filing.round and _is_on(part, r.path)),
        "views": _views(work, part),
        "above": None if part.is_licence else government.above(form=work.form, by=by),
        "first": not part.is_licence and work.parts.index(part) == 1,
        "pages": outline.progress(work, current=part.code),
        "previous": work.before(part),
        "following": work.after(part),
        "crumbs": crumbs((_("诚信档案企业信息"), "/workbench/archive"), (part.title, "")),
        "opinion": work.filing.opinion if work.filing.decided_at and work.filing.state != "approved" else "",
        "register_late": bool(request.GET.get("late")),
    }


def _summary(shown: list[drawing.GroupView], show: Show) -> list[tuple[str, str]]:
    if not show.strict and show.status != 422:
        return []
    return [("", text) for text in show.errors.get("", ())] + drawing.summary(shown)


def _is_on(part: Part, path: str) -> bool:
    return path.split("/", 1)[0] in {group.code for group in part.groups}


def _found(work: Work, part: Part, answers: dict[str, str], show: Show) -> dict[str, list[str]]:
    """Problems to show: all of them after 保存，并填写下一页, else only what was typed and is not possible."""
    if show.strict:
        return outline.problems_of(part, work.cleaned(answers)) | show.errors
    warnings = work.cleaned(answers, partial=True).warnings
    typed = {path: list(texts) for path, texts in warnings.items() if _is_on(part, path)}
    return typed | show.errors


def _views(work: Work, part: Part) -> list[tuple[str, tuple[Item, ...]]]:
    """The page's views of voluntary records, by group."""
    assert work.filing.enterprise_id is not None
    enterprise_id = work.filing.enterprise_id
    return [(group.code, voluntary_views.shown_in(group, enterprise_id=enterprise_id)) for group in part.groups if group.shows]


def _known(by: Actor) -> dict[str, str]:
    """What account and register say, for the marks 来自登记信息."""
    assert by.enterprise_id is not None
    enterprise = identity.enterprise(by.enterprise_id)
    return prefill.known_facts(register=prefill.last_known(uscc=enterprise.uscc), enterprise=enterprise)

