"""Autosave, leaving a page, and files that scripts send one by one (D-32, D-39)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.common.errors import Invalid
from chengxin.filings import queries as filings
from chengxin.filings.values import AttachmentView, DraftView
from chengxin.flow import archive as flow
from chengxin.web.enterprise import outline, rows
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only

MOST_BYTES = 2 * 1024 * 1024
MOST_REV = 2**31 - 1


@require_POST
@enterprise_only
def autosave(request: Request, filing_id: UUID, code: str) -> HttpResponse:
    """Keep changed paths in the recovery copy of this page; names those that another tab changed."""
    by = request.actor
    work = outline.open_work(filing_id=filing_id, by=by)
    keep = partial(flow.keep_copy, filing_id=filing_id, page=work.part(code).code, by=by)
    return autosaved(request, draft=work.draft, keep=keep)


def autosaved(request: Request, *, draft: DraftView, keep: Callable[..., None]) -> HttpResponse:
    """Keep what a script sent by `keep`, and name the paths that another tab has saved meanwhile."""
    base_rev, changes = _body(request)
    keep(base_rev=base_rev, answers=changes)
    clashes = [p for p, v in changes.items() if draft.field_rev.get(p, 0) > base_rev and draft.answers.get(p, "") != v]
    return JsonResponse({"clashes": clashes, "saved_at": rows.clock_text()})


def _body(request: Request) -> tuple[int, dict[str, str]]:
    try:
        body = json.loads(request.body if len(request.body) <= MOST_BYTES else b"{}")
        changes = body["changes"]
        made = {str(path): str(value or "") for path, value in changes.items()}
        base_rev = int(body["base_rev"])
        if not 0 <= base_rev <= MOST_REV:
            raise ValueError(base_rev)
        return base_rev, made
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise Invalid(_("自动保存的内容不完整，请点击“暂存”或“保存”。")) from error


@require_http_methods(["GET", "POST"])
@enterprise_only
def leave(request: Request, filing_id: UUID, code: str) -> HttpResponse:
    """返回: without unsaved changes at once, else after one question; POST discards the copy."""
    by = request.actor
    work = outline.open_work(filing_id=filing_id, by=by)
    part = work.part(code)
    stay = request.POST.get("to") == "page"
    if request.method == "POST":
        flow.discard_copy(filing_id=filing_id, page=part.code, by=by)
        return redirect(work.url(part) if stay else "/workbench/archive")
    copy = filings.recovery_copy(filing_id=filing_id, page=part.code, by=by)
    if copy is None or not rows.differs(copy[0], work.draft.answers):
        return redirect("enterprise:archive")
    context = {
        "part": part,
        "work": work,
        "copy_at": copy[2],
        "page_url": work.url(part),
        "crumbs": crumbs((_("诚信档案企业信息"), "/workbench/archive"), (part.title, work.url(part)), (_("返回"), "")),
    }
    return render(request, "enterprise/leave.html", context)


@require_POST
@enterprise_only
def upload(request: Request, filing_id: UUID) -> HttpResponse:
    """Take in one proof; the page names it by its hash once it is saved."""
    return taken_in(request, take=partial(flow.upload, filing_id=filing_id, by=request.actor))


def taken_in(request: Request, *, take: Callable[..., AttachmentView]) -> HttpResponse:
    """Take in the file that a script sent, by `take`; what refuses it is said by its path."""
    file = request.FILES.get("file")
    path = request.POST.get("path", "")
    if file is None or not file.name:
        raise Invalid(_("请选择要上传的文件。"), fields={path: [_("请选择要上传的文件。")]})
    taken = take(path=path, stream=file, name=file.name)
    return JsonResponse({"id": taken.sha256, "name": taken.name, "size": taken.size}, status=201)
