"""Whether answers will do, for a form and a kind of subject. Pure: the day and the code tables are passed in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import codes as tables
from chengxin.catalogue.answers import Row
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.codes import Codes
from chengxin.catalogue.kinds import Around, Bad
from chengxin.catalogue.values import Check, Cleaned, Condition, Field, Form, Group, Record, Subject

_KEPT_FORMS = 256
_LONGEST_KEPT = 64
_UNREAD = object()
BALANCE_TOLERANCE_WAN = Decimal("0.02")
BALANCE_TOLERANCE_YUAN = Decimal(1)


@dataclass(slots=True)
class _Findings:
    """Where messages are collected; in partial mode errors of typed values become warnings."""

    partial: bool
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[Any, Any] | None = None

    def wrong(self, path: str, message: str) -> None:
        (self.warnings if self.partial else self.errors).setdefault(path, []).append(message)


def clean(
    form: Form,
    answers: Mapping[str, str],
    *,
    today: date,
    partial: bool = False,
    subject: str = "",
    page: str | None = None,
    codes: Codes | None = None,
) -> Cleaned:
    """Return typed values and everything that is wrong with `answers`.

    `partial` (暂存): required fields and records are not asked for, wrong values become warnings. `page` looks at
    the groups of one page only. `subject` is the kind of subject (`subject_of`), for words and rules of D-12.
    """
    form = for_subject(form, subject)
    around = Around(today=today, codes=codes or tables.shipped())
    found = _Findings(partial=partial)
    values: dict[str, tuple[Record, ...]] = {}
    missing: dict[str, str] = {}
    typed = paths.rows_by_group(answers)
    for group in _groups(form, page):
        rows = typed.get(group.code, [])
        values[group.code] = _clean_group(group, rows, around, found)
        short = group.min_records - len(rows)
        if short > 0 and not partial:
            missing[group.code] = _ask_for_records(group)
    return Cleaned(values=values, errors=found.errors, warnings=found.warnings, missing=missing)


def clean_record(
    group: Group, raw: Mapping[str, str], *, today: date, codes: Codes | None = None, kept: dict[Any, Any] | None = None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return typed values and errors by field of one record on its own (a line of an import).

    `kept` remembers what short strings were read as, for many records of one group on one day; the caller empties it.
    """
    found = _Findings(partial=False, kept=kept)
    around = Around(today=today, codes=codes or tables.shipped())
    values = _clean_fields(group, Row(id="", raw=raw), around, found)
    _apply_checks(group, [Record(row="", public=None, values=values)], found)
    return values, {path.rpartition("/")[2]: messages for path, messages in found.errors.items()}


def checks_hold(group: Group, values: Mapping[str, Any]) -> bool:
    """Say whether the checks beyond single fields hold for the typed values of one record."""
    found = _Findings(partial=False)
    _apply_checks(group, [Record(row="", public=None, values=dict(values))], found)
    return not found.errors


def only(group: Group, codes: Iterable[str]) -> Group:
    """Return a group with some of its fields only, none of its checks."""
    return replace(group, fields=tuple(f for code in codes if (f := group.field(code))), checks=())


def subject_of(form: Form, *, uscc: str, company_type: str = "") -> str:
    """Return the code of the kind of subject: the one that names `company_type`, else the code's first two signs."""
    kind = uscc[:2]
    for subject in form.subjects:
        if company_type and company_type in subject.company_types and subject.code.startswith(kind):
            return subject.code
    return kind


def subject_named(subjects: Iterable[Subject], *, uscc: str, texts: Iterable[str]) -> str:
    """Return the kind of subject whose word stands in a text, such as a name or the register's type; else as `subject_of`."""
    said, kind = "\n".join(texts), uscc[:2]
    for subject in subjects:
        if subject.code.startswith(kind) and any(word in said for word in subject.named):
            return subject.code
    return kind


def find_subject(subjects: Iterable[Subject], code: str) -> Subject | None:
    """Return the subject with `code`, else the one of its first part (`91/branch` → `91`)."""
    by_code = {s.code: s for s in subjects}
    return by_code.get(code) or by_code.get(code.partition("/")[0])


@lru_cache(maxsize=_KEPT_FORMS)
def for_subject(form: Form, code: str) -> Form:
    """Return `form` with the words and rules of a kind of subject (D-12): same version, other labels."""
    subject = find_subject(form.subjects, code)
    groups = tuple(_group_for(group, subject, code) for group in form.groups)
    return form.with_groups(groups)


def _group_for(group: Group, subject: Subject | None, code: str) -> Group:
    needed = group.min_records_for.get(code, group.min_records_for.get(code.partition("/")[0], group.min_records))
    fields = tuple(_field_for(f, subject) for f in group.fields) if subject else group.fields
    return replace(group, min_records=needed, fields=fields)


def _field_for(field: Field, subject: Subject) -> Field:
    if field.word == "representative":
        public = field.public if field.public == "never" else subject.representative_public
        return replace(field, label=subject.representative, public=public)
    if field.word == "name":
        return replace(field, required=field.required and subject.name_required)
    if field.word == "authorisation":
        label = subject.authorisation or field.label
        return replace(field, label=label, required=field.required and subject.operator_needs_authorisation)
    if field.word == "address":
        return replace(field, public=field.public if field.public == "never" else subject.address_public)
    return field


def applies(condition: Condition | None, raw: Mapping[str, str], group: Group, around: Around, kept: dict[Any, Any] | None = None) -> bool:
    """Say whether a condition holds among the raw answers of one record; no condition always holds."""
    if condition is None:
        return True
    other = group.field(condition.field)
    if other is None or kind_of(other).blank(raw.get(other.code, "")):
        return False
    try:
        value = _parsed(other, raw[other.code], around, kept)
    except Bad:
        return False
    chosen = value if isinstance(value, tuple) else ({True: "1", False: "0"}.get(value, value),)
    return any(v in condition.values for v in chosen)


def asked(group: Group, raw: Mapping[str, str], *, today: date, codes: Codes | None = None) -> dict[str, bool]:
    """Return, for the fields that apply to a record as typed so far, whether each is required now."""
    around = Around(today=today, codes=codes or tables.shipped())
    return {f.code: _required(f, raw, group, around) for f in group.fields if applies(f.when, raw, group, around)}


def public_values(group: Group, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON a stranger sees of a record's typed values; hidden unless the form says public."""
    shown = {}
    for f in group.fields:
        typed = values.get(f.code)
        value = kind_of(f).to_public(typed, f) if typed is not None and f.public != "never" else None
        if value is not None:
            shown[f.code] = value
    return shown


def to_json(group: Group, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON kept of a record's typed values; None for fields left empty is left out."""
    return {f.code: kind_of(f).to_json(values[f.code]) for f in group.fields if values.get(f.code) is not None}


def from_json(group: Group, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the typed values of what `to_json` gave."""
    return {f.code: kind_of(f).from_json(stored[f.code]) for f in group.fields if f.code in stored}


def expired(form: Form, values: Mapping[str, Any], *, today: date) -> bool:
    """Say whether the last day of validity of an item's typed values has passed (已过期, VOL-38)."""
    last = values.get(form.item.expires) if form.item and form.item.expires else None
    return last is not None and last < today


def expired_json(form: Form, stored: Mapping[str, Any], *, today: date) -> bool:
    """As `expired`, of values as they are stored or published."""
    if form.item is None or form.item.expires not in stored:
        return False
    group = next(g for g in form.groups if g.field(form.item.expires))
    return expired(form, from_json(only(group, [form.item.expires]), stored), today=today)


def natural_key(group: Group, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of the group's key fields as text (government records: source unit and number)."""
    return tuple(str(values.get(code) or "") for code in group.key)


def _groups(form: Form, page: str | None) -> list[Group]:
    wanted = form.page(page) if page else None
    return [g for g in form.asked_groups() if wanted is None or g.code in wanted.groups]


def _clean_group(group: Group, typed: list[Row], around: Around, found: _Findings) -> tuple[Record, ...]:
    rows = _rows_that_count(group, typed)
    if len(rows) > group.max_records:
        about = {"title": group.title, "most": group.max_records}
        for row in rows[group.max_records :]:
            found.wrong(f"{group.code}/{row.id}", _("“%(title)s”最多%(most)s条记录，请删除多余的记录") % about)
    records = []
    for row in rows:
        values = _clean_fields(group, row, around, found)
        records.append(Record(row=row.id, public=_publicity(group, row, found), values=values))
    _apply_checks(group, records, found)
    return tuple(records)


def _rows_that_count(group: Group, rows: list[Row]) -> list[Row]:
    """Drop untouched rows, but keep as many as the group needs so that their fields get marked."""
    filled = [r for r in rows if not paths.blank(r, group)]
    spare = [r for r in rows if paths.blank(r, group)][: max(0, group.min_records - len(filled))]
    kept = {r.id for r in filled + spare}
    return [r for r in rows if r.id in kept]


def _publicity(group: Group, row: Row, found: _Findings) -> bool | None:
    if group.visibility != "choice":
        return {"always": True, "never": False}[group.visibility]
    mark = row.raw.get(paths.PUBLIC, "")
    if mark not in ("0", "1") and not found.partial:
        found.wrong(paths.path(group.code, row.id, paths.PUBLIC), _("请选择“公开”或“不公开”"))
    return {"0": False, "1": True}.get(mark)


def _clean_fields(group: Group, row: Row, around: Around, found: _Findings) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for f in group.fields:
        if f.when is not None and not applies(f.when, row.raw, group, around, found.kept):
            continue
        raw = row.raw.get(f.code, "")
        if not raw or kind_of(f).blank(raw):
            values[f.code] = None
            if not found.partial and _required(f, row.raw, group, around, found.kept):
                found.wrong(paths.path(group.code, row.id, f.code), _ask(f))
            continue
        try:
            values[f.code] = _parsed(f, raw, around, found.kept)
        except Bad as bad:
            found.wrong(paths.path(group.code, row.id, f.code), str(bad))
    return values


def _parsed(f: Field, raw: str, around: Around, kept: dict[Any, Any] | None) -> Any:
    if kept is None or len(raw) > _LONGEST_KEPT:
        return kind_of(f).parse(raw, f, around)
    key = (f.code, raw)
    value = kept.get(key, _UNREAD)
    if value is _UNREAD:
        value = kept[key] = kind_of(f).parse(raw, f, around)
    return value


def _required(field: Field, raw: Mapping[str, str], group: Group, around: Around, kept: dict[Any, Any] | None = None) -> bool:
    if field.required:
        return True
    return field.required_when is not None and applies(field.required_when, raw, group, around, kept)


def _ask_for_records(group: Group) -> str:
    about = {"title": group.title, "count": group.min_records}
    if group.max_records == 1:
        return _("请填写“%(title)s”") % about
    return _("“%(title)s”至少需要%(count)s条记录，请点击“新增记录”填写") % about


def _ask(field: Field) -> str:
    about = {"label": field.label}
    if field.kind == "file":
        return _("请上传%(label)s") % about
    if field.options or field.kind in ("boolean", "division", "industry"):
        return _("请选择%(label)s") % about
    return _("请填写%(label)s") % about


def _apply_checks(group: Group, records: list[Record], found: _Findings) -> None:
    for check in group.checks:
        _CHECKS[check.kind](group, check, records, found)


def _labels(group: Group, check: Check) -> dict[str, Any]:
    labels = [f.label if (f := group.field(code)) else code for code in check.fields]
    return {f"f{i}": label for i, label in enumerate(labels)} | {"bound": check.bound}


def _say(group: Group, check: Check, record: Record, code: str, words: str, found: _Findings) -> None:
    message = str(check.message) if check.message else words % _labels(group, check)
    found.wrong(paths.path(group.code, record.row, code), message)


def _sum(group: Group, check: Check, records: list[Record], found: _Findings) -> None:
    [code] = check.fields
    with_value = [r for r in records if r.values.get(code) is not None]
    if check.bound is not None and sum((r.values[code] for r in with_value), Decimal(0)) > check.bound:
        words = _("各条记录的%(f0)s合计不能超过%(bound)s，请核对")
        _say(group, check, with_value[-1], code, words, found)


def _in_order(group: Group, check: Check, records: list[Record], found: _Findings) -> None:
    first, last = check.fields
    for r in records:
        a, b = r.values.get(first), r.values.get(last)
        if a is not None and b is not None and b < a:
            _say(group, check, r, last, _("%(f1)s不能早于%(f0)s，请核对"), found)


def _not_above(group: Group, check: Check, records: list[Record], found: _Findings) -> None:
    part, whole = check.fields
    for r in records:
        a, b = r.values.get(part), r.values.get(whole)
        if a is not None and b is not None and a > b:
            _say(group, check, r, part, _("%(f0)s不能大于%(f1)s，请核对"), found)


def _balance(group: Group, check: Check, records: list[Record], found: _Findings) -> None:
    result, plus, minus = check.fields
    in_yuan = (f := group.field(result)) is not None and f.kind == "money"
    tolerance = BALANCE_TOLERANCE_YUAN if in_yuan else BALANCE_TOLERANCE_WAN
    for r in records:
        amounts = [r.values.get(code) for code in (result, plus, minus)]
        if None in amounts:
            continue
        if abs(amounts[0] - (amounts[1] - amounts[2])) > tolerance:  # type: ignore[operator]
            _say(group, check, r, result, _("%(f0)s应等于%(f1)s减%(f2)s，请核对"), found)


def _unique(group: Group, check: Check, records: list[Record], found: _Findings) -> None:
    seen: set[tuple[Any, ...]] = set()
    for r in records:
        value = tuple(r.values.get(code) for code in check.fields)
        if None not in value and value in seen:
            _say(group, check, r, check.fields[0], _("%(f0)s与前面的记录重复，请合并或删除"), found)
        seen.add(value)


_CHECKS: dict[str, Callable[[Group, Check, list[Record], _Findings], None]] = {
    "sum": _sum,
    "order": _in_order,
    "not_above": _not_above,
    "balance": _balance,
    "unique": _unique,
}
