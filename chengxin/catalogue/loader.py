"""From files to canonical bodies: everything a form needs is written out in it, then hashed.

A body has the shape of a form file with nothing left to look up: groups stand inside, options and file limits are
spelled out. A body is itself a good form file, and reading it again gives the same body, so an exported or
uploaded form and the repository's files are the same thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue import soundness, yaml_files
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common.canonical import canonical, sha256_hex

SINGLE_DOCUMENTS = ("sla", "states", "services", "subjects", "options", "slots", "items")
_INTERNAL = ("options", "slots", "items")
ITEMS_FILE = "items.yaml"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything read from one folder, before forms are written out."""

    root: Path
    groups: Mapping[str, Any]
    fragments: Mapping[str, Any]
    documents: Mapping[str, Any]
    files: Mapping[str, str]
    broken: frozenset[str]

    @property
    def known(self) -> set[str]:
        """Identifiers that a form may name: of documents, and of fields as `group.field`."""
        own = {f"{code}.{field['field']}" for code, group in self.groups.items() for field in group["fields"]}
        return own | set(self.documents)


def version_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a body's canonical bytes."""
    return sha256_hex(canonical(body))


def load_folder(root: Path) -> dict[str, dict[str, Any]]:
    """Return every body under `root` by its identifier; raise `CatalogueInvalid` naming every fault."""
    faults: dict[str, list[str]] = {}
    shelf = _read_shelf(root, faults)
    bodies: dict[str, dict[str, Any]] = {name: dict(data) for name, data in shelf.documents.items() if name not in _INTERNAL}
    for path in sorted((root / "forms").rglob("*.yaml")):
        where = str(path.relative_to(root))
        for body in _bodies_of(path, where, shelf, faults):
            if body["form"] in bodies:
                faults.setdefault(where, []).append(_("标识 %(id)s 重复") % {"id": body["form"]})
            bodies[body["form"]] = body
    _check_views(shelf, set(bodies), faults)
    if faults:
        raise CatalogueInvalid(faults)
    return bodies


def load_items(root: Path) -> list[dict[str, Any]]:
    """Return what `root` says of how items run, by form; nothing where it says nothing. Raise `CatalogueInvalid`."""
    faults: dict[str, list[str]] = {}
    path = root / ITEMS_FILE
    data = _checked(path, "items", root, faults) if path.exists() else None
    if faults:
        raise CatalogueInvalid(faults)
    return list(data["items"]) if data else []


def _check_views(shelf: Shelf, forms: set[str], faults: dict[str, list[str]]) -> None:
    """A view of an item that is not there would stay empty for ever."""
    for code, group in shelf.groups.items():
        for form in group.get("shows", []):
            if form not in forms and not faults:
                faults[shelf.files[code]] = [_("shows：没有表单 %(form)s") % {"form": form}]


def load_text(text: str, *, root: Path, where: str = "upload") -> dict[str, Any]:
    """Return the body of one form given as YAML text; groups not inside are taken from `root`."""
    faults: dict[str, list[str]] = {}
    shelf = _read_shelf(root, faults)
    if faults:
        raise CatalogueInvalid(faults)
    return form_body(yaml_files.parse(text, where=where), shelf=shelf, where=where, text=text)


def form_body(data: Any, *, shelf: Shelf, where: str, text: str) -> dict[str, Any]:
    """Return the body of one form, read from `text`; raise `CatalogueInvalid`."""
    found = yaml_files.schema_faults(data, definition="form", root=shelf.root, text=text)
    if found:
        raise CatalogueInvalid({where: found})
    body, found = _written_out(data, shelf)
    if not found:
        faults = soundness.form_faults(body, known=shelf.known)
        found = [f"{fault}{_place(fault, shelf, data, text)}" for fault in faults]
    if found:
        raise CatalogueInvalid({where: found})
    return body


def _place(fault: soundness.Fault, shelf: Shelf, data: Mapping[str, Any], text: str) -> str:
    """Return the line of what a fault is about; its file too, where that is the group's own."""
    inside = [g["group"] for g in data.get("groups", [])]
    if not fault.group or fault.group in inside:
        return yaml_files.in_brackets(yaml_files.line_of(yaml_files.lines(text), _inside(fault, data, inside)))
    group = shelf.groups[fault.group]
    for file, source in ((fault.group, group), *((name, shelf.fragments.get(name, {})) for name in group.get("include", []))):
        at = next((n for n, f in enumerate(source.get("fields", [])) if f["field"] == fault.field), None)
        if at is not None or not fault.field:
            path = shelf.files[file]
            known = yaml_files.lines((shelf.root / path).read_text(encoding="utf-8"))
            line = yaml_files.line_of(known, () if at is None else ("fields", at))
            return yaml_files.in_brackets(f"{path} {line}")
    return ""


def _inside(fault: soundness.Fault, data: Mapping[str, Any], groups: list[str]) -> tuple[str | int, ...]:
    """Return the way to what a fault is about in the form's own file: a field, a group, or the keys it begins with."""
    if not fault.group:
        return tuple(str(fault).partition("：")[0].split("."))
    at = groups.index(fault.group)
    fields = [f["field"] for f in data["groups"][at].get("fields", [])]
    return ("groups", at, "fields", fields.index(fault.field)) if fault.field in fields else ("groups", at)


def _bodies_of(path: Path, where: str, shelf: Shelf, faults: dict[str, list[str]]) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml_files.parse(text, where=where)
        bodies = [form_body(one, shelf=shelf, where=where, text=text) for one in _each(data, shelf)]
    except CatalogueInvalid as error:
        for name, found in error.fields.items():
            faults.setdefault(name, []).extend(found)
    return bodies


def _each(data: Any, shelf: Shelf) -> list[Any]:
    """Return one form for each group named in `each`: `{group}` and `{title}` are filled in."""
    if not isinstance(data, dict) or "each" not in data:
        return [data]
    template = {key: value for key, value in data.items() if key != "each"}
    return [_filled(template, shelf.groups.get(code, {}), code) for code in data["each"]]


def _filled(value: Any, group: Any, code: str, language: str = "zh") -> Any:
    if isinstance(value, dict):
        return {k: _filled(v, group, code, k if k in ("zh", "en") else language) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, group, code, language) for v in value]
    if isinstance(value, str):
        title = group.get("title", {}).get(language, code)
        return value.replace("{group}", code).replace("{title}", title)
    return value


def _read_shelf(root: Path, faults: dict[str, list[str]]) -> Shelf:
    groups: dict[str, Any] = {}
    fragments: dict[str, Any] = {}
    documents: dict[str, Any] = {}
    files: dict[str, str] = {}
    broken: set[str] = set()
    for path in sorted((root / "groups").glob("*.yaml")):
        fragment = path.stem.startswith("_")
        data = _checked(path, "fragment" if fragment else "group", root, faults)
        if data is None:
            broken.add(path.stem)
            continue
        code, where = data["fragment" if fragment else "group"], str(path.relative_to(root))
        if code in files:
            faults.setdefault(where, []).append(_("标识 %(id)s 重复") % {"id": code})
        files[code] = where
        (fragments if fragment else groups)[code] = data
    for path in sorted((root / "commitments").glob("*.yaml")):
        data = _checked(path, "commitment", root, faults)
        if data is not None:
            documents[f"commitment/{data['commitment']}"] = data
    for name in SINGLE_DOCUMENTS:
        path = root / f"{name}.yaml"
        data = _checked(path, name, root, faults) if path.exists() else None
        if data is not None:
            documents[name] = data
    return Shelf(root=root, groups=groups, fragments=fragments, documents=documents, files=files, broken=frozenset(broken))


def _checked(path: Path, definition: str, root: Path, faults: dict[str, list[str]]) -> Any:
    text = path.read_text(encoding="utf-8")
    try:
        data = yaml_files.parse(text, where=str(path.relative_to(root)))
    except CatalogueInvalid as error:
        faults.update(error.fields)
        return None
    found = yaml_files.schema_faults(data, definition=definition, root=root, text=text)
    if found:
        faults[str(path.relative_to(root))] = found
        return None
    return data


def _written_out(data: dict[str, Any], shelf: Shelf) -> tuple[dict[str, Any], list[str]]:
    inside = {g["group"]: g for g in data.get("groups", [])}
    faults: list[str] = []
    groups, pages = [], []
    for page in data["pages"]:
        codes = []
        for entry in page["groups"]:
            use = {"use": entry} if isinstance(entry, str) else entry
            source = inside.get(use["use"]) or shelf.groups.get(use["use"])
            if source is None and use["use"] in shelf.broken:
                continue
            if source is None:
                faults.append(_("pages.%(page)s：没有分组 %(group)s") % {"page": page["page"], "group": use["use"]})
                continue
            codes.append(use["use"])
            groups.append(_group(source, use, shelf, faults))
        pages.append({**page, "groups": codes})
    body = {**data, "pages": pages, "groups": groups}
    if body.get("subjects") == "shared":
        body["subjects"] = shelf.documents.get("subjects", {}).get("subjects", [])
    if "review" in body:
        body["review"] = _review(body["review"], shelf, faults)
    return body, faults


def _review(review: dict[str, Any], shelf: Shelf, faults: list[str]) -> dict[str, Any]:
    """Write the deadline out, unless it already is."""
    if "sla" not in review or "working_days" in review:
        return review
    sla = shelf.documents.get("sla", {}).get("sla", {}).get(review["sla"])
    if sla is None:
        faults.append(_("review.sla：没有时限 %(name)s") % {"name": review["sla"]})
        return review
    return {**review, "working_days": sla["working_days"], "end_of_day": sla.get("end_of_day", False)}


def _group(source: dict[str, Any], use: dict[str, Any], shelf: Shelf, faults: list[str]) -> dict[str, Any]:
    group = {key: value for key, value in source.items() if key != "include"}
    group.update({k: v for k, v in use.items() if k in ("min_records", "max_records", "default_public")})
    fields = list(source.get("fields", []))
    for name in source.get("include", []):
        fields += shelf.fragments.get(name, {}).get("fields", [])
        if name not in shelf.fragments and f"_{name}" not in shelf.broken:
            faults.append(_("%(group)s：没有片段 %(name)s") % {"group": group["group"], "name": name})
    must = set(use.get("required", []))
    nowhere = sorted(must - {f["field"] for f in fields})
    faults.extend(_("%(group)s：没有字段 %(field)s") % {"group": group["group"], "field": code} for code in nowhere)
    group["fields"] = [_field(f, f["field"] in must, shelf, faults) for f in fields]
    return group


def _field(source: dict[str, Any], must: bool, shelf: Shelf, faults: list[str]) -> dict[str, Any]:
    field = {key: value for key, value in source.items() if key not in ("slot", "max_files")}
    if must:
        field["required"] = True
    for key in ("min", "max"):
        if key in field:
            field[key] = str(field[key])
    if isinstance(field.get("options"), str):
        named = shelf.documents.get("options", {}).get("options", {}).get(field["options"])
        if named is None:
            faults.append(_("%(field)s：没有选项表 %(name)s") % {"field": field["field"], "name": field["options"]})
        field["options"] = named or []
    if "slot" in source:
        slot = shelf.documents.get("slots", {}).get("slots", {}).get(source["slot"])
        if slot is None:
            faults.append(_("%(field)s：没有附件类别 %(name)s") % {"field": field["field"], "name": source["slot"]})
        limits = {"slot": source["slot"], **(slot or {"max_files": 1, "max_mb": 1, "media": []})}
        field["files"] = limits | ({"max_files": source["max_files"]} if "max_files" in source else {})
    return field
