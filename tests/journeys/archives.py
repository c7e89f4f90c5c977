"""Steps of filing an archive through HTTP."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings as settings_
from django.test import Client

from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue import queries as catalogue
from chengxin.filings import queries as filings
from chengxin.records import queries as records
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

SHOP = people.PAGES["operation"]["S06"]


def started(browser: Client) -> str:
    """The address of a first archive, without its last part."""
    answer = browser.get("/workbench/archive")
    assert answer.status_code == 302
    return str(answer.headers["Location"]).rpartition("/")[0]


def html(answer: Any) -> str:
    return str(answer.content.decode())


def save(browser: Client, url: str, values: dict[str, Any], how: str = "draft") -> Any:
    return browser.post(url, {**values, "_save": how})


def chosen(browser: Client, at: str, type_: str = "IN_PLATFORM", **more: str) -> Any:
    values = {"version": catalogue.commitment("integrity").version, "commitment": "1", "enterprise_type": type_}
    return browser.post(f"{at}/commitment", values | more)


def answers(at: str, enterprise: Enterprise) -> dict[str, str]:
    return filings.draft(filing_id=UUID(at.rpartition("/")[2]), by=enterprise.actor).answers


def public_text(enterprise: Enterprise) -> str:
    return records.public_file(uscc=enterprise.uscc).body.decode()


def autosaved(browser: Client, url: str, base_rev: int, changes: dict[str, str]) -> Any:
    body = json.dumps({"base_rev": base_rev, "changes": changes})
    return browser.post(f"{url}/autosave", body, content_type="application/json", HTTP_ACCEPT="application/json")


def change_catalogue(folder: Path, file: str, old: str, new: str) -> None:
    """Load the catalogue with one file changed."""
    copy = folder / "catalogue"
    shutil.copytree(settings_.CATALOGUE_DIR, copy)
    text = (copy / file).read_text("utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), "utf-8")
    catalogue_actions.load(copy)
