"""Whether a form holds together: what the JSON Schema cannot say. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue.chosen_kinds import KINDS

_ALWAYS_ALLOWED = frozenset(
    [
        "field",
        "label",
        "kind",
        "required",
        "unit",
        "hint",
        "personal",
        "public",
        "public_basis",
        "when",
        "required_when",
        "prefill",
        "word",
        "files",
    ]
)
_NEVER_PUBLIC = frozenset({"phone", "email", "id_number", "bank", "file"})
_MEASURED = frozenset({"number", "money_wan", "percent", "integer", "year"})
_BILINGUAL = frozenset({"public", "overseas"})
_CHOSEN = frozenset({"choice", "multichoice"})


def form_faults(body: dict[str, Any], *, known: set[str]) -> list[str]:
    """Return what is wrong with a written-out form; `known` are the identifiers of other documents."""
    faults = list(_doubles("groups", (g["group"] for g in body["groups"])))
    faults += _doubles("pages", (p["page"] for p in body["pages"]))
    for code in body.get("commitments", []):
        if f"commitment/{code}" not in known:
            faults.append(_("commitments：没有承诺书 %(code)s") % {"code": code})
    for group in body["groups"]:
        faults += [f"{group['group']}.{fault}" for fault in group_faults(group)]
    if body["audience"] in _BILINGUAL:
        faults += [_("%(place)s：面向公众的表单须有英文 en") % {"place": place} for place in _without_english(body, "")]
    return faults


def group_faults(group: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one group."""
    fields = {f["field"]: f for f in group["fields"]}
    yield from _doubles("fields", (f["field"] for f in group["fields"]))
    if group.get("origin") == "government" and group.get("visibility") != "always":
        yield _("visibility：政府部门提供的分组应为 always")
    if group.get("min_records", 0) > group.get("max_records", 50):
        yield _("min_records 大于 max_records")
    if group.get("source") == "voluntary" and fields:
        yield _("fields：来自自愿注册的分组没有自己的字段")
    for name in ("summary", "key"):
        for code in group.get(name, []):
            if code not in fields:
                yield _("%(name)s：没有字段 %(code)s") % {"name": name, "code": code}
    if group.get("yearly") and fields.get(group["yearly"], {}).get("kind") != "year":
        yield _("yearly：应为年度字段")
    yield from _check_faults(group, fields)
    for field in group["fields"]:
        yield from (f"{field['field']}：{fault}" for fault in _field_faults(field, fields))


def _check_faults(group: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    for check in group.get("checks", []):
        for code in check["fields"]:
            if code not in fields:
                yield _("checks：没有字段 %(code)s") % {"code": code}
            elif check["check"] in ("sum", "not_above", "balance") and fields[code]["kind"] not in _MEASURED:
                yield _("checks：%(code)s 不是数字") % {"code": code}
            elif check["check"] == "order" and fields[code]["kind"] not in _MEASURED | {"date"}:
                yield _("checks：%(code)s 不能比较先后") % {"code": code}
        wanted = {"sum": 1, "order": 2, "not_above": 2, "balance": 3}.get(check["check"])
        if wanted and len(check["fields"]) != wanted:
            yield _("checks：%(check)s 需要%(count)s个字段") % {"check": check["check"], "count": wanted}
        if (check["check"] == "sum") != ("bound" in check):
            yield _("checks：bound 只用于且必须用于 sum")


def _field_faults(field: dict[str, Any], siblings: dict[str, Any]) -> Iterator[str]:
    kind = KINDS[field["kind"]]
    for key in sorted(set(field) - _ALWAYS_ALLOWED - kind.keys):
        yield _("%(kind)s 类字段不能有键 %(key)s") % {"kind": kind.name, "key": key}
    if (field["kind"] in _CHOSEN) != bool(field.get("options")):
        yield _("选项 options 只用于且必须用于 choice 和 multichoice")
    if (field["kind"] == "file") != ("files" in field):
        yield _("附件类别 slot 只用于且必须用于 file")
    yield from _doubles("options", (o["code"] for o in field.get("options", [])))
    yield from _publicity_faults(field, kind.personal)
    for name in ("when", "required_when"):
        if name in field:
            yield from _condition_faults(name, field, siblings)


def _publicity_faults(field: dict[str, Any], personal_kind: bool) -> Iterator[str]:
    public = field.get("public", "never")
    personal = personal_kind or field.get("personal", False)
    if public != "never" and field["kind"] in _NEVER_PUBLIC:
        yield _("%(kind)s 类字段不得公开") % {"kind": field["kind"]}
    elif personal and public == "full" and not field.get("public_basis"):
        yield _("个人信息全文公开须写明依据 public_basis")
    if personal_kind and field.get("personal") is False:
        yield _("%(kind)s 类字段是个人信息，personal 不能为 false") % {"kind": field["kind"]}


def _condition_faults(name: str, field: dict[str, Any], siblings: dict[str, Any]) -> Iterator[str]:
    other = siblings.get(field[name]["field"])
    if other is None or other is field or other["kind"] not in _CHOSEN | {"boolean"}:
        yield _("%(name)s：应指向同组的选择字段") % {"name": name}
        return
    codes = {o["code"] for o in other.get("options", [])} or {"1", "0"}
    for value in field[name]["is"]:
        if value not in codes:
            yield _("%(name)s：%(field)s 没有选项 %(value)s") % {"name": name, "field": other["field"], "value": value}


def _without_english(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        if "zh" in value and not value.get("en"):
            yield place
        for key, inner in value.items():
            yield from _without_english(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _without_english(inner, f"{place}.{index}")


def _doubles(name: str, codes: Iterable[str]) -> Iterator[str]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield _("%(name)s：%(code)s 重复") % {"name": name, "code": code}
