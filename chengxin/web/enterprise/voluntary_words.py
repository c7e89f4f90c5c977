"""Words and ways that the pages of 信用信息自愿注册 share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chengxin.catalogue import items, rules
from chengxin.catalogue.values import Form, Group
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.web import reading
from chengxin.web.components import Link

KIND = "voluntary"
Words = str | Promise


@dataclass(frozen=True)
class Act:
    """Something a person may do to a record: its button, the question before it, what it brings about."""

    code: str
    label: Words
    question: Words = ""
    text: Words = ""
    tone: str = ""


# By the codes of `voluntary_queries.actions`; the table of the lifecycle says which of them a state allows (D-02).
ACTS = {
    act.code: act
    for act in (
        Act("edit", _("修改")),
        Act(
            "submit",
            _("报送"),
            _("再次报送这条信息？"),
            _("内容不变，重新提交至平台，状态变为“发布中”，1-15 个工作日内处理。如需更改内容，请选择“修改”。"),
            "primary",
        ),
        Act(
            "withdraw",
            _("撤销"),
            _("撤销这条信息？"),
            _("撤销后不再处理，也不会发布；之后可以修改、重新报送或删除。"),
            "danger",
        ),
        Act(
            "delete",
            _("删除"),
            _("删除这条信息？"),
            _("删除后不再出现在列表中，不能恢复。操作记录按规定留存。"),
            "danger",
        ),
        Act(
            "takedown",
            _("申请下线"),
            _("申请将这条信息下线？"),
            _("由处理人员确认后下线，确认前仍然公示。请说明理由。"),
            "danger",
        ),
    )
}


def trail(*pairs: tuple[Words, str]) -> list[Link]:
    """The way from the home page, in the words of the manual: 首页>…"""
    return [Link(text=str(text), url=url) for text, url in ((_("首页"), "/"), *pairs)]


def address_of(view: str, *args: Any) -> str:
    """The address of a page of another chapter; empty where this house has none."""
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""


def slug(form_id: str) -> str:
    """The last part of a form's id, for addresses."""
    return form_id.removeprefix(f"{KIND}/")


def listed(item: str) -> items.Listed:
    """The item of an address, or 404."""
    found = next((one for one in items.listed() if slug(one.form.id) == item), None)
    if found is None:
        raise NotFound(_("未找到该自愿注册事项。"))
    return found


def item_trail(form: Form, *more: tuple[Words, str]) -> list[Link]:
    """首页>个人中心>自愿注册信息>(the item)>…"""
    pairs = ((_("个人中心"), reverse("enterprise:home")), (_("自愿注册信息"), reverse("enterprise:voluntary_items")))
    return trail(*pairs, *((more) or ((str(form.title), ""),)))


def records_title(form: Form) -> str:
    """慈善捐赠信息自愿注册我注册的信用信息."""
    return _("%(title)s我注册的信用信息") % {"title": form.title}


@dataclass(frozen=True)
class Cell:
    """One answer in words, with its label for the cards of a phone."""

    label: str
    value: str


def cells(form: Form, answers: Mapping[str, str]) -> list[Cell]:
    """The columns of an item for one record, by the form version of the columns; `answers` by field code, as typed."""
    group = only_group(form)
    assert form.item is not None
    fields = [f for code in form.item.columns if (f := group.field(code))]
    asked = rules.asked(group, answers, today=clock.today())
    return [Cell(str(f.label), reading.shown(f, answers.get(f.code, "")) if f.code in asked else "") for f in fields]


def only_group(form: Form) -> Group:
    """The one group of an item's form."""
    return next(form.asked_groups())
