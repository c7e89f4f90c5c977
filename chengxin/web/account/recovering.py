"""忘记密码 by a single-use link to the registered mailbox, the same answer for every code (REG-13); 修改密码."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chengxin.access import actions as access
from chengxin.access import queries as access_queries
from chengxin.access.recovery import RESET
from chengxin.common.errors import Invalid, TooMany
from chengxin.web import session
from chengxin.web.account import captchas
from chengxin.web.account.forms import ChangeForm, ForgotForm, ResetForm
from chengxin.web.session import Request, anyone, member_only


@require_http_methods(["GET", "POST"])
@anyone
def forgot(request: Request) -> HttpResponse:
    """Ask for the mail; the page after says the same whether the code is known or not."""
    form = ForgotForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "account/forgot.html", {"form": form}, status=422 if form.is_bound else 200)
    try:
        access.request_reset(name=form.cleaned_data["uscc"], network=captchas.network(request))
    except TooMany as error:
        form.add_error(None, error.message)
        return render(request, "account/forgot.html", {"form": form}, status=error.status)
    return render(request, "account/forgot_sent.html", {"uscc": form.cleaned_data["uscc"]})


@require_http_methods(["GET", "POST"])
@anyone
def reset(request: Request, token: str) -> HttpResponse:
    """Set a new password by the mailed link; a used or late link is refused with the way on."""
    try:
        access.peek_link(token, RESET)
        form = ResetForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                access.reset_by_link(token=token, password=form.cleaned_data["password"])
                return render(request, "account/reset_done.html")
            except Invalid as error:
                form.add_fields(error.fields)
    except access.LinkRefused as refused:
        return render(request, "account/reset_refused.html", {"message": refused.message}, status=410)
    return render(request, "account/reset.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@member_only
def change(request: Request) -> HttpResponse:
    """修改密码: every session ends and this browser gets a new one; a first password given by others leads here."""
    by = request.actor
    form, status = ChangeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                access.change_password(account_id=by.id, old=form.cleaned_data["old_password"], new=form.cleaned_data["password"], by=by)
                return _changed(request)
        except Invalid as error:
            form.add_fields(error.fields)
        except TooMany as error:
            form.add_error(None, error.message)
            status = error.status
    must = access_queries.must_change_password(by.id)
    return render(request, "account/change.html", {"form": form, "must": must}, status=status)


def _changed(request: Request) -> HttpResponse:
    opened = access.open_session(
        account_id=request.actor.id,
        assurance=request.actor.assurance,
        network=captchas.network(request),
        device=session.device_of(request),
    )
    response = render(request, "account/reset_done.html", {"go_on": session.landing(request.actor)})
    session.keep(response, session_key=opened.session_key)
    session.keep_device(response, token=opened.device_token)
    return response
