"""Two ways to read a line, cell by cell and field by field: what the first takes, the second gives to the byte."""

from __future__ import annotations

import json
import random
import zlib
from datetime import date
from typing import Any

import pytest
import zstandard

from chengxin.catalogue import loader, reading
from chengxin.catalogue.tests.helpers import SHIPPED
from chengxin.catalogue.values import Field, Form
from chengxin.common import crypto, keys
from chengxin.exchange import judging, packing
from chengxin.exchange.packed import Packed
from chengxin.exchange.values import Judged, Line
from chengxin.records import openings
from chengxin.records.tests.makers import code
from chengxin.records.values import Ready

TODAY = date(2026, 11, 21)
GROUPS = [f"G{number:02}" for number in range(1, 22)]
LINES = 150
CELLS: dict[str, list[str]] = {
    "uscc": ["91330110WWTE10019A", " 91330110wwte10019a ", "92330110WWTE100196", "9133"],
    "date": ["2026-10-20", "2026/1/2", "2025年3月1日", "20240229", "2019-05-05", "明天", "2027-01-01"],
    "period": ["2020-01-01..2030-01-01", "2020-01-01..长期", "2030-01-01..2020-01-01", "2020-01-01..2026-01-01"],
    "person_name": ["张三丰", "司马·相如", "3"],
    "name": ["杭州澜序电子商务有限公司", "云", "甲 公司"],
    "text": [
        "余杭区市场监督管理局（演示）", " plain text ", "v1:1:YWJj", "Ｆｕｌｌ　ｗｉｄｔｈ", "e\u0301cole", '"引号"\\反斜线', "两\n行",
        "长" * 201, "不\u200e可见\x00",
    ],
    "longtext": ["第一行\r\n第二行", "当事人在网店页面宣称未经证实的功效。", "长" * 2001, "v1:abc"],
    "money_wan": ["12.5", "1,200.00", "3万", "０.５", "-1", "x"],
    "percent": ["12.5", "100", "101", "12.5%"],
    "integer": ["12", "1.5", "１２"],
    "year": ["2024", "24"],
    "industry": ["F5292", "5292", "Z9"],
    "icp": ["京ICP备12005222号-2", "无"],
    "domain": ["Example.com", "http://例子.中国/", "localhost"],
    "boolean": ["是", "否", "1", "0", "也许"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def ring(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keys to seal with."""
    settings.KEYS_DIR = tmp_path_factory.mktemp("keys")
    keys.generate_missing(demo=True)


def form_of(group: str) -> Form:
    body = loader.load_folder(SHIPPED)[f"import/{group}"]
    return reading.form(body, version=loader.version_of(body))


def cell(field: Field, chance: random.Random, number: int) -> str:
    """What somebody may type: mostly right, the usual first, now and then nothing or something wrong."""
    if field.code == "source_record_no":
        return f"CF-{number}"
    if field.code == "subject_uscc":
        return chance.choice([code(number), code(number, kind="92"), CELLS["uscc"][0]])
    if not field.required and chance.random() < 0.3:
        return chance.choice(["", "  "])
    options = [text for option in field.options for text in (option.code, option.label.zh)] or CELLS[field.kind]
    if field.kind == "multichoice":
        options = [*options, ",".join(options[:4:2]), f" {options[1]}，{options[3]} "]
    return options[0] if chance.random() < 0.95 else chance.choice([*options, ""])


def lines(form: Form, seed: int) -> list[Line]:
    chance = random.Random(seed)
    return [Line(n, cells(form, chance, n), chance.choice(["", "新增", "更正", "归属更正"])) for n in range(2, 2 + LINES)]


def cells(form: Form, chance: random.Random, number: int) -> dict[str, str]:
    """One line as typed, now and then about another subject than it says itself."""
    typed = {field.code: cell(field, chance, number) for field in form.groups[0].fields}
    if "uscc" in typed and chance.random() < 0.95:
        typed["uscc"] = typed["subject_uscc"]
    return typed


def said(line: Judged) -> dict[str, Any]:
    """All that becomes of a line, envelopes opened."""
    [packed] = packing.unpack(packing.pack(packing.made_ready([line], group="G"), bound_to="x"), bound_to="x")
    ready = packed.supply.record
    assert isinstance(ready, Ready)
    inside = json.loads(ready.inside)
    sealed, opened = openings.sealed_codes(inside), openings.inside_plain(ready.version_id, inside)
    return {**ready._asdict(), "version_id": None, "inside": opened, "sealed": sealed, "line": line._replace(record=None)}


@pytest.mark.parametrize("group", GROUPS)
def test_a_line_read_cell_by_cell_is_the_line_read_field_by_field(group: str) -> None:
    form = form_of(group)
    quick, slow, both = judging.Judge(form, TODAY), judging.Judge(form, TODAY), 0
    for line in lines(form, seed=len(group)):
        operation = quick.operation(line.operation)
        assert operation is not None
        found, wanted = quick.quickly(line, operation), slow.at_length(line, operation)
        assert (found is None) == isinstance(wanted, list), (line, wanted)
        if found is not None and not isinstance(wanted, list):
            assert said(found) == said(wanted), line
            both += 1
    assert 3 < both < LINES - 3, "lines of both sorts are among them"


@pytest.mark.parametrize("typed", [" 91330110WWTE10019A ", "91330110-WWTE10019a", "\uff191330110WWTE10019A"])
def test_a_code_typed_in_another_way_is_read_all_the_same(typed: str) -> None:
    form = form_of("G06")
    lines_of_one = [line._replace(raw={**line.raw, "subject_uscc": typed}) for line in lines(form, seed=7)]
    good, _faulty = judging.Judge(form, TODAY).judge(lines_of_one)
    assert good and {line.uscc for line in good} == {"91330110WWTE10019A"}


def test_columns_that_a_file_lacks_are_empty_in_every_line() -> None:
    form = form_of("G06")
    lacking = {"remark", "permits", "repair_status"} & {field.code for field in form.groups[0].fields}
    given = [line._replace(raw={code: text for code, text in line.raw.items() if code not in lacking}) for line in lines(form, seed=5)]
    there = frozenset(given[0].raw)
    good, faulty = judging.Judge(form, TODAY, None, there).judge(given)
    wanted, wrong = judging.Judge(form, TODAY).judge(given)
    assert list(map(said, good)) == list(map(said, wanted)) and faulty == wrong
    assert good and faulty and lacking


def test_what_personal_cells_say_is_sealed() -> None:
    form = form_of("G01")
    assert any(field.personal for field in form.groups[0].fields)
    good, _faulty = judging.Judge(form, TODAY).judge(lines(form, seed=3))
    ready = packing.made_ready(good, group="G01")[0].supply.record
    assert ready is not None
    inside = json.loads(ready.inside)
    sealed = openings.sealed_codes(inside)
    assert sealed
    assert openings.inside_plain(ready.version_id, inside)[min(sealed)] != inside[min(sealed)]


@pytest.mark.parametrize("version", ["by zlib", "by zstd", "now"])
def test_a_chunk_that_a_former_version_packed_is_taken_in_by_this_one(version: str) -> None:
    form = form_of("G06")
    [line, *_others] = packing.made_ready(judging.Judge(form, TODAY).judge(lines(form, seed=9))[0], group="G06")
    ready = line.supply.record
    assert ready is not None
    withdrawn = line._replace(supply=line.supply._replace(record=None))
    kept_inside = line._replace(supply=line.supply._replace(record=ready._replace(public=None)))
    twice = line._replace(supply=line.supply._replace(record=ready._replace(fingerprints=ready.fingerprints * 2, publicity_until=None)))
    said = [line, withdrawn, kept_inside, twice, line]
    if version == "now":
        payload = packing.pack(said, bound_to="chunk")
    else:
        rows = json.dumps([(flat if version == "by zstd" else nested)(each) for each in said]).encode()
        packed = zstandard.ZstdCompressor().compress(rows) if version == "by zstd" else zlib.compress(rows)
        payload = crypto.seal_bytes(packed, bound_to="chunk")
    assert packing.unpack(payload, bound_to="chunk") == said


def nested(line: Packed) -> list[Any]:
    """A line as the first version packed it."""
    supply, ready = line.supply, line.supply.record
    head = [line.number, line.uscc, line.name, line.is_unpublished, supply.operation, supply.group, supply.unit, supply.no]
    if ready is None:
        return [*head, str(supply.record_id), None]
    public = ready.public.decode() if ready.public is not None else None
    days = [str(day) if day else None for day in (ready.publicity_from, ready.publicity_until)]
    about = [ready.origin, ready.form_version, ready.order, ready.collected_at, ready.inside.decode(), public]
    return [*head, str(ready.record_id), [str(ready.version_id), *about, [mark.hex() for mark in ready.fingerprints], *days]]


def flat(line: Packed) -> list[Any]:
    """A line as the second version packed it."""
    *head, record_id, ready = nested(line)
    without = [record_id.replace("-", "")]
    return [*head, *without, *([ready[0].replace("-", ""), *ready[1:]] if ready else [])]
