"""Lists of the desk, page by page in the order of due moments: where one begins, and the address of the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID

from chengxin.web.session import Request


class Due(Protocol):
    """A line of such a list."""

    @property
    def id(self) -> UUID:
        """What it is about."""

    @property
    def due_at(self) -> datetime:
        """When it is due."""


def cursor(text: str) -> tuple[datetime, UUID] | None:
    """The line after which a page begins, from its address; None for the first page and for anything unreadable."""
    try:
        due, _sep, last = text.partition("~")
        moment = datetime.fromisoformat(due)
        return (moment, UUID(last)) if moment.tzinfo else None
    except ValueError:
        return None


def next_url(request: Request, lines: Sequence[Due], *, full: int, once: Collection[str]) -> str:
    """The address of the page after these lines, with the same filters; empty where they do not fill a page.

    What stands in `once` was said on this page only and is left out.
    """
    if len(lines) < full:
        return ""
    query = {key: value for key, value in request.GET.items() if key != "after" and key not in once}
    return "?" + urlencode(query | {"after": f"{lines[-1].due_at.isoformat()}~{lines[-1].id}"})
