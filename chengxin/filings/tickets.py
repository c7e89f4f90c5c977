"""The queue of the help desk: pleas for help with their code, what came before of the same code, and who has asked too often (REG-17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chengxin.common import clock, identifiers
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle, queries
from chengxin.filings.models import AccountChange, Filing, HelpTicket
from chengxin.identity import policy
from chengxin.identity import queries as identity
from chengxin.identity.rules import HELP_FORM
from chengxin.identity.values import Actor

KIND = "help"
TOPICS = {"mailbox": _("注册邮箱遗忘或作废"), "code": _("统一社会信用代码填错"), "other": _("其他问题")}
PAGE = 50
MANY_A_YEAR = 3  # tickets of one code within a year from which on the desk is warned
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Narrowed:
    """What the desk narrows its queue by; `done` shows what was answered instead of what waits."""

    topic: str = ""
    text: str = ""
    overdue_only: bool = False
    done: bool = False
    after: tuple[datetime, UUID] | None = None


@dataclass(frozen=True)
class Counts:
    """Exact numbers of what waits: all, overdue, by topic, and for a second person."""

    waiting: int
    overdue: int
    by_topic: dict[str, int]
    to_confirm: int


@dataclass(frozen=True)
class TicketRow:
    """One line of the queue or of the history of a code."""

    id: UUID
    number: str
    topic: str
    uscc: str
    state: str
    submitted_at: datetime
    due_at: datetime
    due_provisional: bool
    overdue: bool
    decided_at: datetime | None
    opinion: str
    within_a_year: int
    change: str
    change_by_id: UUID | None

    @property
    def many(self) -> bool:
        """Whether this code has asked so often within a year that the desk should look twice."""
        return self.within_a_year >= MANY_A_YEAR


def note(*, filing_id: UUID, topic: str, uscc: str) -> None:
    """Keep by what a ticket is found: its topic and the typed code; a repeat of the page adds nothing."""
    code = identifiers.normalise_uscc(uscc)[:18]
    HelpTicket.objects.get_or_create(filing_id=filing_id, defaults={"topic": topic, "uscc": code})


def queue(*, by: Actor, narrowed: Narrowed) -> tuple[list[TicketRow], Counts]:
    """One page of what lies with the acting person's desk, the first due first, and exact counts of all of it."""
    rows = _mine(by)
    return _page(rows, narrowed), _counts(rows, by)


def _mine(by: Actor) -> QuerySet[Filing]:
    policy.require(by=by, permission="ticket.handle", competent_agency_id=by.agency_id)
    assert by.agency_id is not None
    return Filing.objects.filter(kind=KIND, handler_id__in=identity.handled_by(by.agency_id, HELP_FORM), ticket__isnull=False)


def _page(rows: QuerySet[Filing], narrowed: Narrowed) -> list[TicketRow]:
    rows = rows.exclude(state=lifecycle.SUBMITTED) if narrowed.done else rows.filter(state=lifecycle.SUBMITTED)
    if narrowed.topic:
        rows = rows.filter(ticket__topic=narrowed.topic)
    if narrowed.overdue_only:
        rows = rows.filter(due_at__lt=clock.now())
    if narrowed.text:
        text = narrowed.text.strip().upper()
        rows = rows.filter(
            Q(ticket__uscc__startswith=text) | Q(case__number__startswith=text) | Q(subject__name__icontains=narrowed.text.strip())
        )
    if narrowed.after:
        due, last = narrowed.after
        later = Q(due_at__lt=due) | Q(due_at=due, id__lt=last) if narrowed.done else Q(due_at__gt=due) | Q(due_at=due, id__gt=last)
        rows = rows.filter(later)
    order = ("-due_at", "-id") if narrowed.done else ("due_at", "id")
    return _rows(rows.order_by(*order)[:PAGE])


def _rows(rows: QuerySet[Filing]) -> list[TicketRow]:
    found = list(rows.select_related("ticket", "case"))
    often = _within_a_year({row.ticket.uscc for row in found})
    changes = {change.ticket_id: change for change in _last_changes([row.id for row in found])}
    now = clock.now()
    return [_row(row, often.get(row.ticket.uscc, 0), changes.get(row.id), now) for row in found]


def _row(row: Filing, often: int, change: AccountChange | None, now: datetime) -> TicketRow:
    assert row.submitted_at and row.due_at
    return TicketRow(
        id=row.id,
        number=row.case.number,
        topic=row.ticket.topic,
        uscc=row.ticket.uscc,
        state=row.state,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        due_provisional=row.due_provisional,
        overdue=row.state == lifecycle.SUBMITTED and row.due_at < now,
        decided_at=row.decided_at,
        opinion=row.opinion,
        within_a_year=often,
        change=change.state if change else "",
        change_by_id=change.by_id if change else None,
    )


def _within_a_year(codes: set[str]) -> dict[str, int]:
    """How many tickets each code has had within a year; tickets without a code belong to nobody."""
    since = clock.now() - YEAR
    rows = HelpTicket.objects.filter(uscc__in=codes - {""}, filing__submitted_at__gt=since).order_by()
    return dict(rows.values_list("uscc").annotate(n=Count("filing_id")))


def _last_changes(ticket_ids: list[UUID]) -> QuerySet[AccountChange]:
    return AccountChange.objects.filter(ticket_id__in=ticket_ids).order_by("ticket_id", "-proposed_at").distinct("ticket_id")


def _counts(rows: QuerySet[Filing], by: Actor) -> Counts:
    waiting = rows.filter(state=lifecycle.SUBMITTED).order_by()
    late = Count("id", filter=Q(due_at__lt=clock.now()))
    found = list(waiting.values_list(F("ticket__topic")).annotate(all=Count("id"), late=late))
    proposed = AccountChange.objects.filter(ticket_id=OuterRef("id"), state="proposed").exclude(by_id=by.account_id)
    return Counts(
        waiting=sum(all_ for _topic, all_, _late in found),
        overdue=sum(late_ for _topic, _all, late_ in found),
        by_topic={topic: all_ for topic, all_, _late in found},
        to_confirm=waiting.filter(Exists(proposed)).count(),
    )


def one(*, ticket_id: UUID, by: Actor) -> TicketRow:
    """One ticket as the queue shows it, for those who may see it."""
    queries.visible_row(filing_id=ticket_id, by=by)
    found = _rows(Filing.objects.filter(id=ticket_id, kind=KIND))
    if not found:
        raise NotFound(_("未找到该求助。"))
    return found[0]


def earlier(*, ticket: TicketRow) -> list[TicketRow]:
    """The other tickets of the same code, the newest first; none for a ticket without a code."""
    if not ticket.uscc:
        return []
    rows = Filing.objects.filter(kind=KIND, ticket__uscc=ticket.uscc).exclude(id=ticket.id)
    return _rows(rows.order_by("-submitted_at", "-id")[:PAGE])
