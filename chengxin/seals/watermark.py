"""A copy of a picture with a text across it, so that a reviewer's view says whose it was (REG-07, D-16)."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from chengxin.seals.typesetting import font_folder

MAX_CHARS = 80
_ANGLE = 28
_SHADE = (150, 30, 30, 52)


def watermarked(picture: bytes, *, text: str, max_side_px: int = 2400) -> tuple[bytes, str]:
    """(JPEG, media type) of a PNG or JPEG of ours with `text` repeated over it; the original stays as it is."""
    with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as opened:
        flat = Image.new("RGB", opened.size, "white")
        flat.paste(opened, mask=opened.getchannel("A") if opened.mode == "RGBA" else None)
    flat.thumbnail((max_side_px, max_side_px))
    layer = _layer(flat.size, text[:MAX_CHARS])
    out = io.BytesIO()
    Image.alpha_composite(flat.convert("RGBA"), layer).convert("RGB").save(out, format="JPEG", quality=86)
    return out.getvalue(), "image/jpeg"


def _layer(size: tuple[int, int], text: str) -> Image.Image:
    """The text in rows, every second one shifted, turned; as large as the picture, otherwise clear."""
    font = ImageFont.truetype(str(font_folder() / "NotoSansSC-Regular.otf"), max(14, min(40, min(size) // 26)))
    span = int((size[0] ** 2 + size[1] ** 2) ** 0.5) + 2
    sheet = Image.new("RGBA", (span, span), (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    step = int(pen.textlength(text, font=font)) + int(font.size * 4)
    for row, top in enumerate(range(0, span, int(font.size * 6))):
        for left in range(-step // 2 * (row % 2), span, step):
            pen.text((left, top), text, font=font, fill=_SHADE)
    turned = sheet.rotate(_ANGLE, resample=Image.Resampling.BILINEAR)
    left, top = (span - size[0]) // 2, (span - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))
