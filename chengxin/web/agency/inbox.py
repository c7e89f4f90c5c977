"""The inbox: what this reviewer's agency is competent for now, the first due first (D-05, REG-09, ARC-12)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView, InboxItem
from chengxin.gateways import queries as gateways
from chengxin.identity import queries as identity
from chengxin.identity.values import EnterpriseView
from chengxin.web import components
from chengxin.web.agency import words
from chengxin.web.session import Request, agency_only
from chengxin.web.templatetags.cx import moment


@agency_only("reviewer")
def show(request: Request) -> HttpResponse:
    """One page of pending filings, with exact counts."""
    by = request.actor
    narrowed = _narrowed(request)
    items = filings.inbox(by=by, narrowed=narrowed)
    context = {
        "counts": filings.inbox_counts(by=by),
        "kind": narrowed.kind,
        "text": narrowed.text,
        "overdue_only": narrowed.overdue_only,
        "rows": [_row(item) for item in items],
        "columns": _columns(),
        "next_url": _next_url(request, items),
        "calendar_warnings": identity.calendar_warnings(clock.today()),
        "tabs": _tabs(request),
        "done": words.OUTCOMES.get(request.GET.get("done", ""), ""),
        "keys": [("N", _("打开下一件")), ("/", _("查找企业"))],
        "tab": f"?kind={narrowed.kind}" if narrowed.kind else "?",
    }
    return render(request, "agency/inbox.html", context)


MAILS = {
    "review_result": gettext_lazy("账号审核结果"),
    "archive_result": gettext_lazy("诚信档案审核结果"),
    "password_reset": gettext_lazy("重置密码邮件"),
    "email_code": gettext_lazy("邮箱验证码"),
    "login_blocked": gettext_lazy("登录失败提醒"),
}


def _narrowed(request: Request) -> filings.InboxFilter:
    return filings.InboxFilter(
        kind=request.GET.get("kind", "") if request.GET.get("kind", "") in lifecycle.KINDS else "",
        text=request.GET.get("q", "")[:100],
        overdue_only=request.GET.get("overdue") == "1",
        after=_cursor(request.GET.get("after", "")),
    )


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    try:
        due, _sep, last = text.partition("~")
        return datetime.fromisoformat(due), UUID(last)
    except ValueError:
        return None


def _next_url(request: Request, items: list[InboxItem]) -> str:
    if len(items) < filings.INBOX_PAGE:
        return ""
    query = {key: value for key, value in request.GET.items() if key != "after"}
    return "?" + urlencode(query | {"after": f"{items[-1].due_at.isoformat()}~{items[-1].id}"})


def _tabs(request: Request) -> list[components.Link]:
    return [
        components.Link(text=_("全部"), url="?"),
        components.Link(text=_("账号审核"), url="?kind=registration"),
        components.Link(text=_("诚信档案审核"), url="?kind=archive"),
    ]


def _columns() -> list[components.Column]:
    return [
        components.Column(key="name", label=_("企业名称")),
        components.Column(key="kind", label=_("类别")),
        components.Column(key="division", label=_("所属地区")),
        components.Column(key="submitted", label=_("提交时间")),
        components.Column(key="due", label=_("应于此前办结")),
        components.Column(key="marks", label=_("标记")),
    ]


def _row(item: InboxItem) -> dict[str, object]:
    name = item.enterprise_name or item.uscc
    marks = [components.badge(text=_("逾期"), tone="bad")] if item.overdue else []
    if item.due_provisional:
        marks.append(components.badge(text=_("暂定"), tone="warn"))
    if item.claimed_by:
        marks.append(components.badge(text=_("%(name)s 正在查看") % {"name": item.claimed_by}, tone="info"))
    return {
        "name": format_html('<a href="/desk/{}">{}</a><br><code>{}</code>', item.id, name, item.uscc),
        "kind": words.kind_label(item.kind) + (_("（第%(n)d次提交）") % {"n": item.round} if item.round > 1 else ""),
        "division": "".join(identity.division_path(item.division_code)),
        "submitted": moment(item.submitted_at),
        "due": moment(item.due_at),
        "marks": format_html("{} {} {}", *([*marks, "", "", ""])[:3]),
    }


@agency_only("reviewer")
def next_item(request: Request) -> HttpResponse:
    """Open what is due next and not open elsewhere; the empty inbox when nothing is left."""
    found = filings.next_item(by=request.actor, after=_just_read(request))
    return redirect(f"/desk/{found}" if found else "/desk")


def _just_read(request: Request) -> FilingView | None:
    try:
        return filings.one(filing_id=UUID(request.GET.get("after", "")), by=request.actor)
    except (ValueError, NotFound):
        return None


@agency_only("reviewer")
def mine(request: Request) -> HttpResponse:
    """已办审核: what the acting person has decided, newest first."""
    found = filings.decided_by(by=request.actor)
    firms = identity.enterprises({f.enterprise_id for f, _decision in found if f.enterprise_id})
    columns = [
        components.Column(key="name", label=_("企业名称")),
        components.Column(key="kind", label=_("类别")),
        components.Column(key="outcome", label=_("审核结果")),
        components.Column(key="at", label=_("审核时间")),
        components.Column(key="now", label=_("当前状态")),
    ]
    rows = [
        {
            "name": _linked(filing.id, firms.get(filing.enterprise_id) if filing.enterprise_id else None),
            "kind": words.kind_label(filing.kind),
            "outcome": components.state_tag(state=decision.outcome, label=str(words.OUTCOMES[decision.outcome])),
            "at": moment(decision.at),
            "now": lifecycle.label(kind=filing.kind, state=filing.state),
        }
        for filing, decision in found
    ]
    return render(request, "agency/mine.html", {"columns": columns, "rows": rows})


def _linked(filing_id: UUID, firm: EnterpriseView | None) -> str:
    name, uscc = (firm.name or firm.uscc, firm.uscc) if firm else ("", "")
    return format_html('<a href="/desk/{}">{}</a><br><code>{}</code>', filing_id, name, uscc)


@agency_only("reviewer", "system_admin")
def delivery(request: Request) -> HttpResponse:
    """Mails and messages that have not gone out, for staff to see (REG-11)."""
    columns = [
        components.Column(key="to", label=_("收件人")),
        components.Column(key="what", label=_("类别")),
        components.Column(key="state", label=_("状态")),
        components.Column(key="attempts", label=_("已尝试次数"), numeric=True),
        components.Column(key="next", label=_("下次重发")),
        components.Column(key="why", label=_("原因")),
    ]
    rows = [
        {
            "to": row.to_masked,
            "what": MAILS.get(row.template, row.template),
            "state": row.label,
            "attempts": row.attempts,
            "next": moment(row.next_try_at),
            "why": row.last_error,
        }
        for row in gateways.failed()
    ]
    return render(request, "agency/delivery.html", {"columns": columns, "rows": rows})
