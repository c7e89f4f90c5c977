"""What all benches share: a private house with a real PostgreSQL (fsync on), sizes, repeats, and how a figure is printed."""

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

SMALL = os.environ.get("BENCH_SIZE", "full") == "small"


def size(name: str, *, full: float, small: float) -> float:
    """How much of something a bench takes: `BENCH_<NAME>`, else what `BENCH_SIZE` (full or small) stands for."""
    given = os.environ.get(f"BENCH_{name}")
    return float(given) if given else small if SMALL else full


REPEATS = int(size("REPEATS", full=5, small=3))


@dataclass(frozen=True)
class Figure:
    """One measured figure with what it must reach; `least` or `most` is the bound and `goal` the aim, in the same unit."""

    name: str
    values: Sequence[float]
    unit: str
    least: float | None = None
    most: float | None = None
    goal: float | None = None

    @property
    def median(self) -> float:
        """The middle of the repeats."""
        return statistics.median(self.values)

    @property
    def bounded(self) -> bool:
        """Whether something is asked of it; a figure without bound is a floor or a remark."""
        return self.least is not None or self.most is not None

    @property
    def reached(self) -> bool:
        """Whether the median keeps the bound."""
        return (self.least is None or self.median >= self.least) and (self.most is None or self.median <= self.most)

    @property
    def goal_reached(self) -> bool:
        """Whether the median reaches the goal, on the side on which the bound is."""
        if self.goal is None:
            return False
        return self.median >= self.goal if self.least is not None else self.median <= self.goal

    @property
    def asked(self) -> str:
        """What is asked of it, in words."""
        bound = f"at least {number(self.least)}" if self.least is not None else ""
        bound += f"at most {number(self.most)}" if self.most is not None else ""
        return bound + (f" (goal {number(self.goal)})" if self.goal is not None else "")

    @property
    def verdict(self) -> str:
        """How it did: reached, goal reached or MISSED; empty where nothing is asked."""
        if not self.bounded:
            return ""
        return "MISSED" if not self.reached else "goal reached" if self.goal_reached else "reached"

    @property
    def spread(self) -> str:
        """The least and the greatest repeat, and how many there were."""
        return f"{number(min(self.values))} to {number(max(self.values))}, n={len(self.values)}"

    def line(self) -> str:
        """The figure as it is printed."""
        shown = f"{self.name:<62} {number(self.median):>10} {self.unit:<9} ({self.spread})"
        return f"{shown}  {self.asked}  {self.verdict}".rstrip()


def number(value: float | None) -> str:
    """A number as people read it: three digits that count."""
    assert value is not None
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def ratio(name: str, values: Sequence[float], floor: Sequence[float], *, least: float | None = None, goal: float | None = None) -> Figure:
    """Each repeat over the floor of the same repeat."""
    return Figure(name, [value / base for value, base in zip(values, floor, strict=True)], "x floor", least=least, goal=goal)


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
    )
    os.environ.update(settings)
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
