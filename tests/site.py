"""The whole site behind a real socket, for tests that ask it as a stranger would: edge, fast path, Django."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
from django.db import connections

from chengxin import wsgi
from chengxin.records import fastpath


class Quiet(WSGIRequestHandler):
    """A server that keeps its access lines to itself; the edge writes its own."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


@contextmanager
def running() -> Iterator[httpx.Client]:
    """The site on a port of its own while the block lasts; `str(client.base_url)` is its address."""
    reader = fastpath.GroupReader(fastpath.conninfo())
    server = make_server("127.0.0.1", 0, wsgi.build(reader=reader), handler_class=Quiet)

    def serve() -> None:
        try:
            server.serve_forever(poll_interval=0.05)
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=60) as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        reader.close()
