"""The change feed for programs that keep a copy (ADR 0014)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from chengxin.common.errors import Invalid
from chengxin.exchange import feed
from chengxin.web.api.answers import limit_of, public, sent

MOST = 2**63 - 1


@public
def changes(request: HttpRequest) -> HttpResponse:
    """What changed after a position; lines where the asker takes `application/x-ndjson`."""
    fields: dict[str, list[str]] = {}
    after = _position(request, fields)
    limit = limit_of(request, most=feed.MAX_PAGE, usual=feed.USUAL_PAGE, fields=fields)
    if fields:
        raise Invalid(fields)
    media = feed.NDJSON if feed.NDJSON in request.headers.get("Accept", "") else feed.JSON
    part = feed.part(after=after, limit=limit, media=media)
    response = sent(request, part.body, kind=f"{media}; charset=utf-8")
    response.headers["Vary"] = "Accept"
    response.headers["Feed-Next"] = str(part.next)
    response.headers["Feed-Origin"] = part.origin
    return response


def _position(request: HttpRequest, fields: dict[str, list[str]]) -> int:
    text = request.GET.get("after", "").strip() or "0"
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MOST:
        return int(text)
    fields["after"] = [_("after 应为上一页给出的 next，首次为 0。")]
    return 0
