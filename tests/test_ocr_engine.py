"""The engine in its child process: text with its places, what is no picture, limits that hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from chengxin.demo.pictures import licence
from chengxin.ocr import engine

pytestmark = pytest.mark.slow
CODE = "91330110MA2BXXXX1K"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A licence as people photograph it."""
    path = tmp_path / "paper"
    path.write_bytes(licence(title="营业执照", rows=[("统一社会信用代码", CODE), ("名　称", "杭州澜序桥电子商务有限公司")]))
    return path


def test_text_comes_with_its_place_and_what_is_no_picture_spoils_no_other(paper: Path, tmp_path: Path) -> None:
    wrong, empty = tmp_path / "wrong", tmp_path / "empty"
    wrong.write_bytes(b"not a picture")
    Image.new("RGB", (600, 400), "white").save(empty, "JPEG")
    read, refused, nothing = engine.read([paper, wrong, empty])
    assert refused is None and nothing == [] and read is not None
    _text, score, left, top, width, height = next(line for line in read if CODE in line[0])
    assert score > 0.8 and 0 < left < left + width < 1 and 0.2 < top < top + height < 0.4
    assert any("杭州澜序桥电子商务有限公司" in line[0] for line in read)


def test_a_child_that_may_not_go_on_leaves_what_it_had_said(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WALL_SECONDS", 0.01)
    assert engine.read([paper, paper]) == [None, None]
