"""诚信档案企业信息: the management page, 更新诚信档案, and hiding a published record (ARC-01, ARC-07, ARC-15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chengxin.catalogue import answers as paths
from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import moving
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Group
from chengxin.common.errors import NotFound
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.filings.values import FilingView
from chengxin.flow import archive as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.records import queries as records
from chengxin.records import reading
from chengxin.records.reading import shown, type_label
from chengxin.web.enterprise import finishing, outline
from chengxin.web.enterprise.words import crumbs, state_label
from chengxin.web.session import Request, enterprise_only


@dataclass(frozen=True)
class Published:
    """One record that stands in the public file, with the button that takes it out."""

    record_id: UUID
    version_id: UUID
    group: str
    title: str


@require_safe
@enterprise_only
def show(request: Request) -> HttpResponse:
    """First time: the basic-information step; later: state, opinion, history, 更新诚信档案."""
    by = request.actor
    latest = flow.current(by=by)
    if latest is None:
        return _start(by)
    in_force = filings.approved(enterprise_id=_own(by), kind=flow.KIND)
    context: dict[str, Any] = {
        "filing": latest,
        "in_force": in_force,
        "state_label": state_label(latest),
        "type_label": type_label(latest.enterprise_type) if latest.enterprise_type else "",
        "is_open": latest.state in lifecycle.EDITABLE_STATES,
        "can_update": latest.state not in lifecycle.OPEN_STATES,
        "edit_url": outline.url_of(latest.id, outline.BASIC),
        "pages": _pages(latest, by),
        "moments": finishing.moments(latest, by=by),
        "history": [(f, state_label(f)) for f in filings.history(enterprise_id=_own(by), kind=flow.KIND, by=by)],
        "published": _published(by) if in_force else [],
        "uscc": identity.enterprise(_own(by)).uscc,
        "leftover": _leftover(latest, by),
        "crumbs": crumbs((_("诚信档案企业信息"), "")),
        "hidden": request.GET.get("hidden"),
    }
    return render(request, "enterprise/archive.html", context)


def _start(by: Actor) -> HttpResponse:
    """Open the first draft; a register that cannot be reached is said on the page, filing goes on (ARC-05)."""
    filing, late = flow.open_archive_with_news(by=by)
    return redirect(outline.url_of(filing.id, outline.BASIC) + ("?late=1" if late else ""))


@require_POST
@enterprise_only
def update(request: Request) -> HttpResponse:
    """更新诚信档案: a draft copied from what is public; a second click opens the same one."""
    return _start(request.actor)


@require_POST
@enterprise_only
def hide(request: Request, record_id: UUID) -> HttpResponse:
    """公开 → 不公开, at once and without review."""
    if flow.hide_record(record_id=record_id, by=request.actor) is None:
        raise NotFound(_("未找到该条公示信息，可能已不再公示。"))
    return redirect("/workbench/archive?hidden=1#published")


def _own(by: Actor) -> UUID:
    assert by.enterprise_id is not None
    return by.enterprise_id


def _pages(filing: FilingView, by: Actor) -> list[outline.Progress]:
    if filing.state not in lifecycle.EDITABLE_STATES:
        return []
    return outline.progress(outline.open_work(filing_id=filing.id, by=by))


def _published(by: Actor) -> list[Published]:
    enterprise = identity.enterprise(_own(by))
    found = records.inside_records(enterprise_id=enterprise.id, division_code=enterprise.division_code, by=by, purpose="own-archive")
    return [_named(record) for record in found if record.public and record.origin == "enterprise" and not _is_voluntary(record)]


def _is_voluntary(record: records.InsideRecord) -> bool:
    """Whether a record came by voluntary registration: it is taken down there, with a reviewer's word."""
    return catalogue.version(record.form_version).kind == reading.VOLUNTARY


def _named(record: records.InsideRecord) -> Published:
    group = catalogue.version(record.form_version).group(record.group)
    title = str(group.title) if group else record.group
    named = ""
    for code in group.summary if group else ():
        field = group.field(code) if group else None
        if field is not None and record.values.get(code) not in (None, "", []):
            named = f"{named} {shown(field, record.values[code], code_tables.shipped())}".strip()
    return Published(record_id=record.record_id, version_id=record.version_id, group=title, title=named)


def _leftover(filing: FilingView, by: Actor) -> list[tuple[str, str]]:
    """未迁移内容: records of an open draft that have no place in the present form, by title and what was typed (D-34)."""
    if filing.state not in lifecycle.EDITABLE_STATES:
        return []
    typed: dict[tuple[str, str], dict[str, str]] = {}
    for path, value in filings.draft(filing_id=filing.id, by=by).leftover.items():
        code, row, field = path.split("/", 2)
        if value and field not in paths.MARKS:
            typed.setdefault((code, row), {})[field] = value
    known = {g.code: g for type_ in flow.TYPES for g in catalogue.current(f"archive/{type_}").groups}
    return [_named_leftover(code, known.get(code), raw) for (code, _row), raw in typed.items()]


def _named_leftover(code: str, group: Group | None, raw: dict[str, str]) -> tuple[str, str]:
    if group is None:
        return code, " ".join(raw.values())[:80]
    return str(group.title), moving.summary(group, raw) or " ".join(raw.values())[:80]
