"""Sheets of one's own data: an item's title names its sheet whatever an administrator calls the item (VOL-42)."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from chengxin.exchange.own_data import sheet_name


@pytest.mark.parametrize("title", ["荣誉/资质", "'何时[何地]?'", "甲:乙*丙\\丁", "长" * 60, "社会责任"])
def test_every_title_names_a_sheet(title: str) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name(title))
    assert 0 < len(sheet.title) <= 31 and sheet.title[0] in title
