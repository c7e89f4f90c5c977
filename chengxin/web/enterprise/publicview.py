"""What the public page will show of answers, made by the same words as the public page (D-36)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.canonical import canonical
from chengxin.flow import review
from chengxin.records import reading
from chengxin.records.values import NewRecord


@dataclass(frozen=True)
class Shown:
    """One record: its public rows, or struck out with all its rows."""

    title: str
    rows: tuple[reading.Row, ...]
    struck: bool
    inside: tuple[str, ...]


@dataclass(frozen=True)
class ShownGroup:
    """One group of records."""

    title: str
    records: tuple[Shown, ...]


@dataclass(frozen=True)
class PublicView:
    """The self-reported part of the public page as it will be."""

    groups: tuple[ShownGroup, ...]

    @property
    def shown(self) -> int:
        """How many records the public will see."""
        return sum(not r.struck for g in self.groups for r in g.records)

    @property
    def struck(self) -> int:
        """How many records stay inside."""
        return sum(r.struck for g in self.groups for r in g.records)


def of(*, form: Form, answers: Mapping[str, str], uscc: str) -> PublicView:
    """The records that these answers make, by group in the order of the form."""
    made = review.records_of(form=form, answers=answers, uscc=uscc, today=clock.today())
    by_group: dict[str, list[NewRecord]] = {}
    for record in made:
        if record.content:
            by_group.setdefault(record.group, []).append(record)
    groups = []
    for group in form.asked_groups():
        records = by_group.get(group.code, [])
        if records:
            shown = tuple(_shown(form, record, number) for number, record in enumerate(records, start=1))
            groups.append(ShownGroup(title=str(group.title), records=shown))
    return PublicView(groups=tuple(groups))


def _shown(form: Form, record: NewRecord, number: int) -> Shown:
    struck = record.public_content is None
    content = record.content if record.public_content is None else record.public_content
    item = _item(form, record, content, number)
    group = form.group(record.group)
    fields = group.fields if group else ()
    hidden = [] if struck else [f for f in fields if f.code in record.content and f.code not in content]
    return Shown(
        title=item.title,
        rows=item.rows,
        struck=struck,
        inside=tuple(str(f.label) for f in hidden),
    )


def _item(form: Form, record: NewRecord, content: Mapping[str, object], number: int) -> reading.Item:
    """The record as it would stand in the public document, in the words of the public page."""
    document = {
        "content": json.loads(canonical(dict(content))),
        "form": form.version,
        "group": record.group,
        "origin": record.origin,
        "published_at": clock.now().isoformat(),
        "version_id": "",
    }
    return reading.item(document, form_of=lambda _version: form, codes=code_tables.shipped(), today=clock.today(), number=number)


def note(view: PublicView) -> str:
    """How many records will be seen and how many will not."""
    return _("公开 %(shown)s 条，不公开 %(struck)s 条") % {"shown": view.shown, "struck": view.struck}
