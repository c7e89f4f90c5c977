"""Steps of filling in the form of an item through HTTP, without scripts."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.archives import html

LIST, COMMITMENT = "/voluntary/items", "/voluntary/commitment"


def opened(browser: Client, item: str = "donation") -> str:
    """The address of a new form."""
    answer = browser.post(f"{LIST}/{item}/new")
    assert answer.status_code == 302, html(answer)
    return str(answer.headers["Location"])


def id_of(url: str) -> UUID:
    return UUID(url.split("/")[3])


def typed(text: str, group: str = "V07", **answers: str) -> dict[str, Any]:
    """What a browser posts from a form after typing."""
    values, row = people.fields(text), people.row_of(text, group)
    for code, value in answers.items():
        values[f"{row}/{code}"] = value
    return values


def donation(text: str, **changes: str) -> dict[str, Any]:
    """A good donation typed into the form."""
    return typed(text, **voluntary.filled(voluntary.DONATION, **changes))


def picture_file(body: bytes | None = None, name: str = "证明.jpg") -> SimpleUploadedFile:
    """A picture as a browser sends it."""
    return SimpleUploadedFile(name, voluntary.picture() if body is None else body, "image/jpeg")


def with_proof(values: dict[str, Any], text: str, body: bytes | None = None, name: str = "证明.jpg") -> dict[str, Any]:
    """The same with a picture chosen."""
    path = f"{people.row_of(text, 'V07')}/proof"
    return {**values, f"{path}.new": picture_file(body, name)}


def submit(browser: Client, url: str, values: dict[str, Any]) -> Any:
    return browser.post(url, {**values, "_save": "submit"})


def save(browser: Client, url: str, values: dict[str, Any]) -> Any:
    return browser.post(url, {**values, "_save": "draft"})


def problem_at(text: str, code: str, group: str = "V07") -> str:
    """What is said beside a field."""
    control = "f-" + f"{people.row_of(text, group)}/{code}".replace("/", "-")
    found = re.search(rf'id="{control}_error">(.*?)</div>', text, re.S)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def starred(text: str, code: str, group: str = "V07") -> bool:
    """Whether a field is marked as needed."""
    row = text[text.index(f'data-path="{people.row_of(text, group)}/{code}"') :]
    return 'class="star"' in row[: row.index('class="control"')]


def crumbs(text: str) -> str:
    """The way to the page as a person reads it."""
    nav = re.search(r'<nav class="crumbs[^>]*>(.*?)</nav>', text, re.S)
    assert nav
    return ">".join(re.sub(r"<[^>]+>", "", part) for part in re.findall(r"<li>(.*?)</li>", nav[1], re.S))
