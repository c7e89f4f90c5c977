"""What all public pages have in common: GET only, and the public document in words."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common.identifiers import normalise_uscc
from chengxin.records import reading

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """A page for everyone; GET and HEAD only."""
    checked = require_safe(view)

    @wraps(view)
    def answer(request: HttpRequest, **named: Any) -> HttpResponse:
        response: HttpResponse = checked(request, **named)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    answer.guard = "public"  # type: ignore[attr-defined]
    return answer


def code_of(uscc: str) -> str:
    """A credit code from an address, levelled."""
    return normalise_uscc(uscc[:40])


def sections(document: dict[str, Any]) -> list[reading.Section]:
    """The document's groups in words."""
    return reading.sections(document, form_of=catalogue.version, codes=code_tables.shipped())


def section(records: list[dict[str, Any]], *, total: int, disputed: Container[str] = ()) -> reading.Section:
    """One group's records in words."""
    return reading.section(records, total=total, more=False, form_of=catalogue.version, codes=code_tables.shipped(), disputed=disputed)


def item(record: dict[str, Any], *, disputed: Container[str] = ()) -> reading.Item:
    """One record in words."""
    return reading.item(record, form_of=catalogue.version, codes=code_tables.shipped(), disputed=disputed)
