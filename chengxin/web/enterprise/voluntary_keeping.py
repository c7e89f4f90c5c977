"""Autosave, 返回 and files of a voluntary record (D-32, D-39, VOL-18, VOL-20)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.flow import voluntary as flow
from chengxin.web.enterprise import keeping, rows
from chengxin.web.enterprise.voluntary_guard import filer_only
from chengxin.web.enterprise.voluntary_words import item_trail
from chengxin.web.enterprise.voluntary_work import open_record
from chengxin.web.session import Request


@require_POST
@filer_only
def autosave(request: Request, filing_id: UUID) -> HttpResponse:
    """Keep what was typed in the recovery copy; names what another tab changed meanwhile."""
    record = open_record(filing_id=filing_id, by=request.actor)
    return keeping.autosaved(request, draft=record.draft, keep=partial(flow.keep_copy, filing_id=filing_id, by=request.actor))


@require_POST
@filer_only
def upload(request: Request, filing_id: UUID) -> HttpResponse:
    """Take in one proof; the form names it by its hash once it is saved."""
    return keeping.taken_in(request, take=partial(flow.upload, filing_id=filing_id, by=request.actor))


@require_POST
@filer_only
def leave(request: Request, filing_id: UUID) -> HttpResponse:
    """返回: to the list without saving; where something was typed and not saved, after one question (VOL-18)."""
    by = request.actor
    record = open_record(filing_id=filing_id, by=by)
    if record.filing.state not in lifecycle.EDITABLE_STATES:
        return redirect("enterprise:voluntary_items")
    if request.POST.get("to") == "page":
        flow.discard_copy(filing_id=filing_id, by=by)
        return redirect(record.url())
    copy = filings.recovery_copy(filing_id=filing_id, page=flow.PAGE, by=by)
    if copy and not request.POST.get("confirmed") and rows.differs(copy[0], record.draft.answers):
        context = {
            "part": record.page,
            "work": record,
            "copy_at": copy[2],
            "page_url": record.url(),
            "crumbs": item_trail(record.form, (str(record.form.title), record.url()), (_("返回"), "")),
        }
        return render(request, "enterprise/leave.html", context)
    flow.leave(filing_id=filing_id, by=by)
    return redirect("enterprise:voluntary_items")
