"""Proofs of voluntary records are JPEG unless the site's policy also takes PNG and PDF (VOL-20)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from chengxin.catalogue.values import FileSlot
from chengxin.common.errors import Invalid
from chengxin.filings import file_rules, files
from chengxin.filings.file_rules import JPEG, PDF, PNG
from chengxin.filings.tests.test_files import drawn, paged


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def taken(data: bytes, name: str) -> str:
    return files.intake(io.BytesIO(data), slot="voluntary", name=name).media_type


@pytest.mark.parametrize(("data", "name"), [(drawn("PNG"), "证明.png"), (drawn("PNG"), "证明.jpg"), (paged(1), "证明.pdf")])
def test_only_jpeg_is_taken_by_its_content(data: bytes, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        taken(data, name)
    assert "支持上传的文件类型为jpg" in refused.value.fields["voluntary"][0]
    assert taken(drawn("JPEG"), "证明.jpeg") == JPEG


def test_a_site_may_also_take_png_and_pdf_and_no_other_slot_widens(settings: Any) -> None:
    narrow = FileSlot("voluntary", 5, 5, ("jpg",))
    assert file_rules.extensions(narrow.slot) == ("jpg",)
    settings.VOLUNTARY_PROOFS = file_rules.WIDER_PROOFS
    assert file_rules.extensions(narrow.slot) == ("jpg", "png", "pdf")
    assert taken(drawn("PNG"), "证明.png") == PNG
    assert taken(paged(1), "证明.pdf") == PDF
    assert file_rules.extensions("identity") == ("jpg", "png", "bmp")
    assert file_rules.extensions("unknown") == ()
