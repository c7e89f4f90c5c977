"""How an item will look, from nothing but its form: the page to fill in, the workbook, the review, the public view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.http import QueryDict

from chengxin.catalogue import answers as paths
from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import rules
from chengxin.catalogue.values import Cleaned, Form, Group
from chengxin.catalogue.values import Field as CatalogueField
from chengxin.exchange import itembooks, workbooks
from chengxin.records import reading as public_reading
from chengxin.web import answers as posted
from chengxin.web import forms, reading
from chengxin.web.divisions import division_tree
from chengxin.web.forms import Field

ROW = "00000000-0000-4000-8000-000000000010"
EXAMPLES = {
    "bank": "6222020000000000000",
    "boolean": "1",
    "division": "330110",
    "domain": "example.com",
    "email": "name@example.com",
    "hotline": "400-123-4567",
    "icp": "京ICP备12005222号-2",
    "id_number": "11010519060606001X",
    "industry": "F5292",
    "integer": "120",
    "longtext": "示例文字，供查看页面使用。",
    "money": "30000.00",
    "money_wan": "500.00",
    "name": "示例电子商务有限公司",
    "number": "12",
    "percent": "98.50",
    "period": "2024-01-01..长期",
    "person_name": "张三",
    "phone": "13800138000",
    "text": "示例文字",
    "units": "示例电子商务有限公司\t91330106WWTE000212",
    "until": "长期",
    "url": "https://www.example.com/",
    "uscc": "91330106WWTE000212",
}


@dataclass(frozen=True)
class Column:
    """One column of the workbook."""

    label: str
    required: bool
    hint: str


@dataclass(frozen=True)
class Preview:
    """The four sights of an item."""

    fields: tuple[Field, ...]
    columns: tuple[Column, ...]
    review: tuple[tuple[str, str], ...]
    public: tuple[public_reading.Row, ...]
    hidden: tuple[str, ...]
    ok: bool


def of(form: Form, *, answers: Mapping[str, str], today: date, tried: bool) -> Preview:
    """The sights of a form with these answers; what is wrong with them is said once somebody tried."""
    [group] = form.groups
    cleaned = rules.clean(form, answers, today=today, codes=code_tables.shipped())
    proof = paths.path(group.code, ROW, form.item.proof if form.item else "")
    errors = {path: texts for path, texts in cleaned.errors.items() if tried and path != proof}
    asked = [f for f in group.fields if f.kind != "file"]
    return Preview(
        fields=tuple(_field(group, f, answers, errors, today) for f in group.fields),
        columns=tuple(Column(f.label.zh, f.required, workbooks.hint(f)) for f in itembooks.group_of(form).fields),
        review=tuple((str(f.label), reading.shown(f, answers.get(_path(group, f), ""))) for f in asked),
        public=_public(group, cleaned),
        hidden=tuple(str(f.label) for f in group.fields if f.public == "never" or group.visibility == "never"),
        ok=tried and not errors,
    )


def examples(form: Form, *, today: date) -> dict[str, str]:
    """Something to look at in every field."""
    [group] = form.groups
    return {_path(group, f): _example(f, today) for f in group.fields if f.kind != "file"}


def typed(form: Form, post: QueryDict) -> dict[str, str]:
    """What an administrator typed into the previewed page."""
    [group] = form.groups
    kinds = {_path(group, f): f.kind for f in group.fields if f.kind != "file"}
    return posted.read(post, kinds=kinds, tree=division_tree())


def _path(group: Group, f: CatalogueField) -> str:
    return paths.path(group.code, ROW, f.code)


def _field(group: Group, f: CatalogueField, answers: Mapping[str, str], errors: Mapping[str, list[str]], today: date) -> Field:
    raw = {one.code: answers.get(_path(group, one), "") for one in group.fields}
    needed = rules.asked(group, raw, today=today).get(f.code, False)
    shown = replace(f, required=f.required or needed)
    return forms.field_view(shown, path=_path(group, f), answers=answers, errors=errors, tree=division_tree())


def _public(group: Group, cleaned: Cleaned) -> tuple[public_reading.Row, ...]:
    if group.visibility == "never":
        return ()
    values = next((record.values for record in cleaned.values.get(group.code, ())), {})
    content = rules.public_values(group, values)
    shown = [(f, public_reading.shown(f, content[f.code], code_tables.shipped())) for f in group.fields if f.code in content]
    return tuple(public_reading.Row(label=str(f.label), value=text) for f, text in shown)


def _example(f: CatalogueField, today: date) -> str:
    if f.options:
        return f.options[0].code
    if f.kind in ("date", "year"):
        return today.isoformat() if f.kind == "date" else str(today.year)
    text = EXAMPLES.get(f.kind, "")
    least = f.limits.min_length or 0
    return (text * (1 + least // max(1, len(text))) if least > len(text) else text)[: f.limits.max_length or None]
