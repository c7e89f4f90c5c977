"""The public file as page and signed report, made from the public document alone (PUB-03, ARC-05, D-13 to D-15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.flow import reports
from chengxin.identity.values import Actor
from chengxin.ledger import queries as ledger
from chengxin.records import queries, reading
from chengxin.records.values import ENTERPRISE, GOVERNMENT
from chengxin.web.public.reads import code_of, public, section, sections
from chengxin.web.public.texts import Text, terms_in


@dataclass(frozen=True)
class Subject:
    """The head of a public file in words."""

    uscc: str
    name: str
    type: str
    division: str
    approved_at: datetime
    first_published_at: datetime
    former_names: tuple[str, ...]
    marks: tuple[str, ...]
    commitment: str
    commitment_version: str


def subject_of(document: dict[str, Any]) -> Subject:
    """The head of a document."""
    return Subject(
        uscc=document["uscc"],
        name=document["name"],
        type=reading.type_label(document["type"]),
        division=document["division_name"],
        approved_at=datetime.fromisoformat(document["approved_at"]),
        first_published_at=datetime.fromisoformat(document["first_published_at"]),
        former_names=tuple(document["former_names"]),
        marks=tuple(document["marks"]),
        commitment=document["commitment"]["code"],
        commitment_version=document["commitment"]["version"],
    )


@public
def file(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """The page of a public file; the same 404 for every code without one."""
    document = queries.document(uscc=code_of(uscc))
    parts = sections(document)
    values = {
        "subject": subject_of(document),
        "government": [part for part in parts if part.origin == GOVERNMENT],
        "own": [part for part in parts if part.origin == ENTERPRISE],
        "voluntary": [part for part in parts if part.origin == reading.VOLUNTARY],
        "parts": parts,
        "total": sum(part.total for part in parts),
        "terms": terms_of(parts),
        "as_of": clock.now(),
        "log_size": ledger.size(),
        "json_url": f"/api/v1/files/{document['uscc']}",
    }
    return render(request, "public/file.html", values)


def terms_of(parts: list[reading.Section]) -> list[tuple[Text, Text]]:
    """The legal terms that a page of these groups shows."""
    words = [part.title for part in parts]
    words += [text for part in parts for item in part.items for row in item.rows for text in (row.label, row.value)]
    return terms_in(words)


@public
def group(request: HttpRequest, *, uscc: str, group: str) -> HttpResponse:
    """All records of one group, page by page (D-15)."""
    document = queries.document(uscc=code_of(uscc))
    if group not in document["groups"]:
        raise NotFound
    after = request.GET.get("cursor", "")
    found = queries.group_records(uscc=document["uscc"], group=group, after=after)
    if not found.items:
        raise NotFound
    part = section(list(found.items), total=document["groups"][group]["total"], disputed=document.get("disputed", ()))
    values = {
        "subject": subject_of(document),
        "part": part,
        "terms": terms_of([part]),
        "next_url": f"?cursor={found.next}" if found.next else "",
        "first_url": request.path if after else "",
        "as_of": clock.now(),
        "log_size": ledger.size(),
    }
    return render(request, "public/group.html", values)


@public
def report(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """The signed report as PDF; `?group=` gives that of one group. Each is issued anew, with its own number."""
    code = code_of(uscc)
    if request.method == "HEAD":
        queries.public_file(uscc=code)
        return HttpResponse(content_type="application/pdf")
    made = reports.issue(uscc=code, group=request.GET.get("group", "")[:20], by=Actor.nobody())
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{code}-{made.number}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Report-Number"] = made.number
    return response
