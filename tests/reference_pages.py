"""Pages of docs/reference that are written from the product itself: command, API, catalogue, states, permissions."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).resolve().parents[1] / "catalogue"
PUBLIC = {"never": "no", "full": "yes", "masked": "first character", "street": "to the street"}


def _ready() -> None:
    """Set Django up where nothing else has."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    import django

    django.setup()


def _page(title: str, source: str, lines: Iterator[str] | list[str]) -> str:
    return "\n".join([f"# {title}", "", f"Generated from {source}.", "", *lines, ""])


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


# --- The command -----------------------------------------------------------------------------------------------------
def cli() -> str:
    """Return docs/reference/cli.md."""
    from chengxin.cli import parser

    return _page("The command", "the parser of `chengxin`", list(_words(parser(), "chengxin")))


def _words(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for word, inner in action.choices.items():
            nested = any(isinstance(a, argparse._SubParsersAction) for a in inner._actions)
            if not nested:
                yield from [f"## `{name} {word}`", "", _sentence(helps.get(word, "")), "", *_arguments(inner)]
            yield from _words(inner, f"{name} {word}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]
    if rows:
        yield from ["| argument | meaning |", "|---|---|"]
        for action in rows:
            shown = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            needed = "" if action.required else " (optional)"
            yield f"| `{shown}` | {_cell(action.help or '')}{needed} |"
        yield ""


# --- The contract for programs ---------------------------------------------------------------------------------------
def api() -> str:
    """Return docs/reference/api.md."""
    _ready()
    from chengxin.web.api import openapi

    document = openapi.document()
    lines = ["Served by every site at `/api/v1/openapi.json`. Changes within v1 only add.", ""]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            lines += _operation(f"{method.upper()} {path}", operation)
    return _page("The contract for programs", "`chengxin/web/api/openapi.py`", lines)


def _operation(name: str, read: Mapping[str, Any]) -> Iterator[str]:
    yield from [f"## `{name}`", "", f"{read['summary']}.", ""]
    if read["parameters"]:
        yield from ["| parameter | where | meaning |", "|---|---|---|"]
        for parameter in read["parameters"]:
            values = ", ".join(parameter["schema"].get("enum", []))
            meaning = parameter.get("description") or (f"One of {values}" if values else "Required" if parameter.get("required") else "")
            yield f"| `{parameter['name']}` | {parameter['in']} | {_cell(meaning)} |"
        yield ""
    yield from ["| answer | type | meaning |", "|---|---|---|"]
    for status, answer in read["responses"].items():
        yield f"| {status} | {', '.join(answer.get('content', {}))} | {_cell(answer['description'])} |"
    yield ""


# --- The catalogue ---------------------------------------------------------------------------------------------------
def dictionary() -> str:
    """Return docs/reference/data-dictionary.md."""
    _ready()
    from chengxin.catalogue import dictionary as made
    from chengxin.catalogue import loader, reading

    bodies = loader.load_folder(CATALOGUE)
    forms = [reading.form(body, version="") for _id, body in sorted(bodies.items()) if "form" in body]
    lines = ["A form may ask for more records of a group, or need a field that is optional here.", ""]
    for entry in made.entries(forms):
        lines += _group(entry.group, entry.forms)
    return _page("Data dictionary", "`catalogue/`", lines)


def _group(group: Any, used: Sequence[str]) -> Iterator[str]:
    from chengxin.catalogue import dictionary as made

    yield from [f"## {group.code} {group.title.zh}", "", f"{group.title.en}. In: {', '.join(f'`{form}`' for form in used)}.", ""]
    facts = [f"origin `{group.origin}`", f"visibility `{group.visibility}`", f"at most {group.max_records} records"]
    yield from ["; ".join(facts) + (f"; after {group.reference}" if group.reference else "") + ".", ""]
    if group.fields:
        yield from ["| field | label | kind | needed | public | personal |", "|---|---|---|---|---|---|"]
        for field in group.fields:
            unit = f" ({field.unit.zh})" if field.unit else ""
            personal = "yes" if field.personal else ""
            label = _cell(f"{field.label.zh} · {field.label.en}")
            yield f"| `{field.code}` | {label} | {field.kind}{unit} | {made.needed(field)} | {PUBLIC[field.public]} | {personal} |"
        yield ""


# --- States and permissions ------------------------------------------------------------------------------------------
def lifecycle() -> str:
    """Return docs/reference/lifecycle.md."""
    _ready()
    from chengxin.filings import lifecycle as table

    lines = ["What is not in the table is refused with 409 (D-02).", ""]
    for kind in table.KINDS:
        lines += [f"## {kind}", "", "| state | event | next state |", "|---|---|---|"]
        for (of, state, event), target in table.TRANSITIONS.items():
            if of == kind:
                before, after = (f"`{code}` {table.label(kind=kind, state=code)}" for code in (state, target))
                lines.append(f"| {before} | `{event}` | {after} |")
        lines.append("")
    return _page("States of a filing", "`chengxin/filings/lifecycle.py`", lines)


def permissions() -> str:
    """Return docs/reference/permissions.md."""
    _ready()
    from chengxin.identity import policy

    lines = ["How far a role may exercise a permission: `own` account, own `enterprise`, what the `agency` is competent for, its division"]
    lines += ["and below (`scope`), or `all`.", "", "| permission | role: reach |", "|---|---|"]
    for permission, roles in policy.PERMISSIONS.items():
        lines.append(f"| `{permission}` | {', '.join(f'{role}: {reach.value}' for role, reach in roles.items())} |")
    return _page("Permissions", "`chengxin/identity/policy.py`", lines)
