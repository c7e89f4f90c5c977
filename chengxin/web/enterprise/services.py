"""惠民惠企: free service products in four groups, for approved enterprises only (SVC-01, SVC-02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Text
from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.flow import services as flow
from chengxin.identity.values import Actor
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only


@dataclass(frozen=True)
class Service:
    """One product; its price to enterprises is always 0."""

    code: str
    group: str
    title: Text
    provider: Text
    content: Text
    how: str
    how_text: Text
    value: str
    since: date | None
    until: date | None

    @property
    def is_link(self) -> bool:
        """Whether its value is an address on the web."""
        return self.how == "link" and self.value.startswith(("https://", "http://"))


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """The four groups with their products."""
    products = current(request.actor)
    groups = [(group.code, str(group.label), [p for p in products if p.group == group.code]) for group in catalogue.service_groups()]
    return render(request, "enterprise/services.html", {"groups": groups, "crumbs": crumbs((_("惠民惠企"), ""))})


@require_safe
@enterprise_only
def detail(request: Request, code: str) -> HttpResponse:
    """One product and how to obtain it."""
    found = next((p for p in current(request.actor) if p.code == code), None)
    if found is None:
        raise NotFound(_("未找到该服务产品，可能已下架。"))
    labels = {group.code: str(group.label) for group in catalogue.service_groups()}
    context = {
        "service": found,
        "group": labels[found.group],
        "crumbs": crumbs((_("惠民惠企"), "/workbench/services"), (str(found.title), "")),
    }
    return render(request, "enterprise/service.html", context)


def current(by: Actor) -> list[Service]:
    """The products that are offered to the acting person today."""
    today = clock.today()
    made = [_service(one) for one in flow.offered(by=by)]
    return [p for p in made if (p.since is None or p.since <= today) and (p.until is None or today <= p.until)]


def _service(one: Mapping[str, Any]) -> Service:
    valid = one.get("valid") or {}
    return Service(
        code=one["service"],
        group=one["group"],
        title=_text(one["title"]),
        provider=_text(one["provider"]),
        content=_text(one["content"]),
        how=one["how"]["by"],
        how_text=_text(one["how"]["text"]),
        value=one["how"]["value"],
        since=_day(valid.get("from")),
        until=_day(valid.get("to")),
    )


def _text(words: dict[str, str]) -> Text:
    return Text(words["zh"], words.get("en", ""))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
