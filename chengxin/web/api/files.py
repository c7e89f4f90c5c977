"""Public files for programs: look-up by code, the list with search, one group's records."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from chengxin.common.canonical import rfc3339
from chengxin.common.errors import Invalid, NotFound
from chengxin.common.identifiers import normalise_uscc
from chengxin.identity import queries as identity
from chengxin.records import marks, queries, search
from chengxin.records.values import FileBytes, Hit
from chengxin.web.api import limits
from chengxin.web.api.answers import data, limit_of, public, public_asked, sent

MAX_CODES = 100
"""Most codes in one batch."""
MAX_CODE = 40
"""Longest code that is looked at, in characters."""
MAX_QUESTION_BYTES = 16_384
"""Longest question of a batch."""


@public
def one(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """The public file of a code; the same 404 for every code without one (D-06)."""
    found = queries.public_file(uscc=normalise_uscc(uscc[:40]))
    return sent(request, found.body, kind="application/json; charset=utf-8", etag=found.etag)


@public
def listing(request: HttpRequest) -> HttpResponse:
    """All public files, or those that are searched for, in fixed order."""
    division, type_ = request.GET.get("division", "").strip(), request.GET.get("type", "").strip()
    fields: dict[str, list[str]] = {}
    if division and not _known_division(division):
        fields["division"] = [_("行政区划代码不存在，请从 /api/v1/divisions 选取。")]
    if type_ and type_ not in search.TYPES:
        fields["type"] = [_("企业类型应为 %(types)s 之一。") % {"types": _("、").join(search.TYPES)}]
    limit = limit_of(request, most=search.MAX_PAGE, usual=search.PAGE, fields=fields)
    if fields:
        raise Invalid(fields)
    query = search.Query(text=request.GET.get("q", ""), division=division, type=type_, cursor=request.GET.get("cursor", ""), limit=limit)
    page = search.search(query)
    body: dict[str, Any] = {
        "items": [item_of(hit) for hit in page.items],
        "next": page.next,
        "total": page.total,
        "total_is_more": page.total_is_more,
    }
    if page.notice:
        body["notice"] = page.notice
    return data(request, body)


@public_asked
def batch(request: HttpRequest) -> HttpResponse:
    """The public files of up to 100 codes in one read: each with the bytes of the single look-up, alike where there is none."""
    limits.count_batch(request)
    codes = _codes(request)
    found = queries.public_files(usccs=sorted({normalise_uscc(code) for code in codes}))
    items = b",".join(_answered(code, found.get(normalise_uscc(code))) for code in codes)
    response = HttpResponse(b'{"items":[' + items + b"]}", content_type="application/json; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _codes(request: HttpRequest) -> list[str]:
    """The codes asked for; raises Invalid."""
    too_long = int(request.headers.get("Content-Length") or 0) > MAX_QUESTION_BYTES
    try:
        asked = None if too_long else orjson.loads(request.body)
    except orjson.JSONDecodeError:
        asked = None
    codes = asked.get("codes") if isinstance(asked, dict) else None
    listed = codes if isinstance(codes, list) else []
    if not 1 <= len(listed) <= MAX_CODES or not all(isinstance(code, str) and len(code) <= MAX_CODE for code in listed):
        raise Invalid({"codes": [_('请以 JSON 提交 {"codes": [...]}，含 1 至 %(most)s 个统一社会信用代码。') % {"most": MAX_CODES}]})
    return listed


def _answered(code: str, file: FileBytes | None) -> bytes:
    """One code's answer; the file's own bytes stand in it as they are."""
    head = b'{"uscc":' + orjson.dumps(code)
    if file is None:
        return head + b',"found":false}'
    return head + b',"found":true,"etag":"' + file.etag.encode() + b'","file":' + file.body + b"}"


@public
def records(request: HttpRequest, *, uscc: str) -> HttpResponse:
    """All records of one group, also those that the file only counts (D-15)."""
    group = request.GET.get("group", "").strip()
    fields: dict[str, list[str]] = {} if group else {"group": [_("请指定信息类别，如 group=S05。")]}
    limit = limit_of(request, most=100, usual=100, fields=fields)
    if fields:
        raise Invalid(fields)
    code = normalise_uscc(uscc[:40])
    found = queries.group_records(uscc=code, group=group[:20], after=request.GET.get("cursor", ""), limit=limit)
    body = {"uscc": code, "group": group[:20], "items": list(found.items), "next": found.next}
    disputed = marks.disputed(uscc=code) & {str(item["version_id"]) for item in found.items}
    return data(request, body | ({"disputed": sorted(disputed)} if disputed else {}))


def item_of(hit: Hit) -> dict[str, Any]:
    """One entry of the list."""
    made = asdict(hit)
    del made["rank"]
    made["approved_at"] = rfc3339(hit.approved_at)
    return made


def _known_division(code: str) -> bool:
    try:
        return bool(identity.division(code))
    except NotFound:
        return False
