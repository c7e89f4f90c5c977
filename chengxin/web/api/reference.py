"""What programs look up once: divisions, the schema of the public file, the description of the contract."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from chengxin.identity import queries as identity
from chengxin.identity.values import DivisionNode
from chengxin.web.api import openapi as description
from chengxin.web.api.answers import data, public
from chengxin.web.api.schema import PUBLIC_FILE

HOUR = 3600


@public
def divisions(request: HttpRequest) -> HttpResponse:
    """All current divisions in the order of the list, parents first."""
    items: list[dict[str, Any]] = []
    for node in identity.divisions_tree():
        _walk(node, parent=None, level=1, into=items)
    return data(request, {"items": items}, max_age=HOUR)


def _walk(node: DivisionNode, *, parent: str | None, level: int, into: list[dict[str, Any]]) -> None:
    into.append({"code": node.code, "name": node.name, "parent": parent, "level": level})
    for child in node.children:
        _walk(child, parent=node.code, level=level + 1, into=into)


@public
def public_file_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of a public file."""
    return data(request, PUBLIC_FILE, max_age=HOUR)


@public
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of this contract."""
    return data(request, description.document(), max_age=HOUR)
