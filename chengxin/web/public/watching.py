"""我的关注 without an account: ask by mailbox, confirm by a button behind the mailed link, keep the list, end it with one click."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from chengxin.common.errors import Invalid, TooMany
from chengxin.flow import watching as flow
from chengxin.portal import watching
from chengxin.portal.watching import LinkRefused
from chengxin.records import queries
from chengxin.web import challenges
from chengxin.web.forms import Field
from chengxin.web.public.files import subject_of
from chengxin.web.public.reads import code_of
from chengxin.web.session import Request, anyone

EMAIL = "email"


@dataclass
class Asking:
    """The rows 邮箱 and 验证码 of a page, with what is wrong with them."""

    request: Request
    errors: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.challenge = challenges.fresh_or_none(self.request)

    @property
    def typed(self) -> str:
        """The mailbox as it was typed."""
        return self.request.POST.get(EMAIL, "")[:254].strip()

    @property
    def email(self) -> Field:
        """The row of the mailbox."""
        return Field(
            name=EMAIL, id="f-email", label=_("邮箱"), kind="email", value=self.typed, required=True, autocomplete="email",
            hint=_("用于接收确认链接和提醒，可随时退订"), errors=tuple(self.errors.get(EMAIL, ())),
        )  # fmt: skip

    @property
    def captcha_errors(self) -> list[str]:
        """What is wrong with the captcha."""
        return self.errors.get("captcha", [])

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every message with the id of its row."""
        rows = {EMAIL: "f-email"}
        return [(rows.get(name, name), text) for name, texts in self.errors.items() for text in texts]

    @property
    def redraws(self) -> bool:
        """Whether only another captcha is asked for."""
        return "_captcha" in self.request.POST


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def watch(request: Request, *, uscc: str) -> HttpResponse:
    """关注: the mailbox gets a link; an enterprise that is logged in follows at once."""
    code = code_of(uscc)
    subject = subject_of(queries.document(uscc=code))
    if request.actor.kind == "enterprise" and request.method != "POST":
        return render(request, "public/watch_own.html", {"subject": subject})
    asking = Asking(request)
    if request.method == "POST" and not asking.redraws and _asked(asking, code):
        return render(request, "public/watch_asked.html", {"subject": subject, "email": asking.typed})
    status = 422 if asking.errors else 200
    return render(request, "public/watch.html", {"subject": subject, "asking": asking, "most": watching.MOST_WATCHED}, status=status)


def _asked(asking: Asking, uscc: str) -> bool:
    """Whether the mail is on its way; an empty code asks for the list."""
    try:
        challenges.check(asking.request)
        network = challenges.network(asking.request)
        if uscc:
            flow.ask(email=asking.typed, uscc=uscc, network=network)
        else:
            flow.ask_for_list(email=asking.typed, network=network)
    except Invalid as error:
        asking.errors = error.fields or {EMAIL: [error.message]}
    except TooMany as error:
        asking.errors = {EMAIL: [error.message]}
    return not asking.errors


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def lost(request: Request) -> HttpResponse:
    """The link to the list once more; the answer is the same whether the mailbox has one."""
    asking = Asking(request)
    if request.method == "POST" and not asking.redraws and _asked(asking, ""):
        return render(request, "public/watch_asked.html", {"email": asking.typed})
    return render(request, "public/watch_lost.html", {"asking": asking}, status=422 if asking.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def confirm(request: Request, *, token: str) -> HttpResponse:
    """A page with a button, so that no program that opens links in mails confirms anything."""
    try:
        if request.method == "POST":
            return redirect("public:watching", token=flow.confirm(token=token))
        row = watching.unconfirmed(token)
    except LinkRefused as refused:
        return _refused(request, refused)
    context = {"uscc": row.uscc, "name": watching.names([row.uscc]).get(row.uscc, row.uscc), "done": row.confirmed_at is not None}
    return _private(render(request, "public/watch_confirm.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def mine(request: Request, *, token: str) -> HttpResponse:
    """The list behind the link in every mail; a button beside each enterprise."""
    try:
        if request.method == "POST" and not flow.leave_by_link(uscc=code_of(request.POST.get("uscc", "")), token=token):
            return render(request, "public/watch_ended.html")
        watcher = watching.of_token(token)
    except LinkRefused as refused:
        return _refused(request, refused)
    context = {"lines": watching.watched(watcher), "mailbox": watching.mailbox_of(watcher), "token": token}
    return _private(render(request, "public/watching.html", context))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def unsubscribe(request: Request, *, token: str) -> HttpResponse:
    """退订: a page with one button; mail programs post here by themselves when a person presses theirs (RFC 8058)."""
    if request.method == "POST":
        flow.unsubscribe(token=token)
        return render(request, "public/watch_ended.html")
    try:
        watcher = watching.of_token(token)
    except LinkRefused:
        return render(request, "public/watch_ended.html")
    return _private(render(request, "public/watch_unsubscribe.html", {"mailbox": watching.mailbox_of(watcher), "token": token}))


def _refused(request: Request, refused: LinkRefused) -> HttpResponse:
    return render(request, "public/watch_refused.html", {"message": refused.message}, status=410)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
