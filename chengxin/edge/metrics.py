"""Counters for /metrics, added up over the web processes where PROMETHEUS_MULTIPROC_DIR is set."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable
from math import inf

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY = CollectorRegistry()
REQUESTS = Counter("chengxin_requests_total", "Answers by method and status class", ["method", "status"], registry=REGISTRY)
BOUNDS = (0.002, 0.005, 0.015, 0.05, 0.1, 0.25, 1, 5)
SECONDS = Histogram("chengxin_request_seconds", "Time until the answer starts", buckets=BOUNDS, registry=REGISTRY)
_BOUNDS = (*BOUNDS, inf)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_counters = {(method, status): REQUESTS.labels(method, f"{status}xx") for method in [*_METHODS, "OTHER"] for status in range(1, 6)}


def count(answers: Iterable[tuple[str, int, float]]) -> None:
    """Count answers, given as method, status and seconds: each number is written once, however many they are."""
    kinds: dict[tuple[str, int], int] = {}
    buckets: dict[int, int] = {}
    total = 0.0
    for method, status, seconds in answers:
        kind = (method if method in _METHODS else "OTHER", min(5, max(1, status // 100)))
        bucket = bisect_left(_BOUNDS, seconds)
        kinds[kind] = kinds.get(kind, 0) + 1
        buckets[bucket] = buckets.get(bucket, 0) + 1
        total += seconds
    for kind, times in kinds.items():
        _counters[kind].inc(times)
    for bucket, times in buckets.items():
        SECONDS._buckets[bucket].inc(times)  # `observe` takes one at a time
    SECONDS._sum.inc(total)


def page() -> bytes:
    """Return the metrics as text: what the web processes counted, and the state of the installation."""
    from chengxin.edge.state import State

    total = CollectorRegistry()
    total.register(State())
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(total)
    MultiProcessCollector(total)  # type: ignore[no-untyped-call]
    return generate_latest(total)
