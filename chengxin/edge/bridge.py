"""From the event loop to the pages, which are WSGI and run in threads of their own (docs/adr/0017, docs/adr/0021).

A thread is a page's only while the page works: a request has come in whole before it gets one, and what a page
has said is sent without it, files included. So slow clients, however many, hold no thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any
from wsgiref.util import FileWrapper

import structlog

from chengxin.common import asgi
from chengxin.common.asgi import Application, Message, Receive, Scope, Send
from chengxin.edge import refusals

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

PIECE_BYTES = 256 * 1024
IN_MEMORY_BYTES = 1024 * 1024
"""A request body above this waits on the disk until it is whole."""
SEPARATORS = {"HTTP_COOKIE": "; "}
"""Between the values of a header that comes several times, where it is not a comma."""


class Gone(OSError):
    """The client went before its request was whole."""


def threaded(application: WSGIApplication, *, threads: int) -> Application:
    """The application that answers with a WSGI application in one of `threads`.

    A request that is cut off never reaches a page and ends as `Gone`; an answer that nobody waits for any more
    is thrown away, so that no thread waits for its reader.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        with SpooledTemporaryFile(IN_MEMORY_BYTES) as body:
            await _whole(scope, receive, body)
            said = Said(loop, send, has_body=scope["method"] != "HEAD")
            run = contextvars.copy_context().run
            file = await loop.run_in_executor(pool, run, _page, application, environ(scope, body), said)
        await (said.rest() if file is None else said.file(file))

    return answer


async def _whole(scope: Scope, receive: Receive, body: IO[bytes]) -> None:
    """Read as much as the request says it has: without a length it has none, as the pages see it too; refused, it is not read."""
    missing = 0 if refusals.REFUSAL in scope else int(asgi.header(scope, b"content-length") or 0)
    while missing > 0:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone("The client has gone.")
        missing -= body.write(message.get("body", b""))
        if missing > 0 and not message.get("more_body", False):
            raise Gone("The request ends before its length.")
    body.seek(0)


def _page(application: WSGIApplication, given: WSGIEnvironment, said: Said) -> FileWrapper | None:
    """Let the page work, in its thread; returns the file that it answers with, to be sent without the thread."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=given["chengxin.request_id"])
    pieces = application(given, said.begin)
    if isinstance(pieces, FileWrapper):
        return pieces
    try:
        said.gather(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()
    return None


class Said:
    """What a page says: gathered in the page's thread, sent by the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send, *, has_body: bool) -> None:
        self._loop, self._send, self._has_body = loop, send, has_body
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._gone = False

    def begin(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        """The start_response of WSGI; an answer may be begun anew until something of it is sent."""
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status[:3]), "headers": fields}
        return self._pieces.append

    def gather(self, pieces: Iterable[bytes]) -> None:
        """Take a whole answer; one that is made while it is sent goes out piece by piece as it is taken by its reader."""
        if not getattr(pieces, "streaming", False):
            self._pieces.extend(pieces)
            return
        held = 0
        for piece in pieces:
            self._pieces.append(piece)
            held += len(piece)
            if held >= PIECE_BYTES:
                asyncio.run_coroutine_threadsafe(self._out(more=True), self._loop).result()
                held = 0
            if self._gone:
                return

    async def rest(self) -> None:
        """Send what is left."""
        await self._out(more=False)

    async def file(self, file: FileWrapper) -> None:
        """Send a file, read piece by piece as its reader takes it."""
        try:
            while not self._gone and self._has_body and (piece := await asyncio.to_thread(next, file, b"")):
                self._pieces.append(piece)
                await self._out(more=True)
            await self._out(more=False)
        finally:
            file.close()

    async def _out(self, *, more: bool) -> None:
        if self._gone:
            return
        start, self._start = self._start, None
        pieces, self._pieces = self._pieces, []
        try:
            if start is not None:
                await self._send(start)
            await self._send({"type": "http.response.body", "body": b"".join(pieces), "more_body": more})
        except Exception:  # whatever the server raises, it means that nobody is there
            self._gone = True


def environ(scope: Scope, body: IO[bytes]) -> WSGIEnvironment:
    """A request as WSGI gives it to the pages (PEP 3333), with what the edge knows of it."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    given: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0], "SERVER_PORT": str(server[1] or 0), "REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0), "wsgi.url_scheme": scope.get("scheme", "http"), "wsgi.input": body, "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.file_wrapper": _in_large_pieces,
        "asgi.scope": scope, "chengxin.request_id": scope.get("chengxin.request_id", ""),
    }  # fmt: skip
    for name, value in scope["headers"]:
        if b"_" in name:
            continue  # would pass for the header of the same name with a hyphen, which a proxy answers for
        key, text = _key(name), value.decode("latin-1")
        given[key] = f"{given[key]}{SEPARATORS.get(key, ',')}{text}" if key in given else text
    return given


def _key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def _in_large_pieces(file: IO[bytes], _block_bytes: int = 0) -> FileWrapper:
    return FileWrapper(file, PIECE_BYTES)
