"""机构管理: units one level at a time with people on duty and figures; set up, rename, people, acts of two administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.access import queries as access
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import figures
from chengxin.flow import units as flow
from chengxin.identity import agency_acts, overview
from chengxin.identity import queries as identity
from chengxin.identity.overview import UnitRow
from chengxin.identity.values import AGENCY_KINDS, AGENCY_ROLES, Actor
from chengxin.web import components
from chengxin.web.agency import supervising
from chengxin.web.session import Request, agency_only
from chengxin.web.templatetags.cx import moment

SEEN_BY = ("supervisor", "system_admin", "security_admin", "audit_admin")
ROLES = {
    "reviewer": gettext_lazy("审核员"),
    "supervisor": gettext_lazy("监督员"),
    "editor": gettext_lazy("内容编辑"),
    "helpdesk": gettext_lazy("客服"),
    "importer": gettext_lazy("数据导入员"),
    "system_admin": gettext_lazy("系统管理员"),
    "security_admin": gettext_lazy("安全管理员"),
    "audit_admin": gettext_lazy("审计管理员"),
}
UNIT_KINDS = {"commerce": gettext_lazy("商务主管部门"), "source": gettext_lazy("数据来源单位"), "service": gettext_lazy("服务单位")}
ACTS = {
    "suspend": gettext_lazy("停用机构"),
    "resume": gettext_lazy("恢复机构"),
    "roles": gettext_lazy("变更角色"),
    "leave": gettext_lazy("人员离岗"),
}
ACT_STATES = {"proposed": gettext_lazy("待复核"), "confirmed": gettext_lazy("已生效"), "declined": gettext_lazy("未通过")}


@require_safe
@agency_only(*SEEN_BY)
def show(request: Request) -> HttpResponse:
    """The top of what the person may see, or every unit without anybody on duty."""
    by = request.actor
    if request.GET.get("unstaffed") != "1":
        return redirect(f"/desk/units/{_top(by)}")
    rows = overview.unstaffed(by=by)
    return render(request, "agency/unstaffed.html", {"columns": _columns(), "rows": _lines(rows), "manages": _manages(by)})


def _top(by: Actor) -> UUID:
    """One's own unit; administrators begin at the national level."""
    national = identity.national_agency()
    if national is not None and {"system_admin", "security_admin", "audit_admin"} & by.roles:
        return national.id
    assert by.agency_id is not None
    return by.agency_id


def _manages(by: Actor) -> bool:
    return "system_admin" in by.roles


@require_safe
@agency_only(*SEEN_BY)
def unit(request: Request, agency_id: UUID) -> HttpResponse:
    """One unit: its figures, its people, the units below."""
    return render(request, "agency/unit.html", page(request, agency_id))


def page(
    request: Request, agency_id: UUID, *, errors: Mapping[str, list[str]] | None = None, typed: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Everything the page of a unit shows; also where something was refused, so that nothing typed is lost."""
    by = request.actor
    row = overview.unit(agency_id, by=by)
    if row is None:
        raise NotFound(_("未找到该机构。"))
    below = overview.units_below(agency_id, by=by)
    of = identity.agency(agency_id)
    whole = figures.total(figures.by_division(), identity.divisions_below(of.division_code)) if of.kind == "commerce" else None
    return {
        "unit": row,
        "kind": UNIT_KINDS[of.kind],
        "crumbs": _crumbs(agency_id, by),
        "whole": supervising.facts(whole) if whole else None,
        "columns": _columns(),
        "rows": _lines(below),
        "staff_columns": _staff_columns(),
        "staff": _staff(agency_id, by),
        "people": [(str(each.account_id), each.display_name) for each in identity.staff_of(agency_id, by=by) if each.until is None],
        "acts": [_act(each) for each in agency_acts.of(agency_id=agency_id, by=by)],
        "confirms": bool({"system_admin", "security_admin"} & by.roles),
        "me": by.account_id,
        "manages": _manages(by),
        "roles": [(role, ROLES[role]) for role in (*ROLES,) if role in AGENCY_ROLES],
        "errors": errors or {},
        "problems": [(f"f-{name}", text) for name, texts in (errors or {}).items() for text in texts],
        "typed": typed or {},
    }


def _crumbs(agency_id: UUID, by: Actor) -> list[components.Link]:
    found: list[components.Link] = []
    step: UUID | None = agency_id
    while step is not None and overview.may_see(step, by=by):
        each = identity.agency(step)
        found.insert(0, components.Link(text=each.name, url=f"/desk/units/{each.id}" if step != agency_id else ""))
        step = each.parent_id
    return found


def _columns() -> list[components.Column]:
    return [
        *supervising.columns(_("机构"))[:1],
        components.Column(key="duty", label=_("在岗/审核员"), numeric=True),
        *[column for column in supervising.columns() if column.key in ("pending", "overdue", "mean")],
        components.Column(key="last", label=_("最近登录")),
        components.Column(key="below", label=_("下级机构"), numeric=True),
    ]


def _lines(rows: list[UnitRow]) -> list[dict[str, Any]]:
    loads = figures.by_division()
    accounts = overview.accounts_of(row.agency.id for row in rows)
    seen = access.last_log_ins(account for each in accounts.values() for account in each)
    found = []
    for row in rows:
        load = figures.total(loads, identity.divisions_below(row.agency.division_code)) if row.agency.kind == "commerce" else figures.Load()
        last = max((seen[account] for account in accounts.get(row.agency.id, ()) if account in seen), default=None)
        about = {"last": moment(last) if last else "—", "below": row.below, "duty": _duty(row)}
        name = format_html('<a href="/desk/units/{}">{}</a><br><code>{}</code>', row.agency.id, row.agency.name, row.agency.code)
        found.append({**supervising.facts(load), "name": name, **about})
    return found


def _duty(row: UnitRow) -> Any:
    if row.suspended:
        return components.badge(text=_("已停用"), tone="warn")
    if row.agency.kind != "commerce":
        return "—"
    shown = f"{row.on_duty}/{row.reviewers}"
    return format_html("{} {}", shown, components.badge(text=_("无在岗"), tone="bad")) if not row.on_duty else shown


def _staff_columns() -> list[components.Column]:
    return [
        components.Column(key="name", label=_("姓名")),
        components.Column(key="roles", label=_("角色")),
        components.Column(key="forms", label=_("负责类别")),
        components.Column(key="state", label=_("状态")),
        components.Column(key="last", label=_("最近登录")),
    ]


def _staff(agency_id: UUID, by: Actor) -> list[dict[str, Any]]:
    people = [each for each in identity.staff_of(agency_id, by=by) if each.until is None]
    seen = access.last_log_ins(each.account_id for each in people)
    states = {"active": _("正常"), "pending": _("待复核"), "suspended": _("已停用"), "closed": _("已终止")}
    found = []
    for each in people:
        away = _("，缺勤自%(at)s") % {"at": moment(each.absent_from)} if each.absent_from else ""
        last = seen.get(each.account_id)
        words = _("、").join(str(ROLES[role]) for role in each.roles)
        about = {"forms": _("、").join(each.forms) or _("全部"), "state": states[each.state] + away}
        found.append({"name": each.display_name, "roles": words, "last": moment(last) if last else "—", **about})
    return found


def _act(each: agency_acts.ActView) -> tuple[agency_acts.ActView, str, str]:
    parts = [str(ACTS[each.kind]), each.account_name, _("、").join(str(ROLES[role]) for role in each.roles)]
    return each, " ".join(part for part in parts if part), str(ACT_STATES[each.state])


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("system_admin")
def new_unit(request: Request) -> HttpResponse:
    """Set up a unit."""
    typed = {name: request.POST.get(name, "").strip()[:200] for name in ("code", "name", "division", "kind")}
    errors: Mapping[str, list[str]] = {}
    if request.method == "POST":
        try:
            made = flow.create_unit(
                code=typed["code"], name=typed["name"], division_code=typed["division"] or None, kind=typed["kind"], by=request.actor
            )
            return redirect(f"/desk/units/{made}")
        except Invalid as error:
            errors = error.fields
    context = {
        "typed": typed,
        "errors": errors,
        "problems": [(f"f-{name}", text) for name, texts in errors.items() for text in texts],
        "kinds": [(kind, UNIT_KINDS[kind]) for kind in AGENCY_KINDS],
    }
    return render(request, "agency/new_unit.html", context, status=422 if errors else 200)


@require_POST
@agency_only("system_admin")
def rename(request: Request, agency_id: UUID) -> HttpResponse:
    """Give a unit another name."""
    name = request.POST.get("name", "")[:400]
    try:
        flow.rename_unit(agency_id=agency_id, name=name, by=request.actor)
    except Invalid as error:
        return render(request, "agency/unit.html", page(request, agency_id, errors=error.fields, typed={"name": name}), status=422)
    return redirect(f"/desk/units/{agency_id}")


@require_POST
@agency_only("system_admin")
def new_person(request: Request, agency_id: UUID) -> HttpResponse:
    """Set up a person; the first password is shown on this answer and nowhere else."""
    typed = {name: request.POST.get(name, "").strip()[:300] for name in ("display_name", "username", "email", "forms")}
    chosen = request.POST.getlist("roles")
    forms = [part.strip() for part in typed["forms"].replace("、", ",").replace("，", ",").split(",") if part.strip()]
    person = flow.NewPerson(typed["display_name"], typed["username"], chosen, forms, typed["email"])
    try:
        opened = flow.add_person(agency_id=agency_id, person=person, by=request.actor)
    except Invalid as error:
        context = page(request, agency_id, errors=error.fields, typed={**typed, "roles": chosen})
        return render(request, "agency/unit.html", context, status=422)
    return render(request, "agency/unit.html", page(request, agency_id) | {"opened": opened})


@require_POST
@agency_only("system_admin")
def propose(request: Request, agency_id: UUID) -> HttpResponse:
    """Propose an act that a second administrator confirms."""
    typed = {"act": request.POST.get("kind", "")[:20], "act_reason": request.POST.get("reason", "")[:1000]}
    person, chosen = request.POST.get("account", ""), request.POST.getlist("act_roles")
    try:
        account = UUID(person) if person and typed["act"] in ("roles", "leave") else None
        flow.propose(kind=typed["act"], agency_id=agency_id, account_id=account, roles=chosen, reason=typed["act_reason"], by=request.actor)
    except ValueError:
        raise NotFound(_("未找到该机构人员。")) from None
    except Invalid as error:
        fields = {{"reason": "act_reason", "roles": "act_roles"}.get(name, name): texts for name, texts in error.fields.items()}
        return render(request, "agency/unit.html", page(request, agency_id, errors=fields, typed=typed), status=422)
    return redirect(f"/desk/units/{agency_id}#acts")


@require_POST
@agency_only("system_admin", "security_admin")
def settle(request: Request, act_id: UUID) -> HttpResponse:
    """The second administrator's word."""
    flow.settle(act_id=act_id, confirmed=request.POST.get("outcome") == "confirmed", by=request.actor)
    return redirect(request.POST.get("back", "") if request.POST.get("back", "").startswith("/desk/units/") else "/desk/units")
