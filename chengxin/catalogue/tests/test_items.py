"""自愿注册事项: their order, their windows, and what an administrator may set (VOL-09, VOL-10, VOL-40, VOL-42)."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chengxin.catalogue import actions, items, queries, tools
from chengxin.catalogue.items import ItemSettings
from chengxin.catalogue.models import ItemSetting
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common import clock
from chengxin.common.errors import Forbidden, Invalid, NotFound
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
TODAY = date(2026, 11, 21)
LEADER, DONATION = "voluntary/leader", "voluntary/donation"
LIST = [
    ("信用承诺信息自愿注册", "信用承诺"),
    ("荣誉表彰信息自愿注册", "其他业务信息"),
    ("志愿服务信息自愿注册", "其他信息"),
    ("媒体报道信息自愿注册", "其他信息"),
    ("合同履约信息自愿注册", "生产经营信息"),
    ("财务信息自愿注册", "财务信息"),
    ("慈善捐赠信息自愿注册", "其他信息"),
    ("资质证照信息自愿注册", "资质资格信息"),
    ("领跑行动", "其他业务信息"),
]


def bare(form_id: str = "voluntary/bare") -> dict[str, Any]:
    """The file of a campaign whose form is not written yet."""
    body = tools.first_item(form_id, order=12, held=())
    item = {"order": 12, "category": {"zh": "其他信息"}, "windowed": True}
    group = {**body["groups"][0], "group": "V77", "fields": [], "summary": []}
    return {**body, "item": item, "pages": [{**body["pages"][0], "groups": ["V77"]}], "groups": [group]}


def publish(body: dict[str, Any]) -> str:
    return actions.publish(text=tools.dump(body), root=settings.CATALOGUE_DIR, by=BY)


@pytest.mark.requirement("VOL-09.1")
def test_the_nine_items_stand_in_the_order_and_categories_of_the_manual() -> None:
    shown = items.listed()
    assert [(one.form.title.zh, one.form.item.category.zh) for one in shown if one.form.item] == LIST
    assert [one.settings.order for one in shown] == list(range(1, 10))
    assert [one.form.id for one in shown if one.form.item and not one.form.item.counts] == [LEADER]


@pytest.mark.requirement("VOL-39.1")
def test_the_leading_runner_is_closed_until_a_window_is_set_and_the_others_are_always_open() -> None:
    assert [one.form.id for one in items.listed() if not one.settings.is_open(TODAY)] == [LEADER]
    window = replace(items.settings(LEADER), opens_on=date(2026, 11, 1), closes_on=date(2026, 11, 30))
    assert actions.set_item(wanted=window, by=BY)
    assert items.settings(LEADER) == window
    assert items.settings(LEADER).is_open(TODAY)


@pytest.mark.requirement("VOL-10.2")
def test_a_window_is_open_from_its_first_day_to_the_end_of_its_last_in_shanghai() -> None:
    running = ItemSettings("x", 1, date(2026, 11, 21), date(2026, 11, 22))
    moments = {
        datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC): False,
        datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC): True,
        datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC): True,
        datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC): False,
    }
    assert {at: running.is_open(at.astimezone(clock.SHANGHAI).date()) for at in moments} == moments
    assert ItemSettings("x", 1, None, date(2026, 11, 22)).is_open(date(2020, 1, 1))
    assert not ItemSettings("x", 1, date(2026, 11, 22), None).is_open(TODAY)
    assert not replace(running, shown=False).is_open(TODAY)


@pytest.mark.requirement("VOL-42.1")
def test_order_sight_and_level_are_set_by_an_event_without_a_new_version() -> None:
    version, before = queries.current_version(DONATION), Event.objects.count()
    wanted = replace(items.settings(DONATION), order=1, level="city", closes_on=date(2027, 1, 31))
    assert actions.set_item(wanted=wanted, by=BY)
    assert not actions.set_item(wanted=wanted, by=BY)
    assert [one.form.id for one in items.listed()][:2] == ["voluntary/commitment", DONATION]
    event = Event.objects.order_by("-id")[0]
    assert (event.kind, event.subject, Event.objects.count()) == (actions.ITEM_SET, DONATION, before + 1)
    assert event.data == {"order": 1, "opens_on": None, "closes_on": "2027-01-31", "level": "city", "shown": True}
    assert queries.current_version(DONATION) == version
    actions.set_item(wanted=replace(wanted, shown=False), by=BY)
    assert DONATION not in [one.form.id for one in items.listed()]
    assert DONATION in [one.form.id for one in items.every()]


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ({"order": 0}, "order", "1至999"),
        ({"opens_on": date(2026, 2, 1), "closes_on": date(2026, 1, 31)}, "closes_on", "不能早于注册期起"),
        ({"level": "street"}, "level", "审核层级"),
    ],
)
def test_settings_that_cannot_be_are_refused_beside_their_field(change: dict[str, object], field: str, part: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.set_item(wanted=replace(items.settings(DONATION), **change), by=BY)
    assert part in refused.value.fields[field][0]


def test_only_those_who_may_publish_set_items() -> None:
    with pytest.raises(Forbidden):
        actions.set_item(wanted=items.settings(DONATION), by=Actor(account_id=None, kind="agency", display_name="审核员"))
    with pytest.raises(NotFound):
        items.settings("voluntary/nothing")


@pytest.mark.requirement("VOL-40.1")
def test_an_item_without_fields_cannot_be_opened() -> None:
    publish(bare())
    standing = items.settings("voluntary/bare")
    assert not standing.is_open(TODAY)
    with pytest.raises(Invalid) as refused:
        actions.set_item(wanted=replace(standing, opens_on=TODAY), by=BY)
    assert "没有填写内容" in refused.value.fields["opens_on"][0]
    assert not items.settings("voluntary/bare").is_open(TODAY)
    always = bare()
    always["item"] = {"order": 12, "category": {"zh": "其他信息"}}
    with pytest.raises(CatalogueInvalid, match="没有字段的事项不能开放注册"):
        publish(always)


def test_an_open_item_does_not_lose_its_fields() -> None:
    actions.set_item(wanted=replace(items.settings(LEADER), opens_on=TODAY), by=BY)
    with pytest.raises(CatalogueInvalid, match="不能换成没有字段的表单"):
        publish(bare(LEADER))


def test_a_group_belongs_to_one_item() -> None:
    body = tools.first_item("voluntary/training", order=10, held=())
    body["pages"][0]["groups"] = ["V07"]
    body["groups"][0]["group"] = "V07"
    with pytest.raises(CatalogueInvalid, match="分组 V07 已由表单 voluntary/donation 使用"):
        publish(body)


def test_files_leave_an_uploaded_item_where_it_is(tmp_path: Path) -> None:
    text = tools.dump(queries.body(queries.current_version(DONATION))).replace("捐赠项目名称", "项目名称")
    version = actions.publish(text=text, root=settings.CATALOGUE_DIR, by=BY)
    assert DONATION in actions.load(settings.CATALOGUE_DIR, BY).kept
    assert queries.current_version(DONATION) == version
    assert [one.current for one in items.versions(DONATION)] == [True, False]
    exported = next(path for path in tools.export(tmp_path) if path.name == "donation.yaml")
    assert actions.look_over(text=exported.read_text("utf-8"), root=settings.CATALOGUE_DIR)["form"] == DONATION


def test_how_items_run_goes_out_with_the_export_and_comes_in_where_nobody_has_set_them(tmp_path: Path) -> None:
    root = Path(shutil.copytree(settings.CATALOGUE_DIR, tmp_path / "catalogue"))
    leader = replace(items.settings(LEADER), order=3, opens_on=date(2026, 11, 1), closes_on=date(2026, 11, 30), level="city")
    donation = replace(items.settings(DONATION), shown=False)
    for wanted in (leader, donation):
        actions.set_item(wanted=wanted, by=BY)
    [exported] = [path for path in tools.export(tmp_path / "out") if path.name == "items.yaml"]
    shutil.copy(exported, root)
    assert actions.load(root, BY).set == [] and items.set_here() == (leader, donation)
    ItemSetting.objects.all().delete()
    assert actions.load(root, BY).set == [LEADER, DONATION] and items.set_here() == (leader, donation)
    here = replace(leader, order=7)
    actions.set_item(wanted=here, by=BY)
    report = actions.load(root, BY)
    assert (report.set, report.set_here, items.settings(LEADER)) == ([], [LEADER], here)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("{form: voluntary/nothing, order: 1}", "没有自愿注册事项“voluntary/nothing”"),
        ("{form: voluntary/leader, order: 9, opens_on: '2026-02-30'}", "日期格式应如"),
        ("{form: voluntary/leader, order: 9, opens_on: '2026-02-02', closes_on: '2026-02-01'}", "不能早于注册期起"),
        ("{form: voluntary/leader, order: 9, level: street}", "不认识的值 street"),
        ("{form: voluntary/leader, order: 9, colour: red}", "不认识的键 colour"),
    ],
)
def test_a_file_of_items_is_refused_whole_with_its_place(tmp_path: Path, line: str, part: str) -> None:
    root = Path(shutil.copytree(settings.CATALOGUE_DIR, tmp_path / "catalogue"))
    (root / "items.yaml").write_text(f"items:\n  - {{form: {DONATION}, order: 1, shown: false}}\n  - {line}\n", "utf-8")
    with pytest.raises(CatalogueInvalid) as refused:
        actions.load(root, BY)
    [faults] = refused.value.fields.values()
    assert any(part in fault and "items.1" in fault for fault in faults), faults
    assert items.set_here() == ()


UNSOUND = [
    ("kind: voluntary", "kind: report", "自愿注册表单须有 item，其他表单不能有"),
    ("form: voluntary/", "form: extra/", "应以 voluntary/ 开头（第1行）"),
    ("form: voluntary/training", "form: voluntary/new", "已用作页面地址"),
    ("visibility: always", "visibility: choice", "由字段的 public 决定公示内容"),
    ("zh: 日期", "zh: 名称", "fields：名称：名称 重复"),
    ("max_records: 1", "max_records: 2", "min_records 和 max_records 应为 1"),
    ("near:\n  - name", "near:\n  - nothing", "item.near：nothing 应为本事项的字段"),
    ("columns:\n  - name", "columns:\n  - proof", "item.columns：proof 应为本事项的字段，不能是附件"),
    ("  order: 10", "  order: 10\n  expires: happened_on", "item.expires：happened_on 应为本事项的 until 类字段"),
    ("  order: 10", "  order: 10\n  proof: paper", "item.proof：paper 应为必填的附件字段"),
    ("  order: 10", "  order: 10\n  held: [{group: G05, field: nothing, mine: name}]", "目录中没有 G05 的字段 nothing"),
    ("  order: 10", "  order: 10\n  colour: red", "item：不认识的键 colour"),
]


@pytest.mark.parametrize(("old", "new", "part"), UNSOUND)
def test_an_item_that_would_not_run_is_refused_with_its_place(old: str, new: str, part: str) -> None:
    text = tools.dump(tools.first_item("voluntary/training", order=10, held=()))
    assert old in text
    with pytest.raises(CatalogueInvalid) as refused:
        actions.look_over(text=text.replace(old, new, 1), root=settings.CATALOGUE_DIR)
    [faults] = refused.value.fields.values()
    assert any(part in fault for fault in faults), faults
