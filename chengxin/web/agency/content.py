"""内容管理: the editors' list, one page of content as the public will see it, and what can be done with it (PUB-08)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chengxin.common import clock
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.flow import portal as flow
from chengxin.identity.values import Actor
from chengxin.portal import help as centre
from chengxin.portal import queries, rules
from chengxin.portal.values import HELP, KINDS, STATES, ItemView, StepView, VersionView
from chengxin.web import components, contents
from chengxin.web.forms import text_of
from chengxin.web.session import Request, agency_only

LIST = "/desk/content"
TONES = {"draft": "", "review": "warn", "scheduled": "info", "published": "good", "withdrawn": ""}
STEPS = {
    "hand_in": gettext_lazy("提交复核"),
    "return": gettext_lazy("退回修改"),
    "publish": gettext_lazy("发布"),
    "schedule": gettext_lazy("定时发布"),
    "withdraw": gettext_lazy("撤回"),
}


@require_safe
@agency_only("editor")
def show(request: Request) -> HttpResponse:
    """All pages of content, the last touched first, by state and kind."""
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    counts = queries.counts(by=request.actor)
    tabs = [components.Link(text=_("全部"), url=LIST, count=sum(counts.values()))]
    tabs += [components.Link(text=str(rules.STATE_LABELS[s]), url=f"{LIST}?state={s}", count=counts[s]) for s in STATES]
    context = {
        "items": [_line(item) for item in queries.desk(by=request.actor, state=state, kind=kind)],
        "tabs": tabs,
        "tab": f"{LIST}?state={state}" if state in STATES else LIST,
        "kinds": [(kind, rules.KIND_LABELS[kind]) for kind in KINDS],
    }
    return render(request, "agency/content.html", context)


def _line(item: ItemView) -> dict[str, object]:
    return {"item": item, "kind": rules.KIND_LABELS[item.kind], "state": rules.STATE_LABELS[item.state], "tone": TONES[item.state]}


@require_safe
@agency_only("editor")
def entries(request: Request) -> HttpResponse:
    """帮助中心 on the desk: every entry by topic, whether its text is the one that came with the platform, and the way to change it."""
    there = queries.entries(by=request.actor)
    topics = [
        {
            "code": topic.code,
            "title": text_of(topic.title),
            "entries": [
                {"id": entry.id, "question": text_of(entry.question), **_entry_state(there.get(entry.id))} for entry in topic.entries
            ],
        }
        for topic in centre.topics()
    ]
    waiting = [_line(item) for item in there.values() if not centre.written(item.entry) and item.public_number is None]
    return render(request, "agency/content_help.html", {"topics": topics, "waiting": waiting})


def _entry_state(item: ItemView | None) -> dict[str, object]:
    """The page of content that stands at an entry, if editors have begun one."""
    return _line(item) if item else {"item": None, "state": _("随系统提供"), "tone": ""}


@require_safe
@agency_only("editor")
def preview(request: Request, item_id: UUID) -> HttpResponse:
    """One page of content exactly as everyone will see it, with what can be done next and what was done."""
    return render(request, "agency/content_item.html", page(request, item_id))


@require_POST
@agency_only("editor")
def take_step(request: Request, item_id: UUID) -> HttpResponse:
    """Hand in, return, publish, plan or withdraw the version that was read; a refusal says why and keeps what was typed."""
    chosen, data = request.POST.get("step", ""), request.POST
    act = ACTS.get(chosen)
    if act is None:
        raise NotFound(_("没有这个操作。"))
    number = data.get("number", "")
    try:
        act(request, item_id, int(number) if number.isdecimal() and len(number) < 9 else -1)
    except Invalid as error:
        typed = {"note": data.get("note", "")[:2000], "publish_at": data.get("publish_at", "")[:40], "step": chosen}
        context = page(request, item_id) | {"errors": error.fields, "typed": typed}
        return render(request, "agency/content_item.html", context, status=error.status)
    except Conflict as error:
        return render(request, "agency/content_item.html", page(request, item_id) | {"refused": error.message}, status=error.status)
    return redirect(f"{LIST}/{item_id}?done={chosen}")


def _hand_in(request: Request, item_id: UUID, number: int) -> None:
    flow.hand_in(item_id=item_id, number=number, by=request.actor)


def _return(request: Request, item_id: UUID, number: int) -> None:
    flow.send_back(item_id=item_id, number=number, note=request.POST.get("note", ""), by=request.actor)


def _publish(request: Request, item_id: UUID, number: int) -> None:
    flow.publish(item_id=item_id, number=number, by=request.actor)


def _schedule(request: Request, item_id: UUID, number: int) -> None:
    flow.schedule(item_id=item_id, number=number, publish_at=moment_of(request.POST.get("publish_at", "")), by=request.actor)


def _withdraw(request: Request, item_id: UUID, _number: int) -> None:
    flow.withdraw(item_id=item_id, note=request.POST.get("note", ""), by=request.actor)


ACTS: dict[str, Callable[[Request, UUID, int], None]] = {
    "hand_in": _hand_in,
    "return": _return,
    "publish": _publish,
    "schedule": _schedule,
    "withdraw": _withdraw,
}


def moment_of(text: str) -> datetime | None:
    """A moment typed in Shanghai time, as `2026-01-31T09:00` or with a space; None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError:
        return None
    return found.replace(tzinfo=clock.SHANGHAI) if found.tzinfo is None and len(text.strip()) >= len("2026-01-31T09:00") else None


def page(request: Request, item_id: UUID) -> dict[str, object]:
    """What the page of one page of content needs."""
    by = request.actor
    item = queries.one(item_id=item_id, by=by)
    own = by.id in queries.writers(item_id=item_id)
    return {
        **_line(item),
        "article": shown(item, item.latest),
        "questions": contents.previewed(centre.edited(item.entry, item.latest.content)) if item.kind == HELP else [],
        "is_own": own,
        "may": _may(item, own=own, by=by),
        "history": [_moment(step) for step in queries.steps(item_id=item_id, by=by)],
        "versions": queries.versions(item_id=item_id, by=by),
        "public_url": _public_url(item) if item.public_number else "",
        "done": STEPS.get(request.GET.get("done", ""), ""),
        "saved": request.GET.get("saved") == "1",
    }


def _public_url(item: ItemView) -> str:
    return contents.help_address(item.entry) if item.kind == HELP else contents.address(kind=item.kind, item_id=item.id)


def shown(item: ItemView, version: VersionView) -> contents.Article:
    """A version as everyone would see it."""
    return contents.article(
        kind=item.kind,
        version=version,
        published_at=item.published_at,
        files_at=f"{LIST}/{item.id}/files",
        today=clock.today(),
    )


def _may(item: ItemView, *, own: bool, by: Actor) -> dict[str, bool]:
    """The steps that the state allows; those of the second person only to him."""
    may = {name: rules.can(state=item.state, event=name) for name in (*STEPS, "save")}
    for name in ("publish", "schedule"):
        may[name] = may[name] and not own
    return may


def _moment(step: StepView) -> components.Moment:
    name = STEPS.get(step.event, step.event)
    who = step.by_name or _("系统按计划")
    title = _("第%(n)d版 %(what)s（%(who)s）") % {"n": step.number, "what": name, "who": who}
    tone = {"publish": "good", "return": "bad", "withdraw": "bad"}.get(step.event, "")
    return components.Moment(title=title, at=step.at, text=step.note, tone=tone)


@require_safe
@agency_only("editor")
def file(request: Request, item_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of any version, for its editors."""
    return contents.sent(queries.desk_file(item_id=item_id, file_id=file_id, by=request.actor))
