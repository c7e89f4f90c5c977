"""What a page of content and a service product must say, what can happen next, and who may publish. Pure.

Source: requirements PUB-08, SVC-03, SVC-04 of the platform; the second person: issue of the portal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.common.errors import Conflict, Invalid
from chengxin.portal import values
from chengxin.portal.values import CODE, CONTACT, DRAFT, LINK, PUBLISHED, REVIEW, SCHEDULED, WITHDRAWN, Content, Product

Errors = dict[str, list[str]]

TRANSITIONS: Final = {
    (DRAFT, "save"): DRAFT,
    (DRAFT, "hand_in"): REVIEW,
    (DRAFT, "withdraw"): WITHDRAWN,
    (REVIEW, "return"): DRAFT,
    (REVIEW, "publish"): PUBLISHED,
    (REVIEW, "schedule"): SCHEDULED,
    (REVIEW, "withdraw"): WITHDRAWN,
    (SCHEDULED, "publish"): PUBLISHED,
    (SCHEDULED, "return"): DRAFT,
    (SCHEDULED, "withdraw"): WITHDRAWN,
    (PUBLISHED, "save"): DRAFT,
    (PUBLISHED, "withdraw"): WITHDRAWN,
    (WITHDRAWN, "save"): DRAFT,
}
STATE_LABELS: Final[dict[str, str | Promise]] = {
    DRAFT: gettext_lazy("草稿"),
    REVIEW: gettext_lazy("待复核"),
    SCHEDULED: gettext_lazy("待发布"),
    PUBLISHED: gettext_lazy("已发布"),
    WITHDRAWN: gettext_lazy("已撤回"),
}
KIND_LABELS: Final[dict[str, str | Promise]] = {
    values.NOTICE: gettext_lazy("通知公告"),
    values.POLICY: gettext_lazy("政策法规"),
    values.NEWS: gettext_lazy("信用动态"),
    values.DOWNLOAD: gettext_lazy("资料下载"),
    values.HELP: gettext_lazy("帮助中心"),
}
FACT_LABELS: Final[dict[str, str | Promise]] = {
    "number": gettext_lazy("文号"),
    "issuer": gettext_lazy("发布机关"),
    "issued_on": gettext_lazy("成文日期"),
    "valid_from": gettext_lazy("施行日期"),
    "valid_to": gettext_lazy("失效日期"),
    "source_url": gettext_lazy("原文链接"),
    "title_en": gettext_lazy("问题（英文）"),
    "body_en": gettext_lazy("解答（英文）"),
}
DAYS: Final = ("issued_on", "valid_from", "valid_to")
POLICY_NEEDS: Final = ("number", "issuer", "issued_on", "source_url")
KIND_FACTS: Final[dict[str, tuple[str, ...]]] = {
    values.NOTICE: ("number", "issuer"),
    values.POLICY: values.FACTS,
    values.NEWS: ("issuer", "source_url"),
    values.DOWNLOAD: ("issuer",),
    values.HELP: values.ENGLISH,
}
"""What is asked of each kind besides title and text."""
NEEDED: Final[dict[str, tuple[str, ...]]] = {values.POLICY: POLICY_NEEDS, values.HELP: values.ENGLISH}
MOST_CHARS: Final = {
    "number": values.MAX_FACT_CHARS,
    "issuer": values.MAX_FACT_CHARS,
    "title_en": 2 * values.MAX_TITLE_CHARS,
    "body_en": values.MAX_BODY_CHARS,
}
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def next_state(*, state: str, event: str) -> str:
    """The state after `event`; raises Conflict where the table has no such row."""
    target = TRANSITIONS.get((state, event))
    if target is None:
        label = STATE_LABELS[state]
        raise Conflict(_("当前状态为“%(state)s”，不能进行此操作。") % {"state": label}, code="illegal-transition")
    return target


def can(*, state: str, event: str) -> bool:
    """Whether the table has a row for it; feeds the buttons of the desk."""
    return (state, event) in TRANSITIONS


def require_second_person(*, by: UUID, writers: Collection[UUID]) -> None:
    """Nobody publishes what he has written himself: raises Conflict for one of `writers`."""
    if by in writers:
        raise Conflict(_("本人编写的内容须由另一人复核后发布。"), code="second-person")


def check_content(*, kind: str, content: Content, complete: bool) -> None:
    """Raise Invalid with a sentence beside each field that cannot be kept; `complete` also asks for what is missing."""
    errors: Errors = {}
    title, body = text_labels(kind)
    _length(errors, "title", title, content.title, most=values.MAX_TITLE_CHARS)
    if not content.title.strip():
        errors["title"] = [_("请填写%(name)s。") % {"name": title}]
    _length(errors, "summary", _("摘要"), content.summary, most=values.MAX_SUMMARY_CHARS)
    _length(errors, "body", body, content.body, most=values.MAX_BODY_CHARS)
    if complete and not content.body.strip():
        errors["body"] = [_("请填写%(name)s。") % {"name": body}]
    errors |= _fact_errors(content.facts)
    if complete:
        errors = _missing_facts(kind, content.facts) | errors
    if errors:
        raise Invalid(errors)


def text_labels(kind: str) -> tuple[str, str]:
    """What title and text of a page of this kind are called."""
    return (_("问题"), _("解答")) if kind == values.HELP else (_("标题"), _("正文"))


def _missing_facts(kind: str, facts: Mapping[str, str]) -> Errors:
    said = _("政策法规须填写%(name)s。") if kind == values.POLICY else _("请填写%(name)s。")
    return {name: [said % {"name": FACT_LABELS[name]}] for name in NEEDED.get(kind, ()) if not facts.get(name, "").strip()}


def _length(errors: Errors, name: str, label: object, text: str, *, most: int) -> None:
    if len(text) > most:
        errors[name] = [_("%(name)s最多%(most)d字，现有%(now)d字，请缩短。") % {"name": label, "most": most, "now": len(text)}]


def _fact_errors(facts: Mapping[str, str]) -> Errors:
    errors: Errors = {}
    for name, most in MOST_CHARS.items():
        _length(errors, name, FACT_LABELS[name], facts.get(name, ""), most=most)
    days: dict[str, date] = {}
    for name in DAYS:
        found = day_of(facts.get(name, ""))
        if found is not None:
            days[name] = found
        elif facts.get(name):
            errors[name] = [_("%(name)s格式应如 2026-01-31。") % {"name": FACT_LABELS[name]}]
    if days.keys() >= {"valid_from", "valid_to"} and days["valid_to"] < days["valid_from"]:
        errors["valid_to"] = [_("失效日期不能早于施行日期。")]
    url = facts.get("source_url", "")
    _length(errors, "source_url", FACT_LABELS["source_url"], url, most=values.MAX_URL_CHARS)
    if url and not is_web_address(url):
        errors["source_url"] = [_("原文链接应以 https:// 开头，例如 https://www.example.cn/a.html。")]
    return errors


def day_of(text: str) -> date | None:
    """A day typed as 2026-01-31, None for anything else."""
    try:
        return date.fromisoformat(text.strip()) if len(text.strip()) == 10 else None
    except ValueError:
        return None


def is_web_address(text: str) -> bool:
    """Whether `text` is an https address with a host, without a password and without spaces."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and not re.search(r"\s", text)


def in_force(*, facts: Mapping[str, str], today: date) -> str:
    """The validity of a policy today in a word: 未施行, 现行有效, 已失效; empty where it says no days."""
    since, until = day_of(facts.get("valid_from", "")), day_of(facts.get("valid_to", ""))
    if since is None and until is None:
        return ""
    if since is not None and today < since:
        return _("尚未施行")
    return _("已失效") if until is not None and until < today else _("现行有效")


def check_moment(*, publish_at: datetime | None, now: datetime) -> datetime:
    """The moment of a planned publication; raises Invalid unless it lies ahead, within a year."""
    if publish_at is None:
        raise Invalid({"publish_at": [_("请填写发布时间，例如 2026-01-31 09:00。")]})
    if publish_at <= now:
        raise Invalid({"publish_at": [_("发布时间须晚于现在；如需立即发布，请点击“发布”。")]})
    if publish_at > now + timedelta(days=values.MAX_SCHEDULE_DAYS):
        raise Invalid({"publish_at": [_("发布时间不能晚于%(days)d天以后。") % {"days": values.MAX_SCHEDULE_DAYS}]})
    return publish_at


def require_files(*, kind: str, files: int) -> None:
    """资料下载 offers at least one file; raises Invalid."""
    if kind == values.DOWNLOAD and not files:
        raise Invalid({"files": [_("资料下载至少要有一个文件。")]})


# --- Services --------------------------------------------------------------------------------------------------------
def check_product(product: Product) -> None:
    """Raise Invalid with a sentence beside each field of a service product that cannot be kept (SVC-01, SVC-03)."""
    errors: Errors = {}
    if not _CODE.fullmatch(product.code):
        errors["code"] = [_("产品代码为1至60位小写字母、数字或短横线，首尾为字母或数字。")]
    if product.group not in values.GROUPS:
        errors["group"] = [_("请选择服务类别。")]
    texts = {"title": _("产品名称"), "provider": _("提供机构"), "content": _("服务内容")}
    for name, label in texts.items():
        if not getattr(product, name).strip():
            errors[name] = [_("请填写%(name)s。") % {"name": label}]
    most = {"title": values.MAX_TITLE_CHARS, "provider": values.MAX_FACT_CHARS, "content": values.MAX_BODY_CHARS}
    for name, limit in most.items():
        _length(errors, name, texts[name], getattr(product, name), most=limit)
        _length(errors, f"{name}_en", _("英文"), getattr(product, f"{name}_en"), most=2 * limit)
    errors |= _way_errors(product)
    if product.valid_from and product.valid_to and product.valid_to < product.valid_from:
        errors["valid_to"] = [_("有效期的止日不能早于起日。")]
    if product.stock is not None and not 0 <= product.stock <= values.MAX_STOCK:
        errors["stock"] = [_("可领数量为 0 至 %(most)d 的整数；不限数量请留空。") % {"most": values.MAX_STOCK}]
    if errors:
        raise Invalid(errors)


def _way_errors(product: Product) -> Errors:
    value = product.value.strip()
    if product.way not in values.WAYS:
        return {"way": [_("请选择获取方式。")]}
    if not value or len(value) > values.MAX_VALUE_CHARS:
        wanted = {LINK: _("服务链接"), CODE: _("领取码"), CONTACT: _("联系方式")}[product.way]
        return {"value": [_("请填写%(what)s，最多%(most)d字。") % {"what": wanted, "most": values.MAX_VALUE_CHARS}]}
    if product.way == LINK and not is_web_address(value):
        return {"value": [_("服务链接应以 https:// 开头，例如 https://course.example/open。")]}
    return {}


def is_current(*, valid_from: date | None, valid_to: date | None, today: date) -> bool:
    """Whether a product may be claimed today by its term; both days count."""
    return (valid_from is None or valid_from <= today) and (valid_to is None or today <= valid_to)


def claim_refusal(*, product: Product, state: str, taken: int, today: date) -> tuple[str, str] | None:
    """Why a product cannot be claimed now, as (code, sentence); None where it can (SVC-03)."""
    if state != values.LISTED:
        return "taken-down", _("该服务产品已下架，不能领取。")
    if product.valid_to is not None and product.valid_to < today:
        return "expired", _("该服务产品已过有效期，不能领取。")
    if product.valid_from is not None and today < product.valid_from:
        return "not-yet", _("该服务产品尚未开始领取。")
    if product.stock is not None and taken >= product.stock:
        return "out-of-stock", _("该服务产品已领完。")
    return None
