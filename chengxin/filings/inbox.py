"""Reads of the reviewers' desk: what lies with an agency and a person at this moment, in which order, and what they decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Avg, Count, DurationField, F, Q, QuerySet, Sum

from chengxin.common import clock, sql
from chengxin.filings import handing, lifecycle
from chengxin.filings.models import BulkItem, Decision, Filing, Waiting
from chengxin.filings.queries import decision_view, unit, view, visible_row
from chengxin.filings.values import DecisionView, FilingView, InboxItem
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, StaffView

PAGE = 50
DECIDED_SHOWN = 100
DUE_SHOWN = 10


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


def pending(*, by: Actor) -> QuerySet[Filing]:
    """Pending filings that the acting person may decide at this moment: `may_review` as a filter (D-05).

    Those that wait in a bulk decision are in nobody's inbox until it is carried out or revoked (D-03).
    """
    lies = _lies_with(by)
    return _free(Filing.objects.filter(lies.where), _in_bulk(), by)


def _free(rows: QuerySet[Filing], in_bulk: list[UUID], by: Actor) -> QuerySet[Filing]:
    """Of those that lie with an agency, what the acting person may decide: not their own, none in a bulk decision."""
    rows = rows.filter(state=lifecycle.SUBMITTED).exclude(filer_id=by.account_id)
    return rows.exclude(id__in=in_bulk) if in_bulk else rows


def _in_bulk() -> list[UUID]:
    """The few that wait in a bulk decision; as a list, so that the index of filings serves."""
    return list(BulkItem.objects.filter(state="waiting").values_list("filing_id", flat=True))


@dataclass(frozen=True)
class _Lies:
    """What lies with an agency, in fields that filings and their counts share, and the units whose items are among it."""

    where: Q
    taken_over: tuple[str, ...]


def _lies_with(by: Actor) -> _Lies:
    """What is in the divisions of the acting person's agency or handed to it by name."""
    policy.require(by=by, permission="filing.review", competent_agency_id=by.agency_id)
    assert by.agency_id is not None
    named = identity.forms_named()
    competent = _competent(by.agency_id, by, named)
    forms = list(Waiting.objects.filter(handler__isnull=False).values_list("form_id", flat=True).distinct())
    if not forms:
        return competent
    mine = Q(pk__in=[])
    for alike in _alike((form for form in forms if identity.covers(by.forms, form)), named):
        mine |= Q(form_id__in=alike, handler_id__in=identity.handled_by(by.agency_id, alike[0]))
    return _Lies(competent.where & Q(handler__isnull=True) | mine, competent.taken_over)


def _competent(agency_id: UUID, by: Actor, named: frozenset[str]) -> _Lies:
    """The divisions of the agency, form by form only where some reviewer's list of forms tells forms apart."""
    whole = identity.reach(agency_id)
    if not named:
        return _Lies(policy.in_codes("division_code", whole.codes), whole.taken_over)
    forms = Waiting.objects.values_list("form_id", flat=True).distinct()
    allowed = Q(pk__in=[])
    for alike in _alike((form for form in forms if identity.covers(by.forms, form)), named):
        codes = identity.competent_codes(agency_id, alike[0])
        allowed |= Q(form_id__in=alike) & policy.in_codes("division_code", codes)
    return _Lies(allowed, whole.taken_over)


def _alike(forms: Iterable[str], named: frozenset[str]) -> list[list[str]]:
    """Forms by which lists and roles mean them: those that all treat alike have one competent agency."""
    groups: dict[tuple[str, frozenset[str]], list[str]] = {}
    for form in forms:
        alike = (identity.role_for(form), frozenset(named & set(identity.form_patterns(form))))
        groups.setdefault(alike, []).append(form)
    return list(groups.values())


def narrow(rows: QuerySet[Filing], narrowed: Narrowed) -> QuerySet[Filing]:
    """The filters of the inbox; a text is part of a name or the beginning of a code."""
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    if narrowed.form_id:
        rows = rows.filter(form_id=narrowed.form_id)
    if narrowed.overdue_only:
        rows = rows.filter(due_at__lt=clock.now())
    if narrowed.division_code:
        rows = rows.filter(division_code__in=sorted(identity.divisions_below(narrowed.division_code)))
    if narrowed.due_before:
        rows = rows.filter(due_at__lt=narrowed.due_before)
    if narrowed.text:
        text = narrowed.text.strip()
        rows = rows.filter(_says("enterprise", text) | _says("subject", text))
    return rows


def _says(whose: str, text: str) -> Q:
    return Q(**{f"{whose}__name__icontains": text}) | Q(**{f"{whose}__uscc__startswith": text.upper()})


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
        lies, in_bulk, represented = _lies_with(by), _in_bulk(), identity.represented_by(by.id)
        rows = _free(Filing.objects.filter(lies.where), in_bulk, by)
        mine = handing.handed_to([by.id, *(each.account_id for each in represented)])
        counts = _counts(lies.where, in_bulk, by)
        handed = rows.filter(id__in=mine).count() if mine else 0
        if narrowed.handed_to_me:
            rows = rows.filter(id__in=mine)
        return Page(_items(rows, narrowed, by), counts, handed, represented, lies.taken_over)


def _items(rows: QuerySet[Filing], narrowed: Narrowed, by: Actor) -> list[InboxItem]:
    """The first due first; ``after`` is the cursor. The page is found first, and read with what belongs to it then."""
    rows = narrow(rows, narrowed)
    if narrowed.after:
        due, last = narrowed.after
        rows = rows.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=last))
    page = list(rows.order_by("due_at", "id").values_list("id", flat=True)[:PAGE])
    read = Filing.objects.select_related("enterprise", "subject", "claimed_by").in_bulk(page)
    now, handed = clock.now(), handing.with_whom(page)
    return [replace(_item(read[each], now, by), handed_to=handed.get(each, ("", ""))[1]) for each in page]


def due_by(*, by: Actor, moment: datetime) -> tuple[int, list[InboxItem]]:
    """How many pending filings are due before a moment, and the first of them."""
    with sql.snapshot():
        rows, narrowed = pending(by=by), Narrowed(due_before=moment)
        return narrow(rows, narrowed).count(), _items(rows, narrowed, by)[:DUE_SHOWN]


def _item(row: Filing, now: datetime, by: Actor) -> InboxItem:
    other = row.claimed_by and row.claimed_by_id != by.account_id and row.claimed_until and row.claimed_until > now
    assert row.submitted_at and row.due_at
    about = row.subject or row.enterprise
    return InboxItem(
        id=row.id,
        kind=row.kind,
        form_id=row.form_id,
        round=row.round,
        enterprise_id=about.id if about else None,
        enterprise_name=about.name if about else "",
        uscc=about.uscc if about else "",
        division_code=row.division_code,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        due_provisional=row.due_provisional,
        overdue=row.due_at < now,
        claimed_by=row.claimed_by.display_name if other and row.claimed_by else "",
    )


def _counts(lies: Q, in_bulk: list[UUID], by: Actor) -> Counts:
    """Exact counts: the sums that are kept, what fell due since it was last looked, and without what `_free` leaves out."""
    now = clock.now()
    found = {kind: [all_, late] for kind, all_, late in _sums(lies)}
    waiting = Filing.objects.filter(lies, state=lifecycle.SUBMITTED).order_by()
    fallen = waiting.filter(overdue_at=None, due_at__lt=now).values_list("kind").annotate(n=Count("id"))
    for kind, late in fallen:
        found.setdefault(kind, [0, 0])[1] += late
    out = waiting.filter(Q(filer_id=by.account_id) | Q(id__in=in_bulk)).values_list("kind")
    for kind, all_, late in out.annotate(n=Count("id"), late=Count("id", filter=Q(due_at__lt=now))):
        held = found.setdefault(kind, [0, 0])
        held[0], held[1] = held[0] - all_, held[1] - late
    return Counts(
        pending=sum(all_ for all_, _late in found.values()),
        overdue=sum(late for _all, late in found.values()),
        by_kind={kind: all_ for kind, (all_, _late) in sorted(found.items()) if all_},
    )


def _sums(lies: Q) -> QuerySet[Waiting, tuple[str, int, int]]:
    """Kind, pending and marked overdue, by the lines that are kept of every change."""
    rows = Waiting.objects.filter(lies).order_by().values_list("kind")
    return rows.annotate(all=Sum("pending"), of_late=Sum("late")).values_list("kind", "all", "of_late")


def next_item(*, by: Actor, after: FilingView | None = None) -> UUID | None:
    """What to open next: the first due that nobody else has open; what is due after the one just read comes first."""
    rows = pending(by=by)
    if after is not None:
        rows = rows.exclude(id=after.id)
    free = rows.exclude(~Q(claimed_by_id=by.account_id) & Q(claimed_until__gt=clock.now(), claimed_by__isnull=False))
    free = free.order_by("due_at", "id")
    if after is not None and after.due_at is not None:
        later = free.filter(Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, id__gt=after.id))
        found = later.values_list("id", flat=True).first()
        if found:
            return found
    return free.values_list("id", flat=True).first()


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
