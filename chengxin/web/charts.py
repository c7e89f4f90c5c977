"""Charts as SVG text: pure functions, no scripts, no fonts of their own, every word escaped.

The picture is an image with a title for those who see it; the table behind it is drawn by the component.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Points = Sequence[tuple[str, int]]
WIDTH = 340
NAMES_AT_MOST = 0.4  # of the width; longer names stand above their bars
TICKS = 4
CHAR = 13


def draw(*, kind: str, title: str, points: Points, unit: str = "") -> SafeString:
    """A chart by kind: bar (lying), column (standing) or line."""
    makers = {"bar": bars, "column": columns, "line": line}
    return makers[kind](title=title, points=points, unit=unit)


def bars(*, title: str, points: Points, unit: str = "") -> SafeString:
    """Lying bars, one a row; good for names such as provinces. Long names stand above their bars."""
    broadest = max((_breadth(label) for label, _v in points), default=0)
    above = broadest > WIDTH * NAMES_AT_MOST
    step, left, right = (48, 0, 60) if above else (30, 8 + broadest, 60)
    top = _ceiling(points)
    room = WIDTH - left - right
    rows = [((at + 1) * step - 25, label, round(room * value / top, 1), value) for at, (label, value) in enumerate(points)]
    body = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}">{}</text>'
        '<rect class="bar" x="{}" y="{}" width="{}" height="20" rx="2"/><text x="{}" y="{}">{}</text>',
        (
            (*place, label, left, y, long, left + 6 + round(long), y + 15, f"{value:,}")
            for y, label, long, value in rows
            for place in [(0, y - 9, "start") if above else (left - 8, y + 15, "end")]
        ),
    )
    return _frame(title=title, height=max(1, len(points)) * step + 4, unit=unit, body=body)


def columns(*, title: str, points: Points, unit: str = "") -> SafeString:
    """Standing bars over a scale."""
    left, bottom, height = _scale_breadth(points), 34, 260
    top = _ceiling(points)
    step = (WIDTH - left - 8) / max(1, len(points))
    broad = min(48.0, step * 0.64)
    room = height - bottom - 24
    body = format_html_join(
        "",
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
        (
            (round(left + at * step + (step - broad) / 2, 1), round(24 + room - tall, 1), round(broad, 1), round(tall, 1))
            for at, (_label, value) in enumerate(points)
            for tall in [room * value / top]
        ),
    )
    axes = _axes(points=points, left=left, step=step, room=room, top=top)
    return _frame(title=title, height=height, unit=unit, body=axes + body)


def line(*, title: str, points: Points, unit: str = "") -> SafeString:
    """A line through values in time."""
    left, bottom, height = _scale_breadth(points), 34, 260
    top = _ceiling(points)
    step = (WIDTH - left - 8) / max(1, len(points))
    room = height - bottom - 24
    places = [(round(left + at * step + step / 2, 1), round(24 + room * (1 - value / top), 1)) for at, (_label, value) in enumerate(points)]
    path = " ".join(f"{x},{y}" for x, y in places)
    body = format_html('<polyline class="line" points="{}"/>', path)
    dots = format_html_join("", '<circle class="dot" cx="{}" cy="{}" r="4"/>', places)
    axes = _axes(points=points, left=left, step=step, room=room, top=top)
    return _frame(title=title, height=height, unit=unit, body=axes + body + dots)


def _axes(*, points: Points, left: float, step: float, room: float, top: int) -> SafeString:
    scale = format_html_join(
        "",
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="soft" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (left, WIDTH - 8, y, y, left - 6, y + 4, f"{top * (TICKS - at) // TICKS:,}")
            for at in range(TICKS + 1)
            for y in [round(24 + room * at / TICKS, 1)]
        ),
    )
    every = max(1, ceil(max((_breadth(label) for label, _v in points), default=0) / max(step, 1)))
    labels = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (round(left + at * step + step / 2, 1), round(24 + room + 22), label)
            for at, (label, _value) in enumerate(points)
            if at % every == 0
        ),
    )
    return scale + labels


def _frame(*, title: str, height: float, unit: str, body: SafeString) -> SafeString:
    note = format_html('<text class="soft" x="0" y="12">{}</text>', unit) if unit and 'class="grid"' in body else ""
    return format_html(
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg">{}{}</svg>',
        title,
        WIDTH,
        round(height),
        note,
        body,
    )


def _ceiling(points: Points) -> int:
    """The end of the scale: a round number at or above the largest value, a multiple of the ticks."""
    largest = max((value for _label, value in points), default=0)
    if largest <= TICKS:
        return TICKS
    size: int = 10 ** int(log10(largest))
    for factor in (1, 2, 4, 5, 8, 10):
        if factor * size >= largest and factor * size % TICKS == 0:
            return factor * size
    return 10 * size if 10 * size % TICKS == 0 else ceil(largest / TICKS) * TICKS


def _breadth(text: str) -> int:
    """Breadth of a text in the picture: full for Chinese, a good half for the rest."""
    return round(sum(CHAR if ord(sign) > 0x2E7F else CHAR * 0.6 for sign in text)) + 6


def _scale_breadth(points: Points) -> int:
    return _breadth(f"{_ceiling(points):,}") + 6
