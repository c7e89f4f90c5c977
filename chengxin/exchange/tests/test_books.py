"""Workbooks that are damaged late, or unpack to more than is read: one sentence, before memory is filled."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.xml import DEFUSEDXML
from openpyxl.xml.constants import ARC_CONTENT_TYPES as TYPES
from openpyxl.xml.constants import SHARED_STRINGS

from chengxin.common.errors import Invalid
from chengxin.exchange import agency_books, reading, workbooks

SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
INLINE = re.compile(rb't="inlineStr"><is><t>([^<]*)</t></is></c>')
UNITS = [(f"C33010{number}", "西湖区商务局", "商务主管部门", "330106") for number in range(3)]
CUT = "无法打开或已损坏"


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A workbook from its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def parts_of(data: bytes, *, texts: str = TEXTS) -> dict[str, bytes]:
    """The parts of a workbook, its first sheet with its texts in a part of their own, as spreadsheets write them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    said = INLINE.findall(parts[SHEET])
    numbers = itertools.count()
    parts[SHEET] = INLINE.sub(lambda _found: b't="s"><v>%d</v></c>' % next(numbers), parts[SHEET])
    parts[texts] = b'<sst xmlns="%s">' % MAIN + b"".join(b"<si><t>%s</t></si>" % text for text in said) + b"</sst>"
    told = f'<Override PartName="/{texts}" ContentType="{SHARED_STRINGS}"/></Types>'.encode()
    parts[TYPES] = parts[TYPES].replace(b"</Types>", told)
    return parts


def spoilt(data: bytes, part: str, spoil: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part changed."""
    parts = parts_of(data)
    assert spoil(parts[part]) != parts[part]
    return packed({**parts, part: spoil(parts[part])})


def book_of(tmp_path: Path, data: bytes) -> list[list[str]]:
    path = tmp_path / "book"
    path.write_bytes(data)
    return list(workbooks._rows(path))


@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        (SHEET, lambda text: text[: len(text) * 2 // 3]),
        (SHEET, lambda text: text.replace(b"<v>5</v>", b"<v>99999</v>")),
        (TEXTS, lambda text: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + text.replace(b"C330102", b"&a;")),
    ],
    ids=["cut sheet", "text that is not there", "entity"],
)
def test_damage_inside_a_workbook_is_one_sentence(part: str, spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = spoilt(agency_books.write(units=UNITS, people=()), part, spoil)
    with pytest.raises(Invalid, match=CUT):
        agency_books.read(data)
    plain = Workbook()
    assert plain.active is not None
    for row in [("操作", "企业", "编号"), *UNITS]:
        plain.active.append(row)
    out = io.BytesIO()
    plain.save(out)
    assert len(book_of(tmp_path, out.getvalue())) == 4
    with pytest.raises(Invalid, match=CUT):
        book_of(tmp_path, spoilt(out.getvalue(), part, spoil))


def test_a_damaged_packing_is_one_sentence() -> None:
    data = bytearray(agency_books.write(units=UNITS, people=()))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo(SHEET).header_offset
    data[at + 120 : at + 140] = b"\xff" * 20
    with pytest.raises(Invalid, match=CUT):
        agency_books.read(bytes(data))


def test_entities_are_never_expanded() -> None:
    assert DEFUSEDXML, "openpyxl reads with defusedxml"


@pytest.mark.parametrize("named", [TEXTS, "xl/worksheets/texts.xml"])
def test_shared_texts_that_unpack_to_too_much_are_refused(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BOOK_PART_BYTES", 100_000)
    parts = parts_of(agency_books.write(units=UNITS, people=()), texts=named)
    assert len(agency_books.read(packed(parts))) == 3
    data = packed({**parts, named: parts[named] + b" " * 200_000})
    with pytest.raises(Invalid, match="展开后过大"):
        agency_books.read(data)
    with pytest.raises(Invalid, match="展开后过大"):
        book_of(tmp_path, data)


def test_a_sheet_of_agencies_is_read_to_its_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    data = agency_books.write(units=UNITS, people=())
    monkeypatch.setattr(agency_books, "MAX_UNITS", 3)
    assert len(agency_books.read(data)) == 3
    far = spoilt(data, SHEET, lambda text: re.sub(rb'r="([A-D]?)4"', rb'r="\g<1>1048576"', text))
    with pytest.raises(Invalid, match="一次最多3行"):
        agency_books.read(far)


def test_a_line_without_end_is_refused_before_it_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 1000)
    path = tmp_path / "table"
    path.write_bytes(b"a,b\n" + b"1," * 499 + b"\n" + b"x," * 5000)
    rows = reading.rows(path, encoding="utf-8")
    assert [next(rows).number, next(rows).number] == [1, 2], "a line of the longest length is read"
    with pytest.raises(Invalid, match="文件第3行起不是有效的CSV"):
        next(rows)
