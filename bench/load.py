"""A small load generator: requests over kept connections, one process, measured from the asking side.

It takes its share of the same processors as the server, so figures are lower than with a client on
another machine; floors are measured with the same generator in the same run.
"""

from __future__ import annotations

import math
import random
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from bench.house import percentile

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
CHUNKED = -1
URL_SIGNS = "/?&=%"


@dataclass(frozen=True)
class Load:
    """What a run of some seconds gave."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failures: int

    @classmethod
    def of(cls, took: list[float], elapsed: float, failures: int) -> Load:
        """Put together from the seconds of every answer."""
        p50, p95, p99 = (1000 * percentile(took, share) for share in (0.5, 0.95, 0.99))
        return cls(len(took) / elapsed, p50, p95, p99, failures)


class _Line:
    """One kept connection with the answer that is being read."""

    __slots__ = ("address", "began", "buffer", "socket", "wanted")

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.open()

    def open(self) -> None:
        """Connect; also once more where the server has let an idle connection go."""
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.wanted, self.began = b"", 0, 0.0

    def ask(self, request: bytes, *, since: float = 0.0) -> None:
        self.buffer, self.wanted, self.began = b"", 0, since
        self.socket.sendall(request)

    def read(self) -> int:
        """The status when the answer is complete, else 0."""
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError("The server closed the connection.")
        self.buffer += received
        if not self.wanted:
            end = self.buffer.find(HEAD_END)
            if end < 0:
                return 0
            head = self.buffer[:end].lower()
            at = head.find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self.wanted = CHUNKED if b"\r\ntransfer-encoding: chunked" in head else end + 4 + length
        whole = self.buffer.endswith(LAST_CHUNK) if self.wanted == CHUNKED else len(self.buffer) >= self.wanted
        return int(self.buffer[9:12]) if whole else 0


def get(path: str, *, session: str = "") -> bytes:
    """A request for a path, by the person of a session if one is given."""
    cookie = f"Cookie: session={session}\r\n" if session else ""
    return f"GET {quote(path, safe=URL_SIGNS)} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode()


def drive(
    *, port: int, requests: Iterator[bytes], seconds: float = math.inf, connections: int = 32, expect: int = 200, per_second: float = 0
) -> Load:
    """Send `requests` over `connections` until they or the `seconds` end; every other status than `expect` is a failure.

    With `per_second` they come at moments of their own (Poisson), whatever the server does, and the time of each counts
    from that moment, so that a server that falls behind cannot hide it. Without, each connection asks on at once.
    """
    run = _Run(port, requests, connections, arrivals(per_second) if per_second else None)
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds and run.step(began, now):
        pass
    elapsed = time.perf_counter() - began
    run.close()
    return Load.of(run.took, elapsed, sum(status != expect for status in run.statuses))


def arrivals(per_second: float) -> Iterator[float]:
    """Moments of arrival from 0 on, independent of each other."""
    chooser, at = random.Random(13), 0.0
    while True:
        at += chooser.expovariate(per_second)
        yield at


class _Run:
    """Connections at work: those that wait for an answer, those that are idle, and what comes next."""

    def __init__(self, port: int, requests: Iterator[bytes], connections: int, moments: Iterator[float] | None) -> None:
        self.requests, self.moments = requests, moments
        self.selector = selectors.DefaultSelector()
        self.idle = deque(_Line(("127.0.0.1", port)) for _ in range(connections))
        self.lines = list(self.idle)
        for line in self.lines:
            self.selector.register(line.socket, selectors.EVENT_READ, line)
        self.took: list[float] = []
        self.statuses: list[int] = []
        self.following = self._next()

    def _next(self) -> tuple[float, bytes] | None:
        request = next(self.requests, None)
        if request is None:
            return None
        return (next(self.moments) if self.moments else 0.0), request

    def step(self, began: float, now: float) -> bool:
        """Send what is due over idle connections, read what has come; False when nothing is left to do."""
        while self.following and self.idle and self.following[0] <= now:
            moment, request = self.following
            self.idle.popleft().ask(request, since=began + moment if self.moments else time.perf_counter())
            self.following = self._next()
        if self.following is None and len(self.idle) == len(self.lines):
            return False
        wait = 1.0 if not (self.idle and self.following) else max(0.0, self.following[0] - now)
        for key, _mask in self.selector.select(wait):
            if key.data in self.idle:
                self._open_again(key.data)
            elif status := key.data.read():
                self.took.append(time.perf_counter() - key.data.began)
                self.statuses.append(status)
                self.idle.append(key.data)
        return True

    def _open_again(self, line: _Line) -> None:
        self.selector.unregister(line.socket)
        line.socket.close()
        line.open()
        self.selector.register(line.socket, selectors.EVENT_READ, line)

    def close(self) -> None:
        """Close all connections."""
        for line in self.lines:
            line.socket.close()
        self.selector.close()


def once(*, port: int, path: str, session: str = "") -> bytes:
    """The whole answer to one request on a connection of its own."""
    line = _Line(("127.0.0.1", port))
    line.ask(get(path, session=session))
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
