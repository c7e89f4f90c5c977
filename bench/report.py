"""Signed credit report: the first and the next, and the memory of a process that does nothing else.

Floor: the same text typeset with nothing signed. Measured in a fresh process of its own, so that the
first report is a first one and the memory is only this. Every report differs, so no cache can help.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bench.house import REPEATS, Figure, report, seconds, size

if TYPE_CHECKING:
    from chengxin.seals.values import Report

PAPERS = int(size("REPORTS", full=10, small=5))
MOST_MS, GOAL_MS, MOST_MB = 400, 150, 300


def run() -> list[Figure]:
    """All figures of the report, from a fresh process; needs no database."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "chengxin.settings", "KEYS_DIR": folder, "DEMO": "1"}
        command = [sys.executable, "-m", "bench.report", "--measure"]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, list[float]] = json.loads(done.stdout)
    return [
        Figure("report: first, signed", found["first"], "ms"),
        Figure("report: next, signed", found["signed"], "ms", most=MOST_MS, goal=GOAL_MS),
        Figure("report: typeset only (floor)", found["floor"], "ms"),
        Figure("report: signature checked", found["checked"], "ms"),
        Figure("report: memory of the process", found["memory"], "MB", most=MOST_MB),
        Figure("report: size", found["size"], "KB"),
    ]


def measure() -> dict[str, list[float]]:
    """The repeats of every figure, in this process."""
    import django

    django.setup()
    from chengxin.common import keys
    from chengxin.seals import pdf

    keys.generate_missing(demo=True)
    papers = _papers()
    first = _ms(lambda: pdf.report(next(papers)))
    made = pdf.report(next(papers))
    signed, floor, checked = [], [], []
    for _repeat in range(REPEATS):
        signed.append(_median(lambda: pdf.report(next(papers))))
        floor.append(_median(lambda: pdf._report(next(papers))))
        checked.append(_median(lambda: pdf.verify(made)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "first": [first],
        "signed": signed,
        "floor": floor,
        "checked": checked,
        "memory": [memory],
        "size": [len(made) / 1024],
    }


def _papers() -> Iterator[Report]:
    """Reports of which none is like another."""
    from chengxin.seals.tests import samples

    turn = 0
    while True:
        turn += 1
        made = samples.report(number=f"BG{turn:018d}")
        for section in made["sections"]:
            for record in section["records"]:
                record["rows"] = [(label, f"{value} {turn}") for label, value in record["rows"]]
        yield made


def _ms(work: Callable[[], object]) -> float:
    return seconds(work) * 1000


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_ms(work) for _paper in range(PAPERS))


def main() -> int:
    """Measure and print; with --measure print the raw repeats as JSON for `run`."""
    if "--measure" in sys.argv:
        print(json.dumps(measure()))
        return 0
    return report(run())


if __name__ == "__main__":
    sys.exit(main())
