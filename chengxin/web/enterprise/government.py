"""What stands above the dashed line: what other government sites say, with source and fetch time (ARC-05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.values import Form, Group
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import files
from chengxin.records import queries as records
from chengxin.records.queries import InsideRecord
from chengxin.records.reading import shown


@dataclass(frozen=True)
class Fact:
    """One labelled value."""

    label: str
    value: str


@dataclass(frozen=True)
class Given:
    """One record that a government department supplied."""

    facts: tuple[Fact, ...]
    source: str
    fetched_at: datetime | None
    version_id: UUID | None = None


@dataclass(frozen=True)
class GivenGroup:
    """One group of such records."""

    title: str
    records: tuple[Given, ...]


@dataclass(frozen=True)
class Above:
    """Everything above the line; `nothing_in` names the groups without records."""

    groups: tuple[GivenGroup, ...]
    nothing_in: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(len(group.records) for group in self.groups)


REGISTERED = {
    "name": gettext_lazy("企业名称"),
    "uscc": gettext_lazy("统一社会信用代码"),
    "type": gettext_lazy("类型"),
    "legal_representative": gettext_lazy("法定代表人"),
    "capital_wan": gettext_lazy("注册资本（万元）"),
    "established_on": gettext_lazy("成立日期"),
    "address": gettext_lazy("住所"),
    "scope": gettext_lazy("经营范围"),
    "authority": gettext_lazy("登记机关"),
    "status": gettext_lazy("登记状态"),
}


def above(*, form: Form, by: Actor) -> Above:
    """The government's groups of a form with what is known of the acting person's enterprise."""
    assert by.enterprise_id is not None
    enterprise = identity.enterprise(by.enterprise_id)
    found: dict[str, list[Given]] = {}
    shown_in_file = files.has_file(enterprise_id=enterprise.id)
    for record in records.government_records(enterprise_id=enterprise.id, by=by):
        found.setdefault(record.group, []).append(_given(record, shown=shown_in_file))
    wanted = [group for group in form.groups if group.origin == "government"]
    made = [GivenGroup(str(g.title), tuple(found[g.code])) for g in wanted if g.code in found]
    registered = _registered(enterprise.uscc)
    if registered is not None and "G01" not in found:
        made.insert(0, GivenGroup(_("登记注册信息"), (registered,)))
        wanted = [g for g in wanted if g.code != "G01"]
    nothing = tuple(str(g.title) for g in wanted if g.code not in found)
    return Above(groups=tuple(made), nothing_in=nothing)


def _given(record: InsideRecord, *, shown: bool) -> Given:
    group = catalogue.version(record.form_version).group(record.group)
    facts = tuple(_facts(group, record)) if group else ()
    version_id = record.version_id if shown and record.public else None
    return Given(facts=facts, source=record.source_unit, fetched_at=record.created_at, version_id=version_id)


def _facts(group: Group, record: InsideRecord) -> list[Fact]:
    codes = code_tables.shipped()
    made = []
    for f in group.fields:
        stored = record.values.get(f.code)
        if stored in (None, "") or f.public == "never":
            continue
        public = kind_of(f).to_public(kind_of(f).from_json(stored), f)
        made.append(Fact(str(f.label), shown(f, public, codes)))
    return made


def _registered(uscc: str) -> Given | None:
    """The market register's last answer, for as long as the department has not supplied group G01 itself."""
    snapshot = records.snapshot(uscc=uscc)
    if snapshot is None or not snapshot[0]:
        return None
    entry, fetched_at = snapshot
    facts = tuple(Fact(str(label), str(entry[code])) for code, label in REGISTERED.items() if entry.get(code))
    return Given(facts=facts, source=_("市场监管部门（企业登记信息）"), fetched_at=fetched_at)
