"""Whether a form holds together: what the JSON Schema cannot say. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
_MEASURED = frozenset({"number", "money", "money_wan", "percent", "integer", "year"})
_DAYS = frozenset({"date", "until"})
_TAKEN_ADDRESSES = frozenset({"voluntary/new"})
_BILINGUAL = frozenset({"public", "overseas"})
_CHOSEN = frozenset({"choice", "multichoice"})
_MASKED = frozenset({"text", "name", "person_name"})
_STREET = frozenset({"text"})
_WORDS = {"representative": "person_name", "name": "name", "address": "text", "authorisation": "file"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with the group and the field it is about, if any."""

    text: str
    group: str = ""
    field: str = ""

    def __str__(self) -> str:
        place = ".".join(part for part in (self.group, self.field) if part)
        if not place:
            return self.text
        return f"{place}：{self.text}" if self.field else f"{place}.{self.text}"


def form_faults(body: dict[str, Any], *, known: set[str]) -> list[Fault]:
    """Return what is wrong with a written-out form; `known` are the identifiers of other documents."""
    faults = [Fault(text) for text in _doubles("groups", (g["group"] for g in body["groups"]))]
    faults += [Fault(text) for text in _doubles("pages", (p["page"] for p in body["pages"]))]
    for code in body.get("commitments", []):
        if f"commitment/{code}" not in known:
            faults.append(Fault(_("commitments：没有承诺书 %(code)s") % {"code": code}))
    for group in body["groups"]:
        faults += _faults_of(group)
    faults += _item_faults(body, known)
    if body["audience"] in _BILINGUAL:
        faults += [Fault(_("%(place)s：面向公众的表单须有英文 en") % {"place": place}) for place in _without_english(body, "")]
    return faults


def _item_faults(body: dict[str, Any], known: set[str]) -> Iterator[Fault]:
    """One record of one group a filing, found again in lists and by its likeness (VOL-42)."""
    item = body.get("item")
    if (body["kind"] == "voluntary") != (item is not None):
        yield Fault(_("item：自愿注册表单须有 item，其他表单不能有"))
    if item is None:
        return
    if not body["form"].startswith("voluntary/"):
        yield Fault(_("form：自愿注册事项的标识应以 voluntary/ 开头"))
    if body["form"] in _TAKEN_ADDRESSES:
        yield Fault(_("form：%(form)s 已用作页面地址，请换一个标识") % body)
    if len(body["pages"]) != 1 or len(body["groups"]) != 1:
        yield Fault(_("pages：自愿注册事项应为一页、一个分组"))
        return
    [group] = body["groups"]
    if (group.get("min_records"), group.get("max_records")) != (1, 1):
        yield Fault(_("自愿注册事项的 min_records 和 max_records 应为 1"), group["group"])
    if group["visibility"] == "choice":
        yield Fault(_("visibility：自愿注册事项由字段的 public 决定公示内容，应为 always 或 never"), group["group"])
    for text in _doubles(_("fields：名称"), (f["label"]["zh"] for f in group["fields"])):
        yield Fault(text, group["group"])
    yield from (Fault(text) for text in _item_field_faults(item, {f["field"]: f for f in group["fields"]}, known))


def _item_field_faults(item: dict[str, Any], fields: dict[str, Any], known: set[str]) -> Iterator[str]:
    proof = item.get("proof", "proof")
    if not set(fields) - {proof} and not item.get("windowed"):
        yield _("item：没有字段的事项不能开放注册，请补充字段，或先设 windowed: true")
    if fields and (fields.get(proof, {}).get("kind") != "file" or not fields[proof].get("required")):
        yield _("item.proof：%(code)s 应为必填的附件字段") % {"code": proof}
    for name in ("near", "columns"):
        for code in item.get(name, []):
            if code not in fields or fields[code]["kind"] == "file":
                yield _("item.%(name)s：%(code)s 应为本事项的字段，不能是附件") % {"name": name, "code": code}
    if "expires" in item and fields.get(item["expires"], {}).get("kind") != "until":
        yield _("item.expires：%(code)s 应为本事项的 until 类字段") % {"code": item["expires"]}
    for held in item.get("held", []):
        if held["mine"] not in fields:
            yield _("item.held：没有字段 %(code)s") % {"code": held["mine"]}
        if f"{held['group']}.{held['field']}" not in known:
            yield _("item.held：目录中没有 %(group)s 的字段 %(field)s") % held


def _faults_of(group: dict[str, Any]) -> Iterator[Fault]:
    fields = {f["field"]: f for f in group["fields"]}
    yield from (Fault(text, group["group"]) for text in _group_faults(group, fields))
    for code, field in fields.items():
        yield from (Fault(text, group["group"], code) for text in _field_faults(field, fields))


def _group_faults(group: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    yield from _doubles("fields", (f["field"] for f in group["fields"]))
    if group.get("origin") == "government" and group.get("visibility") != "always":
        yield _("visibility：政府部门提供的分组应为 always")
    if group.get("min_records", 0) > group.get("max_records", 50):
        yield _("min_records 大于 max_records")
    if group.get("source") == "voluntary" and fields:
        yield _("fields：来自自愿注册的分组没有自己的字段")
    if "shows" in group and group.get("source") != "voluntary":
        yield _("shows：只用于来自自愿注册的分组")
    for name in ("summary", "key"):
        for code in group.get(name, []):
            if code not in fields:
                yield _("%(name)s：没有字段 %(code)s") % {"name": name, "code": code}
    if group.get("yearly") and fields.get(group["yearly"], {}).get("kind") != "year":
        yield _("yearly：应为年度字段")
    if group.get("origin") == "government":
        for code in group.get("key", []):
            if fields.get(code, {}).get("public", "never") != "full":
                yield _("key：%(code)s 随来源公示，须为 public: full") % {"code": code}
    yield from _check_faults(group, fields)
    yield from _term_faults(group.get("term", {}), fields)
    yield from _circles(fields)


def _term_faults(term: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    """A term that names what the group does not have would publish for ever."""
    dates = [term[key] for key in ("starts", "ends") if key in term] + list(term.get("ended_by", []))
    for code in dates:
        if fields.get(code, {}).get("kind") != "date":
            yield _("term：%(code)s 应为本组的日期字段") % {"code": code}
    if ("grades" in term) != ("grade" in term) or ("grades" in term and "ends" not in term):
        yield _("term：grade、grades 与 ends 应同时填写")
    graded = _codes_of(fields.get(term.get("grade", ""), {}))
    for code in term.get("grades", {}):
        if code not in graded:
            yield _("term：%(field)s 没有选项 %(value)s") % {"field": term.get("grade", ""), "value": code}
    light = term.get("unpublished_when", {})
    for code in light.get("only", ()):
        if code not in _codes_of(fields.get(light["field"], {})):
            yield _("term：%(field)s 没有选项 %(value)s") % {"field": light["field"], "value": code}


def _codes_of(field: dict[str, Any]) -> set[str]:
    return {option["code"] for option in field.get("options", [])}


def _circles(fields: dict[str, Any]) -> Iterator[str]:
    """Fields that wait for each other would never be asked."""
    seen: set[str] = set()
    for code in fields:
        way: list[str] = []
        at = code
        while at in fields and at not in way and at not in seen:
            way.append(at)
            at = fields[at].get("when", {}).get("field", "")
        if at in way:
            yield _("when：条件循环 %(way)s") % {"way": " → ".join([*way[way.index(at) :], at])}
        seen.update(way)


def _check_faults(group: dict[str, Any], fields: dict[str, Any]) -> Iterator[str]:
    for check in group.get("checks", []):
        for code in check["fields"]:
            if code not in fields:
                yield _("checks：没有字段 %(code)s") % {"code": code}
            elif check["check"] in ("sum", "not_above", "balance") and fields[code]["kind"] not in _MEASURED:
                yield _("checks：%(code)s 不是数字") % {"code": code}
            elif check["check"] == "order" and fields[code]["kind"] not in _MEASURED | _DAYS:
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
    if (public == "masked" and field["kind"] not in _MASKED) or (public == "street" and field["kind"] not in _STREET):
        yield _("%(kind)s 类字段不能以 %(public)s 方式公开") % {"kind": field["kind"], "public": public}
    if "word" in field and field["kind"] != _WORDS[field["word"]]:
        yield _("word: %(word)s 只用于 %(kind)s 类字段") % {"word": field["word"], "kind": _WORDS[field["word"]]}
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
