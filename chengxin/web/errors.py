"""The one place where errors become HTTP: a page in our layout, or problem+json for programs.

`ErrorMiddleware` translates the tree of `chengxin.common.errors` and whatever the framework answers on
its own; `handler400` to `handler500` and `csrf_failure` are named in the settings and the root addresses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from chengxin.common.errors import ChengxinError, Invalid, NotFound, Unavailable
from chengxin.web.context import address

log = structlog.get_logger(__name__)
PROBLEM = "application/problem+json"
OUT_OF_REACH = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
CODES = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    422: "invalid",
    429: "too-many",
    500: "error",
    503: "unavailable",
}


def title_of(status: int) -> str:
    """Heading of an error page."""
    titles = {
        400: _("请求无法识别"),
        401: _("请先登录"),
        403: _("没有权限"),
        404: _("未找到页面"),
        405: _("不支持的操作"),
        409: _("内容已变化"),
        413: _("提交的内容过大"),
        422: _("填写有误"),
        429: _("操作过于频繁"),
        503: _("服务暂时不可用"),
    }
    return titles.get(status, _("系统出现问题"))


def text_of(status: int) -> str:
    """What an error page says where nobody said something better."""
    texts = {
        400: _("浏览器发来的内容不完整或已失效，请返回上一页重试。"),
        401: _("请先登录。"),
        403: _("您没有进行此操作的权限。"),
        404: _("您访问的页面不存在，可能已移动或网址有误。请检查网址，或从首页查找。"),
        405: _("此网址不支持这种操作，请从页面上的按钮或链接进入。"),
        409: _("内容已发生变化，请刷新后重试。"),
        413: _("提交的内容超过限制，请压缩文件或减少内容后重试。"),
        429: _("操作过于频繁，请稍后再试。"),
        503: _("服务暂时不可用，请稍后重试。"),
    }
    return texts.get(status, _("系统暂时无法完成操作，您已提交成功的内容不受影响。请稍后重试。"))


def wants_problem(request: HttpRequest) -> bool:
    """Whether a program asks: everything below /api/, or a request that accepts JSON and not pages."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


def problem(
    *, status: int, code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None, retry_after: int | None = None
) -> HttpResponse:
    """An answer of type application/problem+json (RFC 9457); `errors` holds messages by field."""
    body: dict[str, Any] = {
        "type": f"about:blank#{code}",
        "title": title_of(status),
        "status": status,
        "code": code,
        "detail": message,
    }
    if fields:
        body["errors"] = {name: list(texts) for name, texts in fields.items()}
    text = json.dumps(body, ensure_ascii=False).encode()
    response = HttpResponse(text, content_type=PROBLEM, status=status)
    return stamp(response, retry_after=retry_after)


def page(
    request: HttpRequest, *, status: int, message: str, fields: Sequence[str] = (), retry_after: int | None = None
) -> HttpResponse:
    """An error page in our layout, with the contact in its foot."""
    values = {
        "title": title_of(status),
        "message": message,
        "fields": fields,
        "retry_after": retry_after,
        "login_url": _login_url(request) if status == HTTPStatus.UNAUTHORIZED else "",
        "request_id": request.META.get("chengxin.request_id", ""),
    }
    return stamp(render(request, "errors/error.html", values, status=status), retry_after=retry_after)


def answer(request: HttpRequest, *, error: ChengxinError) -> HttpResponse:
    """The answer to an error of the tree."""
    fields = error.fields if isinstance(error, Invalid) else {}
    retry_after = getattr(error, "retry_after", None)
    if wants_problem(request):
        return problem(
            status=error.status, code=error.code, message=error.message, fields=fields, retry_after=retry_after
        )
    flat = [text for texts in fields.values() for text in texts]
    return page(request, status=error.status, message=error.message, fields=flat, retry_after=retry_after)


def plain(request: HttpRequest, *, status: int) -> HttpResponse:
    """The answer to an error that carries no words of ours."""
    if wants_problem(request):
        return problem(status=status, code=CODES.get(status, "error"), message=text_of(status))
    return page(request, status=status, message=text_of(status))


class ErrorMiddleware:
    """Outermost of the faces' middleware: nothing of the framework's own wording gets past it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace answers of the framework by ours."""
        try:
            response = self.get_response(request)
        except ChengxinError as error:
            return answer(request, error=error)
        return self._ours(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Translate what a view raised; anything unknown goes on to handler500 and the log."""
        if isinstance(exception, ChengxinError):
            return answer(request, error=exception)
        if isinstance(exception, Http404):
            return answer(request, error=NotFound(text_of(404)))
        if isinstance(exception, OUT_OF_REACH):
            return _later(request, exception)
        status = _status_of(exception)
        return plain(request, status=status) if status else None

    @staticmethod
    def _ours(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code < 400 or getattr(response, "chengxin_error", False):
            return response
        kind = response.headers.get("Content-Type", "")
        bare = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content
        if not bare and not (request.path.startswith("/api/") and kind.startswith("text/html")):
            return response
        ours = plain(request, status=response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                ours.headers[name] = response.headers[name]
        return ours


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Bad request."""
    return plain(request, status=_status_of(exception) or 400)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not allowed."""
    return plain(request, status=403)


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page."""
    return plain(request, status=404)


def handler500(request: HttpRequest) -> HttpResponse:
    """A fault of ours, drawn without the database; or an error of the tree raised in some middleware."""
    error = sys.exc_info()[1]
    if isinstance(error, ChengxinError):
        return answer(request, error=error)
    if isinstance(error, OUT_OF_REACH):
        return _later(request, error)
    return plain(request, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token was missing or old; nothing was done."""
    log.info("csrf_refused", reason=reason)
    message = _("页面已失效，本次操作没有执行。请返回上一页，刷新后重新提交；已填写的内容请先复制保存。")
    if wants_problem(request):
        return problem(status=403, code="stale-page", message=message)
    return page(request, status=403, message=message)


def _later(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database restarts, is full or overloaded: nothing was done, and the person may try again in a moment."""
    log.warning("database_out_of_reach", error=type(error).__name__, text=str(error).strip().splitlines()[:1])
    response = answer(request, error=Unavailable())
    response._has_been_logged = True  # type: ignore[attr-defined]  # one line is enough, a hundred times a second
    return response


def _status_of(exception: Exception | None) -> int | None:
    if isinstance(exception, RequestDataTooBig):
        return 413
    if isinstance(exception, PermissionDenied):
        return 403
    return 400 if isinstance(exception, SuspiciousOperation) else None


def _login_url(request: HttpRequest) -> str:
    url = address("account:login")
    back = request.get_full_path()
    if url and request.method == "GET" and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return f"{url}?{urlencode({'next': back})}"
    return url


def stamp(response: HttpResponse, *, retry_after: int | None) -> HttpResponse:
    """Mark an answer as one of ours, to be kept by nobody."""
    response.chengxin_error = True  # type: ignore[attr-defined]
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
