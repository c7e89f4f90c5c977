"""抽查复核: a share of decided versions is looked at once more by another person, chosen by a keyed hash that nobody can steer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chengxin.common import clock, crypto
from chengxin.common.errors import Conflict, Forbidden, Invalid, NotFound
from chengxin.filings import lifecycle
from chengxin.filings.models import Decision, SecondLook
from chengxin.filings.queries import unit, view, visible_row
from chengxin.filings.values import FilingView
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

AGREES, DIFFERS = "agrees", "differs"
PURPOSE = "second-look"
KINDS = ("registration", "archive")
MAX_CHARS = 500
FRESH_DAYS = 3  # what was decided longer ago is not drawn for
SHOWN = 50


@dataclass(frozen=True)
class LookView:
    """One second look; `result` is empty while it waits, else agrees or differs."""

    id: UUID
    filing: FilingView
    round: int
    outcome: str
    person_id: UUID
    decided_by_name: str
    chosen_at: datetime
    result: str
    reason: str
    by_name: str
    looked_at: datetime | None


def lot(*, filing_id: UUID, round: int) -> int:
    """The number that is drawn for a version: keyed, so that nobody knows it before the decision."""
    return int.from_bytes(crypto.blind(f"{filing_id}/{round}", purpose=PURPOSE)[:8])


def is_chosen(number: int, *, percent: int) -> bool:
    """Whether a version with this number is among the share."""
    return number % 100 < percent


def draw(*, filing_id: UUID, round: int, by: Actor) -> None:
    """After a decision: put the version into another person's queue if its number says so; once, whatever is repeated."""
    number = lot(filing_id=filing_id, round=round)
    decision = Decision.objects.select_related("filing").filter(filing_id=filing_id, round=round).first()
    if decision is None or decision.at < clock.now() - timedelta(days=FRESH_DAYS) or decision.filing.kind not in KINDS:
        return
    if not is_chosen(number, percent=settings.SECOND_LOOK_PERCENT):
        return
    found = _someone_else(decision, number // 100)
    if found is None:
        return
    agency, person = found
    chosen = {"outcome": decision.outcome, "decided_by_id": decision.by_id, "agency_id": agency, "person_id": person}
    _row, made = SecondLook.objects.get_or_create(filing_id=filing_id, round=round, defaults={**chosen, "chosen_at": clock.now()})
    if made:
        ledger.append(kind="filing.second_look_chosen", subject=str(filing_id), data={"round": round}, by=by)


def _someone_else(decision: Decision, number: int) -> tuple[UUID, UUID] | None:
    """A reviewer on duty in the unit, else in the nearest one above, who neither decided nor filed it; drawn by the same number."""
    filing = decision.filing
    near = [unit(filing), *identity.agencies_above(filing.division_code, filing.form_id)]
    for agency in near:
        people = [each for each in identity.reviewers_now(agency.id, filing.form_id) if each not in (decision.by_id, filing.filer_id)]
        if people:
            return agency.id, sorted(people)[number % len(people)]
    return None


def waiting(*, by: Actor) -> list[LookView]:
    """What waits for the acting person, and for the colleagues whose part is done by that person; the oldest first."""
    rows = _mine(by).filter(result="").order_by("chosen_at", "id")
    return [_view(row) for row in rows[:SHOWN]]


def _mine(by: Actor) -> QuerySet[SecondLook]:
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    people = [by.id, *(each.account_id for each in identity.represented_by(by.id))]
    rows = SecondLook.objects.select_related("filing", "decided_by", "by")
    return rows.filter(person_id__in=people).exclude(decided_by_id=by.account_id)


def of(*, filing_id: UUID, by: Actor) -> list[LookView]:
    """All second looks of a filing, for those who may see it, the oldest first."""
    visible_row(filing_id=filing_id, by=by)
    rows = SecondLook.objects.select_related("filing", "decided_by", "by").filter(filing_id=filing_id).order_by("round")
    return [_view(row) for row in rows]


def tally(*, agency_ids: Sequence[UUID]) -> tuple[int, int, int]:
    """How many second looks of these agencies wait, agreed, differed."""
    rows = list(SecondLook.objects.filter(agency_id__in=agency_ids).values_list("result", flat=True))
    return rows.count(""), rows.count(AGREES), rows.count(DIFFERS)


def look(*, filing_id: UUID, result: str, reason: str, by: Actor) -> FilingView | None:
    """Say whether one would have decided alike; returns the filing where an approval differs, for a correction to be proposed.

    Raises Invalid by field (result, look_reason).
    """
    row = _mine(by).select_for_update(of=("self",)).filter(filing_id=filing_id).order_by("-round").first()
    if row is None:
        raise NotFound(_("没有等待您复核的抽查。"))
    if row.result:
        raise Conflict(_("该抽查已复核，结果见办理过程。"), code="looked-already")
    if by.account_id in (row.decided_by_id, row.filing.filer_id):
        raise Forbidden(_("抽查须由另一人复核。"))
    reason = reason.strip()
    errors: dict[str, list[str]] = {}
    if result not in (AGREES, DIFFERS):
        errors["result"] = [_("请选择“一致”或“不一致”。")]
    if len(reason) > MAX_CHARS or (result == DIFFERS and not reason):
        errors["look_reason"] = [_("不一致时请填写理由，1至500字。")]
    if errors:
        raise Invalid(errors)
    row.result, row.reason, row.by_id, row.looked_at = result, reason, by.id, clock.now()
    row.save(update_fields=["result", "reason", "by", "looked_at"])
    ledger.append(kind=f"filing.second_look_{result}", subject=str(filing_id), data={"round": row.round}, by=by)
    filing = view(row.filing)
    stands = filing.round == row.round and lifecycle.can(kind=filing.kind, state=filing.state, event="correct")
    return filing if result == DIFFERS and stands else None


def _view(row: SecondLook) -> LookView:
    return LookView(
        id=row.id,
        filing=view(row.filing),
        round=row.round,
        outcome=row.outcome,
        person_id=row.person_id,
        decided_by_name=row.decided_by.display_name,
        chosen_at=row.chosen_at,
        result=row.result,
        reason=row.reason,
        by_name=row.by.display_name if row.by else "",
        looked_at=row.looked_at,
    )
