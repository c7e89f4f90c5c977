"""撤销, 修改, 删除, 报送, 申请下线: each asked once, then done through flow (VOL-25, VOL-28 to VOL-30, D-02)."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings import lifecycle
from chengxin.filings.voluntary_queries import Mine
from chengxin.flow import voluntary as flow
from chengxin.web.enterprise import posting
from chengxin.web.enterprise.voluntary_form import Stopped, pressed_save, stopped_by
from chengxin.web.enterprise.voluntary_guard import filer_only, signed_only
from chengxin.web.enterprise.voluntary_words import ACTS, Act, cells, item_trail, records_title, slug
from chengxin.web.enterprise.voluntary_work import own
from chengxin.web.enterprise.words import state_label
from chengxin.web.forms import Field
from chengxin.web.session import Request

REASON = "reason"
REASON_CHARS = 500


@require_POST
@signed_only
def revise(request: Request, filing_id: UUID) -> HttpResponse:
    """修改: the same record as a draft again, or a new version of a published one that stays public meanwhile (VOL-29)."""
    own(filing_id=filing_id, by=request.actor)
    filing = flow.revise(filing_id=filing_id, by=request.actor)
    return redirect("enterprise:voluntary_form", filing_id=filing.id)


@require_http_methods(["GET", "HEAD", "POST"])
@filer_only
def act(request: Request, filing_id: UUID, code: str) -> HttpResponse:
    """The question before an action, then the action; what the state does not allow is refused with 409."""
    row = own(filing_id=filing_id, by=request.actor)
    asked = ACTS.get(code)
    if asked is None or not asked.question:
        raise NotFound(_("未找到该操作。"))
    if request.method == "POST":
        return _do(request, row, asked)
    if code not in row.actions:
        label = lifecycle.label(kind=row.filing.kind, state=row.filing.state)
        raise Conflict(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": label}, code="illegal-transition")
    return _ask(request, row, asked)


def _do(request: Request, row: Mine, asked: Act) -> HttpResponse:
    by, filing_id, key = request.actor, row.filing.id, request.POST.get("submission_key", "")
    if asked.code in ("submit", "takedown") and not posting.is_row(key):
        raise Invalid(_("页面已失效，请刷新后重新提交。"))
    if asked.code == "submit":
        return _resend(request, row, asked, key)
    if asked.code == "withdraw":
        flow.withdraw(filing_id=filing_id, by=by)
    elif asked.code == "delete":
        flow.delete(filing_id=filing_id, by=by)
        return redirect(f"{_list_url(row)}?{urlencode({'done': asked.code})}")
    else:
        try:
            flow.ask_takedown(filing_id=filing_id, reason=request.POST.get(REASON, ""), key=key, by=by)
        except Invalid as error:
            return _ask(request, row, asked, errors=_texts(error), status=422)
    return redirect(f"{reverse('enterprise:voluntary_record', args=[filing_id])}?{urlencode({'done': asked.code})}")


def _resend(request: Request, row: Mine, asked: Act, key: str) -> HttpResponse:
    """报送 a withdrawn record again as it is; it is checked and compared like any other."""
    by, filing_id, though = request.actor, row.filing.id, pressed_save(request)[1]
    try:
        flow.resend(filing_id=filing_id, key=key, though_alike="alike" in though, though_held="held" in though, by=by)
    except Invalid as error:
        return _ask(request, row, asked, errors=[*_texts(error), _("请选择“修改”，更正后再提交。")], status=422)
    except Conflict as error:
        if error.code not in ("registered-already", "alike", "already-held"):
            raise
        return _ask(request, row, asked, stopped=stopped_by(error, mine=row.answers, form=_form(row), though=though, by=by), status=409)
    return redirect("enterprise:voluntary_done", filing_id=filing_id)


def _texts(error: Invalid) -> list[str]:
    return [text for found in error.fields.values() for text in found] or [error.message]


def _form(row: Mine) -> Form:
    return catalogue.version(row.filing.form_version)


def _list_url(row: Mine) -> str:
    return reverse("enterprise:voluntary_mine", args=[slug(row.filing.form_id)])


def _ask(
    request: Request, row: Mine, asked: Act, *, errors: list[str] | None = None, stopped: Stopped | None = None, status: int = 200
) -> HttpResponse:
    form = _form(row)
    reason = Field(
        name=REASON,
        label=_("申请理由"),
        kind="longtext",
        value=request.POST.get(REASON, ""),
        required=True,
        max_length=REASON_CHARS,
        errors=tuple(errors or ()),
    )
    context = {
        "act": asked,
        "filing": row.filing,
        "state_label": state_label(row.filing),
        "form": form,
        "cells": [cell for cell in cells(form, row.answers) if cell.value],
        "reason": reason if asked.code == "takedown" else None,
        "errors": errors if asked.code != "takedown" else [],
        "pairs": [reason] if asked.code == "takedown" and errors else [],
        "stopped": stopped,
        "key": str(uuid4()),
        "back_url": reverse("enterprise:voluntary_record", args=[row.filing.id]),
        "crumbs": item_trail(form, (records_title(form), _list_url(row)), (str(asked.label), "")),
    }
    return render(request, "enterprise/voluntary_act.html", context, status=status)
