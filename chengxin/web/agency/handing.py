"""转办 and the result of a second look, posted from an item's page; the queue of second looks (D-03, D-05)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import secondlooks
from chengxin.flow import desk as flow
from chengxin.identity import queries as identity
from chengxin.web import components
from chengxin.web.agency import item, words
from chengxin.web.errors import wants_problem
from chengxin.web.session import Request, agency_only
from chengxin.web.templatetags.cx import moment


@require_POST
@agency_only("reviewer")
def hand_over(request: Request, filing_id: UUID) -> HttpResponse:
    """Hand the item on; a refused one keeps the typed reason."""
    to, reason = request.POST.get("to", "")[:60], request.POST.get("handing_reason", "")[:1000]
    try:
        flow.hand_over(filing_id=filing_id, to=to, reason=reason, by=request.actor)
    except Invalid as error:
        context = item.page(filing_id=filing_id, by=request.actor, errors=error.fields) | {"to": to, "handing_reason": reason}
        return render(request, "agency/item.html", context, status=422)
    return redirect("/desk?handed=1")


@require_POST
@agency_only("reviewer")
def look(request: Request, filing_id: UUID) -> HttpResponse:
    """一致 or 不一致; a refused one keeps the typed reason."""
    reason = request.POST.get("look_reason", "")[:1000]
    try:
        flow.look_again(filing_id=filing_id, result=request.POST.get("result", ""), reason=reason, by=request.actor)
    except Invalid as error:
        context = item.page(filing_id=filing_id, by=request.actor, errors=error.fields) | {"look_reason": reason}
        return render(request, "agency/item.html", context, status=422)
    except Conflict as error:
        if wants_problem(request):
            raise
        context = item.page(filing_id=filing_id, by=request.actor) | {"refused": error.message, "kept": reason}
        return render(request, "agency/item.html", context, status=error.status)
    return redirect("/desk/looks?done=1")


@require_safe
@agency_only("reviewer")
def looks(request: Request) -> HttpResponse:
    """The queue of second looks of the acting person."""
    waiting = secondlooks.waiting(by=request.actor)
    firms = identity.enterprises({each.filing.enterprise_id for each in waiting if each.filing.enterprise_id})
    columns = [
        components.Column(key="name", label=_("企业名称")),
        components.Column(key="kind", label=_("类别")),
        components.Column(key="outcome", label=_("原审核结果")),
        components.Column(key="by", label=_("原审核人")),
        components.Column(key="at", label=_("抽中时间")),
    ]
    rows = []
    for each in waiting:
        firm = firms.get(each.filing.enterprise_id) if each.filing.enterprise_id else None
        shown, uscc = ((firm.name or firm.uscc), firm.uscc) if firm else ("", "")
        name = format_html('<a href="/desk/{}" data-row>{}</a><br><code>{}</code>', each.filing.id, shown, uscc)
        outcome = components.state_tag(state=each.outcome, label=str(words.OUTCOMES[each.outcome]))
        about = {"kind": words.kind_label(each.filing.kind), "by": each.decided_by_name, "at": moment(each.chosen_at)}
        rows.append({"name": name, "outcome": outcome, **about})
    return render(request, "agency/looks.html", {"columns": columns, "rows": rows, "done": "done" in request.GET})
