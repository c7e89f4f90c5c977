"""When a reviewer's answer is due (D-04, REG-20): the form's working days on the loaded calendar, and what is overdue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Form
from chengxin.common import clock, workdays
from chengxin.filings import lifecycle
from chengxin.filings.models import Filing
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger

ANSWER_SLA = "IMPOSTOR_ANSWER"


def due(*, form: Form, handed_in: datetime) -> workdays.Due:
    """The due moment of a filing of this form, marked provisional without a calendar."""
    return due_by(sla=form.review["sla"], since=handed_in)


def due_by(*, sla: str, since: datetime) -> workdays.Due:
    """The moment that a deadline of the catalogue gives from now on."""
    rule = catalogue.document("sla")["sla"][sla]
    return workdays.due(
        handed_in=since,
        working_days=rule["working_days"],
        end_of_day=rule.get("end_of_day", False),
        calendar=identity.work_calendar(),
    )


def waiting_count(*, below: str | None, agency_id: UUID) -> int:
    """How many pending filings of a division and those below it this agency is competent for now (D-05)."""
    rows = Filing.objects.filter(state=lifecycle.SUBMITTED, division_code__in=identity.divisions_below(below))
    places = rows.values_list("division_code", "form_id").annotate(count=Count("id")).order_by()
    return sum(n for code, form, n in places if identity.competent_agency(division_code=code, form=form).id == agency_id)


def mark_overdue(*, limit: int, by: Actor) -> int:
    """Note, once a round, that filings passed their due moment; returns how many (REG-09)."""
    now = clock.now()
    late = Filing.objects.select_for_update(skip_locked=True).filter(state=lifecycle.SUBMITTED, overdue_at=None, due_at__lt=now)
    filings = list(late.order_by("due_at")[:limit])
    for filing in filings:
        filing.overdue_at = now
        filing.save(update_fields=["overdue_at"])
        ledger.append(kind="filing.overdue", subject=str(filing.id), data={"round": filing.round}, by=by)
    return len(filings)


def _due_now(filing: Filing) -> workdays.Due:
    """The due moment by the days known now: from the hand-in, or from the taking up of a claim whose holder is being heard (D-11)."""
    accepted_at = filing.case.accepted_at if filing.kind in lifecycle.CASES else None
    if accepted_at is not None:
        return due_by(sla=ANSWER_SLA, since=accepted_at)
    assert filing.submitted_at is not None
    return due(form=catalogue.version(filing.form_version), handed_in=filing.submitted_at)


def reckon_anew(*, by: Actor) -> int:
    """Reckon the provisional due moments of pending filings by the days known now; returns how many changed (D-04)."""
    changed = 0
    pending = Filing.objects.select_for_update().filter(state=lifecycle.SUBMITTED, due_provisional=True)
    for filing in pending.order_by("id"):
        found = _due_now(filing)
        if (found.at, found.provisional) == (filing.due_at, True):
            continue
        filing.due_at, filing.due_provisional, filing.overdue_at = found.at, found.provisional, None
        filing.save(update_fields=["due_at", "due_provisional", "overdue_at"])
        data = {"round": filing.round, "due_at": found.at, "provisional": found.provisional}
        ledger.append(kind="filing.due_reckoned", subject=str(filing.id), data=data, by=by)
        changed += 1
    return changed
