"""政企交流: published questions and answers. Whether one may be published, the step that answers it decides (PUB-08)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.portal import values
from chengxin.portal.models import PublicQuestion
from chengxin.portal.values import PublicQuestionView


def publish(*, question: PublicQuestionView, filing_id: UUID, division_code: str, by: Actor) -> UUID:
    """Show a question with its answer to everyone."""
    policy.require(by=by, permission="question.publish", division_code=division_code)
    row = PublicQuestion.objects.create(
        id=question.id,
        filing_id=filing_id,
        topic=question.topic,
        title=question.title[: values.MAX_TITLE_CHARS],
        text=question.text,
        answer=question.answer,
        unit=question.unit,
        asked_at=question.asked_at,
        answered_at=question.answered_at,
    )
    ledger.append(kind="question.published", subject=str(row.id), data={"filing": str(filing_id)}, by=by)
    return row.id


def withdraw(*, question_id: UUID, by: Actor) -> None:
    """Take a published question away from the public; who asked keeps the answer."""
    policy.require(by=by, permission="question.publish")
    row = PublicQuestion.objects.select_for_update().filter(id=question_id, withdrawn_at=None).first()
    if row is None:
        raise NotFound(_("没有找到该问答。"))
    row.withdrawn_at = clock.now()
    row.save(update_fields=["withdrawn_at"])
    ledger.append(kind="question.withdrawn", subject=str(row.id), data={}, by=by)


def listed(*, text: str = "", topic: str = "", limit: int = values.PAGE, start: int = 0) -> tuple[list[PublicQuestionView], int]:
    """Published questions, the newest answer first, from the `start`-th on, and how many there are."""
    rows = PublicQuestion.objects.filter(withdrawn_at=None)
    if topic:
        rows = rows.filter(topic=topic)
    for word in text.split():
        rows = rows.filter(Q(title__icontains=word) | Q(text__icontains=word) | Q(answer__icontains=word))
    return [_view(row) for row in rows.order_by("-answered_at", "-id")[start : start + limit]], rows.count()


def shown(question_id: UUID) -> PublicQuestionView:
    """One published question; NotFound for any other."""
    row = PublicQuestion.objects.filter(id=question_id, withdrawn_at=None).first()
    if row is None:
        raise NotFound(_("没有找到该问答。"))
    return _view(row)


def of_filing(filing_id: UUID) -> PublicQuestionView | None:
    """What is published of a question, if it is."""
    row = PublicQuestion.objects.filter(filing_id=filing_id, withdrawn_at=None).first()
    return _view(row) if row else None


def _view(row: PublicQuestion) -> PublicQuestionView:
    return PublicQuestionView(
        id=row.id,
        topic=row.topic,
        title=row.title,
        text=row.text,
        answer=row.answer,
        unit=row.unit,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
