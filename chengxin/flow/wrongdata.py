"""Wrong data (D-09, PUB-07): 异议申请 of the enterprise concerned, 信息纠错 of anyone, and what is decided about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.access import limits
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import Forbidden
from chengxin.filings import cases
from chengxin.filings.files import Stored
from chengxin.flow import archive, notices
from chengxin.flow.step import step
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import marks
from chengxin.records.marks import Published
from chengxin.records.values import GOVERNMENT

ERROR_FORM, OBJECTION_FORM = "report/error", "report/objection"
ERROR, OBJECTION = "error_report", "objection"
Files = Sequence[tuple[str, Stored]]


def check(*, form: Form, answers: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong or missing in the answers of a case, by path."""
    return dict(catalogue_rules.clean(form, answers, today=clock.today()).errors)


def report_error(*, uscc: str, version_id: UUID, answers: Mapping[str, str], files: Files, key: str, network: str) -> cases.HandedIn:
    """信息纠错: goes to the unit that supplied the item; no mark is put on it."""
    limits.named("case.network", network)
    record = marks.published(uscc=uscc, version_id=version_id)
    return _report(record=record, answers=answers, files=files, key=key)


@step
def _report(*, record: Published, answers: Mapping[str, str], files: Files, key: str) -> cases.HandedIn:
    about = identity.enterprise(record.enterprise_id)
    return cases.hand_in(case=_case(ERROR, ERROR_FORM, about, record, answers, files, key), by=Actor.nobody())


def _case(
    kind: str, form_id: str, about: EnterpriseView, record: Published, answers: Mapping[str, str], files: Files, key: str
) -> cases.NewCase:
    return cases.NewCase(
        kind=kind,
        form_id=form_id,
        division_code=about.division_code,
        answers=answers,
        key=key,
        files=files,
        subject_id=about.id,
        handler_id=_supplier(record),
        about=cases.About(record.record_id, record.version_id, record.origin, record.group, record.source_unit),
    )


def _supplier(record: Published) -> UUID | None:
    """The unit that supplied a government record, where it is one of the agencies; else whoever is competent."""
    unit = identity.source_agency(record.source_unit) if record.origin == GOVERNMENT else None
    return unit.id if unit else None


def own_item(*, version_id: UUID, by: Actor) -> Published:
    """A published record of the acting person's own enterprise; another's is refused with 403 (PUB-07)."""
    archive.require_approved(by=by)
    record = marks.published(version_id=version_id)
    if record.enterprise_id != by.enterprise_id:
        raise Forbidden(_("只有该信息所属的企业可以提出异议；其他单位和个人请使用“信息纠错”。"), code="not-your-item")
    return record


@step
def object_to(*, version_id: UUID, answers: Mapping[str, str], files: Files, key: str, by: Actor) -> cases.HandedIn:
    """异议申请: with its receipt the item shows 异议中 at once; it goes to the unit that supplied it (PUB-07)."""
    record = own_item(version_id=version_id, by=by)
    identity.lock_enterprise(record.enterprise_id)
    case = replace(
        _case(OBJECTION, OBJECTION_FORM, identity.enterprise(record.enterprise_id), record, answers, files, key),
        enterprise_id=record.enterprise_id,
    )
    done = cases.hand_in(case=case, by=by)
    if not done.repeated:
        marks.dispute(record=record, filing_id=done.filing_id, by=by)
        notices.case_handed_in(done=done, kind=OBJECTION, account_id=by.id)
    return done
