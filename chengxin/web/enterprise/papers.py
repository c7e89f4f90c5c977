"""Receipts as page, PDF and JSON (D-23), and pictures of files for their owner and reviewers (D-16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chengxin.catalogue import queries as catalogue
from chengxin.common.errors import NotFound, Unavailable
from chengxin.filings import queries as filings
from chengxin.filings.queries import Receipt
from chengxin.filings.values import FilingView
from chengxin.flow import accounts
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.ledger import queries as ledger
from chengxin.seals import pdf
from chengxin.seals import values as seals
from chengxin.web.enterprise.words import crumbs, kind_label, state_label
from chengxin.web.session import Request, enterprise_or_handler, member_only

# Where the filings of a kind are at home, for the way to the page.
WHERE = {
    "archive": (gettext_lazy("诚信档案企业信息"), "/workbench/archive"),
    "voluntary": (gettext_lazy("信用信息自愿注册"), "/voluntary/items"),
}


def _own(number: str, by: Actor) -> tuple[Receipt, FilingView]:
    """A receipt of the acting person's own enterprise; another's is as unknown as none."""
    found = filings.receipt(number=number)
    filing = filings.one(filing_id=found.filing_id, by=by)
    if filing.enterprise_id != by.enterprise_id:
        raise NotFound(_("未找到该编号的回执。"))
    return found, filing


@require_safe
@enterprise_or_handler
def receipt(request: Request, number: str) -> HttpResponse:
    """The receipt as a page; its number leads to the check without log-in."""
    found, filing = _own(number, request.actor)
    context = {
        "receipt": found,
        "filing": filing,
        "body": found.body,
        "title": _("%(kind)s提交回执") % {"kind": kind_label(filing.kind)},
        "form_title": str(catalogue.version(found.body["form_version"]).title),
        "submitted_at": _moment(found.body["submitted_at"]),
        "due_at": _moment(found.body["due_at"]),
        "files": _files(found, filing, request.actor),
        "proof": _proof(found, filing),
        "state_label": state_label(filing),
        "verify_url": _verify_url(number),
        "fresh": found.body["round"] == filing.round and filing.state == "submitted",
        "crumbs": crumbs(WHERE.get(filing.kind, WHERE["archive"]), (_("提交回执"), "")),
    }
    return render(request, "enterprise/receipt.html", context)


@require_safe
@enterprise_or_handler
def receipt_pdf(request: Request, number: str) -> HttpResponse:
    """The receipt as a signed PDF."""
    found, filing = _own(number, request.actor)
    body = pdf.receipt(_document(found, filing, request.actor))
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{number}.pdf"'
    return response


@require_safe
@enterprise_or_handler
def receipt_json(request: Request, number: str) -> HttpResponse:
    """The receipt as the platform signed it: canonical body, signature, and the log proof once there is one."""
    found, filing = _own(number, request.actor)
    body = {"receipt": found.body, "signature": found.signature, "proof": _proof(found, filing)}
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{number}.json"'
    return response


def _document(found: Receipt, filing: FilingView, by: Actor) -> seals.Receipt:
    assert filing.enterprise_id is not None
    enterprise = identity.enterprise(filing.enterprise_id)
    body = found.body
    made: seals.Receipt = {
        "number": found.number,
        "title": _("%(kind)s提交回执") % {"kind": kind_label(filing.kind)},
        "form": str(catalogue.version(body["form_version"]).title),
        "form_version": body["form_version"],
        "filer": enterprise.name or enterprise.uscc,
        "uscc": enterprise.uscc,
        "submitted_at": _moment(body["submitted_at"]),
        "answers_sha256": body["sha256"],
        "files": [{"name": f.name, "sha256": f.sha256, "bytes": f.size} for f in _files(found, filing, by)],
        "unit": body["unit"],
        "due_at": _moment(body["due_at"]),
        "due_provisional": body["due_provisional"],
        "signature": found.signature,
        "verify_url": _verify_url(found.number),
        "site_name": settings.SITE_NAME,
        "demo": settings.DEMO,
    }
    proof = _proof(found, filing)
    if proof:
        lines = proof["text"].split("\n")
        made["proof"] = {"index": int(lines[1].removeprefix("index ")), "checkpoint": proof["text"].partition("\n\n")[2]}
    return made


def _files(found: Receipt, filing: FilingView, by: Actor) -> list[Any]:
    """The files that were handed in with this receipt's round."""
    submission = filings.submission(filing_id=filing.id, by=by, round=found.body["round"])
    answers = submission.answers if submission else {}
    held = filings.attachments(filing_id=filing.id, by=by)
    if filing.kind == "registration":
        return held
    return [one for one in held if one.sha256 in answers.get(one.path, "").split(",")]


def _proof(found: Receipt, filing: FilingView) -> dict[str, str] | None:
    """The log proof of the submission, None until the log holds it."""
    event = ledger.event_of(kind="filing.submitted", subject=str(filing.id), data={"number": found.number})
    if event is None:
        return None
    try:
        leaf, text = ledger.event_proof(event)
    except (Unavailable, NotFound):
        return None
    return {"leaf": leaf.decode(), "text": text}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _verify_url(number: str) -> str:
    return f"{settings.SITE_ORIGIN}/verify/{number}"


@member_only
@require_safe
def attachment(request: Request, attachment_id: UUID, number: int) -> HttpResponse:
    """One page of a file as a picture made by us; originals are never opened inline (D-39)."""
    body, media_type = accounts.picture(attachment_id=attachment_id, page=max(1, number), by=request.actor)
    response = HttpResponse(body, content_type=media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-store"
    return response
