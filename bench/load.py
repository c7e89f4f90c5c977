"""A small load generator: GET requests over kept connections, one process, measured from the asking side.

It takes its share of the same processors as the server, so figures are lower than with a client on
another machine; floors are measured with the same generator in the same run.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """What a run of some seconds gave."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failures: int


class _Line:
    """One kept connection with the answer that is being read."""

    __slots__ = ("began", "buffer", "socket", "wanted")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.wanted, self.began = b"", 0, 0.0

    def ask(self, request: bytes) -> None:
        self.buffer, self.wanted, self.began = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int:
        """The status when the answer is complete, else 0."""
        self.buffer += self.socket.recv(1 << 18)
        if not self.wanted:
            end = self.buffer.find(HEAD_END)
            if end < 0:
                return 0
            head = self.buffer[:end].lower()
            at = head.find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self.wanted = end + 4 + length
        return int(self.buffer[9:12]) if len(self.buffer) >= self.wanted else 0


def drive(*, port: int, paths: Iterator[str], seconds: float, connections: int = 32, expect: int = 200) -> Load:
    """Ask for `paths` over `connections` for `seconds`; every other status than `expect` is a failure."""
    selector = selectors.DefaultSelector()
    requests = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths)
    for _ in range(connections):
        line = _Line(("127.0.0.1", port))
        selector.register(line.socket, selectors.EVENT_READ, line)
        line.ask(next(requests))
    took: list[float] = []
    failures = 0
    began = time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        for key, _mask in selector.select(1):
            line = key.data
            status = line.read()
            if not status:
                continue
            took.append(time.perf_counter() - line.began)
            failures += status != expect
            line.ask(next(requests))
    elapsed = time.perf_counter() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    took.sort()
    return Load(len(took) / elapsed, 1000 * took[len(took) // 2], 1000 * took[int(len(took) * 0.99)], failures)


def once(*, port: int, path: str) -> bytes:
    """The whole answer to one request on a connection of its own."""
    line = _Line(("127.0.0.1", port))
    line.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    while not line.read():
        pass
    line.socket.close()
    return line.buffer


def wait_for(ready: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until `ready` raises nothing."""
    end = time.perf_counter() + seconds
    while True:
        try:
            ready()
        except OSError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.1)
        else:
            return
