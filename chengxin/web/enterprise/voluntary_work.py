"""A voluntary record that is being written: one page, one record (VOL-14 to VOL-17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules
from chengxin.common.errors import NotFound
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries as voluntary
from chengxin.flow import voluntary as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.web.enterprise.outline import Part, Work
from chengxin.web.enterprise.voluntary_words import KIND, only_group
from chengxin.web.forms import Field


@dataclass(frozen=True)
class Record(Work):
    """Filing, draft and form of one voluntary record."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The one page."""
        title = str(self.form.title)
        return (Part(flow.PAGE, title, "", tuple(self.form.asked_groups()), flow.PAGE),)

    @property
    def page(self) -> Part:
        """The one page."""
        return self.parts[0]

    @property
    def row(self) -> str:
        """The id of the one record, which it keeps for life."""
        return voluntary.row_of(self.filing.id, self.draft.answers)

    @property
    def raw(self) -> dict[str, str]:
        """What was typed, by field."""
        prefix = f"{only_group(self.form).code}/{self.row}/"
        return {path.removeprefix(prefix): value for path, value in self.draft.answers.items() if path.startswith(prefix)}

    def first_row(self, group: str, answers: Mapping[str, str]) -> str:
        """The id of the record before anything was typed."""
        return voluntary.row_of(self.filing.id, answers)

    def url(self, part: Part | None = None) -> str:
        """The address of the form."""
        return reverse("enterprise:voluntary_form", args=[self.filing.id])


def open_record(*, filing_id: UUID, by: Actor) -> Record:
    """The acting person's own record as it is being written, or 404."""
    filing, draft = filings.with_draft(filing_id=filing_id, by=by)
    if filing.kind != KIND:
        raise NotFound(_("未找到该条信用信息。"))
    form = catalogue.version(filing.form_version)
    assert filing.enterprise_id is not None
    subject = rules.subject_of(form, uscc=identity.uscc_of(filing.enterprise_id))
    return Record(filing=filing, draft=draft, form=rules.for_subject(form, subject), subject=subject)


def own(*, filing_id: UUID, by: Actor) -> voluntary.Mine:
    """One voluntary record of the acting person's own enterprise, or 404 (VOL-24, VOL-27)."""
    found = voluntary.one(filing_id=filing_id, by=by)
    if found.filing.kind != KIND or found.filing.enterprise_id != by.enterprise_id:
        raise NotFound(_("未找到该条信用信息。"))
    return found


def enterprise_of(by: Actor) -> EnterpriseView:
    """The acting person's enterprise."""
    assert by.enterprise_id is not None
    return identity.enterprise(by.enterprise_id)


def locked(enterprise: EnterpriseView) -> list[Field]:
    """企业名称 and 统一社会信用代码: filled in by the system, never posted (VOL-14)."""
    pairs = (("_name", _("企业名称"), enterprise.name or "—", "name"), ("_uscc", _("统一社会信用代码"), enterprise.uscc, "uscc"))
    said = _("系统自动获取，不得更改")
    return [
        Field(name=name, label=label, kind=kind, value=value, required=True, readonly=True, source=said)
        for name, label, value, kind in pairs
    ]
