"""Texts that several of the enterprise's pages use."""

from __future__ import annotations

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.filings import lifecycle
from chengxin.filings.messages import MessageView
from chengxin.filings.values import FilingView
from chengxin.web.components import Link
from chengxin.web.templatetags import cx

TYPE_HINTS = {
    "PLATFORM": gettext_lazy("为交易双方提供网络经营场所、交易撮合、信息发布等服务"),
    "IN_PLATFORM": gettext_lazy("通过电子商务平台销售商品或者提供服务"),
    "SELF_SITE": gettext_lazy("通过自建网站、APP 或小程序销售商品或者提供服务"),
    "OTHER_NET": gettext_lazy("通过社群、直播等其他网络渠道销售商品或者提供服务"),
    "SERVICE": gettext_lazy("为电子商务提供物流、支付、代运营、技术等服务"),
}
KINDS = {
    "registration": gettext_lazy("企业用户注册"),
    "archive": gettext_lazy("诚信档案"),
    "voluntary": gettext_lazy("自愿注册信息"),
    "takedown": gettext_lazy("下线申请"),
    "objection": gettext_lazy("异议申请"),
    "error_report": gettext_lazy("信息纠错"),
    "subject_change": gettext_lazy("主体信息变更"),
    "impostor": gettext_lazy("冒名注册申诉"),
    "help": gettext_lazy("客服求助"),
    "question": gettext_lazy("政企交流"),
    "tipoff": gettext_lazy("举报"),
    "suggestion": gettext_lazy("投诉建议"),
}

ACCOUNT_CHANGES = {
    "account_change_held": gettext_lazy("客服求助申请的账号变更等待生效，如非本单位申请，请通过注册邮箱收到的链接阻止"),
    "account_change_stopped": gettext_lazy("客服求助申请的账号变更已被原注册邮箱阻止"),
    "account_mailbox_changed": gettext_lazy("注册邮箱已变更"),
}
AUTHORISATION_ENDS = {
    "authorisation_ends": gettext_lazy("您的经办人授权将于%(day)s到期，请联系企业管理员续期"),
    "authorisation_ends_unit": gettext_lazy("经办人%(name)s的授权将于%(day)s到期，请上传新的授权文件"),
}


def kind_label(kind: str) -> str:
    """The words for a kind of filing."""
    return str(KINDS.get(kind, kind))


def state_label(filing: FilingView) -> str:
    """The state of a filing in words; a draft that updates a published archive says so."""
    return lifecycle.label(kind=filing.kind, state=filing.state)


def crumbs(*pairs: tuple[str | Promise, str]) -> list[Link]:
    """The way from the home page."""
    return [Link(text=_("企业首页"), url="/workbench"), *(Link(text=str(text), url=url) for text, url in pairs)]


def message_title(message: MessageView) -> str:
    """One line for a message."""
    kind = kind_label(str(message.params.get("kind", "")))
    if message.template == "handed_in":
        return _("%(kind)s已提交，等待审核") % {"kind": kind}
    if message.template == "case":
        return _("%(title)s%(what)s") % {"title": kind, "what": message.params.get("what", "")}
    if message.template == "reassigned":
        return _("一条政府部门信息的归属已更正")
    if message.template in ACCOUNT_CHANGES:
        return str(ACCOUNT_CHANGES[message.template])
    if message.template in AUTHORISATION_ENDS:
        return str(AUTHORISATION_ENDS[message.template]) % _ending(message)
    if message.template == "watch_digest":
        return _("您关注的 %(count)s 家企业诚信档案有变化") % {"count": message.params.get("count", "")}
    outcome = message.params.get("outcome")
    if outcome and message.params.get("kind") == "voluntary":
        return (_("%(kind)s已发布") if outcome == "approved" else _("%(kind)s未通过，请查看审核意见")) % {"kind": kind}
    if outcome == "approved":
        return _("%(kind)s审核通过") % {"kind": kind}
    if outcome == "rejected":
        return _("%(kind)s审核未通过，请查看审核意见") % {"kind": kind}
    return _("系统通知")


def _ending(message: MessageView) -> dict[str, str]:
    return {"name": message.params["handler"], "day": cx.day(date.fromisoformat(message.params["day"]))}
