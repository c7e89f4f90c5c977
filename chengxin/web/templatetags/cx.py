"""`{% load cx %}`: every component as a tag, and a few filters."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from chengxin.catalogue import queries as catalogue
from chengxin.web import components
from chengxin.web.forms import control_id, text_of
from chengxin.web.registry import REGISTRY

register = template.Library()

for _component in REGISTRY.values():
    if _component.block:
        register.simple_block_tag(_component.function, name=_component.name)
    else:
        register.simple_tag(_component.function, name=_component.name)


@register.filter
def words(value: Any) -> str:
    """A text of the catalogue in the language of the moment."""
    return text_of(value)


@register.simple_tag
def working_days(sla: str) -> int:
    """How many working days the catalogue gives for something, for a sentence about it; a case shows its due moment (D-04)."""
    return int(catalogue.document("sla")["sla"][sla]["working_days"])


@register.filter
def as_id(path: str) -> str:
    """The HTML id of the control of an answer path."""
    return control_id(path)


@register.filter
def day(value: date | datetime | str | None) -> str:
    """A day as 2026年3月5日, in English as 2026-03-05; a text passes through."""
    if not isinstance(value, date):
        return value or ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    if (get_language() or "").startswith("en"):
        return value.isoformat()
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
def moment(value: datetime | None) -> str:
    """A moment in Shanghai time, to the minute."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}"


@register.filter
def thousands(value: int | str) -> str:
    """1234567 as 1,234,567; a text passes through."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@register.filter
def file_size(size: int) -> str:
    """Bytes as KB or MB."""
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(1, round(size / 1024))} KB"


@register.simple_tag
def links(*pairs: str) -> list[components.Link]:
    """Pairs of text and url as links, for crumbs and tabs: `{% links "首页" "/" "注册" "" as crumbs %}`."""
    return [components.Link(text=text, url=url) for text, url in zip(pairs[::2], pairs[1::2], strict=True)]


@register.simple_tag
def texts(*items: str) -> list[str]:
    """Texts as a list: `{% texts "一" "二" as labels %}`."""
    return list(items)
