"""自愿注册事项管理: the items and how each runs: order, window, reviewing level, sight, versions (VOL-10, VOL-42)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.catalogue import items, queries
from chengxin.catalogue.items import ItemChanged, ItemSettings, Listed
from chengxin.catalogue.measured_kinds import read_day
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.flow import itemcatalogue as flow
from chengxin.web.forms import Field
from chengxin.web.session import Request, agency_only

LIST = "/desk/catalogue"
LEVELS = {
    "": gettext_lazy("就近审核"),
    "county": gettext_lazy("县级及以上"),
    "city": gettext_lazy("市级及以上"),
    "province": gettext_lazy("省级及以上"),
    "national": gettext_lazy("国家级"),
}
ORIGINS = {"files": gettext_lazy("随系统安装"), "upload": gettext_lazy("上传发布")}
NAMES = ("order", "opens_on", "closes_on", "level", "shown")
managers_only = agency_only("editor", "system_admin")


@dataclass(frozen=True)
class Typed:
    """The settings as typed, and what is wrong with them."""

    texts: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def wanted(self, standing: ItemSettings) -> ItemSettings:
        """The settings that were typed; raises Invalid where a number or a day is none."""
        errors: dict[str, list[str]] = {}
        order = self.texts["order"]
        if not (order.isascii() and order.isdecimal() and len(order) < 9):
            errors["order"] = [_("序号应为1至%(most)s的整数") % {"most": items.MAX_ORDER}]
        days = {name: self._day(name, errors) for name in ("opens_on", "closes_on")}
        if errors:
            raise Invalid(errors)
        return ItemSettings(
            standing.form_id, int(order), days["opens_on"], days["closes_on"], self.texts["level"], self.texts["shown"] == "1"
        )

    def _day(self, name: str, errors: dict[str, list[str]]) -> date | None:
        found = read_day(self.texts[name])
        if self.texts[name] and found is None:
            errors[name] = [_("日期格式应如 2026-01-31。")]
        return found


def typed_of(request: HttpRequest) -> Typed:
    """What the page says."""
    return Typed({name: request.POST.get(name, "").strip()[:40] for name in NAMES})


def as_typed(standing: ItemSettings) -> Typed:
    """What runs, as one would type it."""
    days = {name: day.isoformat() if (day := getattr(standing, name)) else "" for name in ("opens_on", "closes_on")}
    return Typed({**days, "order": str(standing.order), "level": standing.level, "shown": "1" if standing.shown else "0"})


def fields_of(typed: Typed, standing: ItemSettings) -> list[Field]:
    """The rows of the settings."""
    without = _("不填则不在注册期内") if standing.windowed else _("都不填则长期开放")
    rows = (
        ("order", _("序号"), {"kind": "integer", "required": True, "hint": _("在清单中的位置，相同时按标识排列")}),
        ("opens_on", _("注册期起"), {"kind": "date", "hint": without}),
        ("closes_on", _("注册期止"), {"kind": "date", "hint": _("当日24时（北京时间）截止")}),
        ("level", _("审核层级"), {"kind": "choice", "options": tuple((code, str(text)) for code, text in LEVELS.items())}),
        ("shown", _("在清单中显示"), {"kind": "boolean", "required": True, "hint": _("选“否”时企业看不到该事项，已注册的信息不受影响")}),
    )
    return [
        Field(name=name, label=label, value=typed.texts[name], errors=tuple(typed.errors.get(name, ())), **more)
        for name, label, more in rows
    ]


def apart(typed: Typed, standing: ItemSettings) -> list[dict[str, str]]:
    """Where what runs is not what was typed: both in words, for the person to choose."""
    theirs = fields_of(as_typed(standing), standing)
    pairs = [(mine, other) for mine, other in zip(fields_of(typed, standing), theirs, strict=True) if mine.value != other.value]
    return [{"label": mine.label, "now": _words(other), "typed": _words(mine)} for mine, other in pairs]


def _words(row: Field) -> str:
    named = {**dict(row.options), **({"1": _("是"), "0": _("否")} if row.kind == "boolean" else {})}
    return str(named.get(row.value, row.value)) or _("（空）")


def window(standing: ItemSettings) -> str:
    """The window in words."""
    if standing.opens_on is None and standing.closes_on is None:
        return _("未设注册期") if standing.windowed else _("长期开放")
    about = {"first": standing.opens_on or _("即日"), "last": standing.closes_on or _("长期")}
    return _("%(first)s 至 %(last)s") % about


def slug(form_id: str) -> str:
    """The part of an item's identifier that stands in addresses."""
    return form_id.removeprefix(items.PREFIX)


@require_safe
@managers_only
def show(request: Request) -> HttpResponse:
    """All items in order, with their state today."""
    today = clock.today()
    done = request.GET.get("done", "")
    lines = [_line(one, today) for one in items.every()]
    return render(request, "agency/catalogue.html", {"lines": lines, "done": next((x for x in lines if x["slug"] == done), None)})


def _line(one: Listed, today: date) -> dict[str, object]:
    running = one.settings
    state, tone = (_("不显示"), "") if not running.shown else (_("开放注册"), "good")
    if running.shown and not running.is_open(today):
        state, tone = _("不在注册期内"), "warn"
    return {
        "one": one, "slug": slug(one.form.id), "window": window(running), "level": LEVELS[running.level], "state": state, "tone": tone,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def item(request: Request, item: str) -> HttpResponse:
    """One item: how it runs, and its versions."""
    standing = items.settings(items.PREFIX + item)
    if request.method != "POST":
        return _page(request, standing, as_typed(standing))
    typed = typed_of(request)
    try:
        flow.set_item(wanted=typed.wanted(standing), seen=request.POST.get("stamp", ""), by=request.actor)
    except Invalid as error:
        return _page(request, standing, Typed(typed.texts, error.fields), stamp=request.POST.get("stamp", ""), status=422)
    except ItemChanged as error:
        return _changed(request, typed, form_id=standing.form_id, error=error)
    return redirect(f"{LIST}?done={item}")


@require_POST
@managers_only
def use(request: Request, item: str) -> HttpResponse:
    """Make a known version current again."""
    form_id = items.PREFIX + item
    try:
        flow.use_version(form_id=form_id, version=request.POST.get("version", ""), seen=request.POST.get("stamp", ""), by=request.actor)
    except ItemChanged as error:
        return _changed(request, None, form_id=form_id, error=error)
    except CatalogueInvalid as error:
        standing = items.settings(form_id)
        refused = [text for texts in error.fields.values() for text in texts]
        return _page(request, standing, as_typed(standing), refused=refused, status=422)
    return redirect(f"{LIST}?done={item}")


@require_safe
@managers_only
def source(request: Request, item: str) -> HttpResponse:
    """The running form as a file."""
    text = flow.source(form_id=items.PREFIX + item, by=request.actor)
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{item}.yaml"'
    return answer


def _changed(request: Request, typed: Typed | None, *, form_id: str, error: ItemChanged) -> HttpResponse:
    """The page anew: what was typed stays, beside it what another one set meanwhile."""
    standing = items.settings(form_id)
    kept = typed or as_typed(standing)
    return _page(request, standing, kept, changed=error.message, apart=apart(kept, standing), status=error.status)


def _page(request: Request, standing: ItemSettings, typed: Typed, *, stamp: str = "", status: int = 200, **more: object) -> HttpResponse:
    context = {
        "form": queries.current(standing.form_id),
        "slug": slug(standing.form_id),
        "stamp": stamp or items.stamp(standing.form_id),
        "fields": fields_of(typed, standing),
        "versions": [{"one": one, "origin": ORIGINS.get(one.origin, "")} for one in items.versions(standing.form_id)],
        **more,
    }
    return render(request, "agency/catalogue_item.html", context, status=status)
