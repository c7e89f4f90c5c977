"""Many voluntary records of one item at once: their drafts in a few statements, and where records stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.catalogue import answers as paths
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Conflict
from chengxin.filings import lifecycle, personal
from chengxin.filings.models import Draft, Filing, Fingerprint
from chengxin.filings.opening import Opening
from chengxin.filings.voluntary import KIND, MAX_OPEN
from chengxin.filings.voluntary_queries import DRAFTED
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
    filings = [
        Filing(
            kind=opening.kind,
            form_id=opening.form_id,
            form_version=form.version,
            enterprise_id=opening.enterprise_id,
            filer_id=by.account_id,
            division_code=opening.division_code,
            created_at=now,
            updated_at=now,
        )
        for _one in answers
    ]
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


def states(*, enterprise_id: UUID, form_id: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The states of records of one enterprise and item, without those that were deleted."""
    rows = Filing.objects.filter(enterprise_id=enterprise_id, kind=KIND, form_id=form_id, id__in=list(ids))
    return dict(rows.exclude(state=lifecycle.DELETED).values_list("id", "state"))


def standing(*, enterprise_id: UUID, form_id: str, wholes: Collection[bytes]) -> dict[bytes, UUID]:
    """The filings that stand and say exactly one of these, by what they say (`fingerprints`)."""
    rows = Fingerprint.objects.filter(enterprise_id=enterprise_id, form_id=form_id, standing=True, whole__in=list(wholes))
    return {bytes(whole): filing for whole, filing in rows.values_list("whole", "filing_id")}
