"""The public document in words: groups, labels and values by each record's own form version. Pure (D-13, D-34).

Pages and reports are both made from what is here, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.codes import Codes
from chengxin.catalogue.values import Field, Form, Group
from chengxin.records.values import ENTERPRISE, GOVERNMENT

FormOf = Callable[[str], Form]
# A title that begins with one of these says nothing without its label.
BARE_KINDS = {"integer", "number", "money", "money_wan", "percent", "year", "date", "until", "period", "hotline", "phone", "url"}
VOLUNTARY = "voluntary"
TYPE_LABELS = {
    "PLATFORM": gettext_lazy("电子商务平台企业"),
    "IN_PLATFORM": gettext_lazy("平台内企业"),
    "SELF_SITE": gettext_lazy("自建网站开展电子商务业务的企业"),
    "OTHER_NET": gettext_lazy("通过其他网络渠道销售商品或提供服务的企业"),
    "SERVICE": gettext_lazy("电子商务服务企业"),
}


@dataclass(frozen=True)
class Row:
    """One labelled value; `link` where the value is an address."""

    label: str
    value: str
    link: str = ""


@dataclass(frozen=True)
class Item:
    """One published record in words."""

    version_id: str
    title: str
    rows: tuple[Row, ...]
    source: str
    source_no: str
    collected_at: datetime | None
    published_at: datetime
    until: date | None
    disputed: bool = False
    expired: bool = False


@dataclass(frozen=True)
class Section:
    """One group of records; `total` counts those beyond the file too, `more` says that there are some.

    `origin` is government, enterprise (the archive) or voluntary (企业自行注册).
    """

    code: str
    title: str
    origin: str
    items: tuple[Item, ...]
    total: int
    more: bool


ORDER = (GOVERNMENT, ENTERPRISE, VOLUNTARY)


def sections(document: Mapping[str, Any], *, form_of: FormOf, codes: Codes, today: date) -> list[Section]:
    """The groups of a public document: the government's, the archive's, the voluntary ones, each in the order of its forms."""
    by_group: dict[str, list[Mapping[str, Any]]] = {}
    for record in document["records"]:
        by_group.setdefault(record["group"], []).append(record)
    counts = document["groups"]
    disputed = document.get("disputed", ())
    made = [
        section(
            records, total=counts[code]["total"], more=counts[code]["more"], form_of=form_of, codes=codes, disputed=disputed, today=today
        )
        for code, records in by_group.items()
    ]
    return sorted(made, key=lambda s: (ORDER.index(s.origin), s.code))


def section(
    records: Sequence[Mapping[str, Any]],
    *,
    total: int,
    more: bool,
    form_of: FormOf,
    codes: Codes,
    today: date,
    disputed: Container[str] = (),
) -> Section:
    """One group of a document; its title is that of its newest record's form. `disputed` are version ids marked 异议中."""
    newest = max(records, key=lambda record: str(record["published_at"]))
    group = group_of(newest, form_of)
    return Section(
        code=newest["group"],
        title=str(group.title) if group else newest["group"],
        origin=origin_of(newest, form_of),
        items=tuple(
            item(record, form_of=form_of, codes=codes, number=at, disputed=disputed, today=today)
            for at, record in enumerate(records, start=1)
        ),
        total=total,
        more=more,
    )


def origin_of(record: Mapping[str, Any], form_of: FormOf) -> str:
    """Who gave a record, as the pages tell it: government, enterprise, or voluntary where its form is one of voluntary registration."""
    if record["origin"] == GOVERNMENT:
        return GOVERNMENT
    return VOLUNTARY if form_of(record["form"]).kind == VOLUNTARY else ENTERPRISE


def item(
    record: Mapping[str, Any],
    *,
    form_of: FormOf,
    codes: Codes,
    today: date,
    number: int = 1,
    disputed: Container[str] = (),
) -> Item:
    """One record of a document in the words of its own form version; `today` tells what has expired."""
    group = group_of(record, form_of)
    own = _("企业自行注册") if origin_of(record, form_of) == VOLUNTARY else _("企业自行填报")
    rows = tuple(_rows(record["content"], group, codes))
    source = record.get("source") or {}
    until = record.get("publicity_until")
    collected = source.get("collected_at")
    return Item(
        version_id=record["version_id"],
        title=_title(record["content"], group, codes, number),
        rows=rows,
        source=source.get("unit") or own,
        source_no=source.get("no") or "",
        collected_at=datetime.fromisoformat(collected) if collected else None,
        published_at=datetime.fromisoformat(record["published_at"]),
        until=date.fromisoformat(until) if until else None,
        disputed=record["version_id"] in disputed,
        expired=_has_expired(record, form_of, today),
    )


def _has_expired(record: Mapping[str, Any], form_of: FormOf, today: date) -> bool:
    """Whether what a voluntary record says was valid until a day that has passed (VOL-38)."""
    form = form_of(record["form"])
    return form.kind == VOLUNTARY and catalogue_rules.expired_json(form, record["content"], today=today)


def group_of(record: Mapping[str, Any], form_of: FormOf) -> Group | None:
    """The group of the form version under which a record was filed."""
    return form_of(record["form"]).group(record["group"])


def _rows(content: Mapping[str, Any], group: Group | None, codes: Codes) -> Iterable[Row]:
    fields = group.fields if group else ()
    for field in fields:
        if field.code in content:
            value = shown(field, content[field.code], codes)
            yield Row(label=str(field.label), value=value, link=_link(field, value))
    known = {field.code for field in fields}
    yield from (Row(label=code, value=str(value)) for code, value in content.items() if code not in known)


def shown(field: Field, stored: Any, codes: Codes) -> str:
    """The words for a stored value with its unit."""
    kind = kind_of(field)
    text = kind.display(kind.from_json(stored), field, codes)
    return f"{text} {field.unit}" if text and field.unit else text


def _link(field: Field, value: str) -> str:
    return value if field.kind == "url" and value.startswith(("https://", "http://")) else ""


def _title(content: Mapping[str, Any], group: Group | None, codes: Codes, number: int) -> str:
    parts: list[str] = []
    for code in group.summary if group else ():
        field = group.field(code) if group else None
        if field is not None and code in content:
            text = shown(field, content[code], codes)
            parts.append(f"{field.label} {text}" if text and not parts and field.kind in BARE_KINDS else text)
    return " ".join(part for part in parts if part) or _("第%(number)s条") % {"number": number}


def type_label(code: str) -> str:
    """The words for a type of enterprise; the code where it is none."""
    return str(TYPE_LABELS.get(code, code))
