"""Opens a PDF in a child process with tight limits and turns its pages into PNG pictures (D-39).

A PDF from outside is never parsed inside the web process: the child has a cap on memory, processor
time, file size and open files, an empty environment and a deadline. What the child says is one JSON line.
The child half runs this file as a script, isolated (`-I`), so it imports nothing of the house.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 40
OUTPUT_BYTES = 40 * 1024 * 1024
LONG_SIDE_PX = 2000


class Refused(Exception):
    """The PDF cannot be used; `.why` is pdf_broken, pdf_locked or pdf_heavy."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Pages:
    """What the child found: pages in all and the pictures it wrote."""

    total: int
    written: tuple[Path, ...]


def rasterise(path: Path, *, into: Path, first: int = 1, last: int = 1, long_side_px: int = LONG_SIDE_PX) -> Pages:
    """Write pages `first` to `last` (from 1) of the PDF at `path` as `0001.png`… in folder `into`."""
    command = [sys.executable, "-I", __file__, str(path), str(into), str(first), str(last), str(long_side_px)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_SECONDS,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            close_fds=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("pdf_heavy") from error
    if done.returncode != 0:
        raise Refused("pdf_heavy")
    answer = json.loads(done.stdout)
    if "why" in answer:
        raise Refused(answer["why"])
    return Pages(answer["total"], tuple(Path(name) for name in answer["written"]))


def _limit() -> None:
    """Take away from this process what it does not need."""
    caps = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: OUTPUT_BYTES,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in caps.items():
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard),) * 2)


def _write_page(page: Any, target: Path, long_side_px: int) -> None:
    """Render one page on white, whatever its size, to a picture of bounded size."""
    width, height = page.get_size()
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise ValueError("page size")
    scale = min(long_side_px / max(width, height), 6.0)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    part = target.with_suffix(".part")
    picture.save(part, format="PNG", compress_level=6)
    os.replace(part, target)


def _child(path: str, into: str, first: int, last: int, long_side_px: int) -> dict[str, Any]:
    """Open, count and render; the answer for the parent."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        return {"why": "pdf_locked" if "password" in str(error).lower() else "pdf_broken"}
    total, written = len(document), []
    if not total:
        return {"why": "pdf_broken"}
    try:
        for number in range(first, min(last, total) + 1):
            target = Path(into) / f"{number:04d}.png"
            _write_page(document[number - 1], target, long_side_px)
            written.append(str(target))
    except (pypdfium2.PdfiumError, ValueError):
        return {"why": "pdf_broken"}
    return {"total": total, "written": written}


def main(arguments: list[str]) -> int:
    """The child half: limits first, then the work, then one line of JSON."""
    path, into, first, last, long_side_px = arguments
    _limit()
    os.umask(0o077)
    print(json.dumps(_child(path, into, int(first), int(last), int(long_side_px))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
