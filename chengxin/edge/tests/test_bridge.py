"""Pages behind the event loop: whole requests, answers that nobody waits for, large files."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from chengxin.common.asgi import Message, Receive, Scope, Send
from chengxin.edge import bridge
from tests.site import asking

PIECES = 40


def scope(*headers: tuple[bytes, bytes], path: str = "/x") -> Scope:
    return {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "query_string": b"", "headers": list(headers),
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
        asyncio.run(bridge.threaded(page, threads=1)(scope((b"content-length", b"30")), receive, send))
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


def test_clients_that_send_slowly_hold_no_thread() -> None:
    """One thread, one client that stops in the middle of its request: the next one is answered."""

    def page(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    async def both() -> list[bytes]:
        site, heard, rest = bridge.threaded(page, threads=1), [], asyncio.Event()
        slow = asyncio.create_task(site(scope((b"content-length", b"4")), _parts([b"ab", b"cd"], rest), _hearing(heard)))
        await site(scope((b"content-length", b"2")), _parts([b"xy"]), _hearing(heard))
        rest.set()
        await slow
        return heard

    assert asyncio.run(asyncio.wait_for(both(), timeout=20)) == [b"xy", b"abcd"]


def test_clients_that_read_a_file_slowly_hold_no_thread() -> None:
    def page(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/quick":
            return [b"quick"]
        return environ["wsgi.file_wrapper"](io.BytesIO(b"f" * 600_000), 4096)

    async def both() -> list[int]:
        site, heard, taken = bridge.threaded(page, threads=1), [], asyncio.Event()
        slow = asyncio.create_task(site(scope(), _parts([]), _hearing(heard, taken)))
        await asyncio.sleep(0)
        await site(scope(path="/quick"), _parts([]), _hearing(heard))
        taken.set()
        await slow
        return [len(piece) for piece in heard]

    assert asyncio.run(asyncio.wait_for(both(), timeout=20)) == [5, 262_144, 262_144, 75_712, 0]


def test_headers_come_to_the_page_as_they_were_meant() -> None:
    given = bridge.environ(
        scope((b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y"), (b"x_forwarded_for", b"10.0.0.1")),
        io.BytesIO(),
    )
    assert (given["HTTP_COOKIE"], given["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")
    assert "HTTP_X_FORWARDED_FOR" not in given


def _parts(parts: list[bytes], before_last: asyncio.Event | None = None) -> Receive:
    """A client that sends these parts of its request, the last one after a moment that it waits for."""
    left = list(parts)

    async def receive() -> Message:
        if before_last is not None and len(left) == 1:
            await before_last.wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return receive


def _hearing(heard: list[bytes], from_when: asyncio.Event | None = None) -> Send:
    """A client that notes what is said to it, and reads on only from a moment on."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            if from_when is not None:
                await from_when.wait()
            heard.append(message["body"])

    return send
