"""The shapes of ASGI as this house uses them, and the few things every layer does with them.

A layer is a function that takes an application and returns one. Names of headers are lower case, as
servers give them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]


def headers(scope: Scope, name: bytes) -> list[bytes]:
    """All values of a request's header."""
    return [value for given, value in scope["headers"] if given == name]


def header(scope: Scope, name: bytes) -> bytes:
    """The first value of a request's header, or nothing."""
    for given, value in scope["headers"]:
        if given == name:
            return bytes(value)
    return b""


AT_START = "chengxin.at_start"


def started(scope: Scope, send: Send, at_start: Callable[[Message], None]) -> Send:
    """`send`, with `at_start` called once with the message that starts the answer, before it goes out.

    What several layers ask for is called in one go, the innermost first.
    """
    if AT_START in scope:
        scope[AT_START].append(at_start)
        return send
    asked = scope[AT_START] = [at_start]

    def sending(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            while asked:  # emptied, so that what they hold and the scope do not hold each other
                asked.pop()(message)
        return send(message)

    return sending


async def respond(scope: Scope, send: Send, *, status: int, headers: Iterable[Header] = (), body: bytes = b"") -> None:
    """Send a whole answer; a HEAD gets the same without its body."""
    length = (b"content-length", str(len(body)).encode())
    fields = list(headers) if status == 304 else [*headers, length]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def problem(scope: Scope, send: Send, *, status: int, said: dict[str, Any], headers: Iterable[Header] = ()) -> None:
    """Send an error as application/problem+json (RFC 9457)."""
    kind = (b"content-type", b"application/problem+json")
    await respond(scope, send, status=status, headers=[kind, *headers], body=orjson.dumps(said))
