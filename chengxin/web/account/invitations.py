"""接受邀请: a handler opens his account from the mailed link, with an own password and the consents (VOL-03, D-31)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chengxin.access import actions as access
from chengxin.access import queries as access_queries
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.flow import handlers as flow
from chengxin.web.account.forms import InvitationForm, problems
from chengxin.web.session import Request, anyone


@require_http_methods(["GET", "POST"])
@anyone
def accept(request: Request, token: str) -> HttpResponse:
    """Who invites, what for and until when; then the password. A used or late link says whom to ask."""
    form = InvitationForm(request.POST or None)
    try:
        handler, enterprise = flow.invitation(token)
        if request.method == "POST" and form.is_valid():
            try:
                flow.accept(token=token, password=form.cleaned_data["password"], consents=form.consents)
                return render(request, "account/invitation_accepted.html", {"handler": handler, "enterprise": enterprise})
            except (Invalid, Conflict) as error:
                if isinstance(error, access.LinkRefused):
                    raise
                form.add_fields(error.fields if isinstance(error, Invalid) else {"agreement": [error.message]})
    except (access.LinkRefused, NotFound):
        return render(request, "account/invitation_refused.html", status=410)
    context = {
        "handler": handler,
        "enterprise": enterprise,
        "username": access_queries.usernames([handler.account_id]).get(handler.account_id, ""),
        "form": form,
        "problems": problems(form),
    }
    return render(request, "account/invitation.html", context, status=422 if form.is_bound else 200)
