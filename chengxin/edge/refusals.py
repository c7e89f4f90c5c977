"""What the edge says no to: at once to programs, as a page of the site to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chengxin.common import asgi
from chengxin.common.asgi import Application, Header, Receive, Scope, Send
from chengxin.common.errors import ChengxinError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

REFUSAL = "chengxin.refusal"
TITLES = {413: "提交的内容过大", 429: "操作过于频繁", 503: "服务暂时不可用"}


async def refuse(
    behind: Application, scope: Scope, receive: Receive, send: Send, *, error: ChengxinError, headers: Iterable[Header] = ()
) -> None:
    """Answer with an error of the tree; who accepts a page gets it from behind."""
    if _wants_page(scope):
        scope[REFUSAL] = error
        return await behind(scope, receive, send)
    said = {
        "type": f"about:blank#{error.code}", "title": TITLES[error.status], "status": error.status,
        "code": error.code, "detail": error.message,
    }  # fmt: skip
    fields = [*headers, (b"cache-control", b"no-store"), (b"access-control-allow-origin", b"*")]
    return await asgi.problem(scope, send, status=error.status, said=said, headers=fields)


def _wants_page(scope: Scope) -> bool:
    return not scope["path"].startswith(("/api/", "/log")) and b"text/html" in asgi.header(scope, b"accept")


def paged(application: WSGIApplication) -> WSGIApplication:
    """Make the page of a refusal, in the person's language; hand everything else on."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        error = environ["asgi.scope"].get(REFUSAL)
        return application(environ, start_response) if error is None else _page(environ, start_response, error)

    return answer


def _page(environ: WSGIEnvironment, start_response: StartResponse, error: ChengxinError) -> Iterable[bytes]:
    from django.core.handlers.wsgi import WSGIRequest
    from django.utils import translation

    from chengxin.web import context, errors

    request = WSGIRequest(environ)
    with translation.override(context.language_of(request)):
        response = errors.answer(request, error=error)
    response["Cache-Control"] = "no-store"
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]
