"""Pages behind the event loop: whole requests, answers that nobody waits for, large files."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from chengxin.common.asgi import Message, Scope
from chengxin.edge import bridge
from tests.site import asking

PIECES = 40


def scope() -> Scope:
    return {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/x", "query_string": b"", "headers": [],
        "client": ("192.0.2.7", 1), "server": ("testserver", 80), "scheme": "http",
    }  # fmt: skip


def test_a_request_that_is_cut_off_is_an_error_and_never_a_shorter_request() -> None:
    read: list[bytes] = []

    def page(environ: Any, start_response: Any) -> list[bytes]:
        read.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"taken"]

    parts: list[Message] = [
        {"type": "http.request", "body": b"name=a&price=1", "more_body": True}, {"type": "http.disconnect"},
    ]  # fmt: skip

    async def receive() -> Message:
        return parts.pop(0)

    async def send(_message: Message) -> None:
        raise AssertionError("nothing is said")

    with pytest.raises(bridge.Gone):
        asyncio.run(bridge.threaded(page, threads=1)(scope(), receive, send))
    assert read == []


def test_no_thread_waits_for_a_reader_who_has_gone() -> None:
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Any:
            return iter([b"x"] * PIECES)

        def close(self) -> None:
            closed.append(True)

    def page(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return Body()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise RuntimeError("the transport is closed")

    asyncio.run(asyncio.wait_for(bridge.threaded(page, threads=1)(scope(), receive, send), timeout=20))
    assert closed == [True]


def test_files_go_out_in_large_pieces() -> None:
    sizes: list[int] = []

    def page(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        sizes.extend(len(piece) for piece in environ["wsgi.file_wrapper"](io.BytesIO(b"x" * 600_000), 4096))
        return [b"done"]

    with asking(bridge.threaded(page, threads=1)) as site:
        assert site.ask("/x").body == b"done"
    assert sizes == [262_144, 262_144, 75_712]
