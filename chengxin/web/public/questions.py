"""政企交流 for everyone: published questions with their answers (PUB-08)."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Option
from chengxin.flow.questions import FORM
from chengxin.portal import public_questions
from chengxin.portal.values import PAGE
from chengxin.web.public.reads import public

MAX_QUERY_CHARS = 50
LAST_START = 10_000


def topics() -> tuple[Option, ...]:
    """The subjects that a question may have."""
    field = next(f for f in catalogue.current(FORM).groups[0].fields if f.code == "topic")
    return tuple(field.options)


@public
def listed(request: HttpRequest) -> HttpResponse:
    """Published questions, the newest answer first; narrowed by subject and words."""
    text, topic = request.GET.get("q", "").strip()[:MAX_QUERY_CHARS], request.GET.get("topic", "")[:20]
    start = request.GET.get("start", "")
    begin = min(int(start), LAST_START) if start.isascii() and start.isdecimal() and len(start) < 7 else 0
    found, total = public_questions.listed(text=text, topic=topic, start=begin)
    labels = {option.code: option.label for option in topics()}
    following = {"q": text, "topic": topic, "start": str(begin + PAGE)}
    context = {
        "lines": [(one, labels.get(one.topic, "")) for one in found],
        "q": text,
        "topic": topic,
        "topics": topics(),
        "count": _("共 %(total)d 条") % {"total": total},
        "next_url": f"?{urlencode({k: v for k, v in following.items() if v})}" if begin + PAGE < total else "",
        "first_url": "/questions" if begin else "",
    }
    return render(request, "public/dialogue.html", context)


@public
def detail(request: HttpRequest, *, question_id: UUID) -> HttpResponse:
    """One question with its answer."""
    found = public_questions.shown(question_id)
    labels = {option.code: option.label for option in topics()}
    return render(request, "public/dialogue_item.html", {"one": found, "topic": labels.get(found.topic, "")})
