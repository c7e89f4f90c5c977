"""What the command line offers on the catalogue: new, try, explain, diff, export. Returns text; writes only files."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import items, loader, reading, rules, yaml_files
from chengxin.catalogue.codes import shipped
from chengxin.catalogue.models import CurrentForm
from chengxin.catalogue.values import Field, Form
from chengxin.common.errors import Conflict, Invalid


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(body: Mapping[str, Any]) -> str:
    """Return a body as YAML that can be read again to the same body."""
    return str(yaml.dump(dict(body), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=118))


def explain(form: Form) -> str:
    """Return a form in words: pages, groups, fields, what is required, what the public sees."""
    lines = [f"{form.title.zh}（{form.id}）", _("版本 %(hash)s") % {"hash": form.version}]
    for page in form.pages:
        lines += ["", f"## {page.title.zh}"]
        for group in form.groups_of(page):
            about = {"title": group.title.zh, "code": group.code, "least": group.min_records, "most": group.max_records}
            lines.append(_("- %(code)s %(title)s：%(least)s至%(most)s条") % about)
            lines += [f"    {_field_line(f)}" for f in group.fields]
    return "\n".join(lines) + "\n"


def diff(old: Form, new: Form) -> list[str]:
    """Return what differs between two versions, one sentence each."""
    return list(_differences(old, new))


def try_(form: Form, answers_text: str, *, today: date, subject: str = "") -> str:
    """Return what would be said about answers given as YAML: `{group: [{field: raw}]}`. Nothing is stored."""
    answers = plain_answers(yaml_files.parse(answers_text, where="answers"))
    cleaned = rules.clean(form, answers, today=today, subject=subject, codes=shipped())
    lines = [f"{path}: {m}" for path, found in sorted(cleaned.errors.items()) for m in found]
    lines += list(cleaned.missing.values())
    unknown = sorted(key for key in answers if _unknown(form, key))
    lines += [_("%(path)s：表单没有这个字段") % {"path": key} for key in unknown]
    return "\n".join(lines or [_("可以提交")]) + "\n"


def plain_answers(data: Any) -> dict[str, str]:
    """Return answers by path from records by group; rows get identifiers that stay the same between runs."""
    if not isinstance(data, dict) or not all(isinstance(records, list) for records in data.values()):
        raise Invalid(_("应为按分组列出的记录，例如 S01: [{name: 某某公司}]"))
    answers = {}
    for group, records in data.items():
        for order, record in enumerate(records, start=1):
            row = str(uuid5(NAMESPACE_URL, f"{group}/{order}"))
            answers[paths.path(group, row, paths.ORDER)] = str(order)
            for code, raw in (record or {}).items():
                answers[paths.path(group, row, code)] = _raw(raw)
    return answers


def new(form_id: str, *, root: Path) -> Path:
    """Write a first file for an item that does not exist yet, which loads as it is; return its path."""
    path = root / "forms" / f"{form_id}.yaml"
    if path.exists():
        raise Conflict(_("文件 %(path)s 已存在") % {"path": path.relative_to(root)})
    held = {p.stem for p in (root / "groups").glob("*.yaml")}
    body = first_item(form_id, order=1 + len(list((root / "forms/voluntary").glob("*.yaml"))), held=held)
    faults = yaml_files.schema_faults(body, definition="form", root=root)
    if faults:
        raise Invalid({"form": faults})
    path.parent.mkdir(parents=True, exist_ok=True)
    depth = "../" * (form_id.count("/") + 1)
    path.write_text(f"# yaml-language-server: $schema={depth}schema.json\n" + dump(body), encoding="utf-8")
    return path


def first_item(form_id: str, *, order: int, held: Collection[str]) -> dict[str, Any]:
    """Return the body of an item to begin with: one field, the proof, and a group code that nobody in `held` has."""
    code = next(name for n in range(order, 1000) if (name := f"V{n:02d}") not in held)
    title = {"zh": "新事项信息自愿注册", "en": "New item"}
    return {
        "form": form_id,
        "kind": "voluntary",
        "audience": "enterprise",
        "title": title,
        "review": {"by": "agency", "sla": "VOLUNTARY"},
        "item": {
            "order": order,
            "category": {"zh": "其他信息", "en": "Other information"},
            "near": ["name"],
            "columns": ["name", "happened_on"],
            "crumbs": [{"zh": "个人中心", "en": "My account"}, {"zh": "自愿注册信息", "en": "Voluntary records"}],
        },
        "pages": [{"page": "item", "title": title, "groups": [code]}],
        "groups": [_first_group(code)],
    }


def export(folder: Path) -> list[Path]:
    """Write the current state of the running site under `folder`: each form whole, and how the items run that were set."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for row in CurrentForm.objects.select_related("version").order_by("form_id"):
        place = f"forms/{row.form_id}" if "form" in row.version.body else row.form_id.replace("commitment/", "commitments/")
        path = folder / f"{place}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump(row.version.body), encoding="utf-8")
        written.append(path)
    path = folder / loader.ITEMS_FILE
    path.write_text(dump({"items": [items.as_data(one) for one in items.set_here()]}), encoding="utf-8")
    return [*written, path]


def read_form(path: Path, *, root: Path) -> Form:
    """Return the form of a file without storing it, groups taken from `root`."""
    body = loader.load_text(path.read_text(encoding="utf-8"), root=root, where=path.name)
    return reading.form(body, version=loader.version_of(body))


def _first_group(code: str) -> dict[str, Any]:
    day = {"field": "happened_on", "label": {"zh": "日期", "en": "Date"}, "kind": "date", "required": True, "not_after": "today"}
    return {
        "group": code,
        "title": {"zh": "新事项信息", "en": "New item"},
        "origin": "enterprise",
        "visibility": "always",
        "min_records": 1,
        "max_records": 1,
        "summary": ["name"],
        "fields": [
            {"field": "name", "label": {"zh": "名称", "en": "Name"}, "kind": "text", "required": True, "public": "full"},
            {**day, "public": "full"},
            {"field": "proof", "label": {"zh": "证明附件", "en": "Proof"}, "kind": "file", "required": True, "slot": "voluntary"},
        ],
    }


def _field_line(field: Field) -> str:
    mark = "*" if field.required else " "
    words = {"never": _("不公示"), "full": _("可公示"), "masked": _("隐去部分后公示"), "street": _("公示到街道")}
    parts = [field.kind, *([field.unit.zh] if field.unit else []), words[field.public]]
    if field.personal:
        parts.append(_("个人信息"))
    return f"{mark} {field.label.zh}（{field.code}）：" + "，".join(parts)


def _differences(old: Form, new: Form) -> Iterator[str]:
    before, after = ({g.code: g for g in form.groups} for form in (old, new))
    if what := _changed(old, new, ("title", "review", "item", "notes")):
        yield _("修改表单（%(what)s）") % {"what": "，".join(what)}
    for code in [c for c in before if c not in after]:
        yield _("删除分组 %(code)s %(title)s") % {"code": code, "title": before[code].title.zh}
    for code, group in after.items():
        if code not in before:
            yield _("新增分组 %(code)s %(title)s") % {"code": code, "title": group.title.zh}
            continue
        was, now = ({f.code: f for f in g.fields} for g in (before[code], group))
        for gone in [c for c in was if c not in now]:
            yield _("%(code)s：删除字段 %(label)s") % {"code": code, "label": was[gone].label.zh}
        for name, field in now.items():
            if name not in was:
                yield _("%(code)s：新增字段 %(label)s") % {"code": code, "label": field.label.zh}
            elif field != was[name]:
                yield _("%(code)s：修改字段 %(label)s（%(what)s）") % {
                    "code": code, "label": field.label.zh, "what": "，".join(_changed(was[name], field, Field.__dataclass_fields__)),
                }  # fmt: skip
        if what := _changed(before[code], group, ("title", "visibility", "checks", "summary", "hint", "term")):
            yield _("%(code)s：修改分组（%(what)s）") % {"code": code, "what": "，".join(what)}
        if (group.min_records, group.max_records) != (before[code].min_records, before[code].max_records):
            yield _("%(code)s：记录条数改为%(least)s至%(most)s") % {
                "code": code, "least": group.min_records, "most": group.max_records,
            }  # fmt: skip


def _changed(was: object, now: object, names: Iterable[str]) -> list[str]:
    return [name for name in names if getattr(was, name) != getattr(now, name)]


def _unknown(form: Form, key: str) -> bool:
    where = paths.split(key)
    group = form.group(where[0]) if where else None
    return not where or group is None or (where[2] not in paths.MARKS and group.field(where[2]) is None)


def _raw(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)
