"""What all public pages have in common: GET only, and the public document in words."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from chengxin.catalogue import codes as code_tables
from chengxin.catalogue import queries as catalogue
from chengxin.common import clock
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
    return normalise_uscc(uscc[:40].replace("\0", ""))


def sections(document: dict[str, Any]) -> list[reading.Section]:
    """The document's groups in words."""
    return reading.sections(document, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today())


def section(records: list[dict[str, Any]], *, total: int, disputed: Container[str] = ()) -> reading.Section:
    """One group's records in words."""
    codes, today = code_tables.shipped(), clock.today()
    return reading.section(records, total=total, more=False, form_of=catalogue.version, codes=codes, today=today, disputed=disputed)


def item(record: dict[str, Any], *, disputed: Container[str] = ()) -> reading.Item:
    """One record in words."""
    return reading.item(record, form_of=catalogue.version, codes=code_tables.shipped(), today=clock.today(), disputed=disputed)


def origin(record: dict[str, Any]) -> str:
    """Who gave one record: government, enterprise or voluntary."""
    return reading.origin_of(record, catalogue.version)


def title_of(record: dict[str, Any]) -> str:
    """The title of the group that one record belongs to."""
    group = reading.group_of(record, catalogue.version)
    return str(group.title) if group else str(record["group"])
