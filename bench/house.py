"""What all benches share: a private house with a real PostgreSQL (fsync on), repeats, and how a figure is printed."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPEATS = int(os.environ.get("BENCH_REPEATS", "5"))


@dataclass(frozen=True)
class Figure:
    """One measured figure with what it must reach; `least` or `most` is the bound, in the same unit."""

    name: str
    values: Sequence[float]
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def median(self) -> float:
        """The middle of the repeats."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether the median keeps the bound; a figure without bound is a floor or a remark."""
        return (self.least is None or self.median >= self.least) and (self.most is None or self.median <= self.most)

    def line(self) -> str:
        """The figure as it is printed."""
        bound = "" if self.least is None else f"  at least {_number(self.least)}"
        bound += "" if self.most is None else f"  at most {_number(self.most)}"
        verdict = "" if not bound else "  reached" if self.reached else "  MISSED"
        spread = f"({_number(min(self.values))} to {_number(max(self.values))}, n={len(self.values)})"
        return f"{self.name:<58} {_number(self.median):>12} {self.unit:<9} {spread}{bound}{verdict}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(name: str, values: Sequence[float], floor: Sequence[float], *, least: float) -> Figure:
    """Each repeat over the floor of the same repeat."""
    return Figure(name, [value / base for value, base in zip(values, floor, strict=True)], "x floor", least=least)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@contextlib.contextmanager
def private(**settings: str) -> Iterator[Path]:
    """A migrated house of its own with its own PostgreSQL, removed afterwards; Django is set up in it.

    To be entered before anything asks Django for settings.
    """
    base = Path(tempfile.mkdtemp(prefix="chengxin-bench-"))
    base.chmod(0o711)
    from chengxin.launcher import places, roles
    from chengxin.launcher.postgres import SUPERUSER, Server

    server = Server(base)
    os.environ.update(
        DJANGO_SETTINGS_MODULE=os.environ.get("DJANGO_SETTINGS_MODULE", "chengxin.settings"),
        CHENGXIN_HOME=str(base),
        DATABASE_URL=server.url(),
        OWNER_DATABASE_URL=server.url(role=places.OWNER_ROLE),
        STATEMENT_TIMEOUT_MS="600000",
        DEMO="1",
        **settings,
    )
    try:
        server.start()
        roles.create(server.url(role=SUPERUSER, database="postgres"))
        _set_up(server.url(role=places.OWNER_ROLE))
        yield base
    finally:
        from django.db import connections

        connections.close_all()
        server.stop(mode="immediate")
        shutil.rmtree(server.socket, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def _set_up(owner_url: str) -> None:
    import django

    django.setup()
    from chengxin import install

    install.make_keys(demo=True)
    install.migrate(owner_url=owner_url, verbosity=0)


def report(figures: Sequence[Figure]) -> int:
    """Print figures; returns 1 when one is missed."""
    for figure in figures:
        print(figure.line(), flush=True)
    return 0 if all(figure.reached for figure in figures) else 1
