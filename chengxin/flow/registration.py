"""Registration: from the first form to an active account (REG-02 to REG-15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from chengxin.access import actions as access
from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Form, Subject
from chengxin.common.errors import Forbidden
from chengxin.filings import actions as filings
from chengxin.filings import attaching, drafts
from chengxin.filings import queries as filing_queries
from chengxin.filings.files import Readable, Stored
from chengxin.filings.values import AttachmentView, FilingView, SubmissionView
from chengxin.flow import notices, prefill, registered
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor, EnterpriseView

FORM = "registration/enterprise"
GROUP = "registration"
FILE_FIELDS = ("licence", "authorisation")


@dataclass(frozen=True)
class NewRegistration:
    """What the registration page hands in, after captcha or mailed code were checked; the latter proves the mailbox."""

    name: str
    uscc: str
    division_code: str
    email: str
    phone: str
    password: str
    consents: Mapping[str, str]
    email_proved: bool = False


@dataclass(frozen=True)
class Registered:
    """The new account, its filing and a session that may only complete it."""

    account_id: UUID
    enterprise_id: UUID
    filing_id: UUID
    actor: Actor


@step
def register(*, form: NewRegistration) -> Registered:
    """Create account, enterprise and registration filing in state 待上传附件 (REG-02)."""
    account_id, enterprise_id = identity.open_enterprise(
        uscc=form.uscc,
        name=form.name,
        division_code=form.division_code,
        email=form.email,
        phone=form.phone,
        by=Actor.nobody(),
    )
    actor = identity_queries.actor_for(account_id, assurance="password")
    access.open_login(account_id=account_id, name=form.uscc, kind="credit_code", by=actor)
    access.set_password(account_id=account_id, password=form.password, by=actor)
    if form.email_proved:
        identity.verify_email(account_id=account_id, by=actor)
    for document, version in form.consents.items():
        identity.give_consent(document=document, version=version, by=actor)
    filing = filings.open_filing(
        opening=filings.Opening(kind="registration", form_id=FORM, enterprise_id=enterprise_id, division_code=form.division_code),
        answers=answers_of(row=uuid4(), form=form),
        by=actor,
    )
    return Registered(account_id=account_id, enterprise_id=enterprise_id, filing_id=filing.id, actor=actor)


def answers_of(*, row: UUID, form: NewRegistration) -> dict[str, str]:
    """The registration as answers of its form; the password is never among them."""
    values = {
        "name": form.name,
        "uscc": form.uscc,
        "division": form.division_code,
        "email": form.email,
        "phone": form.phone,
    }
    if may_file_in_person(uscc=form.uscc):
        values["operator_files"] = "0"
    return {f"{GROUP}/{row}/{code}": value for code, value in values.items()}


def may_file_in_person(*, uscc: str) -> bool:
    """Whether the operator of this kind of subject needs no authorisation when filing in person (D-12)."""
    subject = catalogue_rules.find_subject(catalogue.subjects(), uscc[:2])
    return subject is not None and not subject.operator_needs_authorisation


def look_up(*, by: Actor) -> None:
    """Ask the market register what kind of subject this is, unless it said so within a day; when it is down, the name decides."""
    registered.ask(filing_id=current(by=by).id, by=by)


def kind_of(*, enterprise: EnterpriseView) -> str:
    """The kind of subject as far as name and market register tell; decides words and the template of the authorisation."""
    register = prefill.last_known(uscc=enterprise.uscc).entry
    texts = (enterprise.name, str(register.get("type", "")))
    return catalogue_rules.subject_named(catalogue.subjects(), uscc=enterprise.uscc, texts=texts)


def subject(*, enterprise: EnterpriseView) -> Subject | None:
    """Words and rules of the enterprise's kind of subject (D-12)."""
    return catalogue_rules.find_subject(catalogue.subjects(), kind_of(enterprise=enterprise))


def form_of(*, filing: FilingView, by: Actor) -> Form:
    """The form of one's own registration, in one's own words."""
    assert by.enterprise_id is not None
    kind = kind_of(enterprise=identity_queries.enterprise(by.enterprise_id))
    return catalogue_rules.for_subject(catalogue.version(filing.form_version), kind)


@step
def file_in_person(*, chosen: bool, by: Actor) -> None:
    """由经营者本人办理: then no authorisation is asked for."""
    filing = current(by=by)
    assert by.enterprise_id is not None
    if not may_file_in_person(uscc=identity_queries.enterprise(by.enterprise_id).uscc):
        return
    draft = filing_queries.draft(filing_id=filing.id, by=by)
    row = next(iter(draft.answers)).split("/")[1]
    changes: dict[str, str | None] = {f"{GROUP}/{row}/operator_files": "1" if chosen else "0"}
    drafts.save(filing_id=filing.id, base_rev=draft.rev, changes=changes, by=by)


def files_in_person(*, filing: FilingView, by: Actor) -> bool:
    """Whether 由经营者本人办理 is ticked."""
    answers = filing_queries.draft(filing_id=filing.id, by=by).answers
    return any(path.endswith("/operator_files") and value == "1" for path, value in answers.items())


def current(*, by: Actor) -> FilingView:
    """The registration filing of the acting person's enterprise."""
    if by.enterprise_id is None:
        raise Forbidden
    found = filing_queries.latest(enterprise_id=by.enterprise_id, kind="registration", by=by)
    if found is None:
        raise Forbidden
    return found


def row_of(*, filing_id: UUID, by: Actor) -> str:
    """The row id of the one registration record."""
    draft = filing_queries.draft(filing_id=filing_id, by=by)
    return next(iter(draft.answers)).split("/")[1]


def upload(*, field: str, stream: Readable, name: str, by: Actor) -> AttachmentView:
    """Store one registration paper; the bytes first, then the row (D-39)."""
    if field not in FILE_FIELDS:
        raise Forbidden
    filing = current(by=by)
    stored = attaching.intake(stream=stream, name=name, slot="registration")
    return _attach(filing_id=filing.id, field=field, stored=stored, by=by)


@step
def _attach(*, filing_id: UUID, field: str, stored: Stored, by: Actor) -> AttachmentView:
    path = f"{GROUP}/{row_of(filing_id=filing_id, by=by)}/{field}"
    return attaching.attach(filing_id=filing_id, path=path, stored=stored, replace=True, by=by)


@step
def remove(*, attachment_id: UUID, by: Actor) -> None:
    """Take one paper off an open registration."""
    attaching.drop(attachment_id=attachment_id, kind="registration", by=by)


@step
def correct(*, name: str, division_code: str, email: str, phone: str, by: Actor) -> None:
    """补充、修改账号信息: change everything but the credit code, on an open registration (REG-14, REG-15)."""
    filing = current(by=by)
    filings.reopen(filing_id=filing.id, by=by)
    assert by.enterprise_id is not None
    identity.change_registration(enterprise_id=by.enterprise_id, name=name, division_code=division_code, email=email, phone=phone, by=by)
    draft = filing_queries.draft(filing_id=filing.id, by=by)
    row = next(iter(draft.answers)).split("/")[1]
    values = {"name": name, "division": division_code, "email": email, "phone": phone}
    changes: dict[str, str | None] = {f"{GROUP}/{row}/{code}": value for code, value in values.items()}
    drafts.save(filing_id=filing.id, base_rev=draft.rev, changes=changes, by=by)


@step
def tick_remark(*, remark_id: UUID, dealt_with: bool, by: Actor) -> None:
    """Tick a remark as dealt with; the next reviewer sees it (D-37)."""
    filings.tick_remark(remark_id=remark_id, dealt_with=dealt_with, by=by)


@step
def submit(*, key: str, by: Actor) -> SubmissionView:
    """Hand the registration in for review when both papers are there; gives the receipt."""
    filing = current(by=by)
    assert by.enterprise_id is not None
    submission = filings.submit(filing_id=filing.id, key=key, subject=_subject_of, by=by)
    notices.handed_in(submission=submission, kind="registration", account_id=by.account_id, by=by)
    return submission


def _subject_of(read: filings.HandingIn) -> str:
    return catalogue_rules.subject_of(read.form, uscc=read.uscc)


def needed_papers(*, filing: FilingView, by: Actor) -> dict[str, str]:
    """Labels by field of the papers that this registration needs, by kind of subject and who files it (REG-08, D-12)."""
    form = form_of(filing=filing, by=by)
    draft = filing_queries.draft(filing_id=filing.id, by=by)
    return {
        f.code: str(f.label)
        for group in form.groups
        for row in paths.rows(draft.answers, group.code)
        for f in filings.required_files(group, row.raw)
    }


def missing_papers(*, filing: FilingView, by: Actor) -> list[str]:
    """Labels of the papers that are not there yet (REG-07)."""
    there = {a.path.rsplit("/", 1)[-1] for a in filing_queries.attachments(filing_id=filing.id, by=by)}
    return [label for code, label in needed_papers(filing=filing, by=by).items() if code not in there]
