"""Upload of licence and authorisation, and the page that waits for the review (REG-06 to REG-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.catalogue.values import Subject
from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.flow import archive, registration
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.seals import papers as blank
from chengxin.web.account.registering import step_labels
from chengxin.web.forms import Field, FileItem, Remark, slot_of
from chengxin.web.session import Request, anyone, applicant_only, landing

IN_PERSON = "operator_files"
AUTHORISATION = "authorisation"


@require_http_methods(["GET", "POST"])
@applicant_only
def papers(request: Request) -> HttpResponse:
    """选择文件, 开始上传; when all needed papers are there the registration is handed in (REG-07)."""
    filing = registration.current(by=request.actor)
    if filing.state not in lifecycle.EDITABLE_STATES:
        return redirect(landing(request.actor))
    registration.look_up(by=request.actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        errors = take_papers(request)
        if "_remove" in request.POST:
            return redirect("/register/papers")
        if not errors and not registration.missing_papers(filing=filing, by=request.actor):
            registration.submit(key=request.POST.get("submission_key", "") or archive.new_row(), by=request.actor)
            return redirect("/register/pending")
    missing = registration.missing_papers(filing=filing, by=request.actor) if request.method == "POST" else []
    context = {
        "labels": step_labels(),
        "lead": _("注册成为企业用户必须上传营业执照和%(paper)s，照片或扫描件均可") % {"paper": _authorisation(request)},
        "fields": paper_fields(request, errors),
        "problems": problems_of_papers(errors),
        "missing": missing,
        "submission_key": archive.new_row(),
        **templates_for(request),
    }
    return render(request, "account/papers.html", context, status=422 if errors or missing else 200)


def take_papers(request: Request) -> dict[str, list[str]]:
    """Store every file that was posted, the choice of 由经营者本人办理, and what was taken off.

    Errors by field; nothing that was good is lost.
    """
    errors: dict[str, list[str]] = {}
    for code in registration.FILE_FIELDS:
        for file in request.FILES.getlist(f"{code}.new"):
            try:
                registration.upload(field=code, stream=file, name=file.name or code, by=request.actor)
            except Invalid as error:
                errors[code] = [text for texts in error.fields.values() for text in texts] or [error.message]
    registration.file_in_person(chosen=request.POST.get(IN_PERSON) == "1", by=request.actor)
    _remove(request)
    return errors


def _remove(request: Request) -> None:
    """Take the file off whose 移除 was pressed."""
    field, _sep, attachment = request.POST.get("_remove", "").partition("=")
    if field not in registration.FILE_FIELDS:
        return
    try:
        registration.remove(attachment_id=UUID(attachment), by=request.actor)
    except ValueError as error:
        raise Invalid(_("要移除的文件不存在，请刷新页面后重试。")) from error


def problems_of_papers(errors: dict[str, list[str]]) -> list[tuple[str, str]]:
    """The problems of the papers with the ids of their rows, for the summary."""
    return [(f"f-{name}", text) for name, texts in errors.items() for text in texts]


@require_POST
@applicant_only
def upload(request: Request) -> HttpResponse:
    """One paper sent by the page's script; says what came of it (REG-07)."""
    file, field = request.FILES.get("file"), request.POST.get("path", "")
    if file is None or field not in registration.FILE_FIELDS:
        raise Invalid(_("请选择要上传的文件。"))
    taken = registration.upload(field=field, stream=file, name=file.name or field, by=request.actor)
    return JsonResponse({"id": str(taken.id), "name": taken.name, "size": taken.size}, status=201)


def paper_fields(request: Request, errors: dict[str, list[str]], remarks: Mapping[str, Sequence[Remark]] | None = None) -> list[Field]:
    """The papers as rows of the form, in the words of the kind of subject, with what is already there."""
    by = request.actor
    filing = registration.current(by=by)
    there = filings.attachments(filing_id=filing.id, by=by)
    needed = registration.needed_papers(filing=filing, by=by)
    rows = []
    for f in registration.form_of(filing=filing, by=by).groups[0].fields:
        hint = _signing(by) if f.code == AUTHORISATION else str(f.hint or "")
        row = Field(name=f.code, id=f"f-{f.code}", label=str(f.label), kind=f.kind, hint=f"{hint}{_('。')}")
        if f.kind == "file":
            held = tuple(
                FileItem(id=str(a.id), name=a.name, size=a.size, url=f"/files-of/{a.id}/1.png")
                for a in there
                if a.path.endswith(f"/{f.code}")
            )
            slot = replace(slot_of(f.files), upload_url="/register/papers/upload", remove_url="/register/papers")
            said = tuple(errors.get(f.code, ()))
            row = replace(row, required=f.code in needed, files=held, slot=slot, errors=said)
            rows.append(replace(row, remarks=tuple((remarks or {}).get(f.code, ()))))
        elif f.code == IN_PERSON and _may_file_in_person(by):
            value = "1" if registration.files_in_person(filing=filing, by=by) else ""
            rows.append(replace(row, kind="tick", value=value))
    return rows


def _subject(by: Actor) -> Subject | None:
    assert by.enterprise_id is not None
    return registration.subject(enterprise=identity.enterprise(by.enterprise_id))


def _authorisation(request: Request) -> str:
    """What the authorisation is called for this kind of subject."""
    kind = _subject(request.actor)
    return str(kind.authorisation) if kind and kind.authorisation else _("法人代表签字授权文件")


def _signing(by: Actor) -> str:
    """Who signs the authorisation, and whether it needs a seal (D-12)."""
    kind = _subject(by)
    if kind is None:
        return _("下载模板填写，签字并加盖公章后扫描或拍照")
    if kind.seal == "if_any":
        return _("下载模板填写，由%(head)s签字（有印章的加盖印章）后扫描或拍照") % {"head": kind.representative}
    return _("下载模板填写，由%(head)s签字并加盖公章后扫描或拍照") % {"head": kind.representative}


def _may_file_in_person(by: Actor) -> bool:
    assert by.enterprise_id is not None
    return registration.may_file_in_person(uscc=identity.enterprise(by.enterprise_id).uscc)


def templates_for(request: Request) -> dict[str, Any]:
    """The template of the authorisation for the enterprise's kind of subject first, the others behind it (REG-06, D-12)."""
    every, own = blank.kinds(), ""
    if request.actor.enterprise_id is not None:
        kind = _subject(request.actor)
        own = kind.authorisation_template if kind else ""
    return {
        "kinds": [pair for pair in every if pair[0] == own] or every,
        "other_kinds": [pair for pair in every if pair[0] != own] if own in dict(every) else [],
        "sample_kind": own or "91",
    }


@applicant_only
def pending(request: Request) -> HttpResponse:
    """待审核: when the answer is due, and nothing else (REG-09)."""
    filing = registration.current(by=request.actor)
    if filing.state != lifecycle.SUBMITTED:
        return redirect(landing(request.actor))
    submission = filings.submission(filing_id=filing.id, by=request.actor)
    unit = identity.competent_agency(filing.division_code, filing.form_id)
    context = {"filing": filing, "submission": submission, "unit": unit, "labels": step_labels()}
    return render(request, "account/pending.html", context)


@anyone
def template(request: Request, kind: str, extension: str) -> HttpResponse:
    """文件模板：法人代表签字授权文件模板 for a kind of subject (REG-06)."""
    body, name, media_type = blank.authorisation(kind, extension)
    return HttpResponse(body, content_type=media_type, headers={"Content-Disposition": _attachment(name)})


@anyone
def sample(request: Request) -> HttpResponse:
    """正确授权书样式: a drawn sample; `?kind=` names the kind of subject."""
    body, _name, media_type = blank.sample_picture(request.GET.get("kind", "91"))
    return HttpResponse(body, content_type=media_type, headers={"Cache-Control": "public, max-age=86400"})


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"
