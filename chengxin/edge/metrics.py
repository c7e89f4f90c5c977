"""Counters for /metrics, added up over the web processes where PROMETHEUS_MULTIPROC_DIR is set."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY = CollectorRegistry()
REQUESTS = Counter("chengxin_requests_total", "Answers by method and status class", ["method", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "chengxin_request_seconds", "Time until the answer starts", buckets=(0.002, 0.005, 0.015, 0.05, 0.1, 0.25, 1, 5), registry=REGISTRY
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_counters = {(method, status): REQUESTS.labels(method, f"{status}xx") for method in [*_METHODS, "OTHER"] for status in range(1, 6)}


def count(*, method: str, status: int, seconds: float) -> None:
    """Count one answer."""
    _counters[method if method in _METHODS else "OTHER", min(5, max(1, status // 100))].inc()
    SECONDS.observe(seconds)


def page() -> bytes:
    """Return the metrics as text: what the web processes counted, and the state of the installation."""
    from chengxin.edge.state import State

    total = CollectorRegistry()
    total.register(State())
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(total)
    MultiProcessCollector(total)  # type: ignore[no-untyped-call]
    return generate_latest(total)
