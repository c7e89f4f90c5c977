"""企业用户注册: the first form and the page that follows it (REG-02 to REG-05)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chengxin.access import actions as access
from chengxin.access import limits
from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Conflict, Invalid, TooMany, Unavailable
from chengxin.filings import lifecycle
from chengxin.flow import registration
from chengxin.identity.rules import CODE_TAKEN, NAME_TAKEN
from chengxin.seals import papers as blank
from chengxin.web import session
from chengxin.web.account import captchas
from chengxin.web.account.forms import DOCUMENTS, RegistrationForm, problems, redrawn, wants_redraw
from chengxin.web.session import Request, anyone, applicant_only


@require_http_methods(["GET", "POST"])
@anyone
def register(request: Request) -> HttpResponse:
    """Show and take the registration form. Captcha or mailed code are checked before anything is said of other enterprises."""
    if request.actor.kind == "enterprise":
        return redirect(session.landing(request.actor))
    if request.method == "GET":
        return _page(request, RegistrationForm(), status=200)
    form = RegistrationForm(request.POST)
    if wants_redraw(request.POST):
        return _redraw(request, form)
    if not _is_person(request, form):
        return _page(request, form)
    try:
        done = registration.register(form=_new(form, email_proved=captchas.by_mail(request)))
    except Invalid as error:
        return _refused(request, form, error)
    except (Conflict, Unavailable) as error:
        form.add_error(None, error.message)
        return _page(request, form, status=error.status)
    if captchas.by_mail(request):
        captchas.check_code(request, spend=True)
    return _begin(request, done)


def _is_person(request: Request, form: RegistrationForm) -> bool:
    """Whether the form is whole and captcha or code fit; a captcha is used up by looking, a code is not."""
    whole = form.is_valid()
    if captchas.by_mail(request):
        form.proof_errors = captchas.check_code(request, spend=False) if whole else []
        return whole and not form.proof_errors
    try:
        captchas.check(request)
    except Invalid as error:
        form.proof_errors = error.fields.get("captcha", [error.message])
    return whole and not form.proof_errors


def _refused(request: Request, form: RegistrationForm, error: Invalid) -> HttpResponse:
    """The form again with what the platform said; answers about other enterprises are few (D-27)."""
    taken = _taken(error)
    if taken:
        try:
            network = captchas.network(request)
            limits.taken_answer(session=request.META.get("CSRF_COOKIE") or network, network=network)
        except TooMany as many:
            form.add_error(None, many.message)
            return _page(request, form, status=many.status)
    form.add_fields(error.fields)
    return _page(request, form, taken=taken)


def _redraw(request: Request, form: RegistrationForm) -> HttpResponse:
    """The page with what was typed, after another captcha, a mailed code or a list of divisions was asked for."""
    if request.POST.get("_captcha") != captchas.MAIL:
        return _page(request, redrawn(form), status=200)
    try:
        code = captchas.send_code(request)
    except Invalid as error:
        form.full_clean()
        redrawn(form).add_fields(error.fields)
        return _page(request, form)
    return _page(request, redrawn(form), status=200, code=code)


def _new(form: RegistrationForm, *, email_proved: bool) -> registration.NewRegistration:
    values = form.cleaned_data
    return registration.NewRegistration(
        name=values["name"],
        uscc=values["uscc"],
        division_code=values["division"],
        email=values["email"],
        phone=values["phone"],
        password=values["password"],
        consents={code: catalogue.commitment(code).version for code in DOCUMENTS.values()},
        email_proved=email_proved,
    )


def _taken(error: Invalid) -> bool:
    words = {str(NAME_TAKEN), str(CODE_TAKEN)}
    return any(text in words for texts in error.fields.values() for text in texts)


def _begin(request: Request, done: registration.Registered) -> HttpResponse:
    opened = access.open_session(account_id=done.account_id, assurance="password", network=captchas.network(request))
    response = redirect("/register/done")
    session.keep(response, session_key=opened.session_key)
    session.keep_device(response, token=opened.device_token)
    return response


def _page(
    request: Request,
    form: RegistrationForm,
    *,
    status: int = 422,
    code: captchas.MailCode | None = None,
    taken: bool = False,
) -> HttpResponse:
    said = problems(form)
    if captchas.by_mail(request):
        code = code or captchas.mail_code(request, errors=form.proof_errors)
        said += [("f-mail_code", text) for text in code.field.errors]
    else:
        said += [("captcha", text) for text in form.proof_errors]
    context = {
        "form": form,
        "challenge": None if code else captchas.fresh_or_none(request),
        "code": code,
        "captcha_errors": form.proof_errors,
        "problems": said,
        "again": form.is_bound,
        "taken": taken,
        "labels": step_labels(),
        "kinds": blank.kinds(),
        "sample_kind": "91",
    }
    return render(request, "account/register.html", context, status=status)


def step_labels() -> list[str]:
    """The steps of a registration."""
    return [_("填写注册信息"), _("上传营业执照和授权文件"), _("等待审核")]


@applicant_only
def registered(request: Request) -> HttpResponse:
    """注册信息已提交成功; goes on by itself after five seconds (REG-05)."""
    filing = registration.current(by=request.actor)
    if filing.state != lifecycle.DRAFT or filing.round:
        return redirect(session.landing(request.actor))
    needed = registration.needed_papers(filing=filing, by=request.actor)
    return render(request, "account/registered.html", {"labels": step_labels(), "needed": list(needed.values())})
