"""A department imports on its pages: check, confirm, the four operations, faults by cell, both enterprises told (D-06 to D-08)."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest
from django.test import Client
from openpyxl import Workbook

from chengxin import checks
from chengxin.common import clock
from chengxin.exchange import store
from chengxin.exchange.models import Chunk, FaultyLine, Job
from chengxin.filings.models import Filing, Message
from chengxin.flow import importing
from chengxin.gateways.models import Outbox
from chengxin.identity import queries as identity
from chengxin.ledger.models import Event
from chengxin.records.models import Version
from chengxin.records.tests import makers
from tests import people
from tests.journeys.importers import DESK, book, importer, opened, saved, upload, work
from tests.journeys.test_import import BY, SAMR, penalty, run, shown, standing, table

pytestmark = pytest.mark.django_db(transaction=True)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_a_file_is_checked_then_confirmed_then_taken_in_while_the_page_is_closed() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    where = upload(client, table(penalty(uscc, "P-1"), penalty(makers.code(8), "P-2"), penalty(uscc, "P-3", dishonesty_grade="轻微")))
    assert 'hx-trigger="every 2s"' in text(client, where)
    work()
    page = text(client, where)
    assert "检查未发现错误" in page and "待确认" in page and 'hx-trigger="every 2s"' not in page
    assert standing() == 0 and not Filing.objects.filter(kind="import").exists()
    for _twice in range(2):
        assert client.post(f"{where}/act", {"what": "confirm"}).status_code == 302
    assert "导入中" in text(client, DESK) or "逐行检查中" in text(client, DESK)
    work()
    page = text(client, where)
    for word in ("已导入", "新增 <b>3</b>", "依规不予公示 <b>1</b>", "未匹配到主体 <b>3</b>", "错误 <b>0</b>"):
        assert word in page, word
    assert [record["content"]["document_no"] for record in shown(uscc)] == ["余市监罚〔演示〕P-1号"]
    assert "新增 3" in text(client, DESK)
    [filing] = Filing.objects.filter(kind="import")
    assert filing.state == "approved" and filing.opinion.startswith("新增 3，更正 0，撤回 0")
    assert not Chunk.objects.exclude(payload="").exists()


def test_a_correction_keeps_before_and_after_and_a_withdrawal_ends_publication() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1"), penalty(uscc, "P-2"))
    client = people.browser(importer())
    changed = {"content": "罚款人民币3万元。", "fine_wan": "3", "操作": "更正"}
    bare = {"subject_uscc": uscc, "source_unit": SAMR, "source_record_no": "P-2", "操作": "撤回"}
    where = upload(client, table(penalty(uscc, "P-1", **changed), bare), direct="1")
    work()
    page = text(client, where)
    assert "更正 <b>1</b>" in page and "撤回 <b>1</b>" in page
    assert "<del>罚款人民币2万元。</del>" in page and "<ins>罚款人民币3万元。</ins>" in page
    [record] = shown(uscc)
    assert record["content"]["content"] == "罚款人民币3万元。"
    gone = Version.objects.get(source_no="P-2")
    assert (gone.end_reason, gone.salt, gone.fragment) == ("withdrawn", None, None)
    assert gone.inside["content"] == "罚款人民币2万元。"
    assert Event.objects.filter(kind="record.ended", version_id=gone.version_id).count() == 1


def test_a_correction_of_a_withdrawn_or_unknown_record_is_refused_at_its_cell() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1"))
    run(penalty(uscc, "P-1", 操作="撤回"))
    again = run(penalty(uscc, "P-1", 操作="更正"), penalty(uscc, "P-9", 操作="更正"), penalty(uscc, "P-8", 操作="撤回"))
    assert [(fault.line, fault.column) for fault in again.faults] == [(2, "操作"), (3, "来源记录编号"), (4, "来源记录编号")]
    assert "已由来源单位撤回" in again.faults[0].message
    assert run(penalty(uscc, "P-1", content="另一内容。")).faults, "sent again without a word it does not come back"
    assert run(penalty(uscc, "P-1", 操作="撤回")).earlier
    assert run(penalty(uscc, "P-1", 操作="撤回", remark="再次")).unchanged == 1
    assert not shown(uscc)
    assert run(penalty(uscc, "P-1", 操作="新增")).new == 1
    assert len(shown(uscc)) == 1


def test_a_re_attribution_rewrites_both_files_and_tells_both_enterprises() -> None:
    office = people.office()
    firms = [people.approved(number, by=office.county) for number in (1, 2)]
    heads = [makers.head(firm.login, firm.name) for firm in firms]
    for firm, head in zip(firms, heads, strict=True):
        assert firm.enterprise_id
        makers.publish(firm.enterprise_id, [], head)
    wrong, right = (firm.login for firm in firms)
    run(penalty(wrong, "P-1"))
    assert run(penalty(right, "P-1")).faults[0].column == "来源记录编号"
    assert run(penalty(wrong, "P-1", 操作="归属更正")).faults[0].column == "主体统一社会信用代码"
    before = Version.objects.get(origin="government", ended_at=None)
    report = run(penalty(right, "P-1", 操作="归属更正"))
    assert (report.reassigned, report.new, report.corrected) == (1, 0, 0)
    assert (len(shown(wrong)), len(shown(right))) == (0, 1)
    after = Version.objects.get(origin="government", ended_at=None)
    assert after.record_id == before.record_id and after.enterprise_id == firms[1].enterprise_id
    ended = Version.objects.get(version_id=before.version_id)
    assert (ended.end_reason, ended.is_public) == ("reassigned", False)
    told = Message.objects.filter(template="reassigned")
    assert {row.account_id: row.params["way"] for row in told} == {firms[0].account_id: "lost", firms[1].account_id: "gained"}
    assert Outbox.objects.filter(purpose="reassigned").count() == 2
    page = people.browser(firms[0]).get("/workbench/messages").content.decode()
    assert "归属已更正" in page and "不再属于贵单位" in page
    assert Event.objects.filter(kind="record.reassigned", subject=str(after.version_id)).count() == 1


def test_every_fault_is_on_the_page_and_in_both_files_and_the_mended_file_goes_in() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    too_long = f"{clock.today().year + 5}-01-01"
    rows = [penalty(uscc, "P-1"), penalty(uscc, "P-2", decided_on="昨天", facts="=1+1"), penalty(uscc, "P-3", publicity_to=too_long)]
    rows.append(penalty(uscc, "P-4", facts="长" * 10_000, basis=""))
    where = upload(client, table(*rows), direct="1")
    work()
    page = text(client, where)
    assert "有错误，未导入" in page and standing() == 0
    for word in ("像是公式", "最长公示期12个月", "现有10000个字", "请填写处罚依据"):
        assert word in page, word
    lines = list(csv.reader(io.StringIO(client.get(f"{where}/faults.csv").content.decode("utf-8-sig"))))
    assert [line[0] for line in lines] == ["行号", "3", "4", "5"]
    assert lines[1][1] == "facts：单元格内容像是公式，请改为文字或数值后再导入。" and lines[2][1].startswith("公示截止期：")
    sheet = opened(client.get(f"{where}/faults.xlsx").content).active
    assert sheet is not None
    marked = [cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment]
    assert any("像是公式" in words for words in marked)
    assert not FaultyLine.objects.filter(cells__contains="P-3").exists(), "cells are sealed"
    mended = [[*line[:2], *rows_mended(line[2:], lines[0][2:])] for line in lines[1:]]
    out = io.StringIO()
    csv.writer(out).writerows([lines[0], *mended])
    work_on = upload(client, out.getvalue().encode(), direct="1")
    work()
    assert "新增 <b>3</b>" in text(client, work_on)


def rows_mended(cells: list[str], header: list[str]) -> list[str]:
    """The cells as somebody would correct them."""
    good = {"decided_on": "2026-03-02", "facts": "虚假宣传。", "basis": "《中华人民共和国反不正当竞争法》第八条", "publicity_to": ""}
    return [good.get(code, cell) for code, cell in zip(header, cells, strict=True)]


def test_one_bad_line_and_nothing_of_a_long_file_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chengxin.exchange.shaping.CHUNK_LINES", 2)
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    good = [penalty(uscc, f"P-{number}") for number in range(5)]
    assert run(*good, penalty(uscc, "P-6", decided_on="昨天")).faults
    assert standing() == 0
    assert run(*good).new == 5
    assert Chunk.objects.filter(job__phase="done").count() == 3


def test_what_changed_between_check_and_commit_is_a_fault_of_its_line_and_the_rest_goes_in() -> None:
    _first, one = makers.published(1, "杭州澜序桥电子商务有限公司")
    _second, two = makers.published(2, "义乌市穗岚针织有限公司")
    client = people.browser(importer())
    where = upload(client, table(penalty(one, "P-1"), penalty(one, "P-2")))
    work()
    run(penalty(two, "P-1"))
    client.post(f"{where}/act", {"what": "confirm"})
    while Job.objects.get(id=where.rpartition("/")[2]).phase != "commit":
        importing.carry_out(1)
        if Job.objects.get(id=where.rpartition("/")[2]).phase == "done":
            break
    work()
    page = text(client, where)
    assert "1 行未能导入" in page and "新增 <b>1</b>" in page and "错误 <b>1</b>" in page
    assert (len(shown(one)), len(shown(two))) == (1, 1)


def test_the_same_click_and_the_same_file_twice_do_nothing_twice() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client, key = people.browser(importer()), str(uuid4())
    data = table(penalty(uscc, "P-1"))
    first = [upload(client, data, direct="1", submission_key=key) for _twice in range(2)]
    assert first[0] == first[1] and Job.objects.count() == 1
    other = upload(client, data, direct="1", submission_key=str(uuid4()))
    work()
    assert "已导入" in text(client, first[0])
    assert "该文件此前已导入" in text(client, other)
    assert standing() == 1 and Event.objects.filter(kind="record.published").count() == 1


def test_only_the_unit_itself_sees_its_imports_and_speaks_for_itself() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    where = upload(client, table(penalty(uscc, "P-1", source_unit="税务总局（演示）")), direct="1")
    work()
    assert "只能报送本单位及下级单位的数据" in text(client, where)
    tax = people.browser(importer("shui", "税务总局（演示）"))
    for path in (where, f"{where}/progress", f"{where}/faults.csv"):
        assert tax.get(path).status_code == 404
    assert tax.post(f"{where}/act", {"what": "cancel"}).status_code == 404
    assert where not in text(tax, DESK)


def test_a_checked_file_can_be_cancelled_and_a_taken_in_one_cannot() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    where = upload(client, table(penalty(uscc, "P-1")))
    work()
    client.post(f"{where}/act", {"what": "cancel"})
    assert "已取消" in text(client, where)
    assert client.post(f"{where}/act", {"what": "confirm"}).status_code == 409
    done = upload(client, table(penalty(uscc, "P-2")), direct="1")
    work()
    answer = client.post(f"{done}/act", {"what": "cancel"})
    assert answer.status_code == 409 and "不能取消" in answer.content.decode()
    assert standing() == 1


def test_missing_choices_stand_beside_their_fields() -> None:
    client = people.browser(importer())
    answer = client.post(DESK, {"group": "G99", "direct": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "请选择信息类别" in page and "请选择要导入的" in page
    empty = client.post(DESK, {"group": "G06", "file": io.BytesIO(b"")})
    assert empty.status_code == 422


def test_templates_have_the_columns_and_say_what_each_may_hold() -> None:
    client = people.browser(importer())
    made = opened(client.get(f"{DESK}/template/G06.xlsx").content)
    assert made.sheetnames == ["数据", "填写说明"]
    head = [cell.value for cell in made["数据"][1]]
    assert head[0] == "操作" and "*处罚决定日期" in head
    hints = {row[0].value: row[2].value for row in made["填写说明"].iter_rows(min_row=2)}
    assert "2026-11-01" in hints["处罚决定日期"] and "警告" in hints["处罚类别"]
    assert client.get(f"{DESK}/template/G06.csv").content.decode("utf-8-sig").startswith("操作,行政处罚决定书文号,")
    assert client.get(f"{DESK}/template/S01.csv").status_code == 404


def test_a_workbook_goes_in_like_a_table_and_the_filled_template_too() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    first = upload(client, book([penalty(uscc, "P-1"), penalty(uscc, "P-2")]), name="处罚.xlsx", direct="1")
    work()
    assert "新增 <b>2</b>" in text(client, first)
    made = opened(client.get(f"{DESK}/template/G06.xlsx").content)
    row = penalty(uscc, "P-3")
    form = importing.form_of("G06").groups[0]
    made["数据"].append(["新增", *(row.get(field.code) for field in form.fields)])
    second = upload(client, saved(made), name="模板.xlsx", direct="1")
    work()
    page = text(client, second)
    assert "新增 <b>1</b>" in page, page[page.index("import-state") :]
    assert len(shown(uscc)) == 3


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda made: made.active.merge_cells("B2:C3"), "合并的单元格"),
        (lambda made: setattr(made.create_sheet("旧数据"), "sheet_state", "hidden"), "隐藏的工作表“旧数据”"),
        (lambda made: made.create_sheet("另一张"), "只有一张数据表"),
    ],
)
def test_workbooks_that_hide_something_are_refused_with_a_sentence(spoil: object, word: str) -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client, made = people.browser(importer()), opened(book([penalty(uscc, "P-1"), penalty(uscc, "P-2")]))
    spoil(made)  # type: ignore[operator]
    where = upload(client, saved(made), name="处罚.xlsx", direct="1")
    work()
    page = text(client, where)
    assert "无法导入" in page and word in page, word
    assert standing() == 0


def test_formulas_and_errors_in_a_workbook_are_faults_of_their_cells_and_broken_books_are_refused() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client, made = people.browser(importer()), opened(book([penalty(uscc, "P-1"), penalty(uscc, "P-2")]))
    sheet = made.active
    assert sheet is not None
    sheet["G2"], sheet["G3"] = "=CONCATENATE(A1,B1)", "#REF!"
    where = upload(client, saved(made), name="处罚.xlsx", direct="1")
    broken = upload(client, book([penalty(uscc, "P-1")])[:2000], name="坏.xlsx", direct="1")
    old = upload(client, b"\xd0\xcf\x11\xe0" + b"\x00" * 600, name="旧.xls", direct="1")
    work()
    assert text(client, where).count("像是公式") == 2
    assert "无法打开或已损坏" in text(client, broken)
    assert ".xlsx格式" in text(client, old)


def test_an_import_during_a_review_waits_for_it_and_both_are_there() -> None:
    office = people.office()
    firm = people.approved(1, by=office.county)
    assert firm.enterprise_id
    report = run(penalty(firm.login, "P-1"))
    assert (report.new, report.unmatched) == (1, 0)
    assert Client().get(f"/api/v1/files/{firm.login}").status_code == 404
    makers.publish(firm.enterprise_id, [makers.own_record(makers.shop("澜序桥旗舰店"))], makers.head(firm.login, firm.name))
    assert len(shown(firm.login)) == 1, "above the dashed line with the first archive"
    run(penalty(firm.login, "P-2"))
    assert len(shown(firm.login)) == 2
    assert identity.enterprise(firm.enterprise_id).claimed


def test_a_record_whose_term_is_over_is_kept_inside_and_stays_as_it_is() -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    old = {"decided_on": "2020-03-02"}
    first = run(penalty(uscc, "P-1", **old))
    assert (first.new, first.unpublished) == (1, 1)
    assert run(penalty(uscc, "P-1", **old, remark="")).unchanged == 1 or run(penalty(uscc, "P-1", **old, simple="")).unchanged == 1
    assert not shown(uscc) and BY.kind == "system"
    assert not Event.objects.filter(kind="record.published").exists()


def test_blank_books_say_so() -> None:
    client = people.browser(importer())
    where = upload(client, saved(Workbook()), name="空.xlsx", direct="1")
    work()
    assert "第1行应为本类信息的列名" in text(client, where)


def test_a_file_that_breaks_again_and_again_is_parked_told_to_the_operator_and_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    client = people.browser(importer())
    where = upload(client, table(penalty(uscc, "P-1")), direct="1")
    path = store.path_of(Job.objects.get().id)
    data = path.read_bytes()
    while Job.objects.get().phase == "structure":
        importing.carry_out(1)
    path.unlink()
    for _try in range(10):
        Chunk.objects.update(next_try_at=clock.now())
        work()
    assert Job.objects.get().phase == "parked"
    assert [check.state for check in checks.imports()] == ["red"]
    assert "已暂停" in text(client, where) and "继续处理" in text(client, where)
    path.write_bytes(data)
    client.post(f"{where}/act", {"what": "resume"})
    work()
    assert "新增 <b>1</b>" in text(client, where)
    assert [check.state for check in checks.imports()] == ["green"]
