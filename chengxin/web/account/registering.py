"""企业用户注册: the first form and the page that follows it (REG-02 to REG-05)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.access import actions as access
from chengxin.access import limits
from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Invalid
from chengxin.flow import registration
from chengxin.identity.rules import CODE_TAKEN, NAME_TAKEN
from chengxin.web import session
from chengxin.web.account import captchas
from chengxin.web.account.forms import RegistrationForm, redrawn, wants_redraw
from chengxin.web.session import Request, anyone, applicant_only

CONSENTS = ("user-agreement", "privacy-notice")


@require_http_methods(["GET", "POST"])
@anyone
def register(request: Request) -> HttpResponse:
    """Show and take the registration form. The captcha is used up before anything else is looked at."""
    if request.method == "GET":
        return _page(request, RegistrationForm(), status=200)
    form = RegistrationForm(request.POST)
    if wants_redraw(request.POST):
        return _page(request, redrawn(form), status=200)
    captcha_errors: list[str] = []
    try:
        captchas.check(request)
    except Invalid as error:
        captcha_errors = error.fields.get("captcha", [error.message])
    if not form.is_valid() or captcha_errors:
        return _page(request, form, captcha_errors=captcha_errors)
    try:
        done = registration.register(form=_new(form))
    except Invalid as error:
        if _taken(error):
            _count_answer(request)
        form.add_fields(error.fields)
        return _page(request, form, taken=_taken(error))
    return _begin(request, done)


def _new(form: RegistrationForm) -> registration.NewRegistration:
    values = form.cleaned_data
    return registration.NewRegistration(
        name=values["name"],
        uscc=values["uscc"],
        division_code=values["division"],
        email=values["email"],
        phone=values["phone"],
        password=values["password"],
        consents={code: catalogue.commitment(code).version for code in CONSENTS},
    )


def _count_answer(request: Request) -> None:
    """Answers that tell whether a name or code is in use are few per browser and network (D-27)."""
    network = captchas.network(request)
    limits.taken_answer(session=request.META.get("CSRF_COOKIE") or network, network=network)


def _taken(error: Invalid) -> bool:
    words = {str(NAME_TAKEN), str(CODE_TAKEN)}
    return any(text in words for texts in error.fields.values() for text in texts)


def _begin(request: Request, done: registration.Registered) -> HttpResponse:
    opened = access.open_session(
        account_id=done.account_id, assurance="password", network=captchas.network(request)
    )
    response = redirect("/register/done")
    session.keep(response, session_key=opened.session_key)
    session.keep_device(response, token=opened.device_token)
    return response


def _page(
    request: Request,
    form: RegistrationForm,
    *,
    status: int = 422,
    captcha_errors: list[str] | None = None,
    taken: bool = False,
) -> HttpResponse:
    problems = [(f"f-{name}", text) for name, texts in form.errors.items() for text in texts] if form.is_bound else []
    problems += [("captcha", text) for text in captcha_errors or []]
    context = {
        "form": form,
        "challenge": captchas.fresh(request),
        "captcha_errors": captcha_errors or [],
        "problems": problems,
        "taken": taken,
        "labels": step_labels(),
    }
    return render(request, "account/register.html", context, status=status)


def step_labels() -> list[str]:
    """The steps of a registration."""
    return [_("填写注册信息"), _("上传营业执照和授权文件"), _("等待审核")]


@applicant_only
def registered(request: Request) -> HttpResponse:
    """注册信息已提交成功; goes on by itself after five seconds (REG-05)."""
    return render(request, "account/registered.html", {"labels": step_labels()})
