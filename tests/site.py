"""The whole site behind a real socket, for tests that ask it as a stranger would: edge, fast path, Django."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from django.db import connections
from granian.constants import Interfaces
from granian.server.embed import Server

from chengxin import asgi, wsgi
from chengxin.common.asgi import Application, Message, Scope
from chengxin.records import fastpath
from chengxin.records.groupread import GroupReader

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

WAIT_S = 60


def given_back(application: WSGIApplication) -> WSGIApplication:
    """Pages whose thread gives its connection to the database back after each answer."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        said = application(environ, start_response)
        try:
            return list(said)
        finally:
            getattr(said, "close", lambda: None)()
            connections.close_all()

    return answer


pages = given_back(wsgi.application)


class Loop:
    """An event loop in a thread of its own, for whoever has none."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def close(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@dataclass(frozen=True)
class Answer:
    """What an application said to one request."""

    status: int
    headers: httpx.Headers
    body: bytes


class Asker:
    """Asks an ASGI application without a server; from any thread."""

    def __init__(self, loop: Loop, application: Application) -> None:
        self.loop, self.application = loop, application

    def ask(self, path: str, **more: str) -> Answer:
        """Ask and wait, from any other thread."""
        answer: Answer = self.loop.do(self.asked(path, **more))
        return answer

    async def asked(self, path: str, *, method: str = "GET", query: str = "", client: str = "192.0.2.7", **headers: str) -> Answer:
        """One request; a header's name is written with underscores."""
        fields = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": query.encode(),
            "headers": fields, "client": (client, 50000), "server": ("testserver", 80), "scheme": "http",
        }  # fmt: skip
        said = await _said(self.application, scope)
        start = next(message for message in said if message["type"] == "http.response.start")
        body = b"".join(message.get("body", b"") for message in said if message["type"] == "http.response.body")
        return Answer(start["status"], httpx.Headers(start["headers"]), body)


async def _said(application: Application, scope: Scope) -> list[Message]:
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await application(scope, receive, send)
    return said


@contextmanager
def asking(application: Application, reader: GroupReader | None = None) -> Iterator[Asker]:
    """Ask an application while the block lasts; a reader that it uses is closed afterwards."""
    loop = Loop()
    try:
        yield Asker(loop, application)
        if reader is not None:
            loop.do(reader.close())
    finally:
        loop.close()


@contextmanager
def running() -> Iterator[httpx.Client]:
    """The site on a port of its own while the block lasts; `str(client.base_url)` is its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reader = GroupReader(fastpath.conninfo())
    application = asgi.build(pages=pages, reader=reader)
    server = Server(application, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
    loop = Loop()
    serving = asyncio.run_coroutine_threadsafe(server.serve(), loop.loop)
    try:
        _wait_for(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT_S) as client:
            yield client
    finally:
        loop.loop.call_soon_threadsafe(server.stop)
        serving.result(WAIT_S)
        loop.do(reader.close())
        loop.close()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with closing(socket.socket()) as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"Nothing listens on port {port}.")
