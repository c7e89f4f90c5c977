"""Writing a page of content: the form, its files, and two versions beside each other (PUB-08)."""

from __future__ import annotations

import difflib
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.filings.file_rules import SLOTS
from chengxin.flow import portal as flow
from chengxin.portal import help as centre
from chengxin.portal import queries, rules, values
from chengxin.portal.values import EDITED, HELP, Content, FileView, ItemView, VersionView
from chengxin.web.agency.content import LIST
from chengxin.web.forms import Field, FileItem, Slot
from chengxin.web.session import Request, agency_only

FACT_KINDS = {"issued_on": "date", "valid_from": "date", "valid_to": "date", "source_url": "url", "body_en": "longtext"}
Row = tuple[str, Any, str, dict[str, Any]]
"""Name, label, text as typed, and what else a field says of itself."""


@require_http_methods(["GET", "POST"])
@agency_only("editor")
def new(request: Request, kind: str) -> HttpResponse:
    """A new page of content of a kind; files are added to it once it is there. A page of help begins with the entry's text."""
    if kind not in EDITED:
        raise NotFound
    place = {name: request.POST.get(name, request.GET.get(name, ""))[:40] for name in ("entry", "topic")}
    if request.method != "POST":
        return _form(request, kind, centre.typed(place["entry"]), {}, place=place)
    typed = typed_of(request, kind)
    key = request.POST.get("submission_key", "")[:64] or str(uuid4())
    try:
        made = flow.create(kind=kind, content=typed, key=key, by=request.actor, **place)
    except Invalid as error:
        return _form(request, kind, typed, error.fields, place=place)
    return redirect(f"{LIST}/{made}/edit#f-files" if kind == values.DOWNLOAD else f"{LIST}/{made}?saved=1")


@require_http_methods(["GET", "POST"])
@agency_only("editor")
def edit(request: Request, item_id: UUID) -> HttpResponse:
    """Change a page of content: each saving adds a version; what was typed and uploaded survives every refusal."""
    item = queries.one(item_id=item_id, by=request.actor)
    if not rules.can(state=item.state, event="save"):
        raise Conflict(_("该内容正在复核或等待发布，请先退回再修改。"), code="illegal-transition")
    if request.method != "POST":
        return _form(request, item.kind, item.latest.content, {}, item=item, files=item.latest.files)
    typed = typed_of(request, item.kind)
    kept, errors = _files(request, item_id)
    base, key = request.POST.get("base", ""), request.POST.get("submission_key", "")[:64] or str(uuid4())
    try:
        number = int(base) if base.isdecimal() and len(base) < 9 else 0
        flow.save(item_id=item_id, base=number, content=typed, files=[file.id for file in kept], key=key, by=request.actor)
    except Invalid as error:
        errors = {**errors, **error.fields}
    if errors:
        return _form(request, item.kind, typed, errors, item=queries.one(item_id=item_id, by=request.actor), files=kept)
    return redirect(f"{LIST}/{item_id}?saved=1")


def typed_of(request: Request, kind: str) -> Content:
    """What was typed, line ends levelled; nothing is cut off, so that what is too long can be said and shown."""
    data = {name: str(text).replace("\r\n", "\n") for name, text in request.POST.items()}
    names = values.ENGLISH if kind == HELP else values.FACTS
    facts = {name: data.get(name, "").strip() for name in names if data.get(name, "").strip()}
    body = data.get("body", "")
    return Content(title=data.get("title", "").strip(), summary=data.get("summary", "").strip(), body=body, facts=facts)


def _files(request: Request, item_id: UUID) -> tuple[tuple[FileView, ...], dict[str, list[str]]]:
    """The files that stay and those just chosen, and what was wrong with any of these."""
    errors: dict[str, list[str]] = {}
    removed = request.POST.get("_remove", "").removeprefix("files=")
    names = [name for name in request.POST.getlist("files") if name != removed]
    kept = queries.desk_files(item_id=item_id, names=names, by=request.actor)
    for chosen in request.FILES.getlist("files.new"):
        try:
            kept.append(flow.upload(item_id=item_id, stream=chosen, name=chosen.name or _("文件"), by=request.actor))
        except Invalid as error:
            errors.setdefault("files", []).extend(f"{chosen.name}：{text}" for texts in error.fields.values() for text in texts)
    return tuple(kept), errors


def _form(
    request: Request,
    kind: str,
    content: Content,
    errors: dict[str, list[str]],
    *,
    item: ItemView | None = None,
    files: tuple[FileView, ...] = (),
    place: dict[str, str] | None = None,
) -> HttpResponse:
    fields = fields_of(kind, content, errors)
    if item and kind != HELP:
        fields.append(_files_field(item, files, errors))
    context = {
        "kind": rules.KIND_LABELS[kind],
        "place": place if kind == HELP else None,
        "has_files": kind != HELP,
        "fields": fields,
        "item": item,
        "base": item.latest.number if item else 0,
        "action": f"{LIST}/{item.id}/edit" if item else f"{LIST}/new/{kind}",
        "submission_key": uuid4(),
    }
    return render(request, "agency/content_form.html", context, status=422 if errors else 200)


def fields_of(kind: str, content: Content, errors: dict[str, list[str]]) -> list[Field]:
    """The rows of the form; what only some kinds have comes between title and text, the English of help after both."""
    title, body = rules.text_labels(kind)
    how = _("可直接粘贴文字。空一行分段；行首加 ## 为小标题，加 - 为列表，[文字](https://…) 为链接。脚本和样式会被去除。")
    short = _("选填，显示在列表中；不填则取正文开头")
    head: list[Row] = [("title", title, content.title, {"required": True, "max_length": values.MAX_TITLE_CHARS})]
    text: list[Row] = [("body", body, content.body, {"kind": "longtext", "required": True, "hint": how})]
    needed = rules.NEEDED.get(kind, ())
    facts: list[Row] = [
        (name, rules.FACT_LABELS[name], content.facts.get(name, ""), {"kind": FACT_KINDS.get(name, "text"), "required": name in needed})
        for name in rules.KIND_FACTS[kind]
    ]
    summary: list[Row] = [("summary", _("摘要"), content.summary, {"hint": short})]
    rows = [*head, *text, *facts] if kind == HELP else [*head, *summary, *facts, *text]
    return [
        Field(name=name, label=str(label), value=value, errors=tuple(errors.get(name, ())), **more) for name, label, value, more in rows
    ]


def _files_field(item: ItemView, files: tuple[FileView, ...], errors: dict[str, list[str]]) -> Field:
    limits = SLOTS[flow.SLOT]
    at = f"{LIST}/{item.id}/files"
    return Field(
        name="files",
        label=_("附件"),
        kind="file",
        required=item.kind == values.DOWNLOAD,
        files=tuple(FileItem(id=str(file.id), name=file.name, size=file.size, url=f"{at}/{file.id}") for file in files),
        slot=Slot(types=("pdf", "jpg", "png"), max_bytes=limits.max_bytes, max_files=limits.max_files),
        errors=tuple(errors.get("files", ())),
    )


@require_safe
@agency_only("editor")
def compare(request: Request, item_id: UUID) -> HttpResponse:
    """What one version changed of another: text line by line, and every other field."""
    item = queries.one(item_id=item_id, by=request.actor)
    newer = _chosen(request, "to", item.latest.number)
    older = _chosen(request, "from", max(newer - 1, 1))
    before = queries.version(item_id=item_id, number=older, by=request.actor)
    after = queries.version(item_id=item_id, number=newer, by=request.actor)
    context = {
        "item": item,
        "before": before,
        "after": after,
        "fields": changed_fields(before, after),
        "lines": changed_lines(before.content.body, after.content.body),
        "versions": queries.versions(item_id=item_id, by=request.actor),
    }
    return render(request, "agency/content_versions.html", context)


def _chosen(request: Request, name: str, usual: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else usual


def changed_fields(before: VersionView, after: VersionView) -> list[tuple[str, str, str]]:
    """Label, former and present text of every field besides the body that differs."""
    pairs = [
        (_("标题"), before.content.title, after.content.title),
        (_("摘要"), before.content.summary, after.content.summary),
        *((str(label), before.fact(name), after.fact(name)) for name, label in rules.FACT_LABELS.items()),
        (_("附件"), *(_("、").join(file.name for file in version.files) for version in (before, after))),
    ]
    return [(label, old, new) for label, old, new in pairs if old != new]


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of the text as (`same`, `gone` or `new`, line)."""
    signs = {" ": "same", "-": "gone", "+": "new"}
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(signs[line[0]], line[2:]) for line in found if line[0] in signs]
