"""信用信息自愿注册: the entry, the commitment, the list of items (VOL-04, VOL-07 to VOL-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.catalogue import items
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries as voluntary
from chengxin.flow import voluntary as flow
from chengxin.identity import assurance, filers
from chengxin.identity.filers import Authorisation
from chengxin.web.context import address
from chengxin.web.enterprise.voluntary_guard import filer_only, signed_only, to_commitment, wanted_page, ways
from chengxin.web.enterprise.voluntary_words import KIND, address_of, listed, slug, trail
from chengxin.web.enterprise.voluntary_work import enterprise_of
from chengxin.web.session import Request, registrant

STANDINGS = {
    "in_force": ("good", gettext_lazy("授权有效")),
    "coming": ("info", gettext_lazy("未到生效日")),
    "expired": ("warn", gettext_lazy("授权已到期")),
}


@dataclass(frozen=True)
class Line:
    """One row of 自愿注册事项清单; `number` counts only what is published (VOL-13)."""

    place: int
    slug: str
    title: str
    category: str
    number: int
    is_open: bool
    batch_url: str


@require_safe
@registrant
def entry(request: Request) -> HttpResponse:
    """Where the entry of the home page leads; a handler who logged in by password is told what he can do, and how (VOL-03, VOL-05)."""
    held = filers.authorisation(request.actor)
    return _enter(request) if held is None or assurance.strong(request.actor) else _handler(request, held)


def _handler(request: Request, held: Authorisation) -> HttpResponse:
    """What a handler is authorised to do, until when, and the way on."""
    context = {
        "held": held,
        "standing": STANDINGS[held.standing],
        "left": (held.end - clock.today()).days,
        "enterprise": enterprise_of(request.actor),
        "ways": ways(reverse("enterprise:voluntary")),
        "crumbs": trail((_("经办人"), "")),
    }
    return render(request, "enterprise/voluntary_handler.html", context)


@filer_only
def _enter(request: Request) -> HttpResponse:
    """The commitment first, later the list (VOL-04, VOL-07)."""
    items_url = reverse("enterprise:voluntary_items")
    return redirect(items_url) if flow.signed(by=request.actor) else to_commitment(request, items_url)


@require_http_methods(["GET", "HEAD", "POST"])
@filer_only
def commitment(request: Request) -> HttpResponse:
    """自愿注册信用承诺: eight clauses, signed by an explicit act with version, time and account (VOL-07)."""
    if request.method != "POST":
        return _commitment(request)
    try:
        flow.sign(version=request.POST.get("version", ""), ticked=bool(request.POST.get("commitment")), by=request.actor)
    except Invalid as error:
        return _commitment(request, errors=error.fields.get("commitment") or [error.message], status=422)
    except Conflict as error:
        return _commitment(request, errors=[error.message], status=409)
    return redirect(wanted_page(request))


def _commitment(request: Request, *, errors: list[str] | None = None, status: int = 200) -> HttpResponse:
    text = catalogue.commitment(flow.COMMITMENT)
    enterprise = enterprise_of(request.actor)
    earlier = [(version, at) for code, version, at in filings.commitments(enterprise_id=enterprise.id) if code == flow.COMMITMENT]
    context = {
        "text": text,
        "enterprise": enterprise,
        "signed_at": next((at for version, at in earlier if version == text.version), None),
        "signed_before": next((at for version, at in earlier if version != text.version), None),
        "ticked": bool(request.POST.get("commitment")),
        "errors": errors or [],
        "pairs": [("f-commitment", message) for message in errors or ()],
        "next": wanted_page(request),
        "crumbs": trail((_("自愿注册信用承诺"), "")),
    }
    return render(request, "enterprise/voluntary_commitment.html", context, status=status)


@require_safe
@signed_only
def listing(request: Request) -> HttpResponse:
    """自愿注册事项清单: the items in their order, how many are published, whether the enterprise is registered (VOL-08 to VOL-13)."""
    enterprise = enterprise_of(request.actor)
    counts = voluntary.counts(enterprise_id=enterprise.id)
    context = {
        "enterprise": enterprise,
        "lines": lines(counts),
        "total": sum(counts.get(one.form.id, 0) for one in items.listed() if one.form.item and one.form.item.counts),
        "completed": voluntary.completed(enterprise_id=enterprise.id),
        "show_url": address("enterprise:voluntary_show"),
        "download_url": address("enterprise:voluntary_download"),
        "crumbs": trail((_("自愿注册事项清单"), "")),
    }
    return render(request, "enterprise/voluntary_items.html", context)


def lines(counts: Mapping[str, int]) -> list[Line]:
    """The items that are shown, numbered from one."""
    today = clock.today()
    made: list[Line] = []
    for one in items.listed():
        if one.settings.shown and one.form.item is not None:
            made.append(
                Line(
                    place=len(made) + 1,
                    slug=slug(one.form.id),
                    title=str(one.form.title),
                    category=str(one.form.item.category),
                    number=counts.get(one.form.id, 0),
                    is_open=one.settings.is_open(today),
                    batch_url=address_of("enterprise:voluntary_batch", slug(one.form.id)),
                )
            )
    return made


@require_POST
@signed_only
def new(request: Request, item: str) -> HttpResponse:
    """注册新数据: an empty form; nothing is in the list until it is saved (VOL-18)."""
    filing = flow.open_new(form_id=listed(item).form.id, by=request.actor)
    assert filing.kind == KIND
    return redirect("enterprise:voluntary_form", filing_id=filing.id)
