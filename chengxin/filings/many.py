"""Many voluntary records of one item at once: their drafts in a few statements, and where records stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import lifecycle, personal
from chengxin.filings.files import Stored
from chengxin.filings.models import PRESENT, Attachment, Draft, Filing, Fingerprint
from chengxin.filings.opening import Opening
from chengxin.filings.voluntary import KIND, MAX_OPEN
from chengxin.filings.voluntary_queries import DRAFTED, row_of
from chengxin.identity import policy
from chengxin.identity.rules import edit_permission
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger.values import NewEvent

BATCH = 500


def open_many(*, opening: Opening, answers: Sequence[Mapping[str, str]], by: Actor) -> list[UUID]:
    """One draft for each set of answers by field code, in their order; Conflict where there would be too many open ones.

    The caller holds the enterprise.
    """
    policy.require(by=by, permission=edit_permission(opening.kind), enterprise_id=opening.enterprise_id)
    held = Filing.objects.filter(enterprise_id=opening.enterprise_id, kind=KIND, form_id=opening.form_id, state__in=DRAFTED)
    if answers and held.count() + len(answers) > MAX_OPEN:
        about = {"limit": MAX_OPEN, "now": held.count(), "more": len(answers)}
        words = _("该事项最多保留%(limit)d条未提交的记录，现有%(now)d条，本次%(more)d条。请先提交或删除一部分。")
        raise Conflict(words % about, code="too-many-drafts")
    form, now = catalogue.current(opening.form_id), clock.now()
    group = form.groups[0].code
    filings = [_filing(opening, form, by) for _one in answers]
    drafts = []
    for filing, said in zip(filings, answers, strict=True):
        plain = {paths.path(group, str(filing.id), code): text for code, text in said.items()}
        sealed = personal.seal_answers(form=form, filing_id=filing.id, answers=plain)
        drafts.append(Draft(filing_id=filing.id, rev=1, answers=sealed, field_rev=dict.fromkeys(sealed, 1), updated_at=now))
    Filing.objects.bulk_create(filings, batch_size=BATCH)
    Draft.objects.bulk_create(drafts, batch_size=BATCH)
    data = {"kind": opening.kind, "form": form.version}
    ledger.append_many(events=[NewEvent(kind="filing.opened", subject=str(filing.id), data=data) for filing in filings], by=by)
    return [filing.id for filing in filings]


def _filing(opening: Opening, form: Form, by: Actor) -> Filing:
    now = clock.now()
    return Filing(
        kind=opening.kind,
        form_id=opening.form_id,
        form_version=form.version,
        enterprise_id=opening.enterprise_id,
        filer_id=by.account_id,
        division_code=opening.division_code,
        created_at=now,
        updated_at=now,
    )


def typed(*, form: Form, ids: Collection[UUID]) -> dict[UUID, tuple[int, str, dict[str, str]]]:
    """What stands in drafts of one form: revision, row, answers by field code; the caller knows whose they are."""
    group, found = form.groups[0].code, {}
    for draft in Draft.objects.filter(filing_id__in=list(ids)):
        plain = personal.unseal_answers(form=form, filing_id=draft.filing_id, answers=draft.answers)
        row = row_of(draft.filing_id, plain)
        own = paths.path(group, row, "")
        said = {key.removeprefix(own): text for key, text in plain.items() if key.startswith(own)}
        found[draft.filing_id] = draft.rev, row, said
    return found


def put_pictures(*, form: Form, pictures: Mapping[UUID, Sequence[Stored]], by: Actor) -> None:
    """Put stored pictures to the proof of drafts of one form, and name them there in their order; others are left alone.

    The caller holds the enterprise and knows whose the drafts are.
    """
    proof = next((field.code for field in form.groups[0].fields if field.kind == "file"), "")
    filings = Filing.objects.select_for_update().filter(id__in=list(pictures), kind=KIND, state=lifecycle.DRAFT).order_by("id")
    drafts = {draft.filing_id: draft for draft in Draft.objects.filter(filing__in=list(filings))}
    held = set(Attachment.objects.filter(filing_id__in=drafts, state__in=PRESENT).values_list("filing_id", "path", "sha256"))
    fresh, changed, now = [], [], clock.now()
    for filing_id, draft in drafts.items():
        place = paths.path(form.groups[0].code, row_of(filing_id, draft.answers), proof)
        wanted = {each.sha256: each for each in pictures[filing_id]}
        fresh += [_attachment(filing_id, place, each, by) for sha, each in wanted.items() if (filing_id, place, sha) not in held]
        if wanted and draft.answers.get(place, "") != ",".join(wanted):
            draft.rev, draft.updated_at = draft.rev + 1, now
            draft.answers[place], draft.field_rev[place] = ",".join(wanted), draft.rev
            changed.append(draft)
    Attachment.objects.bulk_create(fresh, batch_size=BATCH)
    Draft.objects.bulk_update(changed, ["rev", "updated_at", "answers", "field_rev"], batch_size=BATCH)
    staged = [NewEvent(kind="attachment.staged", subject=str(row.filing_id), data={"sha256": row.sha256}) for row in fresh]
    saved = [NewEvent(kind="draft.saved", subject=str(draft.filing_id), data={"rev": draft.rev}) for draft in changed]
    ledger.append_many(events=[*staged, *saved], by=by)


def _attachment(filing_id: UUID, place: str, stored: Stored, by: Actor) -> Attachment:
    return Attachment(
        filing_id=filing_id,
        path=place,
        name=stored.name[:200],
        media_type=stored.media_type,
        size=stored.bytes,
        sha256=stored.sha256,
        pages=stored.pages,
        state="staged",
        by_id=by.account_id,
        created_at=clock.now(),
    )


def states(*, enterprise_id: UUID, form_id: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The states of records of one enterprise and item, without those that were deleted."""
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=KIND, form_id=form_id, id__in=list(ids))
    return dict(rows.exclude(state=lifecycle.DELETED).values_list("id", "state"))


def standing(*, enterprise_id: UUID, form_id: str, wholes: Collection[bytes]) -> dict[bytes, UUID]:
    """The filings that stand and say exactly one of these, by what they say (`fingerprints`)."""
    rows = Fingerprint.objects.filter(enterprise_id=enterprise_id, form_id=form_id, standing=True, whole__in=list(wholes))
    return {bytes(whole): filing for whole, filing in rows.values_list("whole", "filing_id")}
