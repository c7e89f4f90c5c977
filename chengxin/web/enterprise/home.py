"""The enterprise's home page: 待办, the state of every filing, messages, the two menus; and the message list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chengxin.filings import lifecycle
from chengxin.filings import messages as inside
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries as voluntary
from chengxin.filings.messages import MessageView
from chengxin.filings.values import FilingView
from chengxin.filings.voluntary import KIND as VOLUNTARY
from chengxin.flow import archive as flow
from chengxin.flow import notices
from chengxin.gateways import queries as gateways
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.web.enterprise import outline
from chengxin.web.enterprise.words import crumbs, kind_label, message_title, state_label
from chengxin.web.session import Request, enterprise_only, enterprise_or_handler

SHOWN = 5
OWN_PAGES = {flow.KIND: "enterprise:archive", VOLUNTARY: "enterprise:voluntary_items"}


@dataclass(frozen=True)
class Task:
    """One thing that waits for the enterprise."""

    title: str
    text: str
    url: str
    action: str
    tone: str = ""


@dataclass(frozen=True)
class Note:
    """One message as the pages show it; `mail` is how far its copy by mail has come."""

    title: str
    text: str
    at: datetime
    unread: bool
    url: str
    mail: str = ""


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """Where an approved enterprise lands (REG-12.1)."""
    by = request.actor
    assert by.enterprise_id is not None
    latest = flow.current(by=by)
    every = [
        filing for kind in ("archive", "registration") for filing in filings.history(enterprise_id=by.enterprise_id, kind=kind, by=by)[:10]
    ]
    context = {
        "enterprise": identity.enterprise(by.enterprise_id),
        "tasks": tasks(latest, by=by),
        "filings": [_line(filing) for filing in every],
        "messages": notes(by=by)[:SHOWN],
        "unread": inside.unread(by=by),
        "in_force": filings.approved(enterprise_id=by.enterprise_id, kind=flow.KIND),
        "registered": sum(voluntary.counts(by.enterprise_id).values()),
        "completed": voluntary.completed(by.enterprise_id),
    }
    return render(request, "enterprise/home.html", context)


def _line(filing: FilingView) -> dict[str, Any]:
    url = reverse("enterprise:status", args=[filing.id]) if filing.kind == "archive" else ""
    waits = filing.state == lifecycle.SUBMITTED
    return {
        "filing": filing,
        "kind": kind_label(filing.kind),
        "state_label": state_label(filing),
        "at": filing.decided_at or filing.submitted_at or filing.updated_at,
        "due_at": filing.due_at if waits else None,
        "url": url,
    }


def tasks(latest: FilingView | None, *, by: Actor) -> list[Task]:
    """What the enterprise has to do now."""
    if latest is None:
        text = _("按照营业执照补充企业基本信息，逐页填写后提交审核。")
        return [Task(_("填报诚信档案"), text, reverse("enterprise:archive"), _("开始填报"), "info")]
    url = outline.url_of(latest.id, outline.BASIC)
    if latest.state == lifecycle.REJECTED or (latest.state == lifecycle.DRAFT and latest.round):
        left = _remarks_left(latest, by)
        text = _("审核意见：%(opinion)s") % {"opinion": latest.opinion}
        if left:
            text = _("%(text)s（%(n)s 条批注未处理）") % {"text": text, "n": left}
        return [Task(_("按审核意见修改诚信档案"), text, url, _("去修改"), "bad")]
    if latest.state == lifecycle.DRAFT:
        pages = outline.progress(outline.open_work(filing_id=latest.id, by=by))
        done = sum(page.state == "done" for page in pages)
        text = _("已完成 %(done)s 页，共 %(all)s 页") % {"done": done, "all": len(pages)}
        return [Task(_("继续填报诚信档案"), text, url, _("继续填报"), "info")]
    return []


def _remarks_left(filing: FilingView, by: Actor) -> int:
    found = filings.remarks(filing_id=filing.id, by=by)
    return sum(r.round == filing.round and not r.dealt_with for r in found)


@require_safe
@enterprise_or_handler
def messages(request: Request) -> HttpResponse:
    """All messages, newest first; seeing them marks them as read."""
    shown = notes(by=request.actor)
    if any(note.unread for note in shown):
        notices.mark_read(by=request.actor)
    return render(request, "enterprise/messages.html", {"messages": shown, "crumbs": crumbs((_("消息"), ""))})


def notes(*, by: Actor) -> list[Note]:
    """The acting person's messages in words, with the state of their copies by mail (D-45)."""
    found = inside.of(by=by)
    mails = gateways.delivery_states([message.key for message in found])
    return [_note(message, mails[message.key].label if message.key in mails else "") for message in found]


def _note(message: MessageView, mail: str) -> Note:
    params = message.params
    number = str(params.get("number", ""))
    text = str(params.get("opinion", "") or params.get("answer", "")) or (_("回执编号 %(number)s") % {"number": number} if number else "")
    url = reverse("enterprise:receipt", args=[number]) if number else str(params.get("page", ""))
    if message.template == "case":
        url = reverse("enterprise:case", args=[params["filing"]]) if number else ""
    if not url and params.get("kind") in OWN_PAGES:
        url = reverse(OWN_PAGES[str(params["kind"])])
    if params.get("kind") == VOLUNTARY and params.get("filing"):
        url = reverse("enterprise:voluntary_record", args=[params["filing"]])
    return Note(
        title=message_title(message),
        text=text,
        at=message.created_at,
        unread=message.read_at is None,
        url=url,
        mail=mail,
    )
