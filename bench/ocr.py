"""The text of a proof picture, read in the limited child process on one processor; models are loaded anew for each child.

A licence of 1,400 × 990 pixels as people photograph it: turned a little, blurred, speckled, with a mark across. Every
picture differs. Floor of the same run: the same child reading an empty sheet, which costs the start and the models.
"""

from __future__ import annotations

import io
import os
import resource
import tempfile
from pathlib import Path

from bench.house import REPEATS, Figure, ratio, report, seconds

MOST_S = 3


def run() -> list[Figure]:
    """All figures; needs no database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengxin.settings")
    os.environ.setdefault("DEMO", "1")
    django.setup()
    from chengxin.ocr import engine

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    with tempfile.TemporaryDirectory() as folder:
        papers = [_paper(Path(folder), number) for number in range(REPEATS + 4)]
        empty = _empty(Path(folder))
        engine.read([empty])
        before = _worked()
        alone = [seconds(lambda paper=paper: _must(engine.read([paper]))) for paper in papers[:REPEATS]]
        worked = (_worked() - before) / REPEATS
        floor = [seconds(lambda: engine.read([empty])) for _repeat in range(REPEATS)]
        four = [seconds(lambda: _must(engine.read(papers[-4:]))) / 4 for _repeat in range(REPEATS)]
    return [
        Figure("ocr: one licence-size picture, with the start of the child", alone, "s", most=MOST_S),
        Figure("ocr: processor time of it", [worked], "s", most=MOST_S),
        Figure("ocr: each of four pictures in one child", four, "s", most=MOST_S),
        Figure("ocr: an empty sheet (floor)", floor, "s"),
        ratio("ocr: one picture to the floor", alone, floor),
    ]


def _paper(folder: Path, number: int) -> Path:
    from chengxin.demo.pictures import licence

    rows = [
        ("统一社会信用代码", f"91330110MA2B{number:05d}K"),
        ("名　称", f"杭州澜序桥电子商务有限公司第{number}分公司"),
        ("类　型", "有限责任公司（自然人投资或控股）"),
        ("法定代表人", "林小桥"),
        ("注册资本", f"人民币{number + 1}00万元整"),
        ("成立日期", f"2018年3月{number % 28 + 1}日"),
        ("住　所", "浙江省杭州市余杭区仓前街道文一西路1500号6幢302室"),
        ("经营范围", "农产品网络零售；互联网销售；信息技术咨询服务；货物进出口。"),
    ]
    path = folder / f"{number}.jpg"
    path.write_bytes(licence(title="营业执照", rows=rows))
    return path


def _empty(folder: Path) -> Path:
    from PIL import Image

    out, path = io.BytesIO(), folder / "empty.jpg"
    Image.new("RGB", (1400, 990), "white").save(out, "JPEG")
    path.write_bytes(out.getvalue())
    return path


def _worked() -> float:
    """Processor seconds of all children so far: what a busy machine cannot change."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _must(said: list[object]) -> None:
    assert all(said), "a picture was not read"


if __name__ == "__main__":
    raise SystemExit(report(run()))
