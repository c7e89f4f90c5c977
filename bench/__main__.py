"""Every published figure beside the floor of the same run: `python -m bench [NAME …] [--size full|small]`.

Each bench runs in a process of its own, as each makes a house of its own. What it finds at full size is
kept in docs/reference/figures.json and figures.md. Ends with 1 where a figure is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from bench.house import Figure
from bench.record import Bench, keep

TITLES = {
    "lookup": "Look-up by code over HTTP",
    "search": "Name search in the database",
    "submit": "Submit one filing",
    "voluntary": "Submit a voluntary record",
    "duplicates": "Duplicates among voluntary records",
    "itembook": "A workbook of voluntary records",
    "inbox": "The reviewers' inbox",
    "imports": "Import of government records",
    "ledger": "The log",
    "feed": "The change feed",
    "snapshot": "The daily snapshot",
    "report": "Signed PDF report",
    "ocr": "Text of a proof picture",
    "memory": "Memory",
}


def main() -> int:
    """Run what is asked for."""
    words = argparse.ArgumentParser(prog="python -m bench", description="Figures beside their floors.")
    words.add_argument("names", nargs="*", choices=[*TITLES, []], metavar="NAME", help=", ".join(TITLES))
    words.add_argument("--size", choices=("full", "small"), default=os.environ.get("BENCH_SIZE", "full"), help="full for the record")
    words.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.into:
        return _measure(given.names[0], given.into)
    return _run(given.names or list(TITLES), size=given.size)


def _measure(name: str, into: Path) -> int:
    """Run one bench in this process and leave its figures in a file."""
    figures = import_module(f"bench.{name}").run()
    into.write_text(json.dumps([asdict(figure) for figure in figures]), "utf-8")
    return 0


def _run(names: list[str], *, size: str) -> int:
    began = time.monotonic()
    benches = [_bench(name, size=size) for name in names]
    total = time.monotonic() - began
    missed = [figure.name for bench in benches for figure in bench.figures if not figure.reached]
    print(f"\n{total:,.0f} s in all. " + (f"MISSED: {'; '.join(missed)}" if missed else "All figures reached."))
    return 1 if missed else 0


def _bench(name: str, *, size: str) -> Bench:
    print(f"\n{TITLES[name]}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder, "figures.json")
        command = [sys.executable, "-m", "bench", name, "--into", str(into)]
        subprocess.run(command, env={**os.environ, "BENCH_SIZE": size}, check=True)
        figures = [Figure(**each) for each in json.loads(into.read_text("utf-8"))]
    took = time.monotonic() - began
    for figure in figures:
        print(f"  {figure.line()}", flush=True)
    print(f"  {took:,.0f} s", flush=True)
    bench = Bench(name, TITLES[name], round(took, 1), figures)
    if size == "full":
        keep(bench, order=list(TITLES))
    return bench


if __name__ == "__main__":
    sys.exit(main())
