"""What all answers to programs have in common: who may ask, from where, and what is sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _

from chengxin.common.errors import ChengxinError
from chengxin.records.fastpath import EXPOSED
from chengxin.web import errors

View = Callable[..., HttpResponseBase]


def public(view: View) -> View:
    """A public read: GET and HEAD, from any origin, errors as problem+json, 304 where nothing changed."""
    return _open(view, methods=("GET", "HEAD"))


def public_asked(view: View) -> View:
    """A public read whose question is too long for an address: POST, nothing is written, no cookie counts."""
    return _open(view, methods=("POST",))


def _open(view: View, *, methods: tuple[str, ...]) -> View:
    allowed = ", ".join([*methods, "OPTIONS"])

    @wraps(view)
    def answer(request: HttpRequest, **named: Any) -> HttpResponseBase:
        response: HttpResponseBase
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
        elif request.method not in methods:
            response = errors.problem(status=405, code="method-not-allowed", message=errors.text_of(405))
        else:
            response = _read(view, request, named)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS" or response.status_code == 405:
            response.headers["Allow"] = allowed
            response.headers["Access-Control-Allow-Methods"] = allowed
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match, Range"
            response.headers["Access-Control-Max-Age"] = "86400"
        return response

    answer.guard = "public"  # type: ignore[attr-defined]
    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


def _read(view: View, request: HttpRequest, named: dict[str, Any]) -> HttpResponseBase:
    with translation.override(request.GET.get("lang") if request.GET.get("lang") in ("en", "zh-hans") else "zh-hans"):
        try:
            return view(request, **named)
        except ChengxinError as error:
            return errors.problem(
                status=error.status,
                code=error.code,
                message=error.message,
                fields=getattr(error, "fields", None),
                retry_after=getattr(error, "retry_after", None),
            )


def data(request: HttpRequest, body: Any, *, max_age: int = 0) -> HttpResponse:
    """A JSON answer with its entity tag."""
    return sent(request, orjson.dumps(body), kind="application/json; charset=utf-8", max_age=max_age)


def sent(request: HttpRequest, body: bytes, *, kind: str, etag: str = "", max_age: int = 0) -> HttpResponse:
    """Bytes with their entity tag; 304 where the asker has them."""
    tag = f'"{etag or hashlib.sha256(body).hexdigest()[:32]}"'
    if matches(request.headers.get("If-None-Match", ""), tag):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type=kind)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={max_age}" if max_age else "public, no-cache"
    return response


def matches(asked: str, tag: str) -> bool:
    """Whether If-None-Match names this tag; weak ones count for reads."""
    return asked.strip() == "*" or tag in {part.strip().removeprefix("W/") for part in asked.split(",")}


def limit_of(request: HttpRequest, *, most: int, usual: int, fields: dict[str, list[str]]) -> int:
    """The page size asked for; more than the most there is counts as the most."""
    text = request.GET.get("limit", "").strip()
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or not int(text[:9]):
        fields["limit"] = [_("每页条数应为 1 至 %(most)s 的整数。") % {"most": most}]
        return usual
    return min(int(text[:9]), most)
