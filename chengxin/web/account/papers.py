"""Upload of licence and authorisation, and the page that waits for the review (REG-06 to REG-09)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import Invalid
from chengxin.filings import lifecycle
from chengxin.filings import queries as filings
from chengxin.flow import archive, registration
from chengxin.identity import queries as identity
from chengxin.seals import papers as blank
from chengxin.web.account.registering import step_labels
from chengxin.web.forms import Field, FileItem, slot_of
from chengxin.web.session import Request, anyone, applicant_only, landing


@require_http_methods(["GET", "POST"])
@applicant_only
def papers(request: Request) -> HttpResponse:
    """选择文件, 开始上传; when both papers are there the registration can be handed in (REG-07)."""
    filing = registration.current(by=request.actor)
    if filing.state not in lifecycle.EDITABLE_STATES:
        return redirect(landing(request.actor))
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        errors = take_files(request)
        if removed(request):
            return redirect("/register/papers")
        if not errors and not registration.missing_papers(filing=filing, by=request.actor):
            registration.submit(key=request.POST.get("submission_key", "") or archive.new_row(), by=request.actor)
            return redirect("/register/pending")
    missing = registration.missing_papers(filing=filing, by=request.actor)
    context = {
        "labels": step_labels(),
        "fields": file_fields(request, errors),
        "problems": [(f"f-{name}", text) for name, texts in errors.items() for text in texts],
        "missing": missing if request.method == "POST" else [],
        "submission_key": archive.new_row(),
        "kinds": blank.kinds(),
    }
    return render(request, "account/papers.html", context, status=422 if errors or (request.method == "POST" and missing) else 200)


def take_files(request: Request) -> dict[str, list[str]]:
    """Store every file that was posted; errors by field, nothing that was good is lost."""
    errors: dict[str, list[str]] = {}
    for code in registration.FILE_FIELDS:
        for file in request.FILES.getlist(f"{code}.new"):
            try:
                registration.upload(field=code, stream=file, name=file.name or code, by=request.actor)
            except Invalid as error:
                errors[code] = [text for texts in error.fields.values() for text in texts] or [error.message]
    return errors


def removed(request: Request) -> bool:
    """Take the file off whose 移除 was pressed."""
    field, _sep, attachment = request.POST.get("_remove", "").partition("=")
    if field not in registration.FILE_FIELDS:
        return False
    registration.remove(attachment_id=UUID(attachment), by=request.actor)
    return True


@require_POST
@applicant_only
def upload(request: Request) -> HttpResponse:
    """One paper sent by the page's script; says what came of it (REG-07)."""
    file, field = request.FILES.get("file"), request.POST.get("path", "")
    if file is None or field not in registration.FILE_FIELDS:
        raise Invalid(_("请选择要上传的文件。"))
    taken = registration.upload(field=field, stream=file, name=file.name or field, by=request.actor)
    return JsonResponse({"id": str(taken.id), "name": taken.name, "size": taken.size}, status=201)


def file_fields(request: Request, errors: dict[str, list[str]]) -> list[Field]:
    """The two papers as rows of the form, with what is already there."""
    filing = registration.current(by=request.actor)
    form = catalogue.version(filing.form_version)
    there = filings.attachments(filing_id=filing.id, by=request.actor)
    rows = []
    for group in form.groups:
        for f in group.fields:
            if f.kind != "file":
                continue
            items = tuple(
                FileItem(id=str(a.id), name=a.name, size=a.size, url=f"/files-of/{a.id}/1.png")
                for a in there
                if a.path.endswith(f"/{f.code}")
            )
            rows.append(
                Field(
                    name=f.code,
                    id=f"f-{f.code}",
                    label=str(f.label),
                    kind="file",
                    required=f.required,
                    hint=str(f.hint or ""),
                    files=items,
                    errors=tuple(errors.get(f.code, ())),
                    slot=replace(slot_of(f.files), upload_url="/register/papers/upload"),
                )
            )
    return rows


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
    """正确授权书样式: a drawn sample."""
    body, _name, media_type = blank.sample_picture("91")
    return HttpResponse(body, content_type=media_type, headers={"Cache-Control": "public, max-age=86400"})


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


