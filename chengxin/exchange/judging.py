"""Whether a line of a government group will do, and the record it becomes. Pure: the day is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils.translation import gettext as _

from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form, Group
from chengxin.common import clock
from chengxin.exchange.values import Fault, Judged, Line
from chengxin.records import disclosure, terms
from chengxin.records.values import GOVERNMENT, NewRecord

ACCEPTED = ("", "新增", "更正", "add", "correct")
ALWAYS = terms.Outcome()
SUBJECT, UNIT, NUMBER, COLLECTED = "subject_uscc", "source_unit", "source_record_no", "collected_on"


def judge(lines: Iterable[Line], *, form: Form, today: date) -> tuple[list[Judged], list[Fault]]:
    """Every line as a record or as its faults; the same key twice in one file is a fault of the later line."""
    [group] = form.groups
    good: list[Judged] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        values, errors = catalogue_rules.clean_record(group, line.raw, today=today)
        outcome = terms.Outcome() if errors else terms.of(group, values)
        errors = {**errors, **outcome.errors}
        found = [Fault(line.number, _column(group, code), text) for code, texts in errors.items() for text in texts]
        found += _of_the_line(line, values, group, seen)
        faults += found
        if not found:
            seen[_key(values)] = line.number
            good.append(_judged(line, values, form, outcome))
    return good, faults


def record_id(*, unit: str, number: str, group: str) -> UUID:
    """The id for life of a government record: the same key always has the same one."""
    return uuid5(NAMESPACE_URL, f"chengxin:{group}:{unit}:{number}")


def _of_the_line(line: Line, values: Mapping[str, Any], group: Group, seen: Mapping[tuple[str, str], int]) -> list[Fault]:
    faults = []
    if line.operation not in ACCEPTED:
        faults.append(Fault(line.number, "操作", _("此处仅支持“新增”和“更正”，撤回和归属更正须由来源单位另行办理。")))
    if values.get("uscc") and group.code == "G01" and values["uscc"] != values.get(SUBJECT):
        faults.append(Fault(line.number, _column(group, "uscc"), _("与主体统一社会信用代码不一致，请核对。")))
    earlier = seen.get(_key(values))
    if earlier:
        faults.append(Fault(line.number, _column(group, NUMBER), _("与第%(line)s行的来源记录编号重复。") % {"line": earlier}))
    return faults


def _key(values: Mapping[str, Any]) -> tuple[str, str]:
    return str(values.get(UNIT) or ""), str(values.get(NUMBER) or "")


def _column(group: Group, code: str) -> str:
    field = group.field(code)
    return field.label.zh if field else ""


def record_of(*, form: Form, values: Mapping[str, Any], collected_at: datetime, outcome: terms.Outcome = ALWAYS) -> NewRecord:
    """The record that typed values of a government group become, with what the public may see of it and how long."""
    [group] = form.groups
    unit, number = _key(values)
    subject = catalogue_rules.subject_of(form, uscc=values[SUBJECT])
    worded = catalogue_rules.for_subject(form, subject).groups[0]
    public = disclosure.public_content(group=worded, values=values, chosen_public=True) if outcome.published else None
    return NewRecord(
        record_id=record_id(unit=unit, number=number, group=group.code),
        group=group.code,
        form_version=form.version,
        origin=GOVERNMENT,
        content=catalogue_rules.to_json(group, values),
        public_content=public,
        personal=disclosure.personal_codes(form, group.code),
        source_unit=unit,
        source_no=number,
        collected_at=collected_at,
        publicity_from=outcome.since if public else None,
        publicity_until=outcome.until if public else None,
        uncompared=frozenset({COLLECTED}),
    )


def _judged(line: Line, values: Mapping[str, Any], form: Form, outcome: terms.Outcome) -> Judged:
    collected_at = datetime.combine(values[COLLECTED], time(), clock.SHANGHAI)
    record = record_of(form=form, values=values, collected_at=collected_at, outcome=outcome)
    name = values.get("name") if record.group == "G01" else ""
    return Judged(line.number, values[SUBJECT], name or "", record, why_unpublished=outcome.why)
