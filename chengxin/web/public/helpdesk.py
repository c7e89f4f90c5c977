"""客服求助 without log-in, and the page on which an old mailbox stops a change of its account (REG-16, REG-17)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.access.recovery import LinkRefused
from chengxin.common.errors import Conflict, Invalid, NotFound, TooMany
from chengxin.filings import cases, tickets
from chengxin.flow import helpdesk
from chengxin.identity.rules import HELP_FORM, email_errors
from chengxin.identity.values import Actor
from chengxin.web import casepage, challenges
from chengxin.web.casepage import CasePage
from chengxin.web.context import address
from chengxin.web.public.wrong import handed_in
from chengxin.web.session import Request, anyone
from chengxin.web.visitors import Visitor

PURPOSE = "help-desk"


@dataclass(frozen=True)
class Topic:
    """One kind of plea: what it is for, what to have at hand."""

    code: str
    title: str | Promise
    text: str | Promise


TOPICS = {
    topic.code: topic
    for topic in (
        Topic(
            "mailbox",
            gettext_lazy("注册邮箱遗忘或作废"),
            gettext_lazy("收不到重置密码邮件。核实后，注册邮箱改为您现在能用的邮箱；请备好营业执照和签字的情况说明。"),
        ),
        Topic(
            "code",
            gettext_lazy("统一社会信用代码填错"),
            gettext_lazy("代码不能自行更正。核实后重置企业信息，再用正确的代码重新注册；请备好营业执照和签字的情况说明。"),
        ),
        Topic("other", gettext_lazy("其他问题"), gettext_lazy("常见问题中没有答案的，请写明情况，客服会答复到您的邮箱。")),
    )
}


@require_safe
@anyone
def index(request: Request) -> HttpResponse:
    """The four kinds of pleas; a claim of impersonation has a form of its own."""
    return render(request, "public/helpdesk.html", {"topics": list(TOPICS.values()), "impostor_url": address("public:impostor")})


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def ask(request: Request, topic: str) -> HttpResponse:
    """The form of one kind of plea, the proof that the person can be reached; then number and query code."""
    if topic not in TOPICS:
        raise NotFound(_("没有这一类求助。"))
    if request.method != "POST":
        return _page(request, topic, casepage.opened(HELP_FORM, topic=topic), status=200)
    page = casepage.posted(request, HELP_FORM)
    page.answers[page.path("topic")] = topic
    earlier = cases.handed_in_before(kind=tickets.KIND, key=page.key, by=Actor.nobody())
    if earlier is not None:
        return handed_in(request, earlier, title=_("客服求助"), back="/help-desk")
    visitor = _visitor(request, page)
    if casepage.redraws(request):
        _send_code(request, page, visitor)
        return _page(request, topic, page, visitor=visitor, status=422 if page.errors or visitor.problems else 200)
    page.refuse(helpdesk.check(form=page.form, values=page.values, answers=page.handed_in()))
    if not _is_proved(request, page, visitor):
        return _page(request, topic, page, visitor=visitor)
    return _hand_in(request, topic, page, visitor)


def _send_code(request: Request, page: CasePage, visitor: Visitor) -> None:
    """获取验证码: only to a mailbox, which the answer goes to and which may become the registered one."""
    if "_send" not in request.POST:
        return
    wrong = email_errors(page.value(visitor.where))
    if wrong:
        page.refuse({visitor.where: [str(text) for text in wrong]})
    else:
        visitor.send()


def _is_proved(request: Request, page: CasePage, visitor: Visitor) -> bool:
    """Whether page and code are right; a typed code is tried only when nothing else is to be mended, for tries are few."""
    if page.errors and request.POST.get("contact_code", "").strip():
        return False
    return visitor.prove(spend=False) and not page.errors


def _hand_in(request: Request, topic: str, page: CasePage, visitor: Visitor) -> HttpResponse:
    network = challenges.network(request)
    try:
        done = helpdesk.hand_in(values=page.values, answers=page.handed_in(), files=page.files(), key=page.key, network=network)
    except Invalid as error:
        page.refuse(error.fields)
        return _page(request, topic, page, visitor=visitor)
    except TooMany as error:
        page.refuse({"": [error.message]})
        return _page(request, topic, page, visitor=visitor, status=error.status)
    visitor.prove(spend=True)
    return handed_in(request, done, title=_("客服求助"), back="/help-desk")


def _visitor(request: Request, page: CasePage) -> Visitor:
    return Visitor(request=request, page=page, purpose=PURPOSE, use=_("客服求助"))


def _page(request: Request, topic: str, page: CasePage, *, visitor: Visitor | None = None, status: int = 422) -> HttpResponse:
    visitor = visitor or _visitor(request, page)
    context = {
        "topic": TOPICS[topic],
        "hold_hours": settings.ACCOUNT_CHANGE_HOLD_HOURS,
        "page": page,
        "fields": page.fields(besides=["topic", visitor.where]),
        "visitor": visitor,
        "problems": page.problems() + visitor.problems,
    }
    return render(request, "public/help_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@anyone
def stop(request: Request, token: str) -> HttpResponse:
    """What is about to change, and the button that stops it; a link alone stops nothing, for mail programs open links."""
    try:
        change = helpdesk.to_stop(token=token)
        if request.method == "POST":
            helpdesk.stop(token=token)
            return _stop_page(request, {"done": True})
    except (LinkRefused, Conflict):
        return _stop_page(request, {"refused": True}, status=410)
    return _stop_page(request, {"change": change, "what": helpdesk.kind_name(change.kind)})


def _stop_page(request: Request, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    response = render(request, "public/stop_change.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
