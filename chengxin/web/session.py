"""Who is asking: the session's actor on every request, and the guards of the views.

The session lives in the database (``access``); the cookie holds only its key. A request that is no
operation of a person, such as a heartbeat, does not restart the idle clock (REG-19).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chengxin.access import queries as access
from chengxin.access.queries import REASONS, SessionExpired
from chengxin.common.errors import Forbidden, Unauthenticated
from chengxin.filings import queries as filings
from chengxin.identity.values import Actor
from chengxin.web.context import agency_home

View = Callable[..., HttpResponse]
HEARTBEAT = "/session/ping"
PROGRESS = "/progress"


def secure() -> bool:
    """Whether cookies carry ``Secure`` and the ``__Host-`` prefix: always, but in demo mode on plain HTTP (D-53)."""
    return not (settings.DEMO and settings.SITE_ORIGIN.startswith("http://"))


def cookie_name(name: str) -> str:
    """The full name of one of our cookies."""
    return f"__Host-{name}" if secure() else name


class Request(HttpRequest):
    """A request after the session middleware: who acts, the session's key, why a session ended."""

    actor: Actor
    session_key: str
    session_ended: str


class SessionMiddleware:
    """Puts ``request.actor`` and ``request.session_ended`` (the reason, or empty) on every request."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        key = request.COOKIES.get(cookie_name("session"), "")
        request.session_key = key
        request.actor, request.session_ended = self._actor(request, key)
        response = self.get_response(request)
        if request.actor.account_id is not None:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @staticmethod
    def _actor(request: Request, key: str) -> tuple[Actor, str]:
        if not key:
            return Actor.nobody(), ""
        try:
            found = access.session_actor(key, counts_as_activity=not _by_itself(request.path))
        except SessionExpired as ended:
            return Actor.nobody(), ended.reason
        return found or Actor.nobody(), ""


def _by_itself(path: str) -> bool:
    """Whether a page asks this without anyone doing anything: the heartbeat, and how far something has come."""
    return path == HEARTBEAT or path.endswith(PROGRESS)


def keep(response: HttpResponse, *, session_key: str) -> None:
    """Give the browser its session."""
    _set(response, "session", session_key, max_age=None)


def keep_device(response: HttpResponse, *, token: str) -> None:
    """Let the browser be known as this account's device for a year (D-26)."""
    _set(response, "device", token, max_age=365 * 24 * 3600)


def keep_licence(response: HttpResponse, *, secret: str) -> None:
    """Let the browser collect what its QR codes of the electronic business licence are answered with."""
    _set(response, "licence", secret, max_age=600)


def licence_of(request: Request) -> str:
    """The secret of the browser's QR codes, if any."""
    return request.COOKIES.get(cookie_name("licence"), "")


def _set(response: HttpResponse, name: str, value: str, *, max_age: int | None) -> None:
    response.set_cookie(cookie_name(name), value, max_age=max_age, secure=secure(), httponly=True, samesite="Lax", path="/")


def forget(response: HttpResponse) -> None:
    """Take the session from the browser."""
    response.delete_cookie(cookie_name("session"))


def device_of(request: Request) -> str:
    """The device token of the browser, if any."""
    return request.COOKIES.get(cookie_name("device"), "")


def by_script(request: Request) -> bool:
    """Whether a program or a script of a page asks: it gets 401 and not a page to log in on."""
    accept = request.headers.get("Accept", "")
    return (
        request.path.startswith("/api/")
        or request.headers.get("X-Requested-With") == "fetch"
        or bool(getattr(request, "htmx", False))
        or ("json" in accept and "text/html" not in accept)
    )


def to_login(request: Request, *, agency: bool = False) -> HttpResponse:
    """To the log-in page and back after; says why when a session has ended, and only then takes it from the browser."""
    page = "/login/agency" if agency else "/login"
    wanted = request.get_full_path() if request.method == "GET" else request.path
    ended = f"&ended={quote(request.session_ended)}" if request.session_ended else ""
    response = redirect(f"{page}?next={quote(wanted)}{ended}")
    if ended:
        forget(response)
    return response


def enterprise_only(view: View) -> View:
    """For the administrator of an enterprise whose registration is approved; others land where they have to go (REG-14, REG-21).

    Who has taken back a consent is led to give it again first (D-31), a handler to what handlers may do (VOL-03).
    """
    return _approved(view, consenting=True, handlers=False)


def enterprise_or_handler(view: View) -> View:
    """The same, for handlers (经办人) too: the row decides what they see."""
    return _approved(view, consenting=True, handlers=True)


def enterprise_itself(view: View) -> View:
    """For anybody of an approved enterprise, also who has taken back a consent."""
    return _approved(view, consenting=False, handlers=True)


def _approved(view: View, *, consenting: bool, handlers: bool) -> View:
    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = request.actor
        if actor.kind != "enterprise" or actor.enterprise_id is None:
            return _refuse(request)
        if filings.registration_state(enterprise_id=actor.enterprise_id) != "approved":
            return redirect(landing(actor))
        if consenting and actor.withdrew:
            return redirect("/account/consents")
        if "handler" in actor.roles and not handlers:
            return redirect(landing(actor))
        return view(request, *args, **kwargs)

    guarded.guard = "enterprise"  # type: ignore[attr-defined]
    return guarded


def applicant_only(view: View) -> View:
    """For an enterprise that has registered, whatever became of it; the view looks at the state."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.kind != "enterprise":
            return _refuse(request)
        return view(request, *args, **kwargs)

    guarded.guard = "applicant"  # type: ignore[attr-defined]
    return guarded


def registrant(view: View) -> View:
    """For anybody of an enterprise, whatever became of its registration; the view says what is missing (VOL-06).

    Who has taken back a consent is led to give it again first (D-31).
    """

    @wraps(view)
    def consenting(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.withdrew:
            return redirect("/account/consents")
        return view(request, *args, **kwargs)

    return applicant_only(consenting)


def agency_only(*roles: str) -> Callable[[View], View]:
    """For people of agencies with one of the roles; who still has a first password sets an own one first."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.actor.kind == "nobody":
                return _refuse(request, agency=True)
            if request.actor.kind != "agency" or not request.actor.roles & set(roles):
                raise Forbidden
            if access.must_change_password(request.actor.id):
                return redirect("/account/password")
            return view(request, *args, **kwargs)

        guarded.guard = "agency"  # type: ignore[attr-defined]
        return guarded

    return decorate


def member_only(view: View) -> View:
    """For people who are logged in, of an enterprise or an agency; the row decides the rest."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.account_id is None:
            return _refuse(request)
        return view(request, *args, **kwargs)

    guarded.guard = "member"  # type: ignore[attr-defined]
    return guarded


def anyone(view: View) -> View:
    """For everyone; says so, for the test that walks all addresses."""
    view.guard = "public"  # type: ignore[attr-defined]
    return view


def _refuse(request: Request, *, agency: bool = False) -> HttpResponse:
    if request.actor.kind != "nobody":
        raise Forbidden
    if by_script(request):
        raise Unauthenticated(REASONS.get(request.session_ended))
    return to_login(request, agency=agency)


def landing(actor: Actor) -> str:
    """Where a person belongs after log-in, by the state of the registration (REG-12, D-01)."""
    if actor.kind == "agency":
        return agency_home(actor.roles)
    if "handler" in actor.roles:
        return "/voluntary"
    if actor.enterprise_id is None:
        return "/"
    state = filings.registration_state(enterprise_id=actor.enterprise_id)
    return {"approved": "/workbench", "submitted": "/register/pending"}.get(state, "/account/supplement")
