"""YAML that is read strictly: no duplicate keys, no aliases, no tags, no silent floats; faults name file and place."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from chengxin.common.errors import Invalid

MAX_FILE_BYTES = 1_000_000
INTEGER, LONGEST_INTEGER = "tag:yaml.org,2002:int", 18
"""Characters that a whole number may have."""
NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")


class CatalogueInvalid(Invalid):
    """A catalogue file that cannot be loaded; `.fields` holds the faults by file."""

    default_code = "catalogue-invalid"

    def __init__(self, faults: dict[str, list[str]]) -> None:
        lines = [f"{path}: {fault}" for path, found in faults.items() for fault in found]
        super().__init__(_("目录文件有误，未加载：") + "\n" + "\n".join(lines), fields=faults)


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses aliases, tags and duplicate keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem=_("不允许使用别名"), problem_mark=event.start_mark)
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if (tag := getattr(event, "tag", None)) is not None:
            raise yaml.MarkedYAMLError(problem=_("不允许使用标签 %(tag)s") % {"tag": tag[:100]}, problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode):
            _check_scalar(node)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                about = _("键 %(key)s 重复") % {"key": key.value}
                raise yaml.MarkedYAMLError(problem=about, problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def _check_scalar(node: yaml.ScalarNode) -> None:
    """Refuse what neither JSON nor the database can hold: endless numbers, and characters that are none."""
    if node.tag == INTEGER and len(node.value) > LONGEST_INTEGER:
        raise yaml.MarkedYAMLError(problem=_("数字过长"), problem_mark=node.start_mark)
    if NO_TEXT.search(node.value):
        raise yaml.MarkedYAMLError(problem=_("含有不能使用的字符"), problem_mark=node.start_mark)


def parse(text: str, *, where: str) -> Any:
    """Return the data of a YAML text; `where` names it in faults."""
    if len(text.encode()) > MAX_FILE_BYTES:
        raise CatalogueInvalid({where: [_("文件过大，最多1 MB")]})
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else "?"
        raise CatalogueInvalid({where: [_("第%(line)s行：%(problem)s") % {"line": line, "problem": error.problem}]}) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise CatalogueInvalid({where: [str(error)[:200]]}) from None


def lines(text: str) -> dict[tuple[str | int, ...], int]:
    """Return the line on which each key and entry of a good YAML text begins, by its path from the top."""
    found: dict[tuple[str | int, ...], int] = {}
    top = yaml.compose(text, Loader=_StrictLoader)
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), top)] if top is not None else []
    while waiting:
        place, node = waiting.pop()
        found.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                found[(*place, key.value)] = key.start_mark.line + 1
                waiting.append(((*place, key.value), value))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*place, at), value) for at, value in enumerate(node.value)]
    return found


@lru_cache(maxsize=4)
def _schema(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "schema.json").read_text(encoding="utf-8")))


def schema_faults(data: Any, *, definition: str, root: Path, text: str = "") -> list[str]:
    """Return what in `data` the JSON Schema's `definition` refuses, each with its place and, given the `text`, its line."""
    schema = {**_schema(root), "$ref": f"#/$defs/{definition}"}
    schema.pop("anyOf", None)
    errors = sorted(Draft202012Validator(schema).iter_errors(data), key=lambda e: [str(p) for p in e.absolute_path])
    known = lines(text) if errors and text else {}
    return [fault + in_brackets(line_of(known, tuple(error.absolute_path))) for error in errors for fault in _sentences(error)]


def line_of(known: dict[tuple[str | int, ...], int], place: tuple[str | int, ...]) -> str:
    """Return 第n行 for a place, or for the nearest one above it; nothing where no lines are known."""
    while place and place not in known:
        place = place[:-1]
    return _("第%(line)s行") % {"line": known[place]} if place in known else ""


def in_brackets(text: str) -> str:
    """Return `text` in brackets, or nothing."""
    return f"（{text}）" if text else ""


def _sentences(error: ValidationError) -> Iterator[str]:
    place = ".".join(str(p) for p in error.absolute_path) or _("顶层")
    about = {"place": place, "value": _short(error.instance)}
    match error.validator:
        case "additionalProperties":
            known = set(error.schema.get("properties", {}))
            for key in sorted(set(map(str, error.instance)) - known):
                yield _("%(place)s：不认识的键 %(key)s") % {**about, "key": key}
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            yield _("%(place)s：不认识的值 %(value)s，可用：%(allowed)s") % {**about, "allowed": allowed}
        case "required":
            for key in error.validator_value:
                if key not in error.instance:
                    yield _("%(place)s：缺少键 %(key)s") % {**about, "key": key}
        case "type":
            yield _("%(place)s：%(value)s 的类型应为 %(type)s") % {**about, "type": error.validator_value}
        case _:
            yield _("%(place)s：%(value)s 不符合规则 %(rule)s") % {**about, "rule": f"{error.validator} {error.validator_value!s:.80}"}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"
