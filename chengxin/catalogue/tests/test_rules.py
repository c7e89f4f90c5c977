"""Answers against a form: required, conditional, between fields, by kind of subject, half filled."""

from dataclasses import replace
from pathlib import Path

import pytest

from chengxin.catalogue import answers as paths
from chengxin.catalogue import moving, rules
from chengxin.catalogue.values import Cleaned, Form

from . import helpers
from .helpers import CODES, TODAY, answers, row

KITE = {"title": "沙燕", "colour": "红"}
UNIT = answers("W01", [{"name": "风筝有限公司"}])


@pytest.fixture
def form(tmp_path: Path) -> Form:
    return helpers.form(helpers.folder(tmp_path))


def clean(form: Form, *parts: dict[str, str], partial: bool = False, subject: str = "92", page: str | None = None) -> Cleaned:
    merged = {k: v for part in parts for k, v in part.items()}
    return rules.clean(form, merged, today=TODAY, partial=partial, subject=subject, page=page, codes=CODES)


def test_good_answers_give_typed_records_in_order(form: Form) -> None:
    both = answers("K01", [KITE | {"_order": "2"}, {"title": "蜈蚣", "colour": "blue", "reason": "好看", "_order": "1"}])
    cleaned = clean(form, UNIT, both)
    assert cleaned.ok, (cleaned.errors, cleaned.missing)
    assert [r.values["title"] for r in cleaned.values["K01"]] == ["蜈蚣", "沙燕"]
    assert [r.public for r in cleaned.values["K01"]] == [True, True]


def test_a_required_field_left_empty_is_named_at_its_path(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [{"title": "沙燕", "colour": " "}]))
    assert cleaned.errors == {f"K01/{row(1)}/colour": ["请选择颜色"]}


def test_publicity_has_no_silent_default(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [KITE], public=""))
    assert cleaned.errors == {f"K01/{row(1)}/_public": ["请选择“公开”或“不公开”"]}


def test_a_needed_group_without_records_is_missing(form: Form) -> None:
    cleaned = clean(form, UNIT)
    assert not cleaned.ok
    assert cleaned.missing == {"K01": "“风筝”至少需要1条记录，请点击“新增记录”填写"}
    single = form.with_groups(tuple(replace(group, max_records=1) for group in form.groups))
    assert clean(single, UNIT).missing == {"K01": "请填写“风筝”"}


def test_a_needed_row_left_untouched_has_its_fields_marked(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [{}]))
    assert f"K01/{row(1)}/title" in cleaned.errors


def test_untouched_and_deleted_rows_do_not_count(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [KITE, {}, {"title": "旧", "_deleted": "1"}]))
    assert cleaned.ok
    assert len(cleaned.values["K01"]) == 1


def test_too_many_records(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [KITE | {"title": f"沙燕{n}"} for n in range(4)]))
    assert cleaned.errors == {f"K01/{row(4)}": ["“风筝”最多3条记录，请删除多余的记录"]}


def test_conditions(form: Form) -> None:
    blue = clean(form, UNIT, answers("K01", [{"title": "蜈蚣", "colour": "蓝", "shade": "深"}]))
    assert blue.errors == {f"K01/{row(1)}/reason": ["请填写理由"]}
    assert "shade" not in blue.values["K01"][0].values
    group = form.group("K01")
    assert group
    asked = rules.asked(group, {"colour": "blue"}, today=TODAY, codes=CODES)
    assert asked["reason"] is True
    assert "shade" not in asked


def test_between_records_and_fields(form: Form) -> None:
    shares = clean(form, UNIT, answers("K01", [KITE | {"share": "60"}, KITE | {"title": "蜈蚣", "share": "40.01"}]))
    assert shares.errors == {f"K01/{row(2)}/share": ["各条记录的占比合计不能超过100，请核对"]}
    order = clean(form, UNIT, answers("K01", [KITE | {"made_on": "2026-05-02", "flown_on": "2026-05-01"}]))
    assert order.errors == {f"K01/{row(1)}/flown_on": ["放飞日期不能早于制作日期，请核对"]}
    twice = clean(form, UNIT, answers("K01", [KITE, KITE]))
    assert twice.errors == {f"K01/{row(2)}/title": ["名称与前面的记录重复，请合并或删除"]}
    accounts = {"year": "2025", "assets": "10", "debts": "4", "net": "5", "abroad": "11"}
    money = clean(form, UNIT, answers("K01", [KITE]), answers("K02", [accounts]))
    assert money.errors == {
        f"K02/{row(1)}/net": ["净额应等于资产减负债，请核对"],
        f"K02/{row(1)}/abroad": ["境外不能大于资产，请核对"],
    }


def test_a_day_in_the_future_is_refused(form: Form) -> None:
    cleaned = clean(form, UNIT, answers("K01", [KITE | {"made_on": "2026-11-22"}]))
    assert cleaned.errors == {f"K01/{row(1)}/made_on": ["制作日期不能晚于今天，请核对后重新填写"]}


def test_a_temporary_save_takes_anything_and_only_warns(form: Form) -> None:
    cleaned = clean(form, answers("K01", [{"share": "很多"}], public=""), partial=True)
    assert cleaned.ok
    assert list(cleaned.warnings) == [f"K01/{row(1)}/share"]
    assert "share" not in cleaned.values["K01"][0].values


def test_one_page_is_looked_at_alone(form: Form) -> None:
    assert clean(form, UNIT, page="unit").ok
    assert set(clean(form, UNIT, page="kites").missing) == {"K01"}


def test_words_and_rules_follow_the_kind_of_subject(form: Form) -> None:
    assert rules.subject_of(form, uscc="91330106WWTE000212", company_type="2000") == "91/branch"
    assert rules.subject_of(form, uscc="92310115WWTE00048F") == "92"
    individual, branch = rules.for_subject(form, "92"), rules.for_subject(form, "91/branch")
    fields = {f.code: f for f in individual.group("K01").fields}  # type: ignore[union-attr]
    assert (fields["owner"].label.zh, fields["owner"].public, fields["place"].public) == ("经营者", "masked", "street")
    assert not individual.group("W01").field("name").required  # type: ignore[union-attr]
    assert branch.group("K01").field("owner").label.zh == "负责人"  # type: ignore[union-attr]
    assert [rules.for_subject(form, code).group("K02").min_records for code in ("91", "91/branch", "92")] == [1, 0, 0]  # type: ignore[union-attr]
    assert individual.version == form.version


def test_what_the_public_sees(form: Form) -> None:
    typed = KITE | {"owner": "张三丰", "mobile": "13800138000", "place": "杭州市文一路1号", "photo": row(7)}
    worded = rules.for_subject(form, "92")
    [record] = clean(form, UNIT, answers("K01", [typed])).values["K01"]
    group = worded.group("K01")
    assert group
    assert rules.public_values(group, record.values) == {"title": "沙燕", "colour": "red", "owner": "张*", "place": "杭州市文一路"}
    stored = rules.to_json(group, record.values)
    assert stored["mobile"] == "13800138000"
    assert rules.to_json(group, rules.from_json(group, stored)) == stored


def test_a_line_of_an_import_stands_alone(form: Form) -> None:
    group = form.group("V01")
    assert group
    values, errors = rules.clean_record(group, {"contest": "春赛", "source_unit": "体育局"}, today=TODAY, codes=CODES)
    assert errors == {"source_record_no": ["请填写来源编号"]}
    assert rules.natural_key(group, {**values, "source_record_no": "7"}) == ("体育局", "7")


def test_paths_that_are_none_are_passed_over(form: Form) -> None:
    odd = {"": "x", "K01": "x", "K01/not-a-uuid/title": "x", f"Z99/{row(1)}/title": "x", f"K01/{row(1)}/a/b": "x"}
    assert clean(form, UNIT, answers("K01", [KITE]), odd).ok


def test_posted_inputs_become_answers(form: Form) -> None:
    posted = [(f"W01/{row(1)}/term", "2020-01-01"), (f"W01/{row(1)}/term", ""), (f"W01/{row(1)}/term", "长期"),
              (f"W01/{row(1)}/_public", "1"), (f"W01/{row(1)}/hack", "1"), ("csrfmiddlewaretoken", "x")]  # fmt: skip
    assert paths.from_post(form, posted) == {f"W01/{row(1)}/term": "2020-01-01..长期", f"W01/{row(1)}/_public": "1"}


def test_new_rows_stand_at_the_end_with_the_groups_own_default(form: Form) -> None:
    group = form.group("K02")
    assert group
    new, changes = paths.new_row(answers("K02", [{"year": "2024"}, {"year": "2025"}]), group)
    assert changes == {f"K02/{new}/_order": "3", f"K02/{new}/_public": "0"}


def test_answers_move_to_a_new_version_and_nothing_is_lost(form: Form, tmp_path: Path) -> None:
    root = helpers.folder(tmp_path / "new")
    path = root / "groups/K01.yaml"
    text = (
        path.read_text(encoding="utf-8")
        .replace("kind: percent", "kind: text")
        .replace("  - {check: sum, fields: [share], bound: 100}\n", "")
    )
    path.write_text(text.replace("options: colours", "options: [{code: red, zh: 红, en: Red}]").replace(
        "required_when: {field: colour, is: [blue]}, ", ""), encoding="utf-8")  # fmt: skip
    newer = helpers.form(root)
    typed = UNIT | answers("K01", [KITE | {"share": "5"}, {"title": "蜈蚣", "colour": "blue"}])
    kept, leftover = moving.migrate_answers(form, newer, typed)
    assert leftover == {f"K01/{row(1)}/share": "5", f"K01/{row(2)}/colour": "blue"}
    assert kept | leftover == typed


def test_another_type_names_the_records_it_drops(form: Form, tmp_path: Path) -> None:
    plain = helpers.form(helpers.folder(tmp_path / "plain"), "hobby/plain")
    typed = UNIT | answers("K01", [KITE, {}])
    before = dict(typed)
    [dropped] = moving.dropped_by_type_change(form, plain, typed)
    assert (dropped.group, dropped.title.zh, dropped.summary) == ("K01", "风筝", "沙燕")
    assert typed == before
    kept, leftover = moving.migrate_answers(form, plain, typed)
    assert set(leftover) == {key for key in typed if key.startswith("K01/")}
    assert kept == UNIT
    assert moving.dropped_by_type_change(plain, form, UNIT) == []


def test_registered_facts_are_filled_in_and_differences_named(form: Form) -> None:
    known = {"name": "风筝有限公司", "capital_wan": "100.00", "term": {"from": "2020-01-01", "to": None}}
    changes = moving.prefill(form, known, {})
    values = {key.rpartition("/")[2]: raw for key, raw in changes.items()}
    assert values == {"name": "风筝有限公司", "capital_wan": "100.00", "term": "2020-01-01..长期", "_order": "1", "_public": "1"}
    assert moving.differences(form, known, changes, today=TODAY, codes=CODES) == []
    other = answers("W01", [{"name": "纸鸢有限公司", "capital_wan": "100"}])
    [difference] = moving.differences(form, known, other, today=TODAY, codes=CODES)
    assert (difference.field, difference.registered, difference.answered) == ("name", "风筝有限公司", "纸鸢有限公司")
    assert set(moving.prefill(form, known, other)) == {f"W01/{row(1)}/term"}
