"""Importing in a real browser: upload, watch the check end by itself, read the faults, confirm (issue 3 item 1, D-54)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from chengxin.records.tests import makers
from tests import people
from tests.browser.live import SIZE_NAMES, SIZES, good, visitor
from tests.journeys.importers import importer, work
from tests.journeys.test_import import penalty, run, shown, table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_a_file_is_uploaded_checked_mended_and_confirmed(
    browser: Browser, origin: str, size: dict[str, Any], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name = request.node.callspec.id
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    run(penalty(uscc, "P-1"))
    file = tmp_path / "行政处罚11月.csv"
    context = visitor(browser, origin, people.browser(importer()), **size)
    page = context.new_page()
    page.goto(f"{origin}/desk/imports")
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("alert")).to_be_focused()
    good(page, f"imports-empty-{name}")
    file.write_bytes(table(penalty(uscc, "P-2", decided_on="昨天", facts="=1"), penalty(uscc, "P-3", dishonesty_grade="")))
    page.get_by_label("信息类别").select_option("G06")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("status").first).to_contain_text("结构检查中")
    work()
    expect(page.get_by_text("有错误，未导入")).to_be_visible(timeout=10_000)
    good(page, f"imports-faulty-{name}")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载错误明细（Excel）").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    file.write_bytes(table(penalty(uscc, "P-1", content="罚款人民币3万元。", fine_wan="3", 操作="更正"), penalty(uscc, "P-2")))
    page.get_by_role("link", name="导入另一个文件").click()
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="上传并检查").click()
    work()
    page.get_by_role("button", name="确认导入").click(timeout=10_000)
    good(page, f"imports-running-{name}")
    work()
    expect(page.get_by_text("更正前后", exact=True).first).to_be_visible(timeout=10_000)
    good(page, f"imports-done-{name}")
    page.goto(f"{origin}/desk/imports")
    expect(page.get_by_role("table", name="本单位的导入记录")).to_contain_text("更正 1")
    good(page, f"imports-history-{name}")
    assert len(shown(uscc)) == 2
    context.close()
