"""Review: open an item, remark, decide; approval activates or publishes in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.filings import actions as filings
from chengxin.filings import cases, lifecycle, remarking, voluntary
from chengxin.filings import queries as filing_queries
from chengxin.filings.values import DecisionView, FilingView, SubmissionView
from chengxin.flow import notices, registered
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity import subjects
from chengxin.identity.values import Actor, EnterpriseView
from chengxin.records import actions as records
from chengxin.records import disclosure, heading
from chengxin.records import queries as record_queries
from chengxin.records.values import ENTERPRISE, FileHead, NewRecord

SEARCHED_NAMES = "S06"
REVIEWED = tuple(kind for kind in lifecycle.KINDS if kind not in lifecycle.CASES)


@step
def open_item(*, filing_id: UUID, by: Actor) -> None:
    """Claim an item for 15 minutes while reading it (D-05)."""
    filings.claim(filing_id=filing_id, by=by)


@step
def note_reading(*, filing_id: UUID, by: Actor) -> None:
    """Write down who read the answers of a filing, which hold personal data (D-41)."""
    identity.log_access(by=by, what="filing", subject=str(filing_id), purpose="review")


@step
def remark(*, filing_id: UUID, path: str, text: str, by: Actor) -> UUID:
    """Put a remark on a field, group or attachment (D-37)."""
    return remarking.put(filing_id=filing_id, path=path, text=text, by=by)


@step
def drop_remark(*, filing_id: UUID, remark_id: UUID, by: Actor) -> None:
    """Take back a remark of the round under review."""
    remarking.drop(filing_id=filing_id, remark_id=remark_id, by=by)


def decide_filing(*, filing_id: UUID, round: int, outcome: str, opinion: str, by: Actor) -> DecisionView:
    """Decide one version; approval has its consequence at once (REG-10, ARC-12, PUB-04)."""
    if outcome == "approved":
        registered.ask(filing_id=filing_id, by=by)
    return _decide(filing_id=filing_id, round=round, outcome=outcome, opinion=opinion, by=by)


@step
def _decide(*, filing_id: UUID, round: int, outcome: str, opinion: str, by: Actor) -> DecisionView:
    return decide_within(filing_id=filing_id, round=round, outcome=outcome, opinion=opinion, by=by)


def decide_within(*, filing_id: UUID, round: int, outcome: str, opinion: str, by: Actor) -> DecisionView:
    """The decision itself within a step: of a single one, and of each item of a bulk decision; a case has a page and rules of its own."""
    cases.require_kind(filing_id=filing_id, kinds=REVIEWED)
    filings.lock_subject(filing_id=filing_id, by=by)
    filing = filing_queries.one(filing_id=filing_id, by=by)
    if outcome == "approved" and filing.kind == "archive" and filing.state == "submitted":
        filings.supersede_former(filing_id=filing_id, by=by)
    decision = filings.decide(filing_id=filing_id, round=round, outcome=outcome, opinion=opinion, by=by)
    if outcome == "approved":
        CONSEQUENCES[filing.kind](filing, by)
    notices.decided(filing=filing, decision=decision, by=by)
    return decision


def _activate(filing: FilingView, by: Actor) -> None:
    assert filing.enterprise_id is not None
    identity.activate(enterprise_id=filing.enterprise_id, by=by)
    registered.take_in(enterprise=identity_queries.enterprise(filing.enterprise_id), by=by)


def publish(filing: FilingView, by: Actor) -> None:
    """Make the records of an archive that is in force public: of one just approved, and of a restored one."""
    assert filing.enterprise_id is not None
    enterprise = identity_queries.enterprise(filing.enterprise_id)
    registered.take_in(enterprise=enterprise, by=by)
    form = catalogue.version(filing.form_version)
    made = _approved_records(filing=filing, form=form, enterprise=enterprise, by=by)
    records.publish(
        enterprise_id=enterprise.id,
        filing_id=filing.id,
        records=made,
        head=file_head(filing=filing, enterprise=enterprise, form=form, made=made),
        by=by,
    )


def publish_record(filing: FilingView, by: Actor) -> None:
    """Make one voluntary record public, in the place of what it revises (VOL-26, VOL-29)."""
    assert filing.enterprise_id is not None
    voluntary.supersede_revised(filing_id=filing.id, by=by)
    enterprise, form = identity_queries.enterprise(filing.enterprise_id), catalogue.version(filing.form_version)
    for record in _approved_records(filing=filing, form=form, enterprise=enterprise, by=by):
        records.publish_voluntary(enterprise_id=enterprise.id, filing_id=filing.id, record=record, by=by)


def says(filing: FilingView, by: Actor) -> dict[str, Any]:
    """What one voluntary record would say if it were published now, by field."""
    assert filing.enterprise_id is not None
    enterprise, form = identity_queries.enterprise(filing.enterprise_id), catalogue.version(filing.form_version)
    [record] = _approved_records(filing=filing, form=form, enterprise=enterprise, by=by)
    group = form.group(record.group)
    assert group is not None
    return dict(catalogue_rules.from_json(group, {code: value for code, value in record.content.items() if value is not None}))


def _approved_records(*, filing: FilingView, form: Form, enterprise: EnterpriseView, by: Actor) -> list[NewRecord]:
    """The records of what was handed in, with what was decided about them since; hidden ones stay inside."""
    submission = filing_queries.submission(filing_id=filing.id, by=by)
    assert submission is not None
    since = submission.submitted_at
    answers = cases.as_decided(answers=submission.answers, enterprise_id=enterprise.id, since=since)
    made = new_records(form=form, submission=replace(submission, answers=answers), enterprise=enterprise)
    hidden = record_queries.hidden_since(enterprise_id=enterprise.id, since=since)
    return [replace(record, public_content=None) if record.record_id in hidden else record for record in made]


CONSEQUENCES = {"registration": _activate, "archive": publish, "voluntary": publish_record}


def new_records(*, form: Form, submission: SubmissionView, enterprise: EnterpriseView) -> list[NewRecord]:
    """The records of a frozen archive, each with what the public may see of it.

    What was right on the day it was handed in is right: a day that has passed since takes nothing out of it.
    """
    handed_in = submission.submitted_at.astimezone(clock.SHANGHAI).date()
    return records_of(form=form, answers=submission.answers, uscc=enterprise.uscc, today=handed_in)


def records_of(*, form: Form, answers: Mapping[str, str], uscc: str, today: date) -> list[NewRecord]:
    """The records that these answers would make, for publication and for 公示预览 alike (D-36)."""
    subject = catalogue_rules.subject_of(form, uscc=uscc, company_type=company_type(answers))
    worded = catalogue_rules.for_subject(form, subject)
    cleaned = catalogue_rules.clean(form, answers, today=today, partial=True, subject=subject)
    return [
        NewRecord(
            record_id=UUID(record.row),
            group=group.code,
            form_version=form.version,
            origin=ENTERPRISE,
            content=catalogue_rules.to_json(group, record.values),
            public_content=disclosure.public_content(group=group, values=record.values, chosen_public=bool(record.public)),
            personal=disclosure.personal_codes(form, group.code),
            order=order,
        )
        for group in worded.asked_groups()
        for order, record in enumerate(cleaned.values.get(group.code, ()))
    ]


def company_type(answers: Mapping[str, str]) -> str:
    """The market register's company type among the answers, if any; it decides the kind of subject."""
    return next((v for path, v in answers.items() if path.endswith("/company_type")), "")


def file_head(*, filing: FilingView, enterprise: EnterpriseView, form: Form, made: Sequence[NewRecord]) -> FileHead:
    """The head of the public file after this approval; names and domains only from public records."""
    now = clock.now()
    basics = next((r.content for r in made if r.group == "S01"), {})
    return FileHead(
        uscc=enterprise.uscc,
        name=disclosure.subject_name(name=enterprise.name, uscc=enterprise.uscc, operator=str(basics.get("legal_representative", ""))),
        kind=enterprise.kind,
        type=filing.enterprise_type,
        division_code=enterprise.division_code,
        division_name="".join(enterprise.division_path),
        approved_at=now,
        first_published_at=now,
        commitment={"code": "integrity", "version": filing.commitment_version},
        former_names=subjects.former_names(enterprise.id),
        marks=former.marks if (former := heading.head_of(enterprise_id=enterprise.id)) else (),
        shop_names=_public_values(form, made, kinds=("text", "name"), codes=("name",)),
        domains=_public_values(form, made, kinds=("url", "domain"), codes=()),
    )


def _public_values(form: Form, made: Sequence[NewRecord], *, kinds: tuple[str, ...], codes: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    group = form.group(SEARCHED_NAMES)
    fields = [f for f in (group.fields if group else ()) if f.kind in kinds and (not codes or f.code in codes)]
    for record in made:
        if record.group != SEARCHED_NAMES or record.public_content is None:
            continue
        for field in fields:
            value = record.public_content.get(field.code)
            if isinstance(value, str) and value:
                found.setdefault(value)
    return tuple(found)
