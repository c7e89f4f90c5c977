"""A minimal word-processor file (Office Open XML): paragraphs, one table, lines to fill in; written by hand."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.sax.saxutils import escape

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_FONTS = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/>'
_TYPES = f"""{_HEAD}
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" ContentType="{MEDIA_TYPE}.main+xml"/>\
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>\
</Types>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = f"""{_HEAD}
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>"""
_DOCUMENT_RELS = f"""{_HEAD}
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>"""
_STYLES = f"""{_HEAD}
<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>{_FONTS}<w:sz w:val="24"/>\
<w:lang w:val="zh-CN" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>\
<w:pPrDefault><w:pPr><w:spacing w:line="400" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>\
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>\
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>\
<w:pPr><w:jc w:val="center"/></w:pPr><w:rPr><w:b/><w:sz w:val="40"/></w:rPr></w:style></w:styles>"""
_PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1247" w:right="1361" w:bottom="1021" w:left="1361" '
    'w:header="600" w:footer="600" w:gutter="0"/></w:sectPr>'
)
_UNDERLINE = "　" * 12


def document(data: dict[str, Any]) -> bytes:
    """The authorisation of `papers` as a .docx; the same data gives the same bytes."""
    body = "".join(
        [
            _paragraph(data["title"], style="Title"),
            _paragraph(data["subtitle"], centred=True, half_points=19, after=240),
            _paragraph(data["addressee"]),
            _table(data["fields"]),
            *(_paragraph(text, indent=True) for text in data["paragraphs"]),
            _paragraph(f"授权期限：自{data['term'][0]}起至{data['term'][1]}止。", indent=True, after=240),
            *(_signature(label) for label, _value in data["signatures"]),
            _paragraph(data["seal_label"]),
            _paragraph("填写说明", half_points=18, before=240),
            *(_paragraph(f"{number}. {note}", half_points=18) for number, note in enumerate(data["notes"], 1)),
        ]
    )
    main = f'{_HEAD}\n<w:document xmlns:w="{_MAIN}"><w:body>{body}{_PAGE}</w:body></w:document>'
    return _packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELS,
            "word/document.xml": main,
            "word/_rels/document.xml.rels": _DOCUMENT_RELS,
            "word/styles.xml": _STYLES,
        }
    )


def _packed(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    return out.getvalue()


def _run(text: str, *, half_points: int = 0, underlined: bool = False) -> str:
    marks = ('<w:u w:val="single"/>' if underlined else "") + (f'<w:sz w:val="{half_points}"/>' if half_points else "")
    # The order of marks is fixed by the format: size before underline.
    if underlined and half_points:
        marks = f'<w:sz w:val="{half_points}"/><w:u w:val="single"/>'
    return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _paragraph(
    text: str,
    *,
    style: str = "",
    centred: bool = False,
    indent: bool = False,
    half_points: int = 0,
    before: int = 0,
    after: int = 60,
) -> str:
    """One paragraph; distances in twentieths of a point."""
    line = ' w:line="300" w:lineRule="auto"' if 0 < half_points < 20 else ""
    marks = (
        (f'<w:pStyle w:val="{style}"/>' if style else "")
        + f'<w:spacing w:before="{before}" w:after="{after}"{line}/>'
        + ('<w:ind w:firstLineChars="200" w:firstLine="480"/>' if indent else "")
        + ('<w:jc w:val="center"/>' if centred else "")
    )
    return f"<w:p><w:pPr>{marks}</w:pPr>{_run(text, half_points=half_points)}</w:p>"


def _signature(label: str) -> str:
    space = '<w:pPr><w:spacing w:before="120" w:after="120"/></w:pPr>'
    return f"<w:p>{space}{_run(label)}{_run(_UNDERLINE, underlined=True)}</w:p>"


def _table(rows: list[list[str]]) -> str:
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="555555"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    widths = (3000, 6184)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join(
        '<w:tr><w:trPr><w:trHeight w:val="480" w:hRule="atLeast"/></w:trPr>'
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            + _paragraph(text, half_points=21)
            + "</w:tc>"
            for width, text in zip(widths, row, strict=True)
        )
        + "</w:tr>"
        for row in rows
    )
    marks = f'<w:tblPr><w:tblW w:w="9184" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
    after = _paragraph("", after=0, half_points=12)
    return f"<w:tbl>{marks}<w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>{after}"
