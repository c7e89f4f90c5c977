"""登录 and 退出: enterprises by credit code, agencies by user name and captcha (REG-12, D-30)."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.access import actions as access
from chengxin.access import queries as access_queries
from chengxin.access.queries import SessionExpired
from chengxin.access.values import LogIn
from chengxin.common.errors import ChengxinError, Invalid, TooMany
from chengxin.gateways import e_licence
from chengxin.identity.values import Actor
from chengxin.web import session
from chengxin.web.account import captchas
from chengxin.web.account.forms import AgencyLogInForm, LogInForm, problems, redrawn, wants_redraw
from chengxin.web.pageforms import PageForm
from chengxin.web.session import Request, anyone, landing

HERE = "/login/here"
ENDED = {
    "idle": gettext_noop("您已超过1小时无操作，系统已自动登出。请重新登录后继续。"),
    "absolute": gettext_noop("本次登录时间过长，系统已自动登出。请重新登录后继续。"),
}


@require_http_methods(["GET", "POST"])
@anyone
def log_in(request: Request) -> HttpResponse:
    """登录 of enterprises; the same answer for a wrong password and an unknown code."""
    return _log_in(request, LogInForm, template="account/login.html")


@require_http_methods(["GET", "POST"])
@anyone
def agency_log_in(request: Request) -> HttpResponse:
    """登录 of agencies."""
    return _log_in(request, AgencyLogInForm, template="account/agency_login.html")


def _log_in(request: Request, form_class: type[PageForm], *, template: str) -> HttpResponse:
    if request.method == "GET":
        return _page(request, form_class(), template, status=200)
    if wants_redraw(request.POST):
        return _redraw(request, form_class(request.POST), template)
    form = form_class(request.POST)
    if not form.is_valid():
        return _page(request, form, template)
    try:
        opened = _open(request, form)
    except Invalid as error:
        form.add_fields({k: v for k, v in error.fields.items() if k not in ("captcha", "code")})
        return _page(request, form, template, captcha_errors=error.fields.get("captcha", error.fields.get("code", [])))
    except TooMany as error:
        form.add_error(None, error.message)
        return _page(request, form, template, status=429)
    except ChengxinError as error:
        form.add_error(None, error.message)
        return _page(request, form, template)
    return _entered(request, opened)


def _redraw(request: Request, form: PageForm, template: str) -> HttpResponse:
    """The page with what was typed, after another captcha or a mailed code was asked for; the latter says the same for every name."""
    if not _asks_for_mail(request, form):
        return _page(request, redrawn(form), template, status=200)
    code, errors = _mailed(request, form)
    redrawn(form).add_fields(errors)
    return _page(request, form, template, status=422 if errors else 200, code=code)


def _asks_for_mail(request: Request, form: PageForm) -> bool:
    return request.POST.get("_captcha") == captchas.MAIL and isinstance(form, AgencyLogInForm)


def _mailed(request: Request, form: PageForm) -> tuple[captchas.MailCode | None, dict[str, list[str]]]:
    """Mail a code to the typed user name's mailbox: its row, or what is wrong beside the name."""
    name, errors = request.POST.get("name", "").strip(), list[str]()
    if not name:
        form.full_clean()
        return None, {"name": [_("请先填写用户名，再获取邮箱验证码")]}
    try:
        access.send_agency_code(name=name, network=captchas.network(request))
    except TooMany as error:
        errors = [captchas.wait_text(error)]
    prefix = "here" if request.path == HERE else "f"
    return captchas.mail_code(request, errors=errors, sent_to="" if errors else name, prefix=prefix), {}


def _open(request: Request, form: PageForm) -> LogIn:
    name, password = form.cleaned_data["name"], form.cleaned_data["password"]
    where = {"network": captchas.network(request), "device": session.device_of(request)}
    if isinstance(form, AgencyLogInForm) and captchas.by_mail(request):
        return access.log_in_agency_by_code(name=name, password=password, code=request.POST.get("mail_code", ""), **where)
    if isinstance(form, AgencyLogInForm):
        return access.log_in_agency(
            name=name,
            password=password,
            captcha_id=request.POST.get("captcha_id", ""),
            captcha=request.POST.get("captcha", ""),
            **where,
        )
    return access.log_in(name=name, password=password, **where)


def _entered(request: Request, opened: LogIn) -> HttpResponse:
    key, device = opened
    actor = access_queries.session_actor(key, counts_as_activity=True) or Actor.nobody()
    response = redirect(wanted(request) or landing(actor))
    session.keep(response, session_key=key)
    session.keep_device(response, token=device)
    return response


def wanted(request: Request) -> str:
    """The page asked for before log-in, if it is one of ours."""
    url = request.POST.get("next") or request.GET.get("next", "")
    if not url or not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        return ""
    path = urlsplit(url).path
    return "" if path == "/logout" or path.split("/")[1:2] == ["login"] else url


def _page(
    request: Request,
    form: PageForm,
    template: str,
    *,
    captcha_errors: list[str] | None = None,
    code: captchas.MailCode | None = None,
    status: int = 422,
) -> HttpResponse:
    agency = isinstance(form, AgencyLogInForm)
    if agency and captchas.by_mail(request):
        code = code or captchas.mail_code(request, errors=captcha_errors)
    wrong = [("f-mail_code", text) for text in code.field.errors] if code else [("captcha", text) for text in captcha_errors or []]
    context = {
        "form": form,
        "problems": problems(form) + wrong,
        "code": code,
        "challenge": captchas.fresh(request) if agency and code is None else None,
        "captcha_errors": captcha_errors or [],
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "e_licence": e_licence.available() and not agency,
        "ended": _(ENDED[request.GET["ended"]]) if request.GET.get("ended") in ENDED else "",
    }
    return render(request, template, context, status=status)


@require_POST
@anyone
def log_out(request: Request) -> HttpResponse:
    """退出登录."""
    if request.session_key:
        access.log_out(request.session_key)
    response = redirect("/")
    session.forget(response)
    return response


@anyone
def ping(request: Request) -> HttpResponse:
    """How long the session still has; a heartbeat does not restart the idle clock (REG-19)."""
    try:
        view = access_queries.session_view(request.session_key) if request.session_key else None
    except SessionExpired:
        view = None
    return JsonResponse({"seconds_left": view.idle_seconds_left if view else 0})


@require_POST
@anyone
def touch(request: Request) -> HttpResponse:
    """继续使用: the person pressed the button, so the idle clock starts anew."""
    if request.actor.account_id is None:
        return JsonResponse({"seconds_left": 0}, status=401)
    access.touch(request.session_key)
    return ping(request)


@require_http_methods(["GET", "POST"])
@anyone
def log_in_here(request: Request) -> HttpResponse:
    """Log-in in place after the session has ended; the page behind keeps what was typed. `?face=agency` for agencies.

    Whoever has another way in (mailed link, electronic licence, a forgotten password) takes it in another window, from the
    link below the form; the page behind asks `/session/ping` when it is looked at again, and goes on.
    """
    form_class = AgencyLogInForm if request.GET.get("face") == "agency" else LogInForm
    if request.method == "GET":
        return _here(request, form_class(auto_id="here-%s"), status=200)
    form = form_class(request.POST, auto_id="here-%s")
    if wants_redraw(request.POST):
        code, errors = _mailed(request, form) if _asks_for_mail(request, form) else (None, {})
        redrawn(form).add_fields(errors)
        return _here(request, form, code=code)
    if not form.is_valid():
        return _here(request, form)
    try:
        key, device = _open(request, form)
    except Invalid as error:
        form.add_fields({k: v for k, v in error.fields.items() if k not in ("captcha", "code")})
        return _here(request, form, captcha_errors=error.fields.get("captcha", error.fields.get("code", [])))
    except ChengxinError as error:
        form.add_error(None, error.message)
        return _here(request, form)
    response = HttpResponse(status=204)
    session.keep(response, session_key=key)
    session.keep_device(response, token=device)
    return response


def _here(
    request: Request, form: PageForm, *, captcha_errors: list[str] | None = None, code: captchas.MailCode | None = None, status: int = 422
) -> HttpResponse:
    """The form in the warning; every answer to a POST but the one that opens a session is 422 with the form again."""
    agency = isinstance(form, AgencyLogInForm)
    if agency and captchas.by_mail(request):
        code = code or captchas.mail_code(request, errors=captcha_errors, prefix="here")
    context = {
        "form": form,
        "code": code,
        "challenge": captchas.fresh(request) if agency and code is None else None,
        "new_url": "/captcha/new",
        "captcha_errors": captcha_errors or [],
        "action": request.get_full_path(),
        "other_url": "/login/agency" if agency else "/login",
    }
    return render(request, "components/login_here.html", context, status=status)
