"""The site in maintenance: it is read as ever, and what is handed in is answered by 503 and kept in the page.

The page carries everything that was typed in a form of its own, so that nothing is lost, with or without JavaScript:
when the maintenance is over, one button hands it in again. The recovery copy of an archive page is still written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from chengxin.common import maintenance
from chengxin.common.errors import Unavailable
from chengxin.web import errors

CODE = "maintenance"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# a recovery copy, a session that goes on or ends, and questions that are posted only because they are long or secret
OPEN = re.compile(r"/logout|/session/(ping|touch)|/api/v1/files:batch|/progress|.*/autosave")
NOT_KEPT = re.compile(r"password|captcha|(^|[._-])code$")


class MaintenanceMiddleware:
    """Answers every request that would change something, before anything is asked of the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand on what only reads."""
        if request.method in READING or OPEN.fullmatch(request.path):
            return self.get_response(request)
        notice = maintenance.current()
        return self.get_response(request) if notice is None else answer(request, notice)


def answer(request: HttpRequest, notice: maintenance.Notice) -> HttpResponse:
    """503 with a sentence, when to come back, and what was typed."""
    error = Unavailable(notice.sentence(), retry_after=notice.retry_after(), code=CODE)
    if errors.wants_problem(request):
        return errors.answer(request, error=error)
    kept, left = typed(request)
    values = {"title": _("系统维护中"), "message": error.message, "kept": kept, "left": left, "action": request.get_full_path()}
    response = render(request, "errors/maintenance.html", values, status=503)
    return errors.stamp(response, retry_after=error.retry_after)


def typed(request: HttpRequest) -> tuple[list[tuple[str, str]], bool]:
    """What was typed, by name, and whether something of it (a password, a code, a file) has to be given anew.

    The form's token stays the one that came: a page of another site cannot get a good one by posting here.
    """
    pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    kept = [(name, value) for name, value in pairs if not NOT_KEPT.search(name)]
    return kept, bool(request.FILES) or any(NOT_KEPT.search(name) for name, _value in pairs)
