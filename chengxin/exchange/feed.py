"""The change feed as programs read it: pages of it as bytes, ready to send.

Source: decisions D-20, D-22, ADR 0014.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from chengxin.common.canonical import canonical
from chengxin.common.errors import Conflict
from chengxin.ledger import queries as ledger
from chengxin.records import changes

JSON = "application/json"
NDJSON = "application/x-ndjson"
USUAL_PAGE = 1_000
MAX_PAGE = changes.MAX_PAGE


@dataclass(frozen=True)
class Part:
    """A page of the feed: its bytes, where to go on, and the name of the series the positions belong to."""

    body: bytes
    next: int
    origin: str


def part(*, after: int, limit: int, media: str = JSON) -> Part:
    """The changes after a position; `media` is JSON (one object) or NDJSON (a line each).

    Raises Conflict where nothing has that position: the asker read a series that a restore took back.
    """
    page = changes.page(after=after, limit=limit, between="\n" if media == NDJSON else ",")
    if not page.entries and after > changes.last():
        raise Conflict(_("变更序列中没有该位置。请从最新快照重新开始。"), code="unknown-position")
    origin = ledger.origin()
    if media == NDJSON:
        body = page.entries + b"\n" if page.entries else b""
    else:
        body = b'{"items":[' + page.entries + b'],"next":%d,"origin":' % page.next + canonical(origin) + b"}"
    return Part(body, page.next, origin)
