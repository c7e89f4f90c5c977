"""惠民惠企: free service products in four groups, claimed once, for approved enterprises only (SVC-01 to SVC-04)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Text
from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.flow import services as flow
from chengxin.portal import rules, services
from chengxin.portal.values import CODE, CONTACT, LINK, ClaimView, ProductView
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only

WAYS = {LINK: gettext_lazy("在线获取"), CODE: gettext_lazy("凭领取码"), CONTACT: gettext_lazy("联系提供机构")}
LIST = "/workbench/services"


@dataclass(frozen=True)
class Shown:
    """One product in words; its price to enterprises is always 0."""

    view: ProductView
    title: Text
    provider: Text
    content: Text
    way: str
    claimed: bool = False


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """The four groups with their products."""
    claimed = {claim.product_code for claim in services.claims(by=request.actor)}
    products = [shown(view, claimed=view.product.code in claimed) for view in services.offered(by=request.actor)]
    groups = [
        (group.code, str(group.label), [p for p in products if p.view.product.group == group.code]) for group in catalogue.service_groups()
    ]
    context = {"groups": groups, "claimed": len(claimed), "crumbs": crumbs((_("惠民惠企"), ""))}
    return render(request, "enterprise/services.html", context)


@require_safe
@enterprise_only
def detail(request: Request, code: str) -> HttpResponse:
    """One product, and what was obtained of it."""
    return render(request, "enterprise/service.html", _page(request, code))


@require_POST
@enterprise_only
def claim(request: Request, code: str) -> HttpResponse:
    """领取: once; a second press shows the first claim. What cannot be claimed says why."""
    try:
        flow.claim(code=code, by=request.actor)
    except Conflict as refused:
        return render(request, "enterprise/service.html", _page(request, code) | {"refused": refused.message}, status=refused.status)
    return redirect(f"{LIST}/{code}#claim")


@require_safe
@enterprise_only
def history(request: Request) -> HttpResponse:
    """我的领取: everything ever claimed, also what was taken down since."""
    lines = [(claim, WAYS[claim.way], is_link(claim)) for claim in services.claims(by=request.actor)]
    return render(request, "enterprise/claims.html", {"lines": lines, "crumbs": crumbs((_("惠民惠企"), LIST), (_("我的领取"), ""))})


def _page(request: Request, code: str) -> dict[str, object]:
    found = shown(services.product(code=code, by=request.actor))
    product = found.view.product
    own = services.claim_of(code=code, by=request.actor)
    taken = found.view.claims
    why = rules.claim_refusal(product=product, state=found.view.state, taken=taken, today=clock.today())
    return {
        "service": found,
        "claim": own,
        "claim_is_link": own is not None and is_link(own),
        "why_not": why[1] if why else "",
        "group": next(str(group.label) for group in catalogue.service_groups() if group.code == product.group),
        "crumbs": crumbs((_("惠民惠企"), LIST), (str(found.title), "")),
    }


def is_link(claim: ClaimView) -> bool:
    """Whether what was given is an address on the web."""
    return claim.way == LINK and rules.is_web_address(claim.value)


def shown(view: ProductView, *, claimed: bool = False) -> Shown:
    """A product in the two languages."""
    product = view.product
    return Shown(
        view=view,
        title=Text(product.title, product.title_en),
        provider=Text(product.provider, product.provider_en),
        content=Text(product.content, product.content_en),
        way=str(WAYS[product.way]),
        claimed=claimed,
    )
