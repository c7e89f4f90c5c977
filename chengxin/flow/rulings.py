"""What is decided about an objection or a report of an error, carried out in the records in the same transaction (D-09)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.answers import PUBLIC
from chengxin.catalogue.chosen_kinds import kind_of
from chengxin.catalogue.values import Field, Form
from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid
from chengxin.filings import actions as filings
from chengxin.filings import cases, drafts, inbox, lifecycle, voluntary, voluntary_queries
from chengxin.filings import queries as filing_queries
from chengxin.filings.cases import Ruling
from chengxin.filings.values import CaseView, FilingView
from chengxin.flow import cases as case_flow
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor
from chengxin.records import deciding, marks, reading
from chengxin.records.deciding import Standing
from chengxin.records.values import ENTERPRISE

KINDS = ("objection", "error_report")
CORRECTED, DELETED, KEPT = "corrected", "deleted", "kept"
RESULTS = (CORRECTED, DELETED, KEPT)
LONG_TERM = "长期"
NOT_CORRECTED = {"source_unit", "source_record_no", "collected_on", "updated_on", "publicity_to", "repair_status", "uscc"}


@dataclass(frozen=True)
class Matter:
    """A case of wrong data as the desk reads it: the case and the record as it stands now, if it still does."""

    filing: FilingView
    case: CaseView
    stands: Standing | None


def matter(*, filing_id: UUID, by: Actor) -> Matter:
    """The case, for those with whom it lies and those above."""
    filing, case = filing_queries.one(filing_id=filing_id, by=by), cases.one(filing_id=filing_id, by=by)
    return Matter(filing=filing, case=case, stands=_stands(filing, case))


def matter_of(filing: FilingView) -> Standing | None:
    """The record that a case is about as it stands now, inside a step that decides."""
    return _stands(filing, cases.one(filing_id=filing.id, by=case_flow.BY))


def _stands(filing: FilingView, case: CaseView) -> Standing | None:
    if case.about is None or filing.about_id is None:
        return None
    return deciding.standing(enterprise_id=filing.about_id, origin=case.origin, record_id=case.about)


@step
def open_matter(*, filing_id: UUID, by: Actor) -> None:
    """Claim a case for 15 minutes while reading it, and write down who read what was said in it (D-05, D-41)."""
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by):
        filings.claim(filing_id=filing_id, by=by)
    identity.log_access(by=by, what="filing", subject=str(filing_id), purpose="case")


def correctable(stands: Standing) -> list[Field]:
    """The fields that a correction may change: what the public sees in full, but not whose it is and where it came from."""
    group = _form(stands).group(stands.group)
    return [f for f in (group.fields if group else ()) if f.public == "full" and f.code not in NOT_CORRECTED]


def _form(stands: Standing) -> Form:
    """The record's form in the words of its kind of subject."""
    form = catalogue.version(stands.form_version)
    uscc = identity_queries.enterprise(stands.enterprise_id).uscc
    return catalogue_rules.for_subject(form, catalogue_rules.subject_of(form, uscc=uscc))


def raw_of(stored: Any) -> str:
    """A stored value as a person would type it."""
    if stored is None:
        return ""
    if isinstance(stored, bool):
        return "1" if stored else "0"
    if isinstance(stored, list):
        return ",".join(map(str, stored))
    if isinstance(stored, Mapping):
        return f"{stored['from']}..{stored['to'] or LONG_TERM}"
    return str(stored)


@dataclass(frozen=True)
class Said:
    """What a clerk decides on the page: result, answer, and for a correction the fields as they should be."""

    result: str
    answer: str
    corrected: Mapping[str, str]
    version_id: str = ""


@step
def decide(*, filing_id: UUID, said: Said, by: Actor) -> None:
    """更正, 删除 or 维持: the record follows at once, the mark goes, both sides are told."""
    cases.require_kind(filing_id=filing_id, kinds=KINDS)
    filing = filing_queries.one(filing_id=filing_id, by=by)
    assert filing.about_id is not None
    identity_queries.lock_enterprise(filing.about_id)
    case = cases.one(filing_id=filing_id, by=by)
    stands = _checked(filing, case, said)
    made = _correction(stands, said) if said.result == CORRECTED and stands else None
    outcome = "rejected" if said.result == KEPT else "approved"
    ruling = Ruling(outcome, said.result, said.answer, made.words if made else (), made.raw if made else {})
    cases.decide(filing_id=filing_id, ruling=ruling, by=by)
    if made is not None and stands is not None:
        _recognised_anew(stands, made)
        deciding.correct(stands=stands, filing_id=filing_id, content=made.content, public=made.public, by=by)
    elif said.result == DELETED and stands is not None:
        deciding.delete(stands=stands, by=by)
        _out_of_force(stands, said.answer, by)
    if stands is not None and stands.origin == ENTERPRISE and said.result != KEPT:
        _in_draft(stands, made.raw if made else {PUBLIC: "0"}, by)
    marks.settle(filing_id=filing_id, by=by)
    _tell(filing, said)


def _out_of_force(stands: Standing, why: str, by: Actor) -> None:
    """A voluntary record that is deleted is registered no more."""
    published = voluntary_queries.in_force(enterprise_id=stands.enterprise_id, record_id=stands.record_id)
    if published is not None:
        voluntary.end(filing_id=published, why=why, by=by)


def _recognised_anew(stands: Standing, made: Made) -> None:
    """A voluntary record that is corrected is told from others by what it says now."""
    published = voluntary_queries.in_force(enterprise_id=stands.enterprise_id, record_id=stands.record_id)
    group = catalogue.version(stands.form_version).group(stands.group)
    if published is None or group is None:
        return
    said = {code: value for code, value in {**deciding.inside_of(stands), **made.content}.items() if value is not None}
    voluntary.recognise_corrected(filing_id=published, values=catalogue_rules.from_json(group, said))


def _in_draft(stands: Standing, values: Mapping[str, str], by: Actor) -> None:
    """An update that is being written follows, so that its approval brings no error back."""
    drafts.amend_open(enterprise_id=stands.enterprise_id, group=stands.group, row=stands.record_id, values=values, by=by)


def _checked(filing: FilingView, case: CaseView, said: Said) -> Standing | None:
    errors: dict[str, list[str]] = {}
    if said.result not in RESULTS:
        errors["result"] = [_("请选择处理结果。")]
    if not said.answer.strip():
        errors["answer"] = [_("请填写答复内容，提交人将看到。")]
    if errors:
        raise Invalid(errors)
    stands = _stands(filing, case)
    if said.result != KEPT and stands is None:
        raise Conflict(_("该条信息已不再公示，无需更正或删除，请选择“维持”并说明。"), code="record-gone")
    if stands is not None and said.version_id and said.version_id != str(stands.version_id):
        raise Conflict(_("该条信息在此期间已变化，请刷新后重新核对。"), code="stale-record")
    return stands


@dataclass(frozen=True)
class Made:
    """A correction: the changed values as kept and as public, in words before and after, and as typed."""

    content: Mapping[str, Any]
    public: Mapping[str, Any]
    words: list[tuple[str, str, str]]
    raw: Mapping[str, str]


def _correction(stands: Standing, said: Said) -> Made:
    fields = {f.code: f for f in correctable(stands)}
    raw = {
        code: text for code, text in said.corrected.items() if code in fields and text.strip() != raw_of(stands.content.get(code)).strip()
    }
    if not raw:
        raise Invalid({"result": [_("请在“更正内容”中改正有误的项目；没有需要改正的，请选择“维持”。")]})
    return made_of(stands, raw, prefix="fix/")


def made_of(stands: Standing, raw: Mapping[str, str], *, prefix: str = "") -> Made:
    """The correction that these typed values make of a record; Invalid by `prefix` + field."""
    group = _form(stands).group(stands.group)
    assert group is not None
    whole = {code: raw_of(value) for code, value in deciding.inside_of(stands).items()} | dict(raw)
    values, errors = catalogue_rules.clean_record(group, whole, today=clock.today())
    wrong = {f"{prefix}{code}": texts for code, texts in errors.items() if code in raw}
    if wrong:
        raise Invalid(wrong)
    changed = [f for f in group.fields if f.code in raw]
    tables = code_tables.shipped()
    public = {f.code: kind_of(f).to_public(values.get(f.code), f) for f in changed if f.public != "never"}
    words = [
        (str(f.label), reading.shown(f, stands.content[f.code], tables) if f.code in stands.content else "", _new(f, public))
        for f in changed
    ]
    content = {f.code: kind_of(f).to_json(values[f.code]) if values.get(f.code) is not None else None for f in changed}
    return Made(content=content, public=public, words=words, raw=dict(raw))


def _new(f: Field, public: Mapping[str, Any]) -> str:
    value = public.get(f.code)
    return reading.shown(f, value, code_tables.shipped()) if value is not None else ""


def _tell(filing: FilingView, said: Said) -> None:
    what = _("已办结：%(result)s") % {"result": lifecycle.result_label(said.result)}
    case_flow.tell(filing_id=filing.id, what=what, answer=said.answer, key=f"case-decided:{filing.id}")
    holder = identity_queries.administrator_of(filing.about_id) if filing.about_id else None
    if holder is not None and holder != filing.filer_id and said.result != KEPT:
        key = f"case-decided-holder:{filing.id}"
        case_flow.tell_account(account_id=holder, filing=filing, what=what, answer=said.answer, key=key)
