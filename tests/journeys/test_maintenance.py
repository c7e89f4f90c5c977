"""An enterprise is filling in its archive when maintenance begins: nothing it types is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from chengxin.common import maintenance
from tests.journeys.archives import answers, autosaved, chosen, html, save, started
from tests.journeys.enterprises import Enterprise, fields, row_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_typed_during_maintenance_is_kept_as_a_recovery_copy(
    browser: Client, enterprise: Enterprise, settings: Any, tmp_path: Path
) -> None:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance.json"
    at = started(browser)
    chosen(browser, at)
    url = f"{at}/page/operation"
    page = html(browser.get(url))
    row, typed = row_of(page, "S06"), fields(page)
    maintenance.begin()
    refused = save(browser, url, {**typed, f"{row}/name": "维护中填写的店"})
    assert refused.status_code == 503 and "维护中填写的店" in html(refused) and "再次提交" in html(refused)
    assert autosaved(browser, url, int(typed["base_rev"]), {f"{row}/name": "维护中填写的店"}).status_code == 200
    assert "平台正在维护" in html(browser.get(url)), "the page can be read"
    maintenance.end()
    assert f"{row}/name" not in answers(at, enterprise)
    assert "维护中填写的店" in html(browser.get(f"{url}?recover=1"))
