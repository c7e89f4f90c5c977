"""Reads of the reviewers' desk: what lies with an agency and a person at this moment, in which order, and what they decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Count, DurationField, F, Q

from chengxin.common import clock, sql
from chengxin.filings import handing, share
from chengxin.filings.models import Decision, Filing
from chengxin.filings.queries import decision_view, unit, view, visible_row
from chengxin.filings.share import Share
from chengxin.filings.values import DecisionView, FilingView, InboxItem
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, StaffView

PAGE = 50
DECIDED_SHOWN = 100
DUE_SHOWN = 10

# the sums that are kept of every change, what fell due since it was marked, and without what is not for this person
_COUNTS = """
SELECT kind, sum(pending)::int, sum(late)::int FROM (
  SELECT kind, pending, late FROM filings_waiting WHERE {lies}
  UNION ALL
  SELECT kind, 0, 1 FROM filings_filing WHERE state = 'submitted' AND overdue_at IS NULL AND due_at < %(now)s AND {lies}
  UNION ALL
  SELECT kind, -1, -(due_at < %(now)s)::int FROM filings_filing
  WHERE state = 'submitted' AND (filer_id = %(by)s OR id = ANY(%(in_bulk)s::uuid[])) AND {lies}
) AS lines GROUP BY kind HAVING sum(pending) <> 0 ORDER BY kind
"""
_COUNT = "SELECT count(*) FROM filings_filing WHERE {where}"
# the page is found first, and read with what belongs to it then
_LISTED = """
SELECT f.id, f.kind, f.form_id, f.round, coalesce(f.subject_id, f.enterprise_id), f.division_code, f.submitted_at, f.due_at,
  f.due_provisional, f.due_at < %(now)s, CASE WHEN f.claimed_by_id <> %(by)s AND f.claimed_until > %(now)s THEN f.claimed_by_id END,
  (SELECT h.to_account_id FROM filings_handover AS h WHERE h.filing_id = f.id AND h.round = f.round ORDER BY h.id DESC LIMIT 1)
FROM (SELECT id FROM filings_filing WHERE {where} ORDER BY due_at, id LIMIT {most}) AS page JOIN filings_filing AS f ON f.id = page.id
ORDER BY f.due_at, f.id
"""
_NEXT = "SELECT id FROM filings_filing WHERE {where} ORDER BY due_at, id LIMIT 1"
_HANDED = "id = ANY(%(handed)s::uuid[])"
_LATER = "(due_at, id) > (%(due)s, %(last)s::uuid)"
_NOBODY = ("", "")
_NOT_OPEN_ELSEWHERE = "(claimed_by_id <> %(by)s AND claimed_until > %(now)s) IS NOT TRUE"


@dataclass(frozen=True)
class Narrowed:
    """What a reviewer narrows the inbox by."""

    kind: str = ""
    form_id: str = ""
    text: str = ""
    overdue_only: bool = False
    division_code: str = ""
    handed_to_me: bool = False
    due_before: datetime | None = None
    after: tuple[datetime, UUID] | None = None


@dataclass(frozen=True)
class Counts:
    """Exact numbers of pending filings: all, overdue, by kind."""

    pending: int
    overdue: int
    by_kind: dict[str, int] = field(default_factory=dict)


def may_review(*, filing: FilingView | Filing, by: Actor) -> bool:
    """Whether the acting person may decide this filing now: the agency and the person are competent, and it is not their own."""
    if filing.filer_id == by.account_id or not identity.covers(by.forms, filing.form_id):
        return False
    return policy.may(by=by, permission=identity.review_permission(filing.form_id), competent_agency_id=unit(filing).id)


def _narrowing(narrowed: Narrowed) -> tuple[list[str], dict[str, Any]]:
    """The filters of the inbox as conditions, with what is given to them; a text is part of a name or the beginning of a code."""
    due, last = narrowed.after or (None, None)
    below = list(identity.divisions_below(narrowed.division_code)) if narrowed.division_code else []
    wanted = {
        "kind = %(kind)s": narrowed.kind,
        "form_id = %(form)s": narrowed.form_id,
        "due_at < %(now)s": narrowed.overdue_only,
        "due_at < %(before)s": narrowed.due_before,
        "division_code = ANY(%(below)s::varchar[])": below,
        identity.is_called("enterprise_id", "subject_id"): narrowed.text,
        _HANDED: narrowed.handed_to_me,
        _LATER: narrowed.after,
    }
    given = {"kind": narrowed.kind, "form": narrowed.form_id, "before": narrowed.due_before, "below": below, "text": narrowed.text.strip()}
    return [condition for condition, on in wanted.items() if on], {**given, "due": due, "last": last}


@dataclass(frozen=True)
class Page:
    """One page of the inbox with the exact counts of all of it, all of one moment.

    `handed` is how many were handed to the acting person or to somebody `represented`, whose part that person does now.
    """

    items: list[InboxItem]
    counts: Counts
    handed: int
    represented: list[StaffView]
    taken_over: tuple[str, ...]


def opened(*, by: Actor, narrowed: Narrowed) -> Page:
    """What the acting person may decide now; competence is asked once."""
    with sql.snapshot():
        mine, represented = share.of(by), identity.represented_by(by.id)
        handed = handing.handed_to([by.id, *(each.account_id for each in represented)])
        wanted, given = _narrowing(narrowed)
        given |= mine.given | {"handed": handed}
        to_me = _count([mine.free, _HANDED], given) if handed else 0
        return Page(_items([mine.free, *wanted], given), _counts(mine), to_me, represented, mine.taken_over)


def due_by(*, by: Actor, moment: datetime) -> tuple[int, list[InboxItem]]:
    """How many pending filings are due before a moment, and the first of them."""
    with sql.snapshot():
        mine = share.of(by)
        wanted, given = _narrowing(Narrowed(due_before=moment))
        conditions, given = [mine.free, *wanted], given | mine.given
        return _count(conditions, given), _items(conditions, given, most=DUE_SHOWN)


def _counts(mine: Share) -> Counts:
    """Exact counts of all that the acting person may decide now."""
    found = _planned(_COUNTS, mine.given, lies=mine.lies)
    return Counts(
        pending=sum(all_ for _kind, all_, _late in found),
        overdue=sum(late for _kind, _all, late in found),
        by_kind={kind: all_ for kind, all_, _late in found},
    )


def _count(conditions: Sequence[str], given: dict[str, Any]) -> int:
    return int(_planned(_COUNT, given, where=" AND ".join(conditions))[0][0])


def _items(conditions: Sequence[str], given: dict[str, Any], *, most: int = PAGE) -> list[InboxItem]:
    """The first due first, with the names of whom they are about and who has them."""
    rows = _planned(_LISTED, given, where=" AND ".join(conditions), most=most)
    names = identity.called(each for row in rows for each in (row[4], *row[10:]) if each)
    lines = ((*row[:5], *names.get(row[4], _NOBODY), *row[5:10], *(names.get(each, _NOBODY)[0] for each in row[10:])) for row in rows)
    return [InboxItem(*line) for line in lines]


def _planned(statement: str, given: dict[str, Any], **parts: object) -> list[tuple[Any, ...]]:
    """Rows of a statement that is planned anew each time: which index serves depends on the divisions that are given."""
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.execute(statement.format(**parts), given, prepare=False)
        return list(cursor.fetchall())


def next_item(*, by: Actor, after: FilingView | None = None) -> UUID | None:
    """What to open next: the first due that nobody else has open; what is due after the one just read comes first."""
    mine = share.of(by)
    conditions, given = [mine.free, _NOT_OPEN_ELSEWHERE], mine.given
    if after is None or after.due_at is None:
        tries = [conditions]
    else:
        given = given | {"due": after.due_at, "last": after.id}
        tries = [[*conditions, _LATER], [*conditions, "id <> %(last)s"]]
    found = (rows[0][0] for each in tries if (rows := _planned(_NEXT, given, where=" AND ".join(each))))
    return next(found, None)


def claimed_by(*, filing_id: UUID, by: Actor) -> str:
    """Who else has the filing open now, for a note on its page; empty for nobody (D-05)."""
    row = visible_row(filing_id=filing_id, by=by)
    if row.claimed_by is None or row.claimed_by_id == by.account_id:
        return ""
    return row.claimed_by.display_name if row.claimed_until and row.claimed_until > clock.now() else ""


def decided_by(*, by: Actor) -> list[tuple[FilingView, DecisionView]]:
    """The newest decisions of the acting person (已办审核)."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    rows = Decision.objects.select_related("filing").filter(by_id=by.account_id).order_by("-at", "-id")
    return [(view(row.filing), decision_view(row, by.display_name)) for row in rows[:DECIDED_SHOWN]]


@dataclass(frozen=True)
class Done:
    """What the acting person decided since a moment: how many of each outcome, and how long they had waited on average."""

    approved: int
    rejected: int
    waited: timedelta | None

    @property
    def all(self) -> int:
        """How many decisions."""
        return self.approved + self.rejected


def done_since(*, by: Actor, moment: datetime) -> Done:
    """The acting person's decisions since a moment, single ones and those of bulk decisions alike."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    rows = Decision.objects.filter(by_id=by.account_id, at__gte=moment, filing__submissions__round=F("round"))
    found = rows.aggregate(
        approved=Count("id", filter=Q(outcome="approved")),
        rejected=Count("id", filter=Q(outcome="rejected")),
        waited=Avg(F("at") - F("filing__submissions__submitted_at"), output_field=DurationField()),
    )
    return Done(**found)
