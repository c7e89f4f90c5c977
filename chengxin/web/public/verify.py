"""核验: reports, confirmations and receipts by number, without log-in and without content (D-14, D-23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from chengxin.catalogue import queries as catalogue
from chengxin.common.canonical import rfc3339
from chengxin.common.errors import NotFound
from chengxin.common.text import nfkc
from chengxin.filings import queries as filings
from chengxin.records import queries as records
from chengxin.records import standing
from chengxin.records.search import TYPES
from chengxin.web.errors import problem
from chengxin.web.public.reads import public

REPORT = "BG"
CONFIRMATION = "QR"


@dataclass(frozen=True)
class Change:
    """What changed in one group since a report."""

    title: str
    gone: int
    come: int


@public
def ask(request: HttpRequest) -> HttpResponse:
    """Where a number is typed in."""
    number = _number(request.GET.get("number", ""))
    if number:
        return redirect("public:verify", number=number)
    return render(request, "public/verify.html", {"number": ""})


@public
def verify(request: HttpRequest, *, number: str) -> HttpResponse:
    """What this site knows of a report or receipt with this number."""
    code = _number(number)
    try:
        values = _page_of(code)
    except NotFound as error:
        values = {"number": code, "unknown": error.message}
        return render(request, "public/verify.html", values, status=404)
    return render(request, "public/verify.html", values)


@public
def as_json(request: HttpRequest, *, number: str) -> HttpResponse:
    """The same for programs."""
    code = _number(number)
    try:
        body = _data_of(code)
    except NotFound as error:
        return problem(status=404, code=error.code, message=error.message)
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def _page_of(number: str) -> dict[str, Any]:
    if number.startswith(CONFIRMATION):
        return _confirmation(number)
    return _report(number) if number.startswith(REPORT) else _receipt(number)


def _data_of(number: str) -> dict[str, Any]:
    if number.startswith(CONFIRMATION):
        return _confirmation_data(number)
    return _report_data(number) if number.startswith(REPORT) else _receipt_data(number)


def _confirmation_data(number: str) -> dict[str, Any]:
    found = standing.confirmed(number=number)
    return {
        "kind": "confirmation",
        "number": found.number,
        "uscc": found.uscc,
        "issued_at": rfc3339(found.issued_at),
        "checkpoint_size": found.checkpoint_size,
        "sha256": found.sha256,
        "group": found.group,
        "state": found.state,
    }


def _report_data(number: str) -> dict[str, Any]:
    found = records.report(number=number)
    changes = [{"group": c.group, "gone": c.gone, "come": c.come} for c in records.report_changes(report=found)]
    return {
        "kind": "report",
        "number": found.number,
        "uscc": found.uscc,
        "issued_at": rfc3339(found.issued_at),
        "checkpoint_size": found.checkpoint_size,
        "sha256": found.sha256,
        "changes": changes,
    }


def _receipt_data(number: str) -> dict[str, Any]:
    receipt = filings.receipt(number=number)
    return {
        "kind": "receipt",
        "number": receipt.number,
        "receipt": receipt.body,
        "signature": receipt.signature,
        "genuine": receipt.genuine,
        "public_key": receipt.public_key,
    }


def _number(text: str) -> str:
    return "".join(nfkc(text[:80]).split()).upper().replace("-", "")[:32]


def _report(number: str) -> dict[str, Any]:
    found = records.report(number=number)
    changes = [Change(_group_title(c.group), c.gone, c.come) for c in records.report_changes(report=found)]
    published = True
    try:
        name = records.document(uscc=found.uscc)["name"]
    except NotFound:
        name, published = "", False
    return {"number": number, "report": found, "changes": changes, "name": name, "published": published}


def _group_title(code: str) -> str:
    for form_id in (*(f"archive/{type_}" for type_ in TYPES), f"import/{code}", *catalogue.forms("voluntary")):
        try:
            group = catalogue.current(form_id).group(code)
        except NotFound:
            continue
        if group is not None:
            return f"{group.title}{_('（')}{code}{_('）')}"
    return code


def _confirmation(number: str) -> dict[str, Any]:
    """What was confirmed, and whether it still holds; whose it is only while that is public."""
    found = standing.confirmed(number=number)
    name = records.names(usccs=[found.uscc]).get(found.uscc, "")
    return {"number": number, "confirmation": found, "name": name, "item": _group_title(found.group)}


def _receipt(number: str) -> dict[str, Any]:
    found = filings.receipt(number=number)
    return {"number": number, "receipt": found, "facts": _facts(found.body)}


def _facts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    labels = {
        "number": _("回执编号"),
        "kind": _("事项"),
        "form": _("表单"),
        "form_version": _("表单版本"),
        "round": _("第几次提交"),
        "uscc": _("统一社会信用代码"),
        "submitted_at": _("提交时间"),
        "sha256": _("提交内容的 SHA-256"),
        "unit": _("受理单位"),
        "due_at": _("办结时限"),
    }
    return [(labels[key], _shown(key, body[key])) for key in labels if body.get(key) not in (None, "")]


def _shown(key: str, value: Any) -> str:
    if key == "kind":
        return {"archive": _("企业诚信档案"), "registration": _("企业用户注册")}.get(str(value), str(value))
    if key.endswith("_at"):
        return f"{timezone.localtime(datetime.fromisoformat(str(value))):%Y-%m-%d %H:%M:%S}"
    return str(value)
