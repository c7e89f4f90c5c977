"""The pages that are filled in: first step 企业基本信息 and the indicator pages (ARC-02, ARC-05 to ARC-10)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import answers as paths
from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.flow import archive as flow
from chengxin.flow import prefill
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records.reading import Item
from chengxin.web import answers as posted_answers
from chengxin.web.enterprise import government, outline, posting, rows, showing, voluntary_views
from chengxin.web.enterprise.outline import BASIC, Part, Work
from chengxin.web.enterprise.posting import Posted
from chengxin.web.enterprise.showing import Show
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only


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
    return _draw(request, work, part, showing.as_asked(request, work=work, part=part, by=by))


def _take(request: Request, work: Work, part: Part, by: Actor) -> HttpResponse:
    """Save what was posted, whatever it is, then do what the pressed button says."""
    posted = posting.read(request, work=work, part=part, by=by)
    pressed = posted_answers.pressed(request.POST, names=("_delete", "_add", "_remove", "_search", "_restore"))
    undo = rows.apply(request, work=work, part=part, posted=posted, pressed=pressed)
    typed = {**work.draft.answers, **posted.values}
    try:
        saved = flow.save_page(filing_id=work.filing.id, page=part.code, base_rev=posted.base_rev, changes=posted.changes, by=by)
    except Invalid as error:
        errors = {**error.fields, "": [error.message]} if not error.fields else dict(error.fields)
        return _draw(request, work, part, Show(answers=typed, errors=errors, base_rev=posted.base_rev, status=422))
    showing.tick(request, work=work, by=by)
    work = outline.open_work(filing_id=work.filing.id, by=by)
    if saved.clashes:
        return _draw(request, work, part, showing.clashing(work, saved.clashes))
    if posted.errors:
        return _draw(request, work, part, Show(errors=posted.errors, status=422))
    return _after(request, work, part, by=by, pressed=pressed, undo=undo, posted=posted)


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
    upload_url = reverse("enterprise:upload", args=[work.filing.id])
    return {
        **showing.context(work=work, part=part, show=show, known=_known(by), upload_url=upload_url, by=by),
        "views": _views(work, part),
        "above": None if part.is_licence else government.above(form=work.form, by=by),
        "first": not part.is_licence and work.parts.index(part) == 1,
        "pages": outline.progress(work, current=part.code),
        "previous": work.before(part),
        "following": work.after(part),
        "crumbs": crumbs((_("诚信档案企业信息"), "/workbench/archive"), (part.title, "")),
        "register_late": bool(request.GET.get("late")),
    }


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
