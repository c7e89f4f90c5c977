"""主体信息变更: name, representative, address and region, type, the end of the registration, with licence picture (D-10)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Conflict, Invalid
from chengxin.flow import subjects, wrongdata
from chengxin.identity import queries as identity
from chengxin.web import casepage
from chengxin.web.casepage import CasePage
from chengxin.web.components import Link
from chengxin.web.enterprise.cases import handed_in_page
from chengxin.web.enterprise.words import crumbs
from chengxin.web.session import Request, enterprise_only

FIRST = "rename"


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def change(request: Request) -> HttpResponse:
    """One page for each kind of change, chosen by a tab; then number, query code and receipt."""
    if request.method != "POST":
        page = casepage.opened(subjects.FORM, kind=request.GET.get("kind", FIRST))
        if page.value("kind") not in kinds(page):
            page = casepage.opened(subjects.FORM, kind=FIRST)
        return _page(request, page, status=200)
    page = casepage.posted(request, subjects.FORM)
    if casepage.redraws(request):
        return _page(request, page, status=422 if page.errors else 200)
    page.refuse(wrongdata.check(form=page.form, answers=page.handed_in()))
    if page.errors:
        return _page(request, page)
    try:
        done = subjects.hand_in(answers=page.handed_in(), values=page.values, files=page.files(), key=page.key, by=request.actor)
    except (Invalid, Conflict) as error:
        return casepage.refused(page, error, draw=lambda status: _page(request, page, status=status))
    return handed_in_page(request, done, kind=subjects.KIND)


def kinds(page: CasePage) -> dict[str, str]:
    """The kinds of changes with their words."""
    field = page.group.field("kind")
    return {option.code: str(option.label) for option in field.options} if field else {}


def _page(request: Request, page: CasePage, *, status: int = 422) -> HttpResponse:
    here, enterprise_id = reverse("enterprise:change"), request.actor.enterprise_id
    assert enterprise_id is not None
    enterprise = identity.enterprise(enterprise_id)
    context = {
        "page": page,
        "kind_path": page.path("kind"),
        "kind": page.value("kind"),
        "tabs": [Link(text=label, url=f"{here}?kind={code}") for code, label in kinds(page).items()],
        "tab": f"{here}?kind={page.value('kind')}",
        "fields": page.fields(besides=["kind"]),
        "problems": page.problems(),
        "now": [(_("企业名称"), enterprise.name or "—"), (_("所属地区"), "".join(enterprise.division_path))],
        "uscc": enterprise.uscc,
        "crumbs": crumbs((_("异议与变更"), reverse("enterprise:cases")), (_("主体信息变更"), "")),
    }
    return render(request, "enterprise/change.html", context, status=status)
