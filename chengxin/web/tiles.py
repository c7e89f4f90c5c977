"""A map of squares drawn as SVG: one square for each division, no borders and no data of others. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SIDE, GAP = 68, 6
ACROSS = 10
SHORTENED = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")
# Where each province, 兵团 and 计划单列市 stands: (column, row), roughly as they lie to each other.
PLACES: Mapping[str, tuple[int, int]] = {
    "230000": (9, 0), "150000": (6, 1), "110000": (7, 1), "210000": (8, 1), "220000": (9, 1),
    "660000": (0, 2), "650000": (1, 2), "620000": (3, 2), "640000": (4, 2), "140000": (5, 2), "130000": (6, 2), "120000": (7, 2),
    "210200": (8, 2), "630000": (2, 3), "610000": (4, 3), "410000": (5, 3), "370000": (6, 3), "370200": (7, 3),
    "540000": (1, 4), "510000": (3, 4), "500000": (4, 4), "420000": (5, 4), "340000": (6, 4), "320000": (7, 4), "310000": (8, 4),
    "520000": (4, 5), "430000": (5, 5), "360000": (6, 5), "330000": (7, 5), "330200": (8, 5),
    "530000": (3, 6), "450000": (4, 6), "440000": (5, 6), "350000": (6, 6), "350200": (7, 6), "710000": (8, 6),
    "460000": (4, 7), "820000": (5, 7), "440300": (6, 7), "810000": (7, 7),
}  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """One square: which division, what stands in it, how dark it is (0 to 4), where it leads, and all of it in words."""

    code: str
    name: str
    number: str
    shade: int
    url: str
    words: str


def short(name: str) -> str:
    """A name that fits a square: without the word for its kind, at most four signs."""
    for ending in SHORTENED:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            name = name.removesuffix(ending)
            break
    return "兵团" if name.endswith("兵团") else name[:4]


def draw(*, tiles: Sequence[Tile], title: str) -> SafeString:
    """The map; provinces stand where they lie, other divisions one after the other."""
    geographic = bool(tiles) and all(tile.code in PLACES for tile in tiles)
    places = [PLACES[tile.code] if geographic else (at % ACROSS, at // ACROSS) for at, tile in enumerate(tiles)]
    step = SIDE + GAP
    squares = format_html_join(
        "",
        '<a href="{}" aria-label="{}"><g transform="translate({} {})"><rect class="shade-{}" width="{}" height="{}" rx="6"/>'
        '<text class="on-{}" x="{}" y="28" text-anchor="middle">{}</text>'
        '<text class="figure on-{}" x="{}" y="52" text-anchor="middle">{}</text></g></a>',
        (
            (tile.url, tile.words, x * step, y * step, tile.shade, SIDE, SIDE, tile.shade, SIDE // 2, short(tile.name),
             tile.shade, SIDE // 2, tile.number)
            for tile, (x, y) in zip(tiles, places, strict=True)
        ),
    )  # fmt: skip
    wide = (max((x for x, _y in places), default=0) + 1) * step - GAP
    tall = (max((y for _x, y in places), default=0) + 1) * step - GAP
    return format_html(
        '<svg class="tiles" role="group" aria-label="{}" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg">{}</svg>',
        title, wide, tall, squares,
    )  # fmt: skip
