"""Whether a line of a government group will do, and the record it becomes. Pure: the day is passed in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import codes
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.kinds import Around
from chengxin.catalogue.values import Form, Group
from chengxin.common import clock
from chengxin.common.text import name_key
from chengxin.exchange.cells import Read, Reader
from chengxin.exchange.reading import OPERATION
from chengxin.exchange.values import Fault, FaultyLine, Judged, Line
from chengxin.records import disclosure, openings, terms
from chengxin.records.values import BY_CONTENT, GOVERNMENT, SENT_AGAIN, WITHDRAW, NewRecord, Written

ALWAYS = terms.Outcome()
SUBJECT, UNIT, NUMBER, COLLECTED = "subject_uscc", "source_unit", "source_record_no", "collected_on"
KEY_FIELDS = (SUBJECT, UNIT, NUMBER)
MOST_KEPT = 20_000
_NAMESPACE = NAMESPACE_URL.bytes
_UNKNOWN: Any = object()


@dataclass
class Judge:
    """Judges lines of one form on one day; values that come again and again are read once.

    `units` are the source units the sender may speak for, `columns` those that the lines have; None for all of them.
    """

    form: Form
    today: date
    units: Collection[str] | None = None
    columns: Collection[str] | None = None
    _read: dict[Any, Any] = field(default_factory=dict)
    _readers: dict[str, Reader] = field(default_factory=dict)
    _outcomes: dict[tuple[Any, ...], terms.Outcome | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know the fields on which checks and terms hang."""
        checked = [code for check in self.group.checks for code in check.fields]
        self._decisive = tuple(dict.fromkeys([*terms.reads(self.group), *checked]))

    @property
    def group(self) -> Group:
        """The one group of the form."""
        return self.form.groups[0]

    def judge(self, lines: Iterable[Line]) -> tuple[list[Judged], list[FaultyLine]]:
        """Every line as what may be taken in, or as its faults."""
        good: list[Judged] = []
        faulty: list[FaultyLine] = []
        for line in lines:
            found = self._one(line)
            if isinstance(found, Judged):
                good.append(found)
            else:
                faulty.append(FaultyLine(line.number, line.cells, tuple(found)))
            if len(self._read) > MOST_KEPT or len(self._outcomes) > MOST_KEPT:
                self._read.clear()
                self._outcomes.clear()
        return good, faulty

    def _one(self, line: Line) -> Judged | list[Fault]:
        operation = self.operation(line.operation)
        found = self.quickly(line, operation) if operation is not None and operation != WITHDRAW else None
        return found or self.at_length(line, operation)

    def quickly(self, line: Line, operation: str) -> Judged | None:
        """A line in which nothing is wrong, from what its cells were read as; None where it has to be looked at closer."""
        kind = line.raw.get(SUBJECT, "")[:2]
        if not (kind.isascii() and kind.isalnum()):
            return None
        read = (self._readers.get(kind) or self._reader(kind)).read(line.raw)
        if read is None or read.values[SUBJECT][:2] != kind or self._of_the_line(line, read.values, operation):
            return None
        said = tuple(map(read.values.get, self._decisive))
        outcome = self._outcomes.get(said, _UNKNOWN)
        if outcome is _UNKNOWN:
            outcome = self._outcomes[said] = self._outcome(read.values)
        if outcome is None:
            return None
        name = read.values.get("name", "") if self.group.code == "G01" else ""
        record = self._written(read, outcome)
        return Judged(line.number, operation, read.values[SUBJECT], record.source_unit, record.source_no, name, record, outcome.why)

    def _reader(self, kind: str) -> Reader:
        """How lines about one kind of subject are read."""
        worded = catalogue_rules.for_subject(self.form, catalogue_rules.subject_of(self.form, uscc=kind)).groups[0]
        around = Around(today=self.today, codes=codes.shipped())
        personal = disclosure.personal_codes(self.form, self.group.code)
        made = self._readers[kind] = Reader(
            self.group, worded, around=around, personal=personal, uncompared=SENT_AGAIN, present=self.columns
        )
        return made

    def _outcome(self, values: Mapping[str, Any]) -> terms.Outcome | None:
        """What checks and law say of a line, by the values that are decisive for either; None where something is wrong."""
        if not catalogue_rules.checks_hold(self.group, values):
            return None
        outcome = self._term(values)
        return None if outcome.errors else outcome

    def _written(self, read: Read, outcome: terms.Outcome) -> Written:
        unit, number = _key(read.values)
        is_public = outcome.published and bool(read.public) and self.group.visibility != "never"
        return Written(
            record_id(unit=unit, number=number, group=self.group.code),
            GOVERNMENT,
            self.group.code,
            self.form.version,
            unit,
            number,
            openings.plain_moment(_collected_at(read.values[COLLECTED])),
            read.inside,
            read.public if is_public else None,
            read.said,
            read.shown,
            read.secrets,
            outcome.since,
            outcome.until,
        )

    def at_length(self, line: Line, operation: str | None) -> Judged | list[Fault]:
        """A line by the rules of the catalogue, field by field: what may be taken in, or every fault of it."""
        group = self.key_group if operation == WITHDRAW else self.group
        values, errors = catalogue_rules.clean_record(group, line.raw, today=self.today, kept=self._read)
        outcome = ALWAYS if errors or operation == WITHDRAW else self._term(values)
        faults = [
            Fault(line.number, column_of(self.group, code), text) for code, texts in {**errors, **outcome.errors}.items() for text in texts
        ]
        faults += self._of_the_line(line, values, operation)
        if faults:
            return faults
        assert operation is not None
        unit, number = _key(values)
        if operation == WITHDRAW:
            return Judged(line.number, operation, values[SUBJECT], unit, number)
        record = self._record(values, outcome)
        name = values.get("name") if self.group.code == "G01" else ""
        return Judged(line.number, operation, values[SUBJECT], unit, number, name or "", record, outcome.why)

    def _term(self, values: Mapping[str, Any]) -> terms.Outcome:
        """What the law says of the record; one whose term is over is kept inside at once."""
        outcome = terms.of(self.group, values)
        if outcome.published and outcome.until is not None and outcome.until < self.today:
            return replace(outcome, published=False, why=_("公示期已满，不再公示"))
        return outcome

    def operation(self, word: str) -> str | None:
        """The operation a word names; None for a word that names none."""
        if not word:
            return BY_CONTENT
        wanted = name_key(word)
        for option in self.form.operations:
            if wanted in (option.code, name_key(option.label.zh)):
                return option.code
        return None

    @property
    def key_group(self) -> Group:
        """The group with the fields only that name a record: what a withdrawal needs."""
        found: Group = self._read.setdefault(KEY_FIELDS, catalogue_rules.only(self.group, KEY_FIELDS))
        return found

    def _of_the_line(self, line: Line, values: Mapping[str, Any], operation: str | None) -> list[Fault]:
        faults = []
        if operation is None:
            words = _("没有“%(word)s”这种操作，请填写新增、更正、撤回或归属更正。") % {"word": line.operation[:20]}
            faults.append(Fault(line.number, OPERATION, words))
        if values.get("uscc") and self.group.code == "G01" and values["uscc"] != values.get(SUBJECT):
            faults.append(Fault(line.number, column_of(self.group, "uscc"), _("与主体统一社会信用代码不一致，请核对。")))
        unit = values.get(UNIT)
        if unit and self.units is not None and unit not in self.units:
            words = _("本账号只能报送本单位及下级单位的数据，请核对数据来源单位。")
            faults.append(Fault(line.number, column_of(self.group, UNIT), words))
        return faults

    def _record(self, values: Mapping[str, Any], outcome: terms.Outcome) -> NewRecord:
        return record_of(form=self.form, values=values, collected_at=_collected_at(values[COLLECTED]), outcome=outcome)


@lru_cache(maxsize=64)
def _collected_at(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


def record_id(*, unit: str, number: str, group: str) -> UUID:
    """The id for life of a government record: the same key always has the same one."""
    named = hashlib.sha1(_NAMESPACE + f"chengxin:{group}:{unit}:{number}".encode(), usedforsecurity=False)
    return UUID(bytes=named.digest()[:16], version=5)


def _key(values: Mapping[str, Any]) -> tuple[str, str]:
    return str(values.get(UNIT) or ""), str(values.get(NUMBER) or "")


def column_of(group: Group, code: str) -> str:
    """The label of a column."""
    found = group.field(code)
    return found.label.zh if found else ""


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
        publicity_from=outcome.since,
        publicity_until=outcome.until,
        uncompared=SENT_AGAIN,
    )
