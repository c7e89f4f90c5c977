"""A department's imports: template, file, what the check finds, confirmation, progress, history (D-06, D-07, D-08)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.exchange import corrections, queries, values
from chengxin.exchange.values import JobView
from chengxin.filings.file_rules import MIB
from chengxin.flow import importing
from chengxin.web import components
from chengxin.web.session import Request, agency_only
from chengxin.web.templatetags.cx import file_size, moment

GROUPS = tuple(f"G{number:02d}" for number in range(1, 22))
LINES_SHOWN, CHANGES_SHOWN = 50, 20
CSV_TYPE = "text/csv; charset=utf-8"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"csv": CSV_TYPE, "xlsx": BOOK_TYPE}
STEPS = (gettext_lazy("结构检查"), gettext_lazy("逐行检查"), gettext_lazy("确认"), gettext_lazy("导入"))
PLACES = {values.STRUCTURE: 1, values.ROWS: 2, values.FAULTY: 2, values.CHECKED: 3, values.COMMIT: 4, values.DONE: 5}
PHASES = {
    values.STRUCTURE: (gettext_lazy("结构检查中"), "info"),
    values.ROWS: (gettext_lazy("逐行检查中"), "info"),
    values.CHECKED: (gettext_lazy("待确认"), "warn"),
    values.COMMIT: (gettext_lazy("导入中"), "info"),
    values.DONE: (gettext_lazy("已导入"), "good"),
    values.FAULTY: (gettext_lazy("有错误，未导入"), "bad"),
    values.REFUSED: (gettext_lazy("无法导入"), "bad"),
    values.CANCELLED: (gettext_lazy("已取消"), ""),
    values.PARKED: (gettext_lazy("已暂停"), "bad"),
}
CANCELLABLE = (values.STRUCTURE, values.ROWS, values.CHECKED, values.PARKED)
COUNTS = (
    ("new", gettext_lazy("新增")),
    ("corrected", gettext_lazy("更正")),
    ("withdrawn", gettext_lazy("撤回")),
    ("reassigned", gettext_lazy("归属更正")),
    ("unchanged", gettext_lazy("未变化")),
    ("unpublished", gettext_lazy("依规不予公示")),
    ("unmatched", gettext_lazy("未匹配到主体")),
)


@dataclass(frozen=True)
class Choice:
    """One group of government records to choose."""

    code: str
    title: str
    chosen: bool


@require_http_methods(["GET", "HEAD", "POST"])
@agency_only("importer")
def show(request: Request) -> HttpResponse:
    """Where a file is handed in, and what the unit has handed in before."""
    if request.method == "POST":
        return _hand_in(request)
    return _page(request)


def _hand_in(request: Request) -> HttpResponse:
    """Keep the file and lead to its progress; what is wrong stands beside its field."""
    group, file = request.POST.get("group", ""), request.FILES.get("file")
    problems = {}
    if group not in GROUPS:
        problems["group"] = [_("请选择信息类别")]
    if file is None:
        problems["file"] = [_("请选择要导入的CSV或Excel文件")]
    if problems or file is None:
        return _page(request, problems=problems)
    direct = request.POST.get("direct") == "1"
    try:
        job = importing.hand_in(group=group, stream=file, name=str(file.name), key=_key(request), wants_commit=direct, by=request.actor)
    except Invalid as error:
        return _page(request, problems={field: [str(text) for text in texts] for field, texts in error.fields.items()})
    return redirect(f"/desk/imports/{job.id}")


def _key(request: Request) -> str:
    try:
        return str(UUID(request.POST.get("submission_key", "")))
    except ValueError:
        return str(uuid4())


def _page(request: Request, *, problems: dict[str, list[str]] | None = None) -> HttpResponse:
    chosen = request.POST.get("group") or request.GET.get("group", "")
    context = {
        "choices": [Choice(code, title_of(code), code == chosen) for code in GROUPS],
        "chosen": chosen if chosen in GROUPS else "",
        "direct": request.POST.get("direct") == "1",
        "problems": problems or {},
        "told": [(f"f-{field}", text) for field, texts in (problems or {}).items() for text in texts],
        "submission_key": str(uuid4()),
        "most_mb": settings.MAX_BODY_BYTES // MIB,
        "most_lines": f"{values.MAX_LINES:,}",
        "most_book_lines": f"{values.MAX_BOOK_LINES:,}",
        "columns": _columns(),
        "rows": [_row(job) for job in queries.history(by=request.actor)],
    }
    return render(request, "agency/imports.html", context, status=422 if problems else 200)


def _columns() -> list[components.Column]:
    return [
        components.Column(key="name", label=_("文件")),
        components.Column(key="group", label=_("信息类别")),
        components.Column(key="phase", label=_("状态")),
        components.Column(key="lines", label=_("行数"), numeric=True),
        components.Column(key="summary", label=_("结果")),
        components.Column(key="at", label=_("提交时间")),
    ]


def _row(job: JobView) -> dict[str, object]:
    text, tone = PHASES[job.phase]
    found = [f"{label} {job.counts[name]}" for name, label in COUNTS if job.counts.get(name)]
    found += [_("错误 %(n)s") % {"n": job.faults}] if job.faults else []
    return {
        "name": format_html('<a href="/desk/imports/{}">{}</a>', job.id, job.name),
        "group": f"{job.group} {title_of(job.group)}",
        "phase": components.badge(text=str(text), tone=tone),
        "lines": f"{job.lines:,}" if job.lines else "—",
        "summary": _("，").join(found) or "—",
        "at": moment(job.created_at),
    }


def title_of(group: str) -> str:
    """The title of a group."""
    return str(catalogue.current(importing.FORM.format(group=group)).groups[0].title)


@require_safe
@agency_only("importer")
def template(request: Request, group: str, kind: str) -> HttpResponse:
    """A file to fill in, for spreadsheets or as plain text."""
    if group not in GROUPS or kind not in TYPES:
        raise NotFound
    name = _("%(group)s%(title)s导入模板") % {"group": group, "title": title_of(group)}
    return _file(importing.template(group=group, kind=kind), name, kind)


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=TYPES[kind])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    return response


@require_safe
@agency_only("importer")
def job(request: Request, job_id: UUID) -> HttpResponse:
    """How far a file has come, and what was found in it."""
    return _job_page(request, queries.own(job_id, by=request.actor))


def _job_page(request: Request, view: JobView, *, problem: str = "") -> HttpResponse:
    crumbs = [components.Link(text=_("政府信息导入"), url="/desk/imports"), components.Link(text=f"{view.group} {title_of(view.group)}")]
    context = _context(view) | {"problem": problem, "crumbs": crumbs}
    return render(request, "agency/import_job.html", context, status=409 if problem else 200)


@require_safe
@agency_only("importer")
def progress(request: Request, job_id: UUID) -> HttpResponse:
    """The part of the page that changes while a file is on its way."""
    return render(request, "agency/import_state.html", _context(queries.own(job_id, by=request.actor)))


def _context(view: JobView) -> dict[str, object]:
    text, tone = PHASES[view.phase]
    lines = list(queries.faulty_lines(view.id, limit=LINES_SHOWN)) if view.faults else []
    return {
        "job": view,
        "title": title_of(view.group),
        "size": file_size(view.size),
        "steps": [str(label) for label in STEPS],
        "place": PLACES.get(view.phase, 1),
        "state": str(text),
        "tone": tone,
        "counts": [(label, view.counts.get(name, 0)) for name, label in COUNTS],
        "faults": [fault for line in lines for fault in line.faults],
        "lines_shown": len(lines),
        "most_kept": values.MAX_FAULTY_LINES_KEPT,
        "changes": corrections.of(view.id, limit=CHANGES_SHOWN) if view.phase == values.DONE else [],
        "cancellable": view.filing_id is None and view.phase in CANCELLABLE,
    }


ACTS = {"confirm": importing.confirm, "cancel": importing.cancel, "resume": importing.resume}


@require_POST
@agency_only("importer")
def act(request: Request, job_id: UUID) -> HttpResponse:
    """确认导入, 取消 or 继续; a second click leads to the same page."""
    what = ACTS.get(request.POST.get("what", ""))
    if what is None:
        raise NotFound
    try:
        what(job_id=job_id, by=request.actor)
    except Conflict as error:
        return _job_page(request, queries.own(job_id, by=request.actor), problem=error.message)
    return redirect(f"/desk/imports/{job_id}")


@require_safe
@agency_only("importer")
def faults(request: Request, job_id: UUID, kind: str) -> HttpResponse:
    """The lines that will not do, with a column that names each fault."""
    if kind not in TYPES:
        raise NotFound
    view = queries.own(job_id, by=request.actor)
    parts = importing.faults_file(job_id=job_id, kind=kind, by=request.actor)
    name = _("%(group)s错误明细") % {"group": view.group}
    return _file(b"".join(parts), name, kind)
