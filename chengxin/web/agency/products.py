"""惠民惠企 for its administrators: keep, 上架, 下架 (SVC-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Invalid
from chengxin.flow import services as flow
from chengxin.portal import rules, services, values
from chengxin.portal.values import Product, ProductView
from chengxin.web.forms import Field
from chengxin.web.session import Request, agency_only

LIST = "/desk/services"
STATES = {values.DRAFT: gettext_lazy("未上架"), values.LISTED: gettext_lazy("已上架"), values.DOWN: gettext_lazy("已下架")}
TONES = {values.DRAFT: "", values.LISTED: "good", values.DOWN: "warn"}
WAYS = ((values.LINK, gettext_lazy("服务链接")), (values.CODE, gettext_lazy("领取码")), (values.CONTACT, gettext_lazy("联系方式")))
DAYS = ("valid_from", "valid_to")
managers_only = agency_only("editor", "system_admin")


@dataclass(frozen=True)
class Typed:
    """What was typed, as typed."""

    texts: dict[str, str]

    def product(self) -> Product:
        """The product that was typed; raises Invalid where a day or a number is none."""
        errors: dict[str, list[str]] = {}
        texts: dict[str, Any] = dict(self.texts)
        days: dict[str, Any] = {name: _day(texts.pop(name), name, errors) for name in DAYS}
        stock = _count(texts.pop("stock"), errors)
        try:
            rules.check_product(made := Product(**texts, **days, stock=stock))
        except Invalid as error:
            raise Invalid({**error.fields, **errors}) from error
        if errors:
            raise Invalid(errors)
        return made


@require_safe
@managers_only
def show(request: Request) -> HttpResponse:
    """All products by group, with their state and claims."""
    groups = {group.code: str(group.label) for group in catalogue.service_groups()}
    lines = [{**_line(view), "group": groups[view.product.group]} for view in services.kept(by=request.actor)]
    return render(request, "agency/products.html", {"lines": lines})


def _line(view: ProductView) -> dict[str, object]:
    return {"view": view, "state": STATES[view.state], "tone": TONES[view.state]}


@require_http_methods(["GET", "POST"])
@managers_only
def new(request: Request) -> HttpResponse:
    """A new product; it is not yet listed."""
    typed, errors = typed_of(request), dict[str, list[str]]()
    if request.method == "POST":
        try:
            flow.create(product=typed.product(), by=request.actor)
            return redirect(LIST)
        except Invalid as error:
            errors = error.fields
    return _form(request, typed, errors)


@require_http_methods(["GET", "POST"])
@managers_only
def edit(request: Request, service_id: UUID) -> HttpResponse:
    """Change what a product says; its code stays."""
    view = services.one(service_id=service_id, by=request.actor)
    if request.method != "POST":
        return _form(request, _typed(view.product), {}, view=view)
    typed, errors = typed_of(request, code=view.product.code), dict[str, list[str]]()
    try:
        flow.change(service_id=service_id, product=typed.product(), by=request.actor)
        return redirect(LIST)
    except Invalid as error:
        errors = error.fields
    return _form(request, typed, errors, view=view)


@require_POST
@managers_only
def set_state(request: Request, service_id: UUID) -> HttpResponse:
    """上架 or 下架."""
    act = flow.take_down if request.POST.get("step") == "down" else flow.list_product
    act(service_id=service_id, by=request.actor)
    return redirect(LIST)


NAMES = ("code", "group", "title", "provider", "content", "way", "value", *DAYS, "stock", "title_en", "provider_en", "content_en")


def typed_of(request: Request, *, code: str = "") -> Typed:
    """What the form says."""
    texts = {name: request.POST.get(name, "").replace("\r\n", "\n").strip() for name in NAMES}
    return Typed(texts | ({"code": code} if code else {}))


def _typed(product: Product) -> Typed:
    texts = {name: getattr(product, name) for name in NAMES}
    return Typed({name: "" if value is None else str(value) for name, value in texts.items()})


def _day(text: str, name: str, errors: dict[str, list[str]]) -> date | None:
    found = rules.day_of(text)
    if text and found is None:
        errors[name] = [_("日期格式应如 2026-01-31。")]
    return found


def _count(text: str, errors: dict[str, list[str]]) -> int | None:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 9):
        errors["stock"] = [_("可领数量为整数；不限数量请留空。")]
        return None
    return int(text) if text else None


def _form(request: Request, typed: Typed, errors: dict[str, list[str]], *, view: ProductView | None = None) -> HttpResponse:
    fields = [
        Field(name=name, label=str(label), value=typed.texts.get(name, ""), errors=tuple(errors.get(name, ())), **more)
        for name, label, more in _rows(fixed_code=view is not None)
    ]
    context = {"fields": fields, "view": view, "action": f"{LIST}/{view.id}" if view else f"{LIST}/new"}
    return render(request, "agency/product_form.html", context, status=422 if errors else 200)


def _rows(*, fixed_code: bool) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, label and the rest of every row of the form."""
    groups = tuple((group.code, str(group.label)) for group in catalogue.service_groups())
    ways = tuple((code, str(label)) for code, label in WAYS)
    must: dict[str, Any] = {"required": True}
    return [
        ("code", _("产品代码"), {**must, "readonly": fixed_code, "hint": _("小写字母、数字或短横线，用于网址，保存后不能修改")}),
        ("group", _("服务类别"), {**must, "kind": "choice", "options": groups}),
        ("title", _("产品名称"), {**must, "max_length": values.MAX_TITLE_CHARS}),
        ("provider", _("提供机构"), {**must, "max_length": values.MAX_FACT_CHARS}),
        ("content", _("服务内容"), {**must, "kind": "longtext"}),
        ("way", _("获取方式"), {**must, "kind": "choice", "options": ways}),
        ("value", _("链接、领取码或联系方式"), {**must, "hint": _("企业领取后才显示；链接须以 https:// 开头")}),
        ("valid_from", _("有效期起"), {"kind": "date"}),
        ("valid_to", _("有效期止"), {"kind": "date"}),
        ("stock", _("可领数量"), {"kind": "integer", "hint": _("每家企业领一份；不限数量请留空")}),
        ("title_en", _("产品名称（英文）"), {"hint": _("选填，供英文页面显示")}),
        ("provider_en", _("提供机构（英文）"), {}),
        ("content_en", _("服务内容（英文）"), {"kind": "longtext"}),
    ]
