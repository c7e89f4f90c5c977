"""The divisions as the picker wants them, and what the picker asks the server for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from django.http import HttpRequest, HttpResponse

from chengxin.identity import queries as identity
from chengxin.identity.values import DivisionNode
from chengxin.web import pickers
from chengxin.web.pickers import DivisionTree
from chengxin.web.session import anyone


def division_tree() -> DivisionTree:
    """All current divisions."""
    return _tree(identity.divisions_stamp())


@lru_cache(maxsize=2)
def _tree(_stamp: tuple[int, str]) -> DivisionTree:
    return DivisionTree.of(tuple(_flat(identity.divisions_tree(), "")))


def _flat(nodes: tuple[DivisionNode, ...], above: str) -> Iterator[tuple[str, str, str]]:
    for node in nodes:
        yield node.code, node.name, above
        yield from _flat(node.children, node.code)


@anyone
def options(request: HttpRequest) -> HttpResponse:
    """Lists and hits for the picker."""
    return pickers.options(request, tree=division_tree())
