"""帮助中心: one entry per question of the manuals and per message that can stop a person; a field's `?` leads to it (D-38)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.portal import help as centre
from chengxin.web import contents
from chengxin.web.forms import text_of
from chengxin.web.public.reads import public

MAX_QUERY_CHARS = 50
ON_THE_HOME_PAGE = ("Q1", "Q2", "Q3")


@public
def page(request: HttpRequest) -> HttpResponse:
    """All topics, or what has the words asked for."""
    text = request.GET.get("q", "").strip()[:MAX_QUERY_CHARS]
    topics = [(topic.code, text_of(topic.title), [contents.question(entry) for entry in topic.entries]) for topic in centre.found(text)]
    count = sum(len(entries) for _code, _title, entries in topics)
    context = {"topics": topics, "q": text, "count": _("找到 %(n)d 条") % {"n": count} if text else ""}
    return render(request, "public/help.html", context)
