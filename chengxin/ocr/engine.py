"""Reads pictures in a child process with tight limits, by RapidOCR, whose models come inside its package (VOL-21).

A picture from outside is read in a process of its own: a cap on memory, processor time, file size and open files, an
empty environment, one thread, a deadline. Loading the models takes longer than reading, so one child reads a few
pictures; it answers with one JSON line for each, and when it dies, what it had said before counts.
The child half runs this file as a script, isolated (`-I`), so it imports nothing of the house.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 * 1024 * 1024 * 1024
CPU_SECONDS = 20  # of each picture; the first one's child also loads the models
WALL_SECONDS = 60
OUTPUT_BYTES = 1024 * 1024
OPEN_FILES = 128
LONG_SIDE_PX = 1280  # to which larger pictures are reduced before text is looked for
MOST_LINES = 300
NEEDED = ("rapidocr", "onnxruntime", "cv2")

Lines = list[tuple[str, float, float, float, float, float]]


def is_installed() -> bool:
    """Whether the optional parts are there that reading needs."""
    return all(find_spec(name) is not None for name in NEEDED)


def read(paths: Sequence[Path]) -> list[Lines | None]:
    """The lines of each picture in order: text, score, left, top, width, height as parts of the picture; None where it failed."""
    command = [sys.executable, "-I", __file__, str(len(paths)), *map(str, paths)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_SECONDS * len(paths),
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            cwd="/",
            close_fds=True,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as error:
        done = error.stdout or b""
    said = [_answer(line) for line in done.splitlines()][: len(paths)]
    return said + [None] * (len(paths) - len(said))


def _answer(line: bytes) -> Lines | None:
    try:
        found = json.loads(line)
    except ValueError:  # cut off in the middle
        return None
    return [tuple(each) for each in found] if isinstance(found, list) else None


def _limit(pictures: int) -> None:
    """Take away from this process what it does not need."""
    caps = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_SECONDS * pictures,
        resource.RLIMIT_FSIZE: OUTPUT_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in caps.items():
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard),) * 2)


def _reader() -> Any:
    """The engine on one thread, saying nothing."""
    from rapidocr import RapidOCR

    one = {"EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1}
    reduced = {"Det.limit_type": "max", "Det.limit_side_len": LONG_SIDE_PX}
    return RapidOCR(params={"Global.log_level": "critical", **reduced, **one})


def _lines(reader: Any, path: str) -> Lines:
    """The lines of one picture, from top to bottom."""
    from PIL import Image

    with Image.open(path) as picture:
        width, height = picture.size
    said = reader(path)
    if said.txts is None or said.boxes is None:
        return []
    found: Lines = []
    for text, score, box in zip(said.txts, said.scores, said.boxes, strict=True):
        across, down = [float(point[0]) / width for point in box], [float(point[1]) / height for point in box]
        left, top = _part(min(across)), _part(min(down))
        found.append((str(text)[:500], round(float(score), 3), left, top, _part(max(across) - left), _part(max(down) - top)))
    return found[:MOST_LINES]


def _part(side: float) -> float:
    """A place in the picture as a part of its side."""
    return round(min(max(side, 0.0), 1.0), 4)


def main(arguments: list[str]) -> int:
    """The child half: limits first, then the work, then one line of JSON for each picture."""
    pictures = int(arguments[0])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _limit(pictures)
    os.umask(0o077)
    reader = _reader()
    for path in arguments[1:]:
        try:
            said: Lines | None = _lines(reader, path)
        except Exception:  # one picture that cannot be read does not spoil the others
            said = None
        answers.write(json.dumps(said, ensure_ascii=False) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
