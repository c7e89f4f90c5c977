"""Texts that several pages of the desk use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chengxin.catalogue.values import Form
from chengxin.filings.values import DecisionView
from chengxin.identity.values import EnterpriseView

KINDS = {
    "registration": _("账号审核"),
    "archive": _("诚信档案审核"),
    "voluntary": _("自愿注册信息审核"),
    "import": _("数据导入"),
    "objection": _("异议申请"),
    "error_report": _("信息纠错"),
    "subject_change": _("主体信息变更"),
    "impostor": _("冒名注册申诉"),
    "takedown": _("下线申请"),
    "help": _("客服求助"),
    "question": _("政企交流"),
    "tipoff": _("举报"),
    "suggestion": _("投诉建议"),
}
# pages of their own, by kind
CASE_PAGES = {
    "help": "agency:ticket",
    "objection": "agency:case",
    "error_report": "agency:case",
    "question": "agency:question",
    "subject_change": "agency:change",
    "impostor": "agency:impostor",
    "takedown": "agency:takedown",
    "tipoff": "agency:voice",
    "suggestion": "agency:voice",
}
OUTCOMES = {"approved": _("审核通过"), "rejected": _("审核未通过")}
# 常用意见 per form, with places for what is known of the enterprise (D-37)
PHRASES = {
    "registration": (
        _("营业执照照片不清晰，请重新拍摄或扫描后上传。"),
        _("营业执照与“{name}（{uscc}）”不一致，请按营业执照更正或上传正确的营业执照。"),
        _("授权文件缺少签字，请签字后重新上传。"),
        _("授权文件未加盖公章，请加盖公章后重新上传。"),
        _("所属地区应与营业执照住所一致，现填写为“{division}”，请更正。"),
    ),
    "archive": (
        _("住所与营业执照不一致，请按营业执照更正。"),
        _("网站或网店名称填写不完整，请补充网址或店铺编号。"),
        _("资质证照已过有效期，请更新后重新提交。"),
        _("附件不清晰，请重新上传。"),
        _("填写内容与“{name}”的实际经营情况不符，请核实后更正。"),
    ),
    "voluntary": (
        _("证明附件无效：附件不能证明所填内容的真实性，请更换能够证明的附件。"),
        _("证明附件无效：附件不清晰，请重新拍摄或扫描后上传。"),
        _("证明附件上的单位不是“{name}”，请更换本单位的证明。"),
        _("填写的名称、编号、日期或金额与证明附件不一致，请按附件更正。"),
        _("该信息已由政府部门归集或已经公示，无需重复注册。"),
        _("该信息不属于本事项，请在对应的事项中注册。"),
    ),
}


def kind_label(kind: str) -> str:
    """The words for a kind of filing on the desk."""
    return str(KINDS.get(kind, kind))


def item_label(kind: str, form: Form | None) -> str:
    """The words for a filing on the desk: a voluntary record is called by its item."""
    return str(form.title) if form is not None and kind == "voluntary" else kind_label(kind)


PHRASE_KINDS = tuple(PHRASES)


def phrases(kind: str, enterprise: EnterpriseView, kept: Iterable[str] = ()) -> list[str]:
    """常用意见 with the enterprise's own name, code and region: those kept by person and unit, then the common ones."""
    known = {
        "name": enterprise.name or enterprise.uscc,
        "uscc": enterprise.uscc,
        "division": "".join(enterprise.division_path),
    }
    return [str(text).format(**known) for text in (*kept, *PHRASES.get(kind, ()))]


def mail_key(decision: DecisionView) -> str:
    """The key of the mail that tells the enterprise of a decision."""
    return f"decided:{decision.filing_id}:{decision.round}"


def time_left(left: timedelta) -> str:
    """How long until an item is due, or since when it is overdue, in the unit that a person would say."""
    late = left < timedelta(0)
    amount = span(abs(left))
    return (gettext("逾期%(amount)s") if late else gettext("剩余%(amount)s")) % {"amount": amount}


def span(length: timedelta) -> str:
    """A length of time in the unit that a person would say."""
    minutes = int(length.total_seconds() // 60)
    if minutes >= 48 * 60:
        return gettext("%(n)d天") % {"n": minutes // (24 * 60)}
    if minutes >= 60:
        return gettext("%(n)d小时") % {"n": minutes // 60}
    return gettext("%(n)d分钟") % {"n": minutes}
