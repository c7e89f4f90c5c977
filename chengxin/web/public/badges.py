"""亮信用 in public: badges that shops embed, and the addresses that badges and QR codes lead to (VOL-31).

A badge may be kept by caches for half a minute, so it says 已停止公示 within a minute after the file or the record has ended.
Every code without a public file gets the same badge and the same page, whether it ever had one or not (D-06).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override

from chengxin.records import queries, standing
from chengxin.web.public.reads import View, code_of, item, public, title_of

BADGE_SECONDS = 30
"""How long caches may keep a badge, in seconds."""
HEAD_WIDTH, NAME_WIDTH = 12, 17
"""Room for the first line, in large type, and for a name on a badge, in Chinese characters."""


def _worded(view: View) -> View:
    """A badge is worded by its address alone, `?words=en` or Chinese, whoever asks: caches keep it for everyone."""

    @wraps(view)
    def answer(request: HttpRequest, **named: Any) -> HttpResponse:
        with override("en" if request.GET.get("words") == "en" else "zh-hans"):
            return view(request, **named)

    return answer


@public
@_worded
def badge(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """The badge of a public file."""
    head = _("诚信档案")
    found = standing.headline(uscc=code_of(uscc))
    if found is None:
        return _drawn(request, head=head)
    return _drawn(request, head=head, name=found.name, word=_word(found.marks), warned=bool(found.marks))


@public
@_worded
def record_badge(request: HttpRequest, *, uscc: str, record_id: UUID) -> HttpResponse:
    """The badge of one public voluntary record, in whatever version stands."""
    code = code_of(uscc)
    file, found = standing.headline(uscc=code), standing.shown(uscc=code, record_id=record_id)
    if file is None or found is None:
        return _drawn(request, head=_("自愿注册信息"))
    shown = item(dict(found))
    marks = (*file.marks, *([_("已过期")] if shown.expired else []))
    return _drawn(request, head=title_of(dict(found)), name=shown.title, word=_word(marks), warned=bool(marks))


def _word(marks: Sequence[str]) -> str:
    """What a badge says of something public: the first mark on it, if there is one."""
    return str(marks[0]) if marks else _("公示中")


def _drawn(request: HttpRequest, *, head: str, name: str = "", word: str = "", warned: bool = False) -> HttpResponse:
    """A badge; without a word it says 已停止公示."""
    values = {
        "head": head,
        "name": _fitted(name),
        "word": word,
        "warned": warned,
        "long": len(head + word) > HEAD_WIDTH,
        "issuer": _fitted(settings.SITE_NAME),
    }
    response = render(request, "public/badge.svg", values, content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={BADGE_SECONDS}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _fitted(name: str) -> str:
    """A name that fits on a badge; two Latin letters take the room of one character."""
    room = float(NAME_WIDTH)
    for place, sign in enumerate(name):
        room -= 0.55 if sign.isascii() else 1
        if room < 0:
            return f"{name[: max(0, place - 1)]}…"
    return name


@public
def shown(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """Where the badge and the QR code of a file lead: to the file, or to the word that it is no more."""
    code = code_of(uscc)
    if code in queries.names(usccs=[code]):
        return redirect("public:file", uscc=code)
    return _ended(request)


@public
def shown_record(request: HttpRequest, *, uscc: str, record_id: UUID) -> HttpResponse:
    """The same for one record: to the version of it that is public now."""
    code = code_of(uscc)
    found = standing.shown(uscc=code, record_id=record_id)
    if found is not None:
        return redirect("public:record", uscc=code, version_id=UUID(found["version_id"]))
    return _ended(request)


def _ended(request: HttpRequest) -> HttpResponse:
    return render(request, "public/ended.html", status=404)
