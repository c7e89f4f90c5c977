"""Files as other programs write them: every one gives lines, faults with their place, or one sentence."""

from __future__ import annotations

import tempfile
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from chengxin.catalogue import loader, reading
from chengxin.catalogue.tests.helpers import SHIPPED
from chengxin.catalogue.values import Form
from chengxin.common.errors import Invalid
from chengxin.exchange import judging, shaping
from chengxin.exchange import reading as files
from chengxin.exchange.values import Fault, Line

TODAY = date(2026, 11, 21)
CODE = "91330110WWTE10019A"
GOOD = f"{CODE},市场监管总局（演示）,A-1,2026-11-01,余杭区市场监督管理局（演示）,抽查,2026-10-20,未发现问题"


@pytest.fixture(scope="module")
def form() -> Form:
    """Inspections, as shipped."""
    body = loader.load_folder(SHIPPED)["import/G09"]
    return reading.form(body, version=loader.version_of(body))


def look_at(data: bytes, form: Form) -> tuple[list[Line], list[Fault]]:
    """The lines of a file piece by piece, as the phases of an import read them, and what is wrong with its shape."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table")
        path.write_bytes(data)
        found, pieces = shaping.shaped(path, group=form.groups[0])
        cut = list(pieces)
        wrong = {line.number for line in found.faulty}
        rows = [
            row
            for piece in cut
            for row in islice(files.rows(path, encoding=found.encoding, offset=piece.offset, number=piece.first_line), piece.lines)
        ]
        lines = [found.columns.line(row) for row in rows if row.number not in wrong]
    return lines, [fault for line in found.faulty for fault in line.faults]


def read(form: Form, *lines: str, encoding: str = "utf-8", before: bytes = b"") -> tuple[list[Line], list[Fault]]:
    return look_at(before + "\r\n".join(lines).encode(encoding), form)


def places(faults: list[Fault]) -> list[tuple[int, str]]:
    return [(fault.line, fault.column) for fault in faults]


def labels(form: Form) -> str:
    group = form.groups[0]
    codes = ("subject_uscc", "source_unit", "source_record_no", "collected_on", "authority", "kind", "checked_on", "result")
    return ",".join(field.label.zh for code in codes if (field := group.field(code)))


@pytest.mark.parametrize(("encoding", "before"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"")])
def test_encodings_that_spreadsheets_write(form: Form, encoding: str, before: bytes) -> None:
    lines, faults = read(form, labels(form), GOOD, encoding=encoding, before=before)
    assert not faults
    assert [line.raw["authority"] for line in lines] == ["余杭区市场监督管理局（演示）"]
    assert lines[0].number == 2


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("主体,单位".encode("utf-16"), "编码"),
        (b"PK\x03\x04" + b"\x00" * 50, "工作簿"),
        (b"\xff\xfe\xff\xff\xff", "编码"),
        (b'"a,b\n1,2', "CSV"),
        (b"\x80\x81\xff", "编码"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(form: Form, data: bytes, word: str) -> None:
    with pytest.raises(Invalid) as refused:
        look_at(data, form)
    assert word in refused.value.message


def test_an_empty_file_and_one_without_data_say_so(form: Form) -> None:
    assert "列名" in str(read(form, "")[1][0])
    with pytest.raises(Invalid, match="没有数据行"):
        read(form, labels(form), ",,,,,,,", "")


def test_columns_in_any_order_by_label_or_code(form: Form) -> None:
    head = "result,checked_on,kind,authority,collected_on,source_record_no,source_unit,subject_uscc"
    cells = ",".join(reversed(GOOD.split(",")))
    lines, faults = read(form, head, cells)
    assert not faults
    assert lines[0].raw["subject_uscc"] == CODE


def test_missing_unknown_and_doubled_columns_are_named(form: Form) -> None:
    shown = labels(form).split(",")
    _lines, faults = read(form, ",".join([*shown[1:], shown[3], "备用列"]), GOOD)
    assert places(faults) == [(1, shown[3]), (1, "备用列"), (1, shown[0])]
    assert "重复" in faults[0].message
    assert "没有这一列" in faults[1].message
    assert "缺少" in faults[2].message


def test_a_line_of_another_length_is_named_and_the_rest_read(form: Form) -> None:
    lines, faults = read(form, labels(form), GOOD, GOOD + ",", GOOD.rpartition(",")[0], "", GOOD.replace("A-1", "A-2"))
    assert places(faults) == [(3, ""), (4, "")]
    assert [line.number for line in lines] == [2, 6]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", " =cmd", "-2+3+cmd|' /C calc'!A0", "+HYPERLINK(A1)"])
def test_formulas_are_faults_at_their_cell(form: Form, cell: str) -> None:
    _lines, faults = read(form, labels(form), GOOD.replace("余杭区市场监督管理局（演示）", f'"{cell}"'))
    assert places(faults) == [(2, labels(form).split(",")[4])]
    assert "公式" in faults[0].message


@pytest.mark.parametrize("cell", ["-5", "+86 571 0000", "- 无", "1=1"])
def test_plain_signs_are_no_formulas(form: Form, cell: str) -> None:
    assert not read(form, labels(form), GOOD.replace("余杭区市场监督管理局（演示）", cell))[1]


def test_cells_with_line_breaks_count_as_one_line(form: Form) -> None:
    lines, faults = read(form, labels(form), GOOD.replace("未发现问题", '"未发现\n问题"'), GOOD.replace("A-1", "A-2"))
    assert not faults
    assert [line.number for line in lines] == [2, 3]


def judged(form: Form, *rows: str) -> list[Fault]:
    lines, faults = read(form, labels(form), *rows)
    _good, wrong = judging.Judge(form, TODAY).judge(lines)
    return sorted([*faults, *(fault for line in wrong for fault in line.faults)], key=lambda fault: fault.line)


def test_each_bad_cell_is_named_by_line_and_column(form: Form) -> None:
    shown = labels(form).split(",")
    faults = judged(
        form,
        GOOD,
        GOOD.replace("A-1", "A-2").replace("2026-10-20", "明天"),
        GOOD.replace("A-1", "A-3").replace(CODE, "91330110WWTE100190"),
        GOOD.replace("A-1", "A-4").replace("余杭区市场监督管理局（演示）", "长" * 10_000),
        GOOD.replace("A-1", "A-5").replace("2026-11-01", "2027-01-01"),
        GOOD.replace("A-1", "A-6").replace("余杭区", "\x00"),
        GOOD,
    )
    assert places(faults) == [(3, shown[6]), (4, shown[0]), (5, shown[4]), (6, shown[3]), (7, shown[4]), (8, shown[2])]
    assert str(faults[0]).startswith(f"第3行 {shown[6]}：")
    assert "10000" in faults[2].message
    assert "第2行" in faults[5].message


def test_the_four_operations_and_what_a_withdrawal_needs(form: Form) -> None:
    bare = f"{CODE},市场监管总局（演示）,A-2,,,,,"
    rows = ["新增," + GOOD, "撤回," + bare, "更正," + GOOD.replace("A-1", "A-3"), "归属更正," + GOOD.replace("A-1", "A-4")]
    wrong = ["删除," + GOOD.replace("A-1", "A-5"), "更正," + bare.replace("A-2", "A-6"), "撤回," + bare.replace("A-2", "")]
    lines, _faults = read(form, "操作," + labels(form), *rows, *wrong)
    good, faulty = judging.Judge(form, TODAY).judge(lines)
    assert [(line.number, line.operation) for line in good] == [(2, "add"), (3, "withdraw"), (4, "correct"), (5, "reassign")]
    assert [line.number for line in faulty] == [6, 7, 8]
    assert places(list(faulty[0].faults)) == [(6, "操作")] and "删除" in faulty[0].faults[0].message
    assert len(faulty[1].faults) == 5
    assert places(list(faulty[2].faults)) == [(8, "来源记录编号")]


def test_a_unit_speaks_for_itself_and_those_below_only(form: Form) -> None:
    lines, _faults = read(form, labels(form), GOOD)
    assert judging.Judge(form, TODAY, {"市场监管总局（演示）"}).judge(lines)[0]
    _good, faulty = judging.Judge(form, TODAY, {"税务总局（演示）"}).judge(lines)
    assert places(list(faulty[0].faults)) == [(2, "数据来源单位")]


def test_a_long_file_is_cut_into_pieces_that_are_read_from_their_places(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaping, "CHUNK_LINES", 3)
    rows = [GOOD.replace("A-1", f"A-{n}").replace("未发现问题", '"未发现\n问题"' if n % 2 else "正常") for n in range(1, 11)]
    rows[5:5] = ["", ",,,,,,,"]
    lines, faults = read(form, labels(form), *rows, encoding="gb18030")
    assert not faults
    assert [line.raw["source_record_no"] for line in lines] == [f"A-{n}" for n in range(1, 11)]
    assert [line.number for line in lines] == [2, 3, 4, 5, 6, 9, 10, 11, 12, 13]


def test_bytes_of_no_encoding_are_named_by_their_line(form: Form) -> None:
    with pytest.raises(Invalid, match="第3行"):
        look_at(f"{labels(form)}\n{GOOD}\n".encode() + b"\xff\xff,\n", form)


def test_the_same_key_always_has_the_same_record() -> None:
    one = judging.record_id(unit="甲", number="1", group="G09")
    assert one == judging.record_id(unit="甲", number="1", group="G09")
    assert one != judging.record_id(unit="甲", number="1", group="G06")
