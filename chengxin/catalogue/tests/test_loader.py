"""Files to bodies: the same content has the same version, and what is not known is refused with file and place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from chengxin.catalogue import loader, reading, tools
from chengxin.catalogue.yaml_files import CatalogueInvalid

from . import helpers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return helpers.folder(tmp_path)


def change(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(root: Path) -> dict[str, list[str]]:
    with pytest.raises(CatalogueInvalid) as refused:
        loader.load_folder(root)
    for file, faults in refused.value.fields.items():
        assert all(f"{file}: {fault}" in refused.value.message for fault in faults)
    return refused.value.fields


def test_a_form_is_written_out_with_everything_it_needs(root: Path) -> None:
    body = loader.load_folder(root)["hobby/kites"]
    groups = {g["group"]: g for g in body["groups"]}
    fields = {f["field"]: f for f in groups["K01"]["fields"]}
    assert fields["colour"]["options"] == [{"code": "red", "zh": "红", "en": "Red"}, {"code": "blue", "zh": "蓝", "en": "Blue"}]
    assert fields["photo"]["files"] == {"slot": "photo", "max_files": 2, "max_mb": 1, "media": ["jpg"]}
    assert [f["field"] for f in groups["V01"]["fields"]] == ["contest", "source_unit", "source_record_no"]
    assert next(f for f in groups["K02"]["fields"] if f["field"] == "assets")["required"] is True
    assert body["review"] == {"by": "agency", "sla": "KITE_REVIEW", "working_days": 2, "end_of_day": False}
    assert len(body["subjects"]) == 3


def test_a_body_is_itself_a_form_file_with_the_same_version(root: Path) -> None:
    for body in loader.load_folder(root).values():
        if "form" in body:
            again = loader.load_text(tools.dump(body), root=root)
            assert loader.version_of(again) == loader.version_of(body)


def test_comments_and_order_of_keys_do_not_change_the_version_but_words_do(root: Path) -> None:
    before = loader.version_of(loader.load_folder(root)["hobby/plain"])
    path = root / "forms/hobby/plain.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text("# a remark\n" + yaml.safe_dump(data, allow_unicode=True, sort_keys=True), encoding="utf-8")
    assert loader.version_of(loader.load_folder(root)["hobby/plain"]) == before
    change(root, "groups/W01.yaml", "zh: 资金", "zh: 资本")
    assert loader.version_of(loader.load_folder(root)["hobby/plain"]) != before


def test_one_import_form_for_each_group(root: Path) -> None:
    body = loader.load_folder(root)["seen/V01"]
    assert body["title"] == {"zh": "比赛记录导入", "en": "Contests import"}
    form = reading.form(body, version="x")
    assert [g.code for g in form.asked_groups()] == ["V01"]


@pytest.mark.requirement("ARC-16.2")
def test_an_unknown_field_type_is_refused_with_file_and_place(root: Path) -> None:
    change(root, "groups/K01.yaml", "kind: percent", "kind: colour_wheel")
    [fault] = refusal(root)["groups/K01.yaml"]
    assert fault.startswith("fields.4.kind：不认识的值 colour_wheel，可用：text, longtext")
    assert fault.endswith("（第17行）")


REFUSED: list[tuple[str, str, str, str]] = [
    ("groups/K01.yaml", "max_length: 10", "maximum_length: 10", "不认识的键 maximum_length"),
    ("groups/K01.yaml", "title: {zh: 风筝, en: Kites}\n", "", "缺少键 title"),
    ("groups/K01.yaml", "max_length: 10", "max_length: many", "类型应为 integer"),
    ("groups/K01.yaml", "bound: 100", "bound: 99.5", "99.5"),
    ("groups/K01.yaml", "max_records: 3", "max_records: 51", "maximum 50"),
    ("groups/K01.yaml", "max_records: 3\n", "max_records: 3\nmax_records: 4\n", "键 max_records 重复"),
    ("groups/K01.yaml", "summary: [title]", "summary: &a [title]\nkey: *a", "不允许使用别名"),
    ("groups/K01.yaml", "summary: [title]", "summary: !!timestamp soon", "不允许使用标签"),
    ("groups/K01.yaml", "summary: [title]", "summary: !!bool maybe", "不允许使用标签"),
    ("groups/K01.yaml", "bound: 100", f"bound: 0x{'f' * 5000}", "数字过长"),
    ("groups/K01.yaml", "zh: 风筝", r'zh: "风\0筝"', "含有不能使用的字符"),
    ("groups/K01.yaml", "zh: 风筝", r'zh: "风\ud800筝"', "含有不能使用的字符"),
    ("groups/K01.yaml", "summary: [title]", "summary: [title", "第"),
    ("groups/K01.yaml", "visibility: choice", "visibility: !!python/name:os.system choice", "python"),
    ("forms/hobby/kites.yaml", "kind: archive", "kind: attic", "不认识的值 attic"),
    ("commitments/care.yaml", 'edition: "1"\n', "", "缺少键 edition"),
]


@pytest.mark.parametrize(("file", "old", "new", "part"), REFUSED)
def test_what_the_schema_does_not_know_is_refused(root: Path, file: str, old: str, new: str, part: str) -> None:
    change(root, file, old, new)
    assert any(part in fault for fault in refusal(root)[file])


UNSOUND: list[tuple[str, str, str, str]] = [
    ("groups/K01.yaml", "kind: percent", "kind: percent, max_length: 3", "percent 类字段不能有键 max_length"),
    ("groups/K01.yaml", "options: colours", "options: tastes", "没有选项表 tastes"),
    ("groups/K01.yaml", "slot: photo", "slot: video", "没有附件类别 video"),
    ("groups/K01.yaml", ", slot: photo", "", "附件类别 slot 只用于且必须用于 file"),
    ("groups/K01.yaml", ", options: colours", "", "选项 options 只用于且必须用于"),
    ("groups/K01.yaml", "when: {field: colour, is: [red]}", "when: {field: colour, is: [green]}", "没有选项 green"),
    ("groups/K01.yaml", "when: {field: colour, is: [red]}", "when: {field: share, is: [red]}", "应指向同组的选择字段"),
    ("groups/K01.yaml", "fields: [share]", "fields: [title]", "title 不是数字"),
    ("groups/K01.yaml", "fields: [share]", "fields: [nothing]", "没有字段 nothing"),
    ("groups/K01.yaml", ", bound: 100", "", "bound 只用于且必须用于 sum"),
    ("groups/K01.yaml", "summary: [title]", "summary: [nothing]", "summary：没有字段 nothing"),
    ("groups/K01.yaml", "shape: mobile}", "shape: mobile, public: full}", "phone 类字段不得公开"),
    ("groups/K01.yaml", "word: representative, public: masked", "public: full", "须写明依据 public_basis"),
    ("groups/K01.yaml", "shape: mobile}", "shape: mobile, personal: false}", "personal 不能为 false"),
    ("groups/K01.yaml", "min_records: 1", "min_records: 4", "min_records 大于 max_records"),
    ("groups/K01.yaml", "field: reason", "field: shade", "shade 重复"),
    ("groups/K02.yaml", "yearly: year", "yearly: assets", "应为年度字段"),
    ("groups/K01.yaml", "kind: percent, public: full", "kind: percent, public: masked", "K01.share：percent 类字段不能以 masked 方式公开"),
    ("groups/K01.yaml", "word: address", "word: name", "word: name 只用于 name 类字段（groups/K01.yaml 第22行）"),
    ("groups/K01.yaml", "when: {field: colour, is: [red]}", "when: {field: shade, is: [red]}", "K01.shade：when：应指向"),
    ("groups/V01.yaml", "visibility: always", "visibility: choice", "应为 always"),
    ("groups/V01.yaml", "key: [", "term: {starts: contest}\nkey: [", "term：contest 应为本组的日期字段"),
    ("groups/_seen.yaml", "required: true, public: full}", "required: true}", "key：source_unit 随来源公示"),
    ("groups/V01.yaml", "include: [seen]", "include: [unseen]", "没有片段 unseen"),
    ("groups/W01.yaml", "zh: 资金, en: Funds", "zh: 资金", "须有英文 en"),
    ("forms/hobby/kites.yaml", "groups: [W01]", "groups: [W09]", "没有分组 W09"),
    ("forms/hobby/kites.yaml", "groups: [W01]", "groups: [W01, K01]", "K01 重复"),
    ("forms/hobby/kites.yaml", "required: [assets]", "required: [nothing]", "没有字段 nothing"),
    ("forms/hobby/kites.yaml", "sla: KITE_REVIEW", "sla: NEVER", "没有时限 NEVER"),
    ("forms/hobby/kites.yaml", "commitments: [care]", "commitments: [neglect]", "没有承诺书 neglect"),
]


@pytest.mark.parametrize(("file", "old", "new", "part"), UNSOUND)
def test_what_does_not_hold_together_is_refused(root: Path, file: str, old: str, new: str, part: str) -> None:
    change(root, file, old, new)
    assert any(part in fault for fault in refusal(root)["forms/hobby/kites.yaml"])


CIRCLE = """
  - {field: sun, label: {zh: 日}, kind: boolean, when: {field: moon, is: ["1"]}}
  - {field: moon, label: {zh: 月}, kind: boolean, when: {field: sun, is: ["1"]}}
"""


def test_fields_that_wait_for_each_other_are_refused(root: Path) -> None:
    change(root, "groups/W01.yaml", "fields:", f"fields:{CIRCLE.rstrip()}")
    assert any("W01.when：条件循环 sun → moon → sun" in fault for fault in refusal(root)["forms/hobby/kites.yaml"])


def test_a_term_names_grades_that_the_group_has(root: Path) -> None:
    dates = "  - {field: held_on, label: {zh: 日}, kind: date}\n  - {field: grade, label: {zh: 程度}, kind: choice, options: colours}\n"
    term = "term: {starts: held_on, ends: held_on, grade: grade, grades: {GREEN: {published: true, max_months: 3}}}\n"
    change(root, "groups/V01.yaml", "fields:\n", f"{term}fields:\n{dates}")
    assert any("term：grade 没有选项 GREEN" in fault for fault in refusal(root)["forms/seen.yaml"])


def test_a_fault_names_the_line_of_the_field_in_its_own_file(root: Path) -> None:
    change(root, "groups/K01.yaml", "kind: percent", "kind: percent, max_length: 3")
    [fault] = refusal(root)["forms/hobby/kites.yaml"]
    assert fault == "K01.share：percent 类字段不能有键 max_length（groups/K01.yaml 第17行）"


def test_two_groups_of_one_code_are_refused(root: Path) -> None:
    (root / "groups/Z.yaml").write_text((root / "groups/W01.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert refusal(root)["groups/Z.yaml"] == ["标识 W01 重复"]


def test_two_files_of_one_identifier_are_refused(root: Path) -> None:
    (root / "forms/again.yaml").write_text((root / "forms/hobby/plain.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert "标识 hobby/plain 重复" in refusal(root)["forms/hobby/plain.yaml"]


def test_all_faults_are_named_at_once(root: Path) -> None:
    change(root, "groups/K01.yaml", "kind: percent", "kind: nothing")
    change(root, "commitments/care.yaml", 'edition: "1"\n', "")
    assert {"groups/K01.yaml", "commitments/care.yaml"} <= set(refusal(root))


@pytest.mark.parametrize("text", ["", "[]", "1", "form: 1", "a: &x [*x]", "\tx", "x: [" * 5000, "'" + "x" * 1_000_001 + "'"])
def test_an_uploaded_text_never_breaks_the_loader(root: Path, text: str) -> None:
    with pytest.raises(CatalogueInvalid):
        loader.load_text(text, root=root)


def shipped() -> dict[str, dict[str, Any]]:
    return loader.load_folder(helpers.SHIPPED)


def test_the_shipped_catalogue_loads_and_every_word_has_both_languages() -> None:
    def without_english(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["zh"]] if "zh" in value and not value.get("en") else []
            return own + [x for v in value.values() for x in without_english(v)]
        return [x for v in value for x in without_english(v)] if isinstance(value, list) else []

    for name, body in shipped().items():
        assert without_english(body) == [], name


def test_the_shipped_archive_asks_what_the_decision_says() -> None:
    common = {"S01", "S02", "S05", "S06", "S14"}
    trade = {"S10", "S11", "S12", "S13"}
    wanted = {
        "PLATFORM": common | trade | {"S18", "S19"},
        "IN_PLATFORM": common | trade,
        "SELF_SITE": common | trade,
        "OTHER_NET": common | trade,
        "SERVICE": common,
    }
    bodies = shipped()
    for type_, codes in wanted.items():
        form = reading.form(bodies[f"archive/{type_}"], version="x")
        assert {g.code for g in form.asked_groups() if g.min_records} == codes
        assert all(g.max_records <= 50 for g in form.groups)
        assert [p.code for p in form.pages if p.initial] == ["initial"]
        assert form.review_days == 1
    service = reading.form(bodies["archive/SERVICE"], version="x")
    assert not {"S10", "S11", "S12"} & {g.code for g in service.groups}


def test_contact_data_of_people_is_never_public() -> None:
    for name, body in shipped().items():
        for group in body.get("groups", []) if "form" in body else []:
            for field in group["fields"]:
                if field["kind"] in ("phone", "email", "id_number", "bank", "file") or field["field"] == "contact":
                    assert field.get("public", "never") == "never", (name, group["group"], field["field"])


def test_services_come_in_four_groups() -> None:
    assert [g["zh"] for g in shipped()["services"]["groups"]] == ["电商培训", "数字赋能", "数据信息", "经营管理"]


def test_the_commitment_has_eight_clauses() -> None:
    assert len(shipped()["commitment/integrity"]["clauses"]) == 8
