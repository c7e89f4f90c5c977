"""The only writes of filings that move a state, each through the lifecycle table, each one event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import moving
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue import rules as catalogue_rules
from chengxin.catalogue.values import Cleaned, Field, Form, Group
from chengxin.common import clock, sql, stored
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.common.text import legible
from chengxin.filings import attaching, deadlines, lifecycle, personal, queries, receipts, rules
from chengxin.filings.drafts import own_filing, require_editable
from chengxin.filings.models import PRESENT, Attachment, Commitment, Decision, Draft, Filing, Remark, Submission
from chengxin.filings.opening import Opening as Opening
from chengxin.filings.opening import open_filing as open_filing
from chengxin.filings.values import DecisionView, FilingView, SubmissionView
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

CLAIM_MINUTES = 15


def change_form(*, filing_id: UUID, form_id: str, enterprise_type: str, by: Actor) -> dict[str, str]:
    """Choose another form for an open draft; what does not fit is kept as 未迁移内容 (ARC-04, D-34)."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    old, new = catalogue.version(filing.form_version), catalogue.current(form_id)
    draft = Draft.objects.select_for_update().get(filing=filing)
    plain = personal.unseal_answers(form=old, filing_id=filing.id, answers={**draft.leftover, **draft.answers})
    kept, leftover = moving.migrate_answers(old, new, plain)
    draft.answers = personal.seal_answers(form=new, filing_id=filing.id, answers=kept)
    draft.leftover = personal.seal_leftover(filing_id=filing.id, answers=leftover)
    draft.rev += 1
    draft.updated_at = clock.now()
    draft.save()
    filing.form_id, filing.form_version, filing.enterprise_type = form_id, new.version, enterprise_type
    filing.page_done = []
    filing.updated_at = clock.now()
    filing.save()
    ledger.append(kind="filing.form_changed", subject=str(filing.id), data={"form": new.version}, by=by)
    return leftover


def sign_commitment(*, filing_id: UUID, document: str, version: str, by: Actor) -> None:
    """Keep text version, time, account and enterprise of a ticked commitment (ARC-03)."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    assert filing.enterprise_id is not None
    if filing.commitment_version == version:
        return
    Commitment.objects.create(
        enterprise_id=filing.enterprise_id,
        filing=filing,
        document=document,
        version=version,
        by_id=by.id,
        at=clock.now(),
    )
    filing.commitment_version = version
    filing.save(update_fields=["commitment_version"])
    ledger.append(kind="commitment.signed", subject=str(filing.id), data={"version": version}, by=by)


def mark_page(*, filing_id: UUID, page: str, done: bool, by: Actor) -> None:
    """Remember which pages the person has completed; steps show it, submission checks anew."""
    filing = own_filing(filing_id=filing_id, by=by)
    require_editable(filing)
    pages = [p for p in filing.page_done if p != page] + ([page] if done else [])
    filing.page_done = pages
    filing.save(update_fields=["page_done"])


@dataclass(frozen=True)
class HandingIn:
    """What is being handed in, read once under the filing's lock."""

    filing: FilingView
    form: Form
    answers: Mapping[str, str]
    uscc: str
    division_code: str


_BIND = "UPDATE filings_attachment SET state = 'bound' WHERE filing_id = %(filing)s AND state = 'staged'"
BeforeFreeze = Callable[[HandingIn, Cleaned], str]


def submit(
    *,
    filing_id: UUID,
    key: str,
    subject: Callable[[HandingIn], str],
    by: Actor,
    named_files_only: bool = False,
    before_freeze: BeforeFreeze | None = None,
) -> SubmissionView:
    """Check everything again, freeze it, give the receipt. A repeated key gets the first one (D-33).

    ``subject`` is asked for the kind of subject whose words and rules hold (D-12); it raises for whatever else this
    kind of filing must have. With ``named_files_only``, files that no answer names are taken off and not handed in.
    ``before_freeze`` has the last word on what is whole and right, and names the division the filing is to lie with.
    """
    filing = _to_hand_in(filing_id=filing_id, by=by)
    repeated = queries.submission_by_key(key=key, filing_id=filing_id, by=by)
    if repeated is not None:
        return repeated
    form = catalogue.version(filing.form_version)
    plain = personal.unseal_answers(form=form, filing_id=filing.id, answers=filing.draft.answers)
    division = filing.enterprise.division_id
    read = HandingIn(queries.view(filing), form=form, answers=plain, uscc=filing.enterprise.uscc, division_code=division)
    kind = subject(read)
    target = lifecycle.next_state(kind=filing.kind, state=filing.state, event="submit")
    files = stored.find(Attachment, "WHERE filing_id = %(filing)s AND state = ANY (%(states)s)", {"filing": filing.id, "states": PRESENT})
    if named_files_only:
        files = attaching.drop_unnamed(files, answers=plain, by=by)
    cleaned = require_complete(form=form, answers=plain, files=files, subject=kind)
    filing.division_code = before_freeze(read, cleaned) if before_freeze else division
    kept = filing.draft.answers
    submission = freeze(filing=filing, form=form, key=key, plain=plain, sealed=kept, files=files, by=by)
    move(filing, target, submission)
    if files:
        sql.execute(_BIND, {"filing": filing.id})
    data = {"round": filing.round, "number": submission.number, "sha256": submission.sha256}
    ledger.append(kind="filing.submitted", subject=str(filing.id), data=data, by=by)
    return queries.submission_view(submission, plain)


_ENTERPRISE = Filing._meta.get_field("enterprise").related_model
_TO_HAND_IN = """
FROM filings_filing JOIN filings_draft ON filing_id = filings_filing.id
JOIN identity_enterprise ON identity_enterprise.id = filings_filing.enterprise_id
WHERE filings_filing.id = %(id)s FOR UPDATE OF filings_filing, filings_draft
"""


def _to_hand_in(*, filing_id: UUID, by: Actor) -> Any:
    """The locked filing of the acting person's own enterprise, with its draft and enterprise, in one read.

    The draft is locked too: where another tab saves at this moment, both come as they stand after it.
    """
    found = stored.together((Filing, Draft, _ENTERPRISE), _TO_HAND_IN, {"id": filing_id})
    if found is None or not queries.may_see(filing=found[0], by=by):
        raise NotFound(_("未找到该填报。"))
    filing, filing.draft, filing.enterprise = found
    policy.require(by=by, permission=identity.edit_permission(filing.kind), enterprise_id=filing.enterprise_id)
    return filing


def require_complete(*, form: Form, answers: Mapping[str, str], files: Sequence[Attachment], subject: str) -> Cleaned:
    """Refuse what is not whole or not right by the form, file answers included; Invalid by path. Returns the typed values."""
    with_files = {**answers, **_named_files(form=form, answers=answers, files=files)}
    cleaned = catalogue_rules.clean(form, with_files, today=clock.today(), partial=False, subject=subject)
    if not cleaned.ok:
        missing = {group: [message] for group, message in cleaned.missing.items()}
        raise Invalid(_("还有内容需要补充或更正。"), fields={**cleaned.errors, **missing})
    return cleaned


def _named_files(*, form: Form, answers: Mapping[str, str], files: Sequence[Attachment]) -> dict[str, str]:
    """File answers by path with only those files that are really there; what was named and is not, counts as missing."""
    there: dict[str, list[str]] = {}
    for attachment in files:
        there.setdefault(attachment.path, []).append(attachment.sha256)
    slots = {(group.code, f.code) for group in form.groups for f in group.fields if f.kind == "file"}
    named = {path for path in answers if tuple(path.split("/")[::2]) in slots}
    return {path: ",".join(there.get(path, [])) for path in {*named, *there}}


def freeze(
    *,
    filing: Filing,
    form: Form,
    key: str,
    plain: Mapping[str, str],
    sealed: Mapping[str, str] | None = None,
    files: Sequence[Attachment],
    by: Actor,
) -> Submission:
    """The frozen version of what is handed in, with its signed receipt (D-23).

    ``sealed`` are the same answers with personal values in envelopes, where the filing's draft holds them already.
    """
    now, round_ = clock.now(), filing.round + 1
    due = deadlines.due(form=form, handed_in=now)
    sha = rules.frozen_hash(answers=plain, files=[(a.path, a.sha256) for a in files])
    unit = queries.unit(filing)
    number = receipts.new_number(at=now.astimezone(clock.SHANGHAI))
    receipt: dict[str, Any] = {
        "number": number,
        "form": filing.form_id,
        "form_version": form.version,
        "round": round_,
        "submitted_at": now,
        "sha256": sha,
        "unit": unit.name,
        "due_at": due.at,
        "due_provisional": due.provisional,
    }
    receipt = receipts.plain_json(receipt)
    made = Submission(
        filing=filing,
        round=round_,
        key=key,
        number=number,
        form_version=form.version,
        answers=sealed if sealed is not None else personal.seal_answers(form=form, filing_id=filing.id, answers=plain),
        sha256=sha,
        by_id=by.account_id,
        submitted_at=now,
        due_at=due.at,
        due_provisional=due.provisional,
        receipt=receipt,
        signature=receipts.sign(receipt),
    )
    return stored.add(made)


_MOVED = (
    "state", "round", "division_code", "submitted_at", "due_at", "due_provisional", "decided_at", "claimed_by", "claimed_until",
    "overdue_at", "updated_at", "handler",
)  # fmt: skip


def move(filing: Filing, target: str, submission: Submission) -> None:
    """Take the filing to the state after submission, with its new clock; what was handed to a unit lies by D-05 again."""
    if submission.round > 1:
        filing.handler_id = None
    filing.state, filing.round = target, submission.round
    filing.submitted_at, filing.due_at = submission.submitted_at, submission.due_at
    filing.due_provisional, filing.overdue_at = submission.due_provisional, None
    filing.decided_at, filing.claimed_by, filing.claimed_until = None, None, None
    filing.updated_at = submission.submitted_at
    stored.change(filing, *_MOVED)


def advance(filing: Filing, event: str) -> None:
    """Take the step of the lifecycle table; raises Forbidden transitions as the table does."""
    filing.state = lifecycle.next_state(kind=filing.kind, state=filing.state, event=event)


def reopen(*, filing_id: UUID, by: Actor) -> None:
    """A rejected filing is opened for editing; inputs stay as they were (ARC-13)."""
    filing = own_filing(filing_id=filing_id, by=by)
    if filing.state == lifecycle.DRAFT:
        return
    filing.state = lifecycle.next_state(kind=filing.kind, state=filing.state, event="edit")
    filing.updated_at = clock.now()
    filing.save(update_fields=["state", "updated_at"])
    ledger.append(kind="filing.reopened", subject=str(filing.id), data={"round": filing.round}, by=by)


def reviewable(*, filing_id: UUID, by: Actor) -> Filing:
    """The locked filing, if the acting person may review it now (D-05)."""
    filing = stored.first(Filing, "WHERE id = %(id)s FOR UPDATE", {"id": filing_id})
    if filing is None:
        raise Forbidden(_("您无权审核此项填报。"))
    policy.require(by=by, permission=identity.review_permission(filing.form_id), competent_agency_id=queries.unit(filing).id)
    if not identity.covers(by.forms, filing.form_id):
        raise Forbidden(_("您不负责审核此类填报。"))
    if filing.filer_id == by.account_id:
        raise Forbidden(_("不能审核本人提交的填报。"))
    return filing


def claim(*, filing_id: UUID, by: Actor) -> None:
    """Opening an item shows for 15 minutes who is at it; advice only (D-05)."""
    filing = reviewable(filing_id=filing_id, by=by)
    now = clock.now()
    if filing.claimed_by_id not in (None, by.account_id) and filing.claimed_until and filing.claimed_until > now:
        return
    filing.claimed_by_id, filing.claimed_until = by.id, now + timedelta(minutes=CLAIM_MINUTES)
    filing.save(update_fields=["claimed_by", "claimed_until"])


def decide(*, filing_id: UUID, round: int, outcome: str, opinion: str, by: Actor) -> DecisionView:
    """Approve or reject the version that the reviewer has read; another version is refused with 409."""
    filing = reviewable(filing_id=filing_id, by=by)
    event = {"approved": "approve", "rejected": "reject"}.get(outcome)
    if event is None:
        raise Invalid(_("请选择审核结果。"), fields={"outcome": [_("请选择“审核通过”或“审核未通过”。")]})
    if round != filing.round and filing.state == lifecycle.SUBMITTED:
        raise Conflict(_("申请人已重新提交，请审核最新版本。"), code="stale-version")
    target = lifecycle.next_state(kind=filing.kind, state=filing.state, event=event)
    opinion = legible(opinion)
    if outcome == "rejected" and not opinion:
        raise Invalid(_("请填写审核意见。"), fields={"opinion": [_("审核未通过时必须填写审核意见。")]})
    if outcome == "approved":
        require_bound_files(filing)
    decision = Decision.objects.create(
        filing=filing,
        round=filing.round,
        outcome=outcome,
        opinion=opinion,
        by_id=by.id,
        filer_id=filing.filer_id,
        at=clock.now(),
    )
    filing.state, filing.decided_at, filing.opinion = target, decision.at, opinion
    filing.claimed_by, filing.claimed_until, filing.updated_at = None, None, decision.at
    filing.save()
    ledger.append(kind=f"filing.{outcome}", subject=str(filing.id), data={"round": filing.round}, by=by)
    return queries.decision_view(decision, by.display_name)


def require_bound_files(filing: Filing) -> None:
    """A filing whose form demands files cannot be approved without them (REG-08)."""
    assert filing.enterprise_id is not None
    form = catalogue.version(filing.form_version)
    uscc = identity.enterprise(filing.enterprise_id).uscc
    form = catalogue_rules.for_subject(form, catalogue_rules.subject_of(form, uscc=uscc))
    frozen = filing.submissions.filter(round=filing.round).values_list("answers", flat=True).get()
    bound = set(filing.attachments.filter(state="bound").values_list("path", flat=True))
    missing = [
        f.label.zh
        for group in form.groups
        for row in paths.rows(frozen, group.code)
        for f in required_files(group, row.raw)
        if f"{group.code}/{row.id}/{f.code}" not in bound
    ]
    if missing:
        raise Conflict(_("缺少附件：%(names)s，不能审核通过。") % {"names": _("、").join(missing)}, code="missing-files")


def required_files(group: Group, raw: Mapping[str, str]) -> list[Field]:
    """The files that a record must have, by what else is typed in it."""
    asked = catalogue_rules.asked(group, raw, today=clock.today())
    return [f for f in group.fields if f.kind == "file" and asked.get(f.code)]


def supersede_former(*, filing_id: UUID, by: Actor) -> UUID | None:
    """When an update is approved the former approved archive becomes 已替代; call before approval."""
    filing = Filing.objects.get(id=filing_id)
    assert filing.enterprise_id is not None
    former = (
        Filing.objects.select_for_update()
        .filter(enterprise_id=filing.enterprise_id, kind=filing.kind, state=lifecycle.APPROVED)
        .exclude(id=filing_id)
        .first()
    )
    if former is None:
        return None
    former.state = lifecycle.next_state(kind=former.kind, state=former.state, event="supersede")
    former.updated_at = clock.now()
    former.save(update_fields=["state", "updated_at"])
    ledger.append(kind="filing.superseded", subject=str(former.id), data={"by": str(filing_id)}, by=by)
    return former.id


def tick_remark(*, remark_id: UUID, dealt_with: bool, by: Actor) -> None:
    """The enterprise ticks a remark as dealt with; the next reviewer sees the ticks."""
    row = Remark.objects.select_related("filing").filter(id=remark_id).first()
    if row is None:
        raise Forbidden(_("您无权操作此项填报。"))
    filing = own_filing(filing_id=row.filing_id, by=by)
    require_editable(filing)
    row.dealt_with = dealt_with
    row.save(update_fields=["dealt_with"])
    ledger.append(kind="remark.ticked", subject=str(filing.id), data={"dealt_with": dealt_with}, by=by)


def lock_subject(*, filing_id: UUID, by: Actor) -> None:
    """Lock the enterprise of a filing before the filing itself: one order everywhere (D-43)."""
    enterprise_id = Filing.objects.filter(id=filing_id).values_list("enterprise_id", flat=True).first()
    if enterprise_id is not None:
        identity.lock_enterprise(enterprise_id)
