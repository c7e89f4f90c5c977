"""Step two: the 承诺书 and the 企业类型 (ARC-03, ARC-04)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.moving import Dropped
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import lifecycle
from chengxin.flow import archive as flow
from chengxin.records.reading import TYPE_LABELS
from chengxin.web.enterprise import outline
from chengxin.web.enterprise.outline import Work
from chengxin.web.enterprise.words import TYPE_HINTS, crumbs
from chengxin.web.session import Request, enterprise_only


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def commitment(request: Request, filing_id: UUID) -> HttpResponse:
    """Read and tick the commitment, choose the type; a change of type first says what it drops."""
    work = outline.open_work(filing_id=filing_id, by=request.actor)
    if request.method == "POST":
        return _take(request, work)
    if work.filing.state not in lifecycle.EDITABLE_STATES:
        return redirect("enterprise:status", filing_id=filing_id)
    return _draw(request, work)


def _take(request: Request, work: Work) -> HttpResponse:
    by, filing_id = request.actor, work.filing.id
    errors: dict[str, list[str]] = {}
    chosen = request.POST.get("enterprise_type", "")
    if chosen not in flow.TYPES:
        errors["enterprise_type"] = [_("请选择企业类型。")]
    try:
        ticked, version = bool(request.POST.get("commitment")), request.POST.get("version", "")
        flow.sign(filing_id=filing_id, ticked=ticked, version=version, by=by)
    except Invalid as error:
        errors = {**error.fields, **errors}
    except Conflict as error:
        if error.code != "commitment-outdated":
            raise
        return _draw(request, work, chosen=chosen, errors={"commitment": [error.message]}, status=409)
    if errors:
        return _draw(request, work, chosen=chosen, errors=errors, status=422)
    confirmed = request.POST.get("confirmed") == chosen
    dropped = flow.choose_type(filing_id=filing_id, enterprise_type=chosen, confirmed=confirmed, by=by)
    work = outline.open_work(filing_id=filing_id, by=by)
    if dropped:
        return _draw(request, work, chosen=chosen, dropped=dropped)
    return redirect(work.url(work.parts[1]))


def _draw(
    request: Request,
    work: Work,
    *,
    chosen: str = "",
    errors: dict[str, list[str]] | None = None,
    dropped: list[Dropped] | None = None,
    status: int = 200,
) -> HttpResponse:
    text = catalogue.commitment(flow.COMMITMENT)
    signed = work.filing.commitment_version == text.version
    pairs = [(f"f-{name}", found) for name, texts in (errors or {}).items() for found in texts]
    context: dict[str, Any] = {
        "work": work,
        "text": text,
        "signed": signed,
        "ticked": signed or bool(request.POST.get("commitment")),
        "types": [(code, TYPE_LABELS[code], TYPE_HINTS[code]) for code in flow.TYPES],
        "chosen": chosen or work.filing.enterprise_type,
        "errors": errors or {},
        "pairs": pairs,
        "dropped": dropped or [],
        "chosen_label": TYPE_LABELS.get(chosen, ""),
        "basic_url": work.url(work.parts[0]),
        "crumbs": crumbs((_("诚信档案企业信息"), "/workbench/archive"), (_("承诺书与企业类型"), "")),
    }
    return render(request, "enterprise/commitment.html", context, status=status)
