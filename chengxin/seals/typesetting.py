"""Typesetting: one set of fonts per process, templates of ours, values as data and never as markup."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pypdfium2
import segno
import typst

TEMPLATES = Path(__file__).parent / "templates"
# The PDF engine under pypdfium2 is not made for threads: all calls of a process go one by one.
_engine = threading.Lock()


@cache
def font_folder() -> Path:
    """Where the shipped Chinese fonts lie."""
    found = find_spec("pylopdf_fonts_zh_cn")
    if found is None or found.origin is None:
        raise RuntimeError("The font package is not installed.")
    return Path(found.origin).parent


@cache
def _fonts() -> typst.Fonts:
    """Only the shipped fonts, so that a paper looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()])


def warm() -> None:
    """Load the fonts now, not at the first paper."""
    _fonts()


def pdf(template: str, data: Mapping[str, Any], *, created_at: int) -> bytes:
    """The template filled with data as a tagged PDF/A; the same input gives the same bytes."""
    made = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2a"],
        timestamp=created_at,
    )
    assert isinstance(made, bytes)
    return made


def png(template: str, data: Mapping[str, Any], *, ppi: int = 110) -> bytes:
    """The first page of the template filled with data, as a picture."""
    made = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        format="png",
        ppi=ppi,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return made[0] if isinstance(made, list) else bytes(made or b"")


def pages(document: bytes) -> int:
    """How many pages a PDF of ours has."""
    with _engine:
        opened = pypdfium2.PdfDocument(document)
        try:
            return len(opened)
        finally:
            opened.close()


def qr(text: str, *, scale: int = 1) -> str:
    """A QR code as SVG, `scale` pixels a square."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=scale, border=1, xmldecl=False, dark="#1b2430")
    return out.getvalue().decode()
