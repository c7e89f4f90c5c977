"""A reviewer's own affairs: 我的今日, absence with a deputy, and the phrases that are kept (D-05, D-37)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.common import clock
from chengxin.common.errors import Invalid
from chengxin.filings import inbox, phrases, secondlooks
from chengxin.flow import desk as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor, StaffView
from chengxin.web.agency import words
from chengxin.web.agency.lines import rows_of
from chengxin.web.session import Request, agency_only


@require_safe
@agency_only("reviewer")
def today(request: Request) -> HttpResponse:
    """What the acting person decided today, how long it had waited, what waits and what is due today."""
    by = request.actor
    begins = datetime.combine(clock.today(), time(), tzinfo=clock.SHANGHAI)
    page = inbox.opened(by=by, narrowed=inbox.Narrowed())
    due, first = inbox.due_by(by=by, moment=begins + timedelta(days=1))
    done = inbox.done_since(by=by, moment=begins)
    context = {
        "day": clock.today(),
        "done": done,
        "waited": words.span(done.waited) if done.waited is not None else "",
        "counts": page.counts,
        "due": due,
        "rows": rows_of(first),
        "handed": page.handed,
        "looks": len(secondlooks.waiting(by=by)),
        "represented": page.represented,
    }
    return render(request, "agency/today.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("reviewer")
def absence(request: Request) -> HttpResponse:
    """When the acting person is away, and which colleague does the work meanwhile."""
    if request.method != "POST":
        return _absence(request, _stored(_own(request.actor)), {})
    typed = {name: request.POST.get(name, "").strip()[:40] for name in ("absent_from", "absent_to", "deputy")}
    back = request.POST.get("act") == "back"
    try:
        span = _span(typed) if not back else (None, None)
        deputy = _uuid(typed["deputy"]) if not back else None
        flow.be_away(absent_from=span[0], absent_to=span[1], deputy_id=deputy, by=request.actor)
    except Invalid as error:
        return _absence(request, typed, error.fields)
    return redirect("/desk/absence?done=1")


def _span(typed: dict[str, str]) -> tuple[datetime, datetime | None]:
    """From the beginning of the first day to the end of the last one; without a last day until further notice."""
    errors: dict[str, list[str]] = {}
    first, last = _day(typed["absent_from"]), _day(typed["absent_to"])
    if first is None:
        errors["absent_from"] = [_("请填写缺勤开始日期，如 2026-10-01")]
    if typed["absent_to"] and last is None:
        errors["absent_to"] = [_("缺勤结束日期应如 2026-10-07，未定可不填")]
    if errors or first is None:
        raise Invalid(errors)
    return first, last + timedelta(days=1) if last else None


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), tzinfo=clock.SHANGHAI)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({"deputy": [_("请从列出的人员中选择代理人")]}) from None


def _own(by: Actor) -> StaffView:
    assert by.agency_id is not None
    return next(each for each in _staff(by) if each.account_id == by.account_id)


def _staff(by: Actor) -> list[StaffView]:
    assert by.agency_id is not None
    return [each for each in identity.staff_of(by.agency_id, by=by) if each.until is None]


def _stored(row: StaffView) -> dict[str, str]:
    last = row.absent_to.astimezone(clock.SHANGHAI) - timedelta(days=1) if row.absent_to else None
    return {
        "absent_from": row.absent_from.astimezone(clock.SHANGHAI).date().isoformat() if row.absent_from else "",
        "absent_to": last.date().isoformat() if last else "",
        "deputy": str(row.deputy_id or ""),
    }


def _absence(request: Request, typed: dict[str, str], errors: dict[str, list[str]]) -> HttpResponse:
    staff, own = _staff(request.actor), _own(request.actor)
    colleagues = [each for each in staff if "reviewer" in each.roles and each.state == "active" and each.account_id != own.account_id]
    context = {
        "typed": typed,
        "errors": errors,
        "problems": [(f"f-{name}", text) for name, texts in errors.items() for text in texts],
        "own": own,
        "colleagues": [(str(each.account_id), each.display_name) for each in colleagues],
        "deputy": next((each.display_name for each in staff if each.account_id == own.deputy_id), ""),
        "represented": identity.represented_by(request.actor.id),
        "done": "done" in request.GET,
    }
    return render(request, "agency/absence.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("reviewer")
def kept_phrases(request: Request) -> HttpResponse:
    """The phrases of the person and the unit, by kind; add one."""
    if request.method != "POST":
        return _phrases(request, {"kind": request.GET.get("kind", "archive"), "text": "", "whose": "own"}, {})
    typed = {"kind": request.POST.get("kind", "")[:20], "text": request.POST.get("text", "")[:2000], "whose": request.POST.get("whose", "")}
    try:
        flow.keep_phrase(kind=typed["kind"], text=typed["text"], own=typed["whose"] != "unit", by=request.actor)
    except Invalid as error:
        return _phrases(request, typed, error.fields)
    return redirect(f"/desk/phrases?kind={typed['kind']}")


def _phrases(request: Request, typed: dict[str, Any], errors: dict[str, list[str]]) -> HttpResponse:
    kept = phrases.kept(by=request.actor)
    context = {
        "groups": [
            (str(words.KINDS[kind]), [each for each in kept if each.kind == kind], list(words.PHRASES.get(kind, ())))
            for kind in words.PHRASE_KINDS
        ],
        "kinds": [(kind, words.KINDS[kind]) for kind in words.PHRASE_KINDS],
        "typed": typed,
        "errors": errors,
        "problems": [(f"f-{name}", text) for name, texts in errors.items() for text in texts],
    }
    return render(request, "agency/phrases.html", context, status=422 if errors else 200)


@require_POST
@agency_only("reviewer")
def drop_phrase(request: Request, phrase_id: UUID) -> HttpResponse:
    """Take a phrase away."""
    flow.drop_phrase(phrase_id=phrase_id, by=request.actor)
    return redirect("/desk/phrases")
