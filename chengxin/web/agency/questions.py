"""Answering 政企交流: the question, the answer, and whether everyone may read both (PUB-08)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import cases, inbox, lifecycle
from chengxin.filings import queries as filings
from chengxin.flow import questions as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.portal import public_questions
from chengxin.web.agency import words
from chengxin.web.session import Request, agency_only

MAX_ANSWER_CHARS = 4000


@require_safe
@agency_only("reviewer", "supervisor")
def show(request: Request, filing_id: UUID) -> HttpResponse:
    """One question; opening it claims it for 15 minutes."""
    _require_question(filing_id, request.actor)
    flow.open_question(filing_id=filing_id, by=request.actor)
    return render(request, "agency/question.html", page(filing_id, by=request.actor) | {"done": request.GET.get("done") == "1"})


@require_POST
@agency_only("reviewer")
def answer(request: Request, filing_id: UUID) -> HttpResponse:
    """Answer or decline; a refusal keeps what was typed."""
    _require_question(filing_id, request.actor)
    typed: dict[str, Any] = {
        "result": request.POST.get("result", ""),
        "answer": request.POST.get("answer", "")[:MAX_ANSWER_CHARS],
        "publish": request.POST.get("publish") == "1",
    }
    try:
        flow.answer(filing_id=filing_id, result=typed["result"], text=typed["answer"], publish=typed["publish"], by=request.actor)
    except Invalid as error:
        context = page(filing_id, by=request.actor) | {"typed": typed, "errors": error.fields}
        return render(request, "agency/question.html", context, status=error.status)
    return redirect(f"/desk/questions/{filing_id}?done=1")


@require_POST
@agency_only("editor")
def withdraw(request: Request, question_id: UUID) -> HttpResponse:
    """Take a published question away from the public."""
    flow.withdraw(question_id=question_id, by=request.actor)
    return redirect("/questions")


def _require_question(filing_id: UUID, by: Actor) -> None:
    if filings.one(filing_id=filing_id, by=by).kind != flow.KIND:
        raise NotFound(_("没有找到该问题。"))


def page(filing_id: UUID, *, by: Actor) -> dict[str, Any]:
    """What the page of a question needs."""
    filing = filings.one(filing_id=filing_id, by=by)
    assert filing.enterprise_id is not None and filing.due_at is not None
    said = cases.plain_answers(filing_id=filing_id, by=by)
    topic = next(f for f in catalogue.version(filing.form_version).groups[0].fields if f.code == "topic").option(said["topic"])
    return {
        "filing": filing,
        "said": said,
        "topic": topic.label if topic else "",
        "agrees": said.get("publish") == "1",
        "enterprise": identity.enterprise(filing.enterprise_id),
        "number": cases.number_of(filing_id=filing_id),
        "state_label": lifecycle.label(kind=filing.kind, state=filing.state),
        "left": words.time_left(filing.due_at - clock.now()),
        "decidable": filing.state == lifecycle.SUBMITTED and inbox.may_review(filing=filing, by=by),
        "public": public_questions.of_filing(filing_id),
        "typed": {},
        "errors": {},
    }
