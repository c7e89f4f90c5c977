"""纠正审核: an approval that was wrong, or a record that was found false, is taken back by two people, one after the other (D-03)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.common import clock, sql
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.common.text import legible
from chengxin.filings import lifecycle
from chengxin.filings.actions import advance
from chengxin.filings.models import Correction, Filing
from chengxin.filings.queries import view, visible_row
from chengxin.filings.values import FilingView
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

APPROVAL, RECORD = "approval", "record"
"""What is wrong: the approval, or the published voluntary record itself (VOL-02)."""
EVENTS = {APPROVAL: "correct", RECORD: "end"}
MAX_CHARS = 500
SHOWN = 20


@dataclass(frozen=True)
class CorrectionView:
    """One correction: who proposed it and why, who settled it and how (proposed, confirmed, declined)."""

    id: UUID
    round: int
    of: str
    reason: str
    state: str
    by_id: UUID
    by_name: str
    proposed_at: datetime
    second_name: str
    settled_at: datetime | None


def of(*, filing_id: UUID, by: Actor) -> list[CorrectionView]:
    """All corrections of a filing, oldest first."""
    rows = visible_row(filing_id=filing_id, by=by).corrections.select_related("by", "second").order_by("proposed_at")
    return [
        CorrectionView(
            id=row.id,
            round=row.round,
            of=row.of,
            reason=row.reason,
            state=row.state,
            by_id=row.by_id,
            by_name=row.by.display_name,
            proposed_at=row.proposed_at,
            second_name=row.second.display_name if row.second else "",
            settled_at=row.settled_at,
        )
        for row in rows
    ]


def is_open(*, filing_id: UUID) -> bool:
    """Whether a correction of the filing waits for a second person."""
    return Correction.objects.filter(filing_id=filing_id, state="proposed").exists()


@dataclass(frozen=True)
class Awaiting:
    """A correction that waits for a second person."""

    filing_id: UUID
    name: str
    by_name: str
    proposed_at: datetime


_AWAITING = """
SELECT c.filing_id, f.enterprise_id, c.by_id, c.proposed_at, f.form_id
FROM filings_correction AS c JOIN filings_filing AS f ON f.id = c.filing_id
WHERE c.state = 'proposed' AND c.by_id <> %(by)s AND f.enterprise_id IS NOT NULL
  AND (f.division_code = ANY(%(codes)s::varchar[])) <> %(complement)s ORDER BY c.proposed_at LIMIT %(most)s
"""


def awaiting(*, by: Actor) -> list[Awaiting]:
    """Corrections that the acting person may settle: proposed by others, in their division and below; oldest first."""
    scope = policy.codes(by=by, permission="filing.correct")
    given = {"by": by.account_id, "codes": list(scope.listed), "complement": scope.complement, "most": SHOWN}
    rows = [row for row in sql.rows(_AWAITING, given) if identity.covers(by.forms, row[4])]
    names = identity.called(each for row in rows for each in row[1:3])
    return [Awaiting(filing, names[firm][0] or names[firm][1], names[who][0], at) for filing, firm, who, at, _form in rows]


def propose(*, filing_id: UUID, reason: str, of: str = APPROVAL, by: Actor) -> UUID:
    """Say that an approval was wrong, or a record is false, and why; nothing changes until another person confirms."""
    filing = _locked(filing_id, by)
    lifecycle.next_state(kind=filing.kind, state=filing.state, event=EVENTS[of])
    reason = legible(reason)
    if not reason or len(reason) > MAX_CHARS:
        text = _("请填写撤销理由，1至500字。") if of == RECORD else _("请填写纠正理由，1至500字。")
        raise Invalid({"reason": [text]})
    if is_open(filing_id=filing_id):
        raise Conflict(_("已有一项纠正等待复核。"), code="correction-open")
    row = Correction.objects.create(filing=filing, round=filing.round, of=of, reason=reason, by_id=by.id, proposed_at=clock.now())
    ledger.append(kind="filing.correction_proposed", subject=str(filing.id), data={"round": filing.round, "of": of}, by=by)
    return row.id


@dataclass(frozen=True)
class Confirmed:
    """A correction that a second person confirmed: the filing as it stands then, what was wrong, and why."""

    filing: FilingView
    of: str
    reason: str


def settle(*, filing_id: UUID, seen: str, confirmed: bool, by: Actor) -> Confirmed | None:
    """A second person confirms or declines; a wrong approval gives the filing back as 审核未通过, or as ended beside an open one.

    `seen` is the correction that was on the page. A false record is ended by the caller, who has locked the enterprise.
    """
    filing = _locked(filing_id, by)
    row = filing.corrections.select_for_update().filter(state="proposed").first()
    if row is None:
        raise NotFound(_("没有等待复核的纠正。"))
    if row.by_id == by.account_id:
        raise Forbidden(_("纠正须由另一人复核。"))
    if str(row.id) != seen:
        raise Conflict(_("处理意见已变化，请刷新后重新核对。"), code="stale-proposal")
    row.state, row.second_id, row.settled_at = ("confirmed" if confirmed else "declined"), by.id, clock.now()
    row.save(update_fields=["state", "second", "settled_at"])
    if not confirmed:
        ledger.append(kind="filing.correction_declined", subject=str(filing.id), data={"round": filing.round}, by=by)
        return None
    if row.of == RECORD:
        return Confirmed(view(filing), row.of, row.reason)
    advance(filing, "end" if _open_beside(filing) else "correct")
    filing.opinion = _("纠正审核：%(reason)s") % {"reason": row.reason}
    filing.decided_at = filing.updated_at = row.settled_at
    filing.save(update_fields=["state", "opinion", "decided_at", "updated_at"])
    ledger.append(kind="filing.corrected", subject=str(filing.id), data={"round": filing.round}, by=by)
    return Confirmed(view(filing), row.of, row.reason)


def _locked(filing_id: UUID, by: Actor) -> Filing:
    """The filing, for a reviewer of its division or of an agency above: a small unit has no second person of its own."""
    filing = Filing.objects.select_for_update().filter(id=filing_id).first()
    if filing is None:
        raise Forbidden(_("您无权纠正此项审核。"))
    policy.require(by=by, permission="filing.correct", division_code=filing.division_code)
    if filing.filer_id == by.account_id or not identity.covers(by.forms, filing.form_id):
        raise Forbidden(_("您无权纠正此项审核。"))
    return filing


def _open_beside(filing: Filing) -> bool:
    """Whether the enterprise has another filing in the making which takes the place of this one."""
    assert filing.enterprise_id is not None
    rows = Filing.objects.filter(enterprise_id=filing.enterprise_id, kind=filing.kind, state__in=lifecycle.UNDECIDED_STATES)
    return (rows.filter(revises=filing) if filing.kind == "voluntary" else rows).exists()


def restore_former(*, filing: FilingView, by: Actor) -> FilingView | None:
    """The version that the corrected one had replaced is in force again; None where there was none."""
    assert filing.enterprise_id is not None
    former = (
        Filing.objects.select_for_update()
        .filter(enterprise_id=filing.enterprise_id, kind=filing.kind, state=lifecycle.SUPERSEDED)
        .order_by("-decided_at")
        .first()
    )
    if former is None:
        return None
    advance(former, "restore")
    former.updated_at = clock.now()
    former.save(update_fields=["state", "updated_at"])
    ledger.append(kind="filing.restored", subject=str(former.id), data={"instead_of": str(filing.id)}, by=by)
    return view(former)
