"""经办人管理: the enterprise's administrator appoints handlers, renews and ends their authorisation (VOL-03, D-29)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.access import queries as access_queries
from chengxin.common.errors import Conflict, Forbidden, Invalid, TooMany, Unavailable
from chengxin.filings.file_rules import EXTENSIONS, SLOTS
from chengxin.filings.files import Stored
from chengxin.flow import cases
from chengxin.flow import handlers as flow
from chengxin.identity import assurance, handlers
from chengxin.identity.values import HandlerView
from chengxin.web import casepage, challenges
from chengxin.web.account.forms import HandlerForm, TermForm, problems, redrawn
from chengxin.web.components import Link
from chengxin.web.forms import Field, Slot
from chengxin.web.session import Request, enterprise_only

PAPER = "paper"
STANDINGS = {
    "invited": ("info", gettext_noop("待启用")),
    "coming": ("info", gettext_noop("未到生效日")),
    "in_force": ("good", gettext_noop("授权有效")),
    "expired": ("warn", gettext_noop("授权已到期")),
    "ended": ("", gettext_noop("已终止")),
}


@dataclass
class Paper:
    """The row of the authorisation paper: a file taken in before stays with the page (D-39)."""

    tokens: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def stored(self) -> Stored | None:
        """The file, where there is one."""
        return casepage.opened_file(self.tokens[-1]) if self.tokens else None

    def row(self) -> Field:
        """The row as the page shows it."""
        return Field(
            name=PAPER, id=f"f-{PAPER}", label=_("法定代表人授权文件"), kind="file", required=True,
            hint=_("法定代表人签字并加盖公章的授权书，写明经办人姓名、授权事项和期限。"), errors=tuple(self.errors),
            files=tuple(casepage.file_item(token) for token in self.tokens), slot=_slot(),
        )  # fmt: skip


def _slot() -> Slot:
    limits = SLOTS[flow.SLOT]
    return Slot(types=tuple(EXTENSIONS[kind] for kind in limits.kinds), max_bytes=limits.max_bytes, max_files=1)


def posted_paper(request: Request) -> Paper:
    """What came with the page: a file taken in before, unless it was taken off, or a new one."""
    paper = Paper(tokens=[token for token in request.POST.getlist(PAPER) if not request.POST.get("_remove", "").endswith(token)][-1:])
    try:
        for token in paper.tokens:
            casepage.opened_file(token)
    except signing.BadSignature:
        paper.tokens, paper.errors = [], [_("页面打开时间过长，文件已失效，请重新选择。")]
    file = request.FILES.get(f"{PAPER}.new")
    if file is None:
        return paper
    try:
        stored = cases.take_file(stream=file, name=file.name or PAPER, slot=flow.SLOT, network=challenges.network(request))
        paper.tokens, paper.errors = [casepage.file_token(stored)], []
    except Invalid as error:
        paper.errors = [text for texts in error.fields.values() for text in texts]
    except (TooMany, Unavailable) as error:
        paper.errors = [error.message]
    return paper


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def listing(request: Request) -> HttpResponse:
    """The handlers, and the form for a new one; a password session sees the list only (D-28)."""
    if request.method != "POST":
        return _list(request, HandlerForm(), Paper())
    form, paper = HandlerForm(request.POST), posted_paper(request)
    if "_remove" in request.POST:
        return _list(request, redrawn(form), paper)
    whole = form.is_valid() and not paper.errors
    if paper.stored is None and not paper.errors:
        paper.errors, whole = [_("请上传法定代表人签署的授权文件")], False
    if not whole:
        return _list(request, form, paper, status=422)
    typed = form.cleaned_data
    new = flow.NewHandler(typed["display_name"], typed["username"], typed["email"], typed["phone"], form.term)
    try:
        made = flow.appoint(new=new, paper=paper.stored, by=request.actor)
    except (Invalid, Conflict, Forbidden) as error:
        return _list(request, refused(form, paper, error), paper, status=error.status)
    return redirect(f"{reverse('account:handler', args=[made])}?done=appointed")


def refused(form: TermForm, paper: Paper, error: Invalid | Conflict | Forbidden) -> TermForm:
    """The form with what the platform said: beside the fields, or above them."""
    fields = dict(error.fields) if isinstance(error, Invalid) else {}
    paper.errors += fields.pop(PAPER, [])
    if "term" in fields:
        fields["end"] = fields.pop("term")
    form.add_fields(fields or ({} if paper.errors else {"": [error.message]}))
    return form


def _list(request: Request, form: TermForm, paper: Paper, *, status: int = 200) -> HttpResponse:
    found = handlers.listed(by=request.actor)
    names = access_queries.usernames(each.account_id for each in found)
    context = {
        "lines": [(each, names.get(each.account_id, ""), *standing(each)) for each in found],
        "form": form,
        "paper": paper.row(),
        "problems": problems(form) + [(f"f-{PAPER}", text) for text in paper.errors],
        "strong": assurance.strong(request.actor),
        "most": handlers.MOST_HANDLERS,
        **_ways(request),
    }
    return render(request, "account/handlers.html", context, status=status)


def standing(handler: HandlerView) -> tuple[str, str]:
    """Colour and words of how an authorisation stands."""
    tone, word = STANDINGS[handler.standing]
    return tone, _(word)


def _ways(request: Request) -> dict[str, str]:
    back = urlencode({"next": request.path})
    return {"e_licence_url": f"{reverse('account:e_licence')}?{back}", "card_url": f"{reverse('account:card_login')}?{back}"}


@require_http_methods(["GET", "HEAD", "POST"])
@enterprise_only
def one(request: Request, account_id: UUID) -> HttpResponse:
    """One handler: the paper, the term, another paper and term, the invitation once more, the end."""
    if request.method != "POST":
        return _one(request, account_id, TermForm(), Paper())
    here = reverse("account:handler", args=[account_id])
    form, paper = TermForm(request.POST), posted_paper(request)
    try:
        if "_end" in request.POST:
            flow.end(account_id=account_id, by=request.actor)
            return redirect(f"{here}?done=ended")
        if "_invite" in request.POST:
            flow.invite_again(account_id=account_id, by=request.actor)
            return redirect(f"{here}?done=invited")
        if "_remove" in request.POST:
            return _one(request, account_id, redrawn(form), paper)
        if not form.is_valid() or paper.errors:
            return _one(request, account_id, form, paper, status=422)
        flow.renew(account_id=account_id, paper=paper.stored, term=form.term, by=request.actor)
    except (Invalid, Conflict, Forbidden) as error:
        return _one(request, account_id, refused(form, paper, error), paper, status=error.status)
    return redirect(f"{here}?done=renewed")


DONE = {
    "appointed": gettext_noop("已添加经办人，邀请邮件将发送至其邮箱，3天内有效。"),
    "ended": gettext_noop("授权已终止，该账号立即退出登录，不能再办理。"),
    "invited": gettext_noop("邀请邮件已重新发送，此前的邀请链接失效。"),
    "renewed": gettext_noop("授权文件和期限已更新。"),
}


def _one(request: Request, account_id: UUID, form: TermForm, paper: Paper, *, status: int = 200) -> HttpResponse:
    found = handlers.one(account_id=account_id, by=request.actor)
    done = DONE.get(request.GET.get("done", ""), "")
    context = {
        "handler": found,
        "username": access_queries.usernames([account_id]).get(account_id, ""),
        "standing": standing(found),
        "pages": [reverse("account:handler_paper", args=[account_id, n]) for n in range(1, found.paper.pages + 1)],
        "form": form,
        "paper": paper.row(),
        "problems": problems(form) + [(f"f-{PAPER}", text) for text in paper.errors],
        "strong": assurance.strong(request.actor),
        "done": _(done) if done else "",
        "crumbs": [Link(text=_("经办人管理"), url=reverse("account:handlers")), Link(text=found.display_name)],
        **_ways(request),
    }
    return render(request, "account/handler.html", context, status=status)


@require_safe
@enterprise_only
def paper(request: Request, account_id: UUID, number: int) -> HttpResponse:
    """One page of an authorisation paper as a picture, for the administrator of its enterprise only (D-16)."""
    body, media_type = flow.picture(account_id=account_id, page=number, by=request.actor)
    return HttpResponse(body, content_type=media_type, headers={"Cache-Control": "private, no-store"})
