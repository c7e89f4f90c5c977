"""What was done: one's own decisions with the state of their mails, and the mails that did not go out (REG-11)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chengxin.filings import inbox, lifecycle
from chengxin.gateways import queries as gateways
from chengxin.identity import queries as identity
from chengxin.identity.values import EnterpriseView
from chengxin.web import components
from chengxin.web.agency import words
from chengxin.web.session import Request, agency_only
from chengxin.web.templatetags.cx import moment

MAILS = {
    "review_result": gettext_lazy("账号审核结果"),
    "archive_result": gettext_lazy("诚信档案审核结果"),
    "voluntary_result": gettext_lazy("自愿注册信息处理结果"),
    "password_reset": gettext_lazy("重置密码邮件"),
    "email_code": gettext_lazy("邮箱验证码"),
    "login_blocked": gettext_lazy("登录失败提醒"),
    "account_change_held": gettext_lazy("账号变更核实（原邮箱）"),
    "account_change_coming": gettext_lazy("账号变更等待生效"),
    "account_change_stopped": gettext_lazy("账号变更已被阻止"),
    "email_changed": gettext_lazy("注册邮箱已变更"),
    "registration_reset": gettext_lazy("注册信息已重置"),
    "case_told": gettext_lazy("求助、异议等办理结果"),
    "authorisation_ends": gettext_lazy("经办人授权到期提醒（经办人）"),
    "authorisation_ends_unit": gettext_lazy("经办人授权到期提醒（企业）"),
}


@require_safe
@agency_only("reviewer")
def mine(request: Request) -> HttpResponse:
    """已办审核: what the acting person has decided, newest first."""
    found = inbox.decided_by(by=request.actor)
    firms = identity.enterprises({f.enterprise_id for f, _decision in found if f.enterprise_id})
    mails = gateways.delivery_states([words.mail_key(decision) for _filing, decision in found])
    columns = [
        components.Column(key="name", label=_("企业名称")),
        components.Column(key="kind", label=_("类别")),
        components.Column(key="outcome", label=_("审核结果")),
        components.Column(key="at", label=_("审核时间")),
        components.Column(key="mail", label=_("通知邮件")),
        components.Column(key="now", label=_("当前状态")),
    ]
    rows = [
        {
            "name": _linked(filing.id, firms.get(filing.enterprise_id) if filing.enterprise_id else None),
            "kind": words.kind_label(filing.kind),
            "outcome": components.state_tag(state=decision.outcome, label=str(words.OUTCOMES[decision.outcome])),
            "at": moment(decision.at),
            "mail": mails[words.mail_key(decision)].label if words.mail_key(decision) in mails else "—",
            "now": lifecycle.label(kind=filing.kind, state=filing.state),
        }
        for filing, decision in found
    ]
    return render(request, "agency/mine.html", {"columns": columns, "rows": rows})


def _linked(filing_id: UUID, firm: EnterpriseView | None) -> str:
    name, uscc = (firm.name or firm.uscc, firm.uscc) if firm else ("", "")
    return format_html('<a href="/desk/{}">{}</a><br><code>{}</code>', filing_id, name, uscc)


@require_safe
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
