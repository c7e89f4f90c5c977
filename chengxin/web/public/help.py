"""帮助中心: one entry per question of the manuals and per message that can stop a person; a field's `?` leads to it (D-38)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chengxin.portal import help as centre
from chengxin.web.forms import text_of
from chengxin.web.public.reads import public

MAX_QUERY_CHARS = 50
ON_THE_HOME_PAGE = ("Q1", "Q2", "Q3")


@dataclass(frozen=True)
class Shown:
    """One entry in the language of the moment, with its number in the manual; its text was cleaned when it was read."""

    id: str
    number: str
    question: str
    answer: SafeString
    links: tuple[tuple[str, str], ...]
    picture: str = ""


def shown(entry: centre.Entry) -> Shown:
    """An entry in words."""
    return Shown(
        id=entry.id,
        number=entry.id if re.fullmatch(r"Q\d", entry.id) else "",
        question=text_of(entry.question),
        answer=mark_safe(text_of(entry.html)),
        links=tuple((link.url, text_of(link.text)) for link in entry.links),
        picture=next((link.url for link in entry.links if link.url.endswith(".png")), ""),
    )


@public
def page(request: HttpRequest) -> HttpResponse:
    """All topics, or what has the words asked for."""
    text = request.GET.get("q", "").strip()[:MAX_QUERY_CHARS]
    topics = [(topic.code, text_of(topic.title), [shown(entry) for entry in topic.entries]) for topic in centre.found(text)]
    count = sum(len(entries) for _code, _title, entries in topics)
    context = {"topics": topics, "q": text, "count": _("找到 %(n)d 条") % {"n": count} if text else ""}
    return render(request, "public/help.html", context)
