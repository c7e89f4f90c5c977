"""Every kind of field: what it takes, what it keeps, what it says to a wrong value (D-38)."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengxin.catalogue.chosen_kinds import KINDS, kind_of
from chengxin.catalogue.kinds import Around, Bad
from chengxin.catalogue.listed_kinds import Unit, pairs_of, words
from chengxin.catalogue.measured_kinds import FOR_EVER, Period
from chengxin.catalogue.moving import raw_of
from chengxin.catalogue.values import Field, FileSlot, Limits, Option, Text
from chengxin.common.canonical import canonical

from .helpers import CODES, SHIPPED, TODAY

AROUND = Around(today=TODAY, codes=CODES)
OPTIONS = (Option("red", Text("红", "Red")), Option("blue", Text("蓝", "Blue")))
NAMES = ("杭州澜序桥电子商务有限公司", "深圳市屿墨跨境供应链有限公司")
CODES_OF = ("91330106WWTE000212", "91440305WWTE0003XG")
UNITS = tuple(Unit(name, code) for name, code in zip(NAMES, CODES_OF, strict=True))
UUID_1, UUID_2 = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def field(kind: str, *, public: str = "full", **limits: Any) -> Field:
    options = OPTIONS if kind in ("choice", "multichoice") else ()
    files = FileSlot("photo", 2, 1, ("jpg",)) if kind == "file" else None
    return Field("f", Text("项目"), kind, limits=Limits(**limits), options=options, files=files, public=public)


GOOD: list[tuple[str, str, Any, dict[str, Any]]] = [
    ("text", "  风筝 ", "风筝", {}),
    ("text", "310000", "310000", {"shape": "postcode"}),
    ("longtext", "一\r\n二", "一\n二", {}),
    ("uscc", "91330106wwte000212", "91330106WWTE000212", {}),
    ("name", "杭州澜序桥电子商务有限公司", "杭州澜序桥电子商务有限公司", {}),
    ("person_name", "张三丰", "张三丰", {}),
    ("person_name", "阿卜杜拉·买买提", "阿卜杜拉·买买提", {}),
    ("person_name", "Mary-Ann O'Neil", "Mary-Ann O'Neil", {}),
    ("id_number", "11010519060606001x", "11010519060606001X", {}),
    ("id_number", "911840190101010014", "911840190101010014", {}),
    ("id_number", "H12345678", "H12345678", {}),
    ("phone", "138 0013 8000", "13800138000", {"shape": "mobile"}),
    ("phone", "+86-13800138000", "13800138000", {"shape": "mobile"}),
    ("phone", "0571-88886666", "0571-88886666", {}),
    ("hotline", "400-123-4567", "400-123-4567", {}),
    ("email", " Name@EXAMPLE.com", "Name@example.com", {}),
    ("bank", "6222 0200 0000 0000 000", "6222020000000000000", {}),
    ("icp", "京icp备12005222号-2", "京ICP备12005222号-2", {}),
    ("date", "2026/1/31", date(2026, 1, 31), {}),
    ("date", "20260131", date(2026, 1, 31), {}),
    ("date", "２０２６年１月３１日", date(2026, 1, 31), {}),
    ("date", "2026-11-21", date(2026, 11, 21), {"not_after": "today"}),
    ("period", "2020-01-01..长期", Period(date(2020, 1, 1), None), {}),
    ("period", "2020-01-01至2030-01-01", Period(date(2020, 1, 1), date(2030, 1, 1)), {}),
    ("period", "20200101~00000000", Period(date(2020, 1, 1), None), {}),
    ("number", "1,234.5", Decimal("1234.50"), {}),
    ("number", "-3", Decimal("-3.00"), {"min": Decimal(-5)}),
    ("money_wan", "５００", Decimal("500.00"), {}),
    ("money_wan", "-0", Decimal("0.00"), {}),
    ("percent", "98.5", Decimal("98.50"), {}),
    ("integer", "1,200", 1200, {}),
    ("integer", "12.0", 12, {}),
    ("year", "2026年", 2026, {}),
    ("boolean", "是", True, {}),
    ("boolean", "0", False, {}),
    ("choice", "red", "red", {}),
    ("choice", " 蓝 ", "blue", {}),
    ("multichoice", "蓝，红,red", ("red", "blue"), {}),
    ("division", "330110", "330110", {"leaf": True}),
    ("division", "500112", "500112", {}),
    ("industry", "f5292", "F5292", {}),
    ("industry", "5299", "F5299", {}),
    ("industry", "52", "F52", {}),
    ("url", "https://商城.example.com/a?b=1", "https://商城.example.com/a?b=1", {}),
    ("domain", "https://Example.COM/", "example.com", {}),
    ("money", "￥１２３，４５６．７元", Decimal("123456.70"), {}),
    ("money", "-3", Decimal("-3.00"), {"min": Decimal(-5)}),
    ("until", "2030年1月31日", date(2030, 1, 31), {}),
    ("until", "永久", FOR_EVER, {}),
    ("until", "9999-12-31", FOR_EVER, {}),
    ("units", f"{NAMES[0]}\t91330106wwte000212", (UNITS[0],), {}),
    ("units", f"{NAMES[0]} {CODES_OF[0]}；{NAMES[1]}（{CODES_OF[1]}）", UNITS, {}),
    ("file", f"{UUID_1},{UUID_2},{UUID_1}", (UUID_1, UUID_2), {}),
]

WRONG: list[tuple[str, str, str, dict[str, Any]]] = [
    ("text", "一\n二", "只能填写一行", {}),
    ("text", "风\x00筝", "无法显示的字符", {}),
    ("text", "风\ud800筝", "无法显示的字符", {}),
    ("text", "风筝风筝", "不能超过3个字，现有4个字", {"max_length": 3}),
    ("text", "31", "应为6位数字", {"shape": "postcode"}),
    ("longtext", "短", "不能少于5个字", {"min_length": 5}),
    ("uscc", "91330106WWTE000213", "校验位不正确", {}),
    ("name", "12", "与营业执照一致", {}),
    ("name", "公", "与营业执照一致", {}),
    ("person_name", "张3", "不含数字和符号", {}),
    ("person_name", "张", "至少2个字", {}),
    ("id_number", "110101190001010015", "校验位不正确", {}),
    ("id_number", "H12345678", "应为18位", {"document": "resident"}),
    ("id_number", "!!", "不是有效的证件号码", {}),
    ("phone", "12345678901", "应如 13800138000", {"shape": "mobile"}),
    ("hotline", "12", "应如 0571-88886666", {}),
    ("email", "name@example", "应如 name@example.com", {}),
    ("bank", "12ab", "应为5至32位数字", {}),
    ("icp", "京ICP123", "应如 京ICP备12005222号-2", {}),
    ("date", "2026-02-30", "不是有效的日期", {}),
    ("date", "昨天", "不是有效的日期", {}),
    ("date", "2026-11-22", "不能晚于今天", {"not_after": "today"}),
    ("date", "2019-12-31", "不能早于2020-01-01", {"not_before": "2020-01-01"}),
    ("date", "1066-10-14", "不能早于1900-01-01", {}),
    ("period", "..长期", "起始日期", {}),
    ("period", "2020-01-01", "截止日期", {}),
    ("period", "2020-01-01..2019-01-01", "不能早于起始日期", {}),
    ("number", "十二", "应为数字", {}),
    ("number", "1e5", "应为数字", {}),
    ("number", "12,34", "应为数字", {}),
    ("number", "1.234", "最多保留2位小数", {}),
    ("number", "6", "不能大于5", {"max": Decimal(5)}),
    ("money_wan", "-1", "不能小于0", {}),
    ("money_wan", "1" * 400, "不能大于", {}),
    ("percent", "100.01", "不能大于100", {}),
    ("integer", "1.5", "应为整数", {}),
    ("year", "2027", "1949至2026", {}),
    ("year", "26", "四位年份", {}),
    ("boolean", "也许", "请选择“是”或“否”", {}),
    ("choice", "绿", "请从所列选项中选择：红、蓝", {}),
    ("multichoice", "红,绿", "请从所列选项中选择", {}),
    ("division", "999999", "不是有效的行政区划", {}),
    ("division", "330100", "最末一级", {"leaf": True}),
    ("industry", "G52", "国民经济行业分类", {}),
    ("industry", "9999", "国民经济行业分类", {}),
    ("url", "javascript:alert(1)", "公开网址", {}),
    ("url", "http://127.0.0.1/", "公开网址", {}),
    ("url", "http://[::1]/", "公开网址", {}),
    ("url", "http://localhost/", "公开网址", {}),
    ("url", "http://192.168.1.1:80/", "公开网址", {}),
    ("url", "http://a b.example.com/", "公开网址", {}),
    ("url", "https://user:pw@example.com/", "用户名和密码", {}),
    ("url", "http://example.com:99999/", "公开网址", {}),
    ("domain", "not a domain", "应为域名", {}),
    ("money", "3.5万元", "项目的单位为元，3.5万元请填写35000", {}),
    ("money", "三万", "应为数字", {}),
    ("money", "1e99", "应为数字", {}),
    ("money", "1234567890123456", "不能大于100000000000000", {}),
    ("until", "2025-02-29", "不是有效的日期", {}),
    ("units", f"{NAMES[0]} 91330106WWTE000213", "第1个单位：统一社会信用代码校验位不正确", {}),
    ("units", f"{NAMES[0]}；91440305WWTE0003XG", "第1个单位：请填写统一社会信用代码；第2个单位：请填写单位名称", {}),
    ("units", f"甲公司 {CODES_OF[0]}\n乙公司 {CODES_OF[0]}", "第2个单位与第1个单位的代码相同", {}),
    ("units", "\n".join(f"第{n}公司 {CODES_OF[0]}" for n in range(21)), "最多填写20个单位", {}),
    ("file", "../../etc/passwd", "未上传成功", {}),
    ("file", ",".join(f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)), "最多上传2个文件", {}),
]


@pytest.mark.parametrize(("kind", "raw", "value", "limits"), GOOD)
def test_good_values_are_typed(kind: str, raw: str, value: Any, limits: dict[str, Any]) -> None:
    f = field(kind, **limits)
    typed = kind_of(f).parse(raw, f, AROUND)
    assert typed == value
    assert type(typed) is type(value)


@pytest.mark.parametrize(("kind", "raw", "part", "limits"), WRONG)
def test_wrong_values_are_named_with_a_remedy(kind: str, raw: str, part: str, limits: dict[str, Any]) -> None:
    f = field(kind, **limits)
    with pytest.raises(Bad) as refused:
        kind_of(f).parse(raw, f, AROUND)
    assert part in str(refused.value)
    assert "项目" in str(refused.value) or kind in ("uscc", "id_number")


@pytest.mark.parametrize(("kind", "raw", "value", "limits"), GOOD)
def test_stored_json_comes_back_as_the_same_value(kind: str, raw: str, value: Any, limits: dict[str, Any]) -> None:
    f = field(kind, **limits)
    stored = kind_of(f).to_json(value)
    canonical(stored)
    assert kind_of(f).from_json(json.loads(json.dumps(stored))) == value
    assert kind_of(f).display(value, f, CODES)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_nothing_is_public_unless_the_form_says_so(name: str) -> None:
    value = next(value for kind, _raw, value, _limits in GOOD if kind == name)
    assert KINDS[name].to_public(value, field(name, public="never")) is None


def test_masks() -> None:
    person = KINDS["person_name"]
    assert person.to_public("张三丰", field("person_name", public="masked")) == "张*"
    place = "杭州市余杭区文一西路969号"
    assert KINDS["text"].to_public(place, field("text", public="street")) == "杭州市余杭区文一西路"
    assert KINDS["file"].to_public((UUID_1,), field("file")) is None


def test_public_json_follows_the_canonical_rules() -> None:
    assert KINDS["money_wan"].to_public(Decimal("12.50"), field("money_wan")) == "12.50"
    assert KINDS["date"].to_public(date(2026, 1, 2), field("date")) == "2026-01-02"
    shown = KINDS["period"].to_public(Period(date(2026, 1, 2), None), field("period"))
    assert shown == {"from": "2026-01-02", "to": None}


def test_personal_kinds_are_those_of_the_decision() -> None:
    assert {k.name for k in KINDS.values() if k.personal} == {"person_name", "id_number", "phone", "email", "bank"}


def test_several_inputs_become_one_raw_string() -> None:
    assert KINDS["period"].compose(["2020-01-01", "", "长期"]) == "2020-01-01..长期"
    assert KINDS["period"].compose(["2020-01-01", "2021-01-01"]) == "2020-01-01..2021-01-01"
    assert KINDS["period"].compose(["", ""]) == ""
    assert KINDS["period"].blank("..")
    assert KINDS["multichoice"].compose(["red", "", "blue"]) == "red,blue"
    assert KINDS["division"].compose(["330000", "330100", ""]) == "330100"
    assert KINDS["text"].compose(["", "x"]) == "x"
    assert KINDS["until"].compose(["2030-01-01", "长期"]) == "长期"
    assert KINDS["until"].compose(["2030-01-01"]) == "2030-01-01"


def test_organisations_are_drawn_again_as_they_were_typed() -> None:
    typed = [*zip(NAMES, CODES_OF, strict=True), ("只有名称的单位", ""), ("", "9133")]
    raw = KINDS["units"].compose([part for pair in [*typed, ("", " ")] for part in pair])
    assert pairs_of(raw) == typed
    assert KINDS["units"].blank(KINDS["units"].compose(["", ""]))
    assert raw_of(KINDS["units"].to_json(UNITS)) == KINDS["units"].compose([part for unit in UNITS for part in (unit.name, unit.uscc)])
    assert words(f"{NAMES[0]} {CODES_OF[0]}；只有名称的单位") == f"{UNITS[0]}、只有名称的单位"


def test_every_kind_is_tried_and_known_to_the_schema() -> None:
    schema = json.loads((SHIPPED / "schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]["field"]["properties"]["kind"]["enum"]) == set(KINDS)
    assert {kind for kind, *_rest in GOOD} == set(KINDS)


def test_words_on_a_page() -> None:
    assert KINDS["choice"].display("red", field("choice"), CODES) == "红"
    assert KINDS["choice"].display("gone", field("choice"), CODES) == "gone"
    assert KINDS["multichoice"].display(("red", "blue"), field("multichoice"), CODES) == "红、蓝"
    assert KINDS["division"].display("330110", field("division"), CODES) == "浙江省 杭州市 余杭区"
    assert KINDS["division"].display("500112", field("division"), CODES) == "渝北区"
    assert KINDS["period"].display(Period(date(2020, 1, 1), None), field("period"), CODES) == "2020-01-01 至 长期"
    assert KINDS["industry"].display("F5299", field("industry"), CODES) == "F5299 零售业"
    assert KINDS["year"].display(2026, field("year"), CODES) == "2026"
    assert KINDS["until"].display(FOR_EVER, field("until"), CODES) == "长期"
    assert KINDS["units"].display(UNITS, field("units"), CODES) == f"{NAMES[0]}（{CODES_OF[0]}）、{NAMES[1]}（{CODES_OF[1]}）"


TYPED = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.,-/~年月日至长期 eE+%", max_size=30),
    st.text(alphabet="htps:/.@[]#?%a1中 ", max_size=30),
)


@pytest.mark.parametrize("name", sorted(KINDS))
@given(raw=TYPED)
def test_whatever_is_typed_gives_a_value_or_a_sentence(name: str, raw: str) -> None:
    f = field(name)
    if KINDS[name].blank(raw):
        return
    try:
        value = KINDS[name].parse(raw, f, AROUND)
    except Bad as bad:
        assert str(bad)
        return
    stored = KINDS[name].to_json(value)
    canonical(stored)
    assert KINDS[name].from_json(stored) == value
    KINDS[name].display(value, f, CODES)


@pytest.mark.parametrize("raw", ["٢٠٢٦-٠١-٣١", "١٢"])
def test_only_digits_that_everyone_reads(raw: str) -> None:
    for name in ("date", "number", "year", "bank", "phone"):
        with pytest.raises(Bad):
            KINDS[name].parse(raw, field(name), AROUND)
