"""A tenth item in the running system: file, report, preview, window, publication, and what it leaves alone (VOL-40, VOL-42)."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from chengxin.catalogue import items, queries
from chengxin.common import clock
from chengxin.filings import voluntary as records_of
from chengxin.flow import voluntary as flow
from chengxin.portal.tests.makers import staff
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.test_portal import desk

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/desk/catalogue/new"
TRAINING, LEADER = "voluntary/training", "voluntary/leader"
RUN = {"order": "10", "opens_on": "", "closes_on": "", "level": "", "shown": "1"}
FORM = """form: voluntary/training
kind: voluntary
audience: enterprise
title: {zh: 员工培训信息自愿注册, en: Staff training}
review: {by: agency, sla: VOLUNTARY}
item:
  order: 10
  category: {zh: 其他信息, en: Other information}
  near: [course]
  columns: [course, held_on]
pages:
  - {page: item, title: {zh: 员工培训信息, en: Staff training}, groups: [V10]}
groups:
  - group: V10
    title: {zh: 员工培训信息, en: Staff training}
    origin: enterprise
    visibility: always
    min_records: 1
    max_records: 1
    summary: [course]
    fields:
      - {field: course, label: {zh: 课程名称, en: Course}, kind: text, required: true, public: full}
      - {field: teacher, label: {zh: 授课机构, en: Teacher}, kind: text}
      - {field: held_on, label: {zh: 培训日期, en: Held on}, kind: date, required: true, not_after: today, public: full}
      - {field: proof, label: {zh: 证明附件, en: Proof}, kind: file, required: true, slot: voluntary}
"""


def admin() -> Client:
    return desk(staff("system_admin"))


def seen(form_id: str) -> dict[str, str]:
    """What a page of the item carries: which item it shows, and as it runs now."""
    return {"of": form_id, "stamp": items.stamp(form_id)}


def posted(client: Client, text: str, act: str = "check", **more: Any) -> tuple[int, str]:
    answer = client.post(NEW, {"text": text, "act": act, **more})
    return answer.status_code, answer.content.decode()


def test_the_report_names_every_fault_by_line_and_nothing_typed_is_lost() -> None:
    client = admin()
    wrong = FORM.replace("kind: date", "kind: day").replace("origin: enterprise", "origin: nobody")
    status, page = posted(client, wrong)
    assert status == 422
    assert "groups.0.fields.2.kind：不认识的值 day" in page
    assert "groups.0.origin：不认识的值 nobody" in page
    assert "（第24行）" in page and "（第16行）" in page
    assert "员工培训信息自愿注册" in page
    status, page = posted(client, FORM.replace("columns: [course, held_on]", "columns: [place]"))
    assert status == 422 and "item.columns：place 应为本事项的字段，不能是附件（第10行）" in page
    status, page = posted(client, FORM.replace("groups: [V10]", "groups: [V07]").replace("group: V10", "group: V07"))
    assert status == 422 and "分组 V07 已由表单 voluntary/donation 使用" in page
    other = "form: report/training\nkind: report\naudience: enterprise\ntitle: {zh: 报告}\npages: []\n"
    assert posted(client, other)[0] == 422
    answer = client.post(NEW, {"text": "保留的内容", "act": "check", "file": SimpleUploadedFile("a.yaml", "乱码".encode("gbk"))})
    assert answer.status_code == 422 and "文件不是 UTF-8 编码" in answer.content.decode() and "保留的内容" in answer.content.decode()


def test_the_preview_shows_page_workbook_review_and_public_view_and_keeps_nothing() -> None:
    client = admin()
    upload = SimpleUploadedFile("training.yaml", FORM.encode())
    page = client.post(NEW, {"text": "", "act": "check", "file": upload}).content.decode()
    assert "检查通过：新增事项“员工培训信息自愿注册”（voluntary/training）。" in page
    assert page.count("课程名称") >= 4 and "不公示：授课机构、证明附件" in page
    names = re.findall(r'name="(V10/[^"]+/(\w+))"', page)
    typed = {name: {"course": "客服礼仪", "held_on": "2999-01-01"}.get(code, "") for name, code in names}
    status, page = posted(client, FORM, "try", of=TRAINING, **RUN, **typed)
    assert status == 200 and "培训日期不能晚于今天" in page and 'value="客服礼仪"' in page
    good = {name: {"course": "客服礼仪", "held_on": "2026-01-31"}.get(code, "") for name, code in names}
    assert "试填通过" in posted(client, FORM, "try", of=TRAINING, **RUN, **good)[1]
    book = client.post(NEW, {"text": FORM, "act": "template"})
    [columns] = load_workbook(io.BytesIO(book.content)).worksheets[0].iter_rows(max_row=1, values_only=True)
    assert columns[:4] == ("*课程名称", "授课机构", "*培训日期", "*证明附件文件名")
    assert all(f"{label}</th>" in page for label in columns[:4])
    assert TRAINING not in [one.form.id for one in items.every()]


def test_settings_are_checked_beside_their_fields_before_anything_is_published() -> None:
    client = admin()
    bad = RUN | {"order": "many", "opens_on": "soon"}
    status, page = posted(client, FORM, "publish", **seen(TRAINING), **bad)
    assert status == 422 and "序号应为1至999的整数" in page and "日期格式应如" in page and 'value="soon"' in page
    turned = RUN | {"opens_on": "2026-02-01", "closes_on": "2026-01-31"}
    status, page = posted(client, FORM, "publish", **seen(TRAINING), **turned)
    assert status == 422 and "注册期止不能早于注册期起" in page
    assert TRAINING not in [one.form.id for one in items.every()]


@pytest.mark.requirement("VOL-42.1")
@pytest.mark.requirement("VOL-42.2")
def test_a_tenth_item_is_registered_in_like_the_nine_and_old_records_keep_their_words() -> None:
    client, judge = admin(), people.reviewer()
    today = clock.today()
    window = {"opens_on": today.isoformat(), "closes_on": (today + timedelta(days=30)).isoformat()}
    assert client.post(NEW, {"text": FORM, "act": "publish", **seen(TRAINING), **(RUN | window)}).url == "/desk/catalogue?done=training"
    done = client.get("/desk/catalogue?done=training").content.decode()
    assert "“员工培训信息自愿注册”已更新：开放注册" in done
    assert [one.form.id for one in items.listed()][-1] == TRAINING
    firm = voluntary.registrant(by=judge)
    voluntary.ANSWERS.setdefault(TRAINING, {"course": "客服礼仪", "teacher": "商学社", "held_on": "2026-01-31"})
    voluntary.with_archive(firm, by=judge)
    first = voluntary.published(firm, TRAINING, by=judge)
    assert "客服礼仪" in voluntary.shown(firm) and "商学社" not in voluntary.shown(firm)
    with pytest.raises(records_of.Twin):
        voluntary.submit(firm, voluntary.draft(firm, TRAINING, proof="another"))
    reworded = FORM.replace("zh: 课程名称", "zh: 培训课程").replace("item:", "notes: []\nitem:")
    assert client.post(NEW, {"text": reworded, "act": "publish", **seen(TRAINING), **(RUN | window)}).status_code == 302
    pages = firm.client()
    assert "员工培训信息自愿注册" in pages.get("/voluntary/items").content.decode()
    old = pages.get(f"/voluntary/records/{first}").content.decode()
    assert "课程名称" in old and "培训课程" not in old
    fresh = pages.get(f"/voluntary/records/{flow.open_new(form_id=TRAINING, by=firm.actor).id}/edit").content.decode()
    assert "培训课程" in fresh and "课程名称" not in fresh
    labels = {version: queries.version(version).groups[0].fields[0].label.zh for version in (one.hash for one in items.versions(TRAINING))}
    assert labels[voluntary.one(firm, first).form_version] == "课程名称"
    assert labels[queries.current_version(TRAINING)] == "培训课程"
    page = client.get("/desk/catalogue/training").content.decode()
    assert page.count("改用此版本") == 1


@pytest.mark.requirement("VOL-40.1")
def test_an_item_without_fields_may_be_prepared_but_not_opened() -> None:
    client = admin()
    empty = re.sub(r"    summary: \[course\]\n    fields:\n(      - .*\n)+", "    fields: []\n", FORM)
    empty = empty.replace("  near: [course]\n  columns: [course, held_on]\n", "  windowed: true\n")
    assert "表单还没有填写内容" in posted(client, empty)[1]
    opened = RUN | {"opens_on": "2026-01-01"}
    status, page = posted(client, empty, "publish", **seen(TRAINING), **opened)
    assert status == 422 and "没有填写内容，不能开放注册" in page
    assert client.post(NEW, {"text": empty, "act": "publish", **seen(TRAINING), **RUN}).status_code == 302
    refused = client.post("/desk/catalogue/training", opened | seen(TRAINING))
    assert refused.status_code == 422 and "没有填写内容，不能开放注册" in refused.content.decode()
    assert not items.settings(TRAINING).is_open(date(2026, 6, 1))


def test_windows_and_versions_of_an_item_are_changed_on_its_page() -> None:
    client = admin()
    page = client.get("/desk/catalogue").content.decode()
    assert page.count("开放注册") == 8 and "不在注册期内" in page and "未设注册期" in page
    typed = RUN | {"order": "9", "opens_on": "2026-01-01", "closes_on": "2099-12-31", "level": "city"}
    assert client.post("/desk/catalogue/leader", typed | seen(LEADER)).url == "/desk/catalogue?done=leader"
    assert items.settings("voluntary/leader").is_open(clock.today())
    source = client.get("/desk/catalogue/leader/source.yaml")
    assert source.headers["Content-Disposition"] == 'attachment; filename="leader.yaml"'
    text = source.content.decode().replace("申报内容", "申报材料").replace("order: 9", "order: 8")
    status, page = posted(client, text, given="leader")
    assert status == 200 and "V09：修改字段 申报材料（label）" in page and "修改表单（item）" in page
    before = queries.current_version("voluntary/leader")
    assert client.post(NEW, {"text": text, "act": "publish", **seen(LEADER), **typed}).status_code == 302
    assert queries.current_version("voluntary/leader") != before
    assert client.post("/desk/catalogue/leader/use", {"version": before, **seen(LEADER)}).status_code == 302
    assert queries.current_version("voluntary/leader") == before
    assert (
        client.post("/desk/catalogue/leader/use", {"version": queries.current_version("voluntary/donation"), **seen(LEADER)}).status_code
        == 404
    )
    assert client.get("/desk/catalogue/nothing").status_code == 404


def test_two_who_change_an_item_at_once_are_told_of_each_other_and_nothing_typed_is_lost() -> None:
    first, second = admin(), admin()
    page, drawn = "/desk/catalogue/leader", seen(LEADER)
    assert f'value="{drawn["stamp"]}"' in second.get(page).content.decode()
    assert first.post(page, RUN | drawn | {"order": "3", "level": "city"}).status_code == 302
    stale = second.post(page, RUN | drawn | {"order": "9", "opens_on": "2026-01-01"})
    told = unescape(stale.content.decode())
    assert stale.status_code == 409 and "已被他人修改，您填写的内容尚未保存" in told and 'value="2026-01-01"' in told
    assert "序号：现为“3”，您填写“9”" in told and "审核层级：现为“市级及以上”，您填写“就近审核”" in told
    assert "注册期起：现为“（空）”，您填写“2026-01-01”" in told and "注册期止：现为" not in told
    assert (items.settings(LEADER).order, items.settings(LEADER).level, items.settings(LEADER).opens_on) == (3, "city", None)
    assert f'value="{items.stamp(LEADER)}"' in told
    assert second.post(page, RUN | seen(LEADER) | {"order": "9", "opens_on": "2026-01-01"}).status_code == 302
    assert (items.settings(LEADER).order, items.settings(LEADER).opens_on) == (9, date(2026, 1, 1))
    assert second.post(page, RUN).status_code == 409
    other = {"version": queries.current_version(LEADER)}
    assert first.post(f"{page}/use", other | drawn).status_code == 409


def test_a_version_is_not_published_over_one_that_its_page_did_not_show() -> None:
    first, second = admin(), admin()
    drawn, new = seen(LEADER), RUN | {"order": "9"}
    source = first.get("/desk/catalogue/leader/source.yaml").content.decode()
    mine, other = source.replace("申报内容", "申报材料"), source.replace("申报内容", "申报事迹")
    assert first.post(NEW, {"text": other, "act": "publish", **drawn, **new}).status_code == 302
    running = queries.current_version(LEADER)
    stale = second.post(NEW, {"text": mine, "act": "publish", "given": "leader", **drawn, **new, "opens_on": "2026-05-01"})
    told = unescape(stale.content.decode())
    assert stale.status_code == 409 and "已被他人修改" in told and "V09：修改字段 申报材料（label）" in told
    assert "申报材料" in told and 'value="2026-05-01"' in told and queries.current_version(LEADER) == running
    both = [first.post(NEW, {"text": FORM, "act": "publish", **fresh, **RUN}) for fresh in [seen(TRAINING)] * 2]
    assert [answer.status_code for answer in both] == [302, 409]
    assert second.post(NEW, {"text": mine, "act": "publish", **seen(LEADER), **new}).status_code == 302


def test_a_new_file_begins_with_names_that_are_free() -> None:
    client = admin()
    for number in (10, 11):
        page = client.get(NEW).content.decode()
        text = unescape(re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)[1])  # type: ignore[index]
        assert f"form: voluntary/item-{number}\n" in text and f"group: V{number}\n" in text
        run = RUN | {"order": str(number)}
        assert client.post(NEW, {"text": text, "act": "publish", **seen(f"voluntary/item-{number}"), **run}).status_code == 302
    assert [one.form.id for one in items.listed()][-2:] == ["voluntary/item-10", "voluntary/item-11"]


def test_reviewers_have_no_part_in_the_catalogue() -> None:
    client = desk(staff("reviewer"))
    assert client.get("/desk/catalogue").status_code == 403
    assert client.post(NEW, {"text": FORM, "act": "publish", **seen(TRAINING), **RUN}).status_code == 403
