"""Answers that move: to a new version, to another enterprise type, from government data, from last year. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chengxin.catalogue import answers as paths
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.codes import Codes
from chengxin.catalogue.kinds import Around, Bad
from chengxin.catalogue.listed_kinds import raw_units
from chengxin.catalogue.values import Field, Form, Group, Text


@dataclass(frozen=True, slots=True)
class Dropped:
    """A record as typed that the other form has no place for; `answers` keeps what was typed, by path."""

    group: str
    title: Text
    row: str
    summary: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose answer differs from the registered fact (shown to the reviewer first, D-35)."""

    group: str
    row: str
    field: str
    label: Text
    registered: str
    answered: str


def migrate_answers(old: Form, new: Form, answers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the answers that fit `new`, and the leftover (未迁移内容, D-34). Nothing is lost between the two."""
    kept: dict[str, str] = {}
    leftover: dict[str, str] = {}
    for key, raw in answers.items():
        (kept if _fits(key, raw, old, new) else leftover)[key] = raw
    rows_kept = {_row(key) for key in kept if not _is_mark(key)}
    for key in [k for k in kept if _is_mark(k)]:
        if _row(key) not in rows_kept and any(_row(k) == _row(key) for k in leftover):
            leftover[key] = kept.pop(key)
    return kept, leftover


def dropped_by_type_change(form_a: Form, form_b: Form, answers: Mapping[str, str]) -> list[Dropped]:
    """Return the filled records of `form_a` that `form_b` does not ask for (ARC-04.2); `answers` stay as they are."""
    there = {g.code for g in form_b.asked_groups()}
    dropped = []
    for group in form_a.asked_groups():
        if group.code in there:
            continue
        for row in paths.rows(answers, group.code):
            if not paths.blank(row, group):
                typed = {paths.path(group.code, row.id, code): raw for code, raw in row.raw.items()}
                dropped.append(Dropped(group.code, group.title, row.id, summary(group, row.raw), typed))
    return dropped


def summary(group: Group, raw: Mapping[str, str]) -> str:
    """Return one line that names a record as typed: its summary fields, or the first one filled."""
    named = [raw[code] for code in group.summary if raw.get(code, "").strip()]
    first = [raw[f.code] for f in group.fields if raw.get(f.code, "").strip()][:1]
    return " ".join(named or first)[:80]


def prefill(form: Form, known: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the changes that fill empty fields of single records from registered facts (来自登记信息).

    `known` holds the facts of the register as stored JSON, by the names of the fields of G01.
    """
    changes: dict[str, str] = {}
    for group in form.asked_groups():
        if not any(f.prefill for f in group.fields) or group.max_records != 1:
            continue
        there = paths.rows(answers, group.code)
        if there:
            row, raw = there[0].id, dict(there[0].raw)
        else:
            row, made = paths.new_row(answers, group)
            changes, raw = changes | made, {}
        for f in group.fields:
            fact = _fact(f, known)
            if fact and kind_of(f).blank(raw.get(f.code, "")):
                changes[paths.path(group.code, row, f.code)] = fact
    return changes


def differences(form: Form, known: Mapping[str, Any], answers: Mapping[str, str], *, today: date, codes: Codes) -> list[Difference]:
    """Return the answers that differ from registered facts, in the order of the form."""
    around, found = Around(today=today, codes=codes), []
    for group in form.asked_groups():
        for row in paths.rows(answers, group.code):
            for f in group.fields:
                fact, raw = _fact(f, known), row.raw.get(f.code, "")
                if fact and not kind_of(f).blank(raw) and not _same(f, fact, raw, around):
                    found.append(Difference(group.code, row.id, f.code, f.label, fact, raw))
    return found


def raw_of(stored: Any) -> str:
    """Return the string a person would have typed for a stored value (to open a draft from a record)."""
    if stored is None:
        return ""
    if isinstance(stored, dict):
        return f"{stored['from']}..{stored['to'] or '长期'}"
    if isinstance(stored, list):
        return raw_units(stored) if stored and isinstance(stored[0], dict) else ",".join(stored)
    if isinstance(stored, bool):
        return "1" if stored else "0"
    return str(stored)


def _same(field: Field, fact: str, raw: str, around: Around) -> bool:
    try:
        return bool(kind_of(field).parse(fact, field, around) == kind_of(field).parse(raw, field, around))
    except Bad:
        return fact.strip() == raw.strip()


def _fact(field: Field, known: Mapping[str, Any]) -> str:
    return raw_of(known.get(field.prefill)) if field.prefill else ""


def _fits(key: str, raw: str, old: Form, new: Form) -> bool:
    where = paths.split(key)
    group = new.group(where[0]) if where else None
    if not where or group is None or group not in tuple(new.asked_groups()):
        return False
    if where[2] in paths.MARKS:
        return True
    before = old.group(where[0])
    was, is_now = before.field(where[2]) if before else None, group.field(where[2])
    if is_now is None or (was is not None and was.kind != is_now.kind):
        return False
    return not is_now.options or _options_fit(is_now, raw)


def _options_fit(field: Field, raw: str) -> bool:
    if not raw.strip():
        return True
    try:
        kind_of(field).parse(raw, field, None)  # type: ignore[arg-type]
    except Bad:
        return False
    return True


def _row(key: str) -> tuple[str, ...]:
    return tuple(key.split("/")[:2])


def _is_mark(key: str) -> bool:
    return key.rpartition("/")[2] in paths.MARKS
