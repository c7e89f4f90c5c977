"""The data dictionary: every group and field of the forms there are, made from the catalogue and from nothing else. Pure.

The page of the site, its CSV and JSON, and `docs/reference/data-dictionary.md` are all made from what is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chengxin.catalogue.values import Field, Form, Group

COLUMNS = (
    "group", "group_zh", "group_en", "field", "field_zh", "field_en", "kind", "unit", "needed", "public", "personal", "options", "forms",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One group with the forms that ask for it."""

    group: Group
    forms: tuple[str, ...]


def entries(forms: Iterable[Form]) -> list[Entry]:
    """All groups of these forms in the order of their codes; a group that several forms share as the last of them has it."""
    held = list(forms)
    groups = {group.code: group for form in held for group in form.groups}
    return [Entry(group, tuple(form.id for form in held if form.group(code))) for code, group in sorted(groups.items())]


def needed(field: Field) -> str:
    """`yes`, `sometimes`, or empty: whether a record is complete without this field."""
    return "yes" if field.required else "sometimes" if field.required_when else ""


def as_data(found: Iterable[Entry]) -> list[dict[str, Any]]:
    """The dictionary as JSON values."""
    return [
        {
            "code": entry.group.code,
            "title": _text(entry.group.title),
            "origin": entry.group.origin,
            "visibility": entry.group.visibility,
            "max_records": entry.group.max_records,
            "forms": list(entry.forms),
            "fields": [_field(field) for field in entry.group.fields],
        }
        for entry in found
    ]


def _field(field: Field) -> dict[str, Any]:
    return {
        "code": field.code,
        "label": _text(field.label),
        "kind": field.kind,
        "unit": field.unit.zh if field.unit else "",
        "needed": needed(field),
        "public": field.public,
        "personal": field.personal,
        "options": [{"code": option.code, **_text(option.label)} for option in field.options],
    }


def _text(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def as_rows(found: Iterable[Entry]) -> list[list[str]]:
    """The dictionary as a table: `COLUMNS`, then a line a field."""
    rows = [list(COLUMNS)]
    for group in as_data(found):
        for field in group["fields"]:
            options = "；".join(f"{option['code']}={option['zh']}" for option in field["options"])
            rows.append(
                [
                    group["code"],
                    group["title"]["zh"],
                    group["title"]["en"],
                    field["code"],
                    field["label"]["zh"],
                    field["label"]["en"],
                    field["kind"],
                    field["unit"],
                    field["needed"],
                    field["public"],
                    "yes" if field["personal"] else "",
                    options,
                    " ".join(group["forms"]),
                ]
            )
    return rows
