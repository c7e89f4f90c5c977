"""批量注册: a workbook of many records of one item, its pictures, and handing in what is ready (VOL-15 to VOL-20, D-33, D-39)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.exchange import itembooks, itemviews
from chengxin.exchange.itemviews import BookView
from chengxin.exchange.workbooks import BOOK_TYPE
from chengxin.filings.file_rules import MIB
from chengxin.flow import itembooks as flow
from chengxin.web.enterprise import itembook_lines as shown
from chengxin.web.enterprise.voluntary_guard import HEADINGS, signed_only
from chengxin.web.enterprise.voluntary_words import item_trail, listed, slug
from chengxin.web.session import Request, by_script

UPLOADS = "pictures.new"
ID_DIGITS = 19


@require_http_methods(["GET", "HEAD", "POST"])
@signed_only
def batch(request: Request, item: str) -> HttpResponse:
    """Where a workbook of an item is handed in, and those there are."""
    form = listed(item).form
    return _hand_in(request, form) if request.method == "POST" else _batch(request, form)


def _hand_in(request: Request, form: Form) -> HttpResponse:
    """Take in a workbook and the pictures beside it; what is wrong stands beside the field."""
    file = request.FILES.get("file")
    if file is None:
        return _batch(request, form, problems=[_("请选择填写好的Excel工作簿。")])
    try:
        made = flow.hand_in(form_id=form.id, stream=file, name=str(file.name), key=_key(request), by=request.actor)
    except Invalid as error:
        return _batch(request, form, problems=_said(error))
    _take_pictures(request, made.id)
    return redirect("enterprise:voluntary_book", made.id)


def _key(request: Request) -> str:
    try:
        return str(UUID(request.POST.get("submission_key", "")))
    except ValueError:
        return str(uuid4())


def _said(error: Invalid) -> list[str]:
    return [str(text) for texts in error.fields.values() for text in texts] or [error.message]


def _take_pictures(request: Request, book_id: UUID) -> list[flow.Taken]:
    """Everything that came in the field of pictures; one that will not do is noted with its reason."""
    files: list[UploadedFile[Any]] = [file for file in request.FILES.getlist(UPLOADS) if file.name]
    return [flow.add_picture(book_id=book_id, stream=file, name=str(file.name), by=request.actor) for file in files]


def _batch(request: Request, form: Form, *, problems: list[str] | None = None) -> HttpResponse:
    assert request.actor.enterprise_id is not None
    books = itemviews.newest(enterprise_id=request.actor.enterprise_id, form_id=form.id)
    item = listed(slug(form.id))
    context = {
        **_limits(),
        "form": form,
        "slug": slug(form.id),
        "is_open": item.settings.is_open(clock.today()),
        "steps": [str(label) for label in shown.STEPS],
        "problems": problems or [],
        "told": [("f-file", text) for text in problems or ()],
        "submission_key": request.POST.get("submission_key") or str(uuid4()),
        "accept": shown.picture_field_accept(),
        "books": [(book, itemviews.counts(book.id, flow.states_of(book))) for book in books],
        "crumbs": _trail(form),
    }
    return render(request, "enterprise/itembooks.html", context, status=422 if problems else 200)


def _limits() -> dict[str, object]:
    return {"most_rows": itembooks.MAX_ROWS, "most_mb": itembooks.MAX_BYTES // MIB, "most_body_mb": settings.MAX_BODY_BYTES // MIB}


def _trail(form: Form, *more: tuple[str, str]) -> list[Any]:
    url = reverse("enterprise:voluntary_batch", args=[slug(form.id)]) if more else ""
    return item_trail(form, (str(form.title), reverse("enterprise:voluntary_mine", args=[slug(form.id)])), (_("批量注册"), url), *more)


@require_safe
@signed_only
def template(request: Request, item: str) -> HttpResponse:
    """The workbook to fill in."""
    form = listed(item).form
    return _download(flow.template(form_id=form.id, by=request.actor), _("%(title)s批量模板") % {"title": form.title})


def _download(body: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=BOOK_TYPE)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.xlsx')}"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@signed_only
def book(request: Request, book_id: UUID) -> HttpResponse:
    """How a workbook stands, line by line; POST brings the corrected one."""
    view = flow.own(book_id, by=request.actor)
    if request.method != "POST":
        return _book(request, view)
    file = request.FILES.get("file")
    if file is None:
        return _book(request, view, problems=[_("请选择更正后的Excel工作簿。")], status=422)
    try:
        flow.again(book_id=view.id, stream=file, name=str(file.name), by=request.actor)
    except Invalid as error:
        return _book(request, view, problems=_said(error), status=422)
    except Conflict as error:
        if error.code in HEADINGS or error.code == "commitment-needed":
            raise
        return _book(request, view, problems=[error.message], status=error.status)
    _take_pictures(request, view.id)
    return redirect("enterprise:voluntary_book", view.id)


def _book(request: Request, view: BookView, *, problems: list[str] | None = None, stopped: str = "", status: int = 200) -> HttpResponse:
    form = catalogue.version(view.form_version)
    faults, faulty_shown = shown.faults(view)
    missing, more_missing = shown.missing(view)
    refused, more_refused = shown.refused(view)
    context = _state(view) | {
        **_limits(),
        "form": form,
        "slug": slug(form.id),
        "faults": faults,
        "faulty_shown": faulty_shown,
        "missing": missing,
        "more_missing": more_missing,
        "refused": refused,
        "more_refused": more_refused,
        "pictures": shown.picture_field(view),
        "problems": problems or [],
        "told": [("f-file", text) for text in problems or ()],
        "stopped": stopped,
        "crumbs": _trail(form, (view.name, "")),
    }
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 7 else 0
    context["asked"] = [] if context["counts"].waiting else shown.asked(view, form, context["states"])
    context["lines"], more = shown.lines(view, form, after=start, states=context["states"])
    context["next_url"], context["first_url"] = f"?after={more}" if more else "", "?after=0" if start else ""
    return render(request, "enterprise/itembook.html", context, status=status)


def _state(view: BookView) -> dict[str, Any]:
    states = flow.states_of(view)
    counts = itemviews.counts(view.id, states)
    return {
        "book": view,
        "states": states,
        "counts": counts,
        "steps": [str(label) for label in shown.STEPS],
        "place": shown.place(counts),
    }


@require_safe
@signed_only
def progress(request: Request, book_id: UUID) -> HttpResponse:
    """The part of the page that changes while lines are handed in; at the end the whole page is drawn anew."""
    context = _state(flow.own(book_id, by=request.actor))
    answer = render(request, "enterprise/itembook_state.html", context)
    if not context["counts"].waiting:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_safe
@signed_only
def marked(request: Request, book_id: UUID) -> HttpResponse:
    """The workbook with every fault at its cell."""
    view = flow.own(book_id, by=request.actor)
    return _download(flow.marked(book_id=view.id, by=request.actor), _("%(name)s（已标注）") % {"name": view.name.rpartition(".")[0]})


@require_POST
@signed_only
def pictures(request: Request, book_id: UUID) -> HttpResponse:
    """Pictures for the lines: one by one from a script, several at once from the form."""
    if by_script(request):
        file = request.FILES.get("file")
        if file is None or not file.name:
            raise Invalid(_("请选择要上传的文件。"), fields={"pictures": [_("请选择要上传的文件。")]})
        taken = flow.add_picture(book_id=book_id, stream=file, name=file.name, by=request.actor)
        if taken.problem:
            raise Invalid(taken.problem, fields={"pictures": [taken.problem]})
        return JsonResponse({"id": taken.sha256, "name": taken.name, "size": taken.size, "lines": taken.lines}, status=201)
    _take_pictures(request, flow.own(book_id, by=request.actor).id)
    return redirect(reverse("enterprise:voluntary_book", args=[book_id]) + "#pictures")


@require_POST
@signed_only
def submit(request: Request, book_id: UUID) -> HttpResponse:
    """报送: every ready draft, one receipt each; pressing twice does nothing more."""
    if not flow.order(book_id=book_id, by=request.actor):
        view = flow.own(book_id, by=request.actor)
        if not itemviews.counts(view.id, flow.states_of(view)).waiting:
            return _book(request, view, stopped=_("没有可以报送的草稿：请先更正错误、上传缺少的图片。"), status=409)
    return redirect("enterprise:voluntary_book", book_id)


@require_POST
@signed_only
def confirm(request: Request, book_id: UUID) -> HttpResponse:
    """以上各条仍要提交: the lines that the page listed, although they are near to others; pressing twice does nothing more."""
    numbers = request.POST.get("rows", "").split(",")[: shown.ASKED_SHOWN]
    rows = [int(number) for number in numbers if number.isascii() and number.isdecimal() and len(number) < ID_DIGITS]
    flow.confirm(book_id=book_id, asks=request.POST.get("asks", ""), rows=rows, by=request.actor)
    return redirect("enterprise:voluntary_book", book_id)
