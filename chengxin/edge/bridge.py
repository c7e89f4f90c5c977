"""From the event loop to the pages, which are WSGI and run in threads of their own (docs/adr/0017)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING
from wsgiref.util import FileWrapper

import structlog
from a2wsgi import WSGIMiddleware

from chengxin.common.asgi import Application, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

FILE_BLOCK_BYTES = 256 * 1024


class Gone(OSError):
    """The client went before its request was whole."""


def threaded(application: WSGIApplication, *, threads: int) -> Application:
    """The application that answers with a WSGI application in one of `threads`.

    A request that is cut off ends as an error in the page that reads it, never as a shorter request; an
    answer that nobody waits for any more is thrown away, so that no thread waits for its reader.
    """
    inner = WSGIMiddleware(_entered(application), workers=threads)  # type: ignore[arg-type]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, _whole(receive), _patient(send))  # type: ignore[arg-type]

    return answer


def _whole(receive: Receive) -> Receive:
    async def receiving() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone("The client has gone.")
        return message

    return receiving


def _patient(send: Send) -> Send:
    gone = False

    async def sending(message: Message) -> None:
        nonlocal gone
        if gone:
            return
        try:
            await send(message)
        except Exception:  # whatever the server raises, it means that nobody is there
            gone = True

    return sending


def _entered(application: WSGIApplication) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Give the pages what the edge knows of the request, and files in large pieces."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = environ["chengxin.request_id"] = environ["asgi.scope"].get("chengxin.request_id", "")
        environ["wsgi.file_wrapper"] = _in_large_pieces
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        return application(environ, start_response)

    return answer


def _in_large_pieces(file: IO[bytes], _block_bytes: int = 0) -> FileWrapper:
    return FileWrapper(file, FILE_BLOCK_BYTES)
