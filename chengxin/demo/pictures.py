"""Licences, authorisations and proofs, drawn and a little worn, each saying 演示样张. No emblem is drawn (D-55)."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFilter, ImageFont

PAPER = (252, 250, 243)
INK = (38, 38, 42)
RED = (196, 40, 36)
MARK = "演示样张"
LICENCE_SIZE = (1400, 990)
LETTER_SIZE = (990, 1400)

Rows = Sequence[tuple[str, str]]


def licence(*, title: str, rows: Rows) -> bytes:
    """A licence as a photographed page, as JPEG."""
    page = Image.new("RGB", LICENCE_SIZE, PAPER)
    pen = ImageDraw.Draw(page)
    pen.rectangle((30, 30, LICENCE_SIZE[0] - 30, LICENCE_SIZE[1] - 30), outline=(176, 146, 84), width=8)
    pen.rectangle((46, 46, LICENCE_SIZE[0] - 46, LICENCE_SIZE[1] - 46), outline=(176, 146, 84), width=2)
    pen.text((LICENCE_SIZE[0] / 2, 150), title, font=_font(76), fill=INK, anchor="mm")
    _rows(pen, rows, top=270, left=110, wide=LICENCE_SIZE[0] - 240)
    return _worn(page, seed="".join(value for _label, value in rows))


def authorisation(*, name: str, rows: Rows, head: str) -> bytes:
    """A signed and sealed authorisation as a scanned letter, as JPEG."""
    page = Image.new("RGB", LETTER_SIZE, (250, 250, 250))
    pen = ImageDraw.Draw(page)
    pen.text((LETTER_SIZE[0] / 2, 140), "法人代表签字授权书", font=_font(52), fill=INK, anchor="mm")
    _rows(pen, rows, top=240, left=100, wide=LETTER_SIZE[0] - 200)
    text = "兹授权上述经办人办理本单位在本平台的注册、填报与维护事宜，所提交材料真实、完整、有效。"
    for number, line in enumerate(_lines(text, 26)):
        pen.text((100, 720 + number * 46), line, font=_font(30), fill=INK)
    pen.text((520, 1010), "签字：", font=_font(30), fill=INK)
    pen.text((620, 995), head, font=_font(46, serif=True), fill=(24, 36, 96))
    _seal(pen, middle=(640, 1160), around=name or head)
    return _worn(page, seed=name + head)


def proof(*, title: str, name: str, number: str) -> bytes:
    """A certificate that proves one record, as JPEG."""
    return licence(title=title, rows=[("持有人", name), ("编　号", number), ("说　明", "本证书为演示样张，内容均为虚构")])


@cache
def _font(size: int, *, serif: bool = False) -> ImageFont.FreeTypeFont:
    name = "NotoSerifSC-Regular.otf" if serif else "NotoSansSC-Regular.otf"
    return ImageFont.truetype(io.BytesIO((files("pylopdf_fonts_zh_cn") / name).read_bytes()), size)


def _rows(pen: ImageDraw.ImageDraw, rows: Rows, *, top: int, left: int, wide: int) -> None:
    at = top
    for label, value in rows:
        pen.text((left, at), label, font=_font(28), fill=(110, 96, 62))
        for line in _lines(value, (wide - 220) // 30)[:3] or [""]:
            pen.text((left + 220, at), line, font=_font(28), fill=INK)
            at += 40
        at += 18


def _lines(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def _seal(pen: ImageDraw.ImageDraw, *, middle: tuple[int, int], around: str) -> None:
    x, y = middle
    pen.ellipse((x - 120, y - 120, x + 120, y + 120), outline=RED, width=6)
    for number, line in enumerate(_lines(around, 8)[:3]):
        pen.text((x, y - 40 + number * 30), line, font=_font(24), fill=RED, anchor="mm")
    pen.text((x, y + 70), MARK, font=_font(26), fill=RED, anchor="mm")


def _worn(page: Image.Image, *, seed: str) -> bytes:
    """The page with the mark across it, a little turned, blurred and speckled, as JPEG."""
    dice = random.Random(seed)
    mark = Image.new("RGBA", page.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(mark)
    for row in range(3):
        at = (page.width / 2, page.height * (row + 1) / 4)
        pen.text(at, f"{MARK}　{MARK}", font=_font(92), fill=(200, 60, 50, 46), anchor="mm")
    mark = mark.rotate(18)
    page = Image.alpha_composite(page.convert("RGBA"), mark).convert("RGB")
    page = page.rotate(dice.uniform(-1.2, 1.2), fillcolor=(120, 116, 108), resample=Image.Resampling.BICUBIC)
    page = page.filter(ImageFilter.GaussianBlur(0.6))
    pen = ImageDraw.Draw(page)
    for _ in range(160):
        x, y, shade = dice.randrange(page.width), dice.randrange(page.height), dice.randrange(150, 220)
        pen.point((x, y), fill=(shade, shade, shade))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=72)
    return out.getvalue()
