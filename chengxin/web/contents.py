"""A page of content in words: the same for everyone who reads it and for the editor who previews it.

The text of a version was cleaned when it was saved (`chengxin.portal.bodies`), so it is shown as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from chengxin.filings import files as store
from chengxin.portal import help as centre
from chengxin.portal import rules, values
from chengxin.portal.values import FileView, VersionView
from chengxin.web.forms import text_of


@dataclass(frozen=True)
class FileLine:
    """One file to take away."""

    name: str
    size: int
    url: str


@dataclass(frozen=True)
class Article:
    """What the page shows: heading, facts in their order, the clean text, files."""

    kind: str
    kind_label: str
    title: str
    summary: str
    published_at: datetime | None
    facts: tuple[tuple[str, str], ...]
    validity: str
    source_url: str
    body: SafeString
    files: tuple[FileLine, ...]


def article(*, kind: str, version: VersionView, published_at: datetime | None, files_at: str, today: date) -> Article:
    """One version of a page of content; `files_at` is the address that its files stand below."""
    facts = [(str(rules.FACT_LABELS[name]), _fact(version, name)) for name in values.FACTS if name != "source_url"]
    return Article(
        kind=kind,
        kind_label=str(rules.KIND_LABELS[kind]),
        title=version.content.title,
        summary=version.content.summary,
        published_at=published_at,
        facts=tuple((label, value) for label, value in facts if value),
        validity=rules.in_force(facts=version.content.facts, today=today),
        source_url=version.fact("source_url") if rules.is_web_address(version.fact("source_url")) else "",
        body=mark_safe(version.html),
        files=tuple(FileLine(name=file.name, size=file.size, url=f"{files_at}/{file.id}") for file in version.files),
    )


def _fact(version: VersionView, name: str) -> str:
    value = version.fact(name)
    day = rules.day_of(value)
    if name not in rules.DAYS or day is None:
        return value
    return _("%(year)d年%(month)d月%(day)d日") % {"year": day.year, "month": day.month, "day": day.day}


def address(*, kind: str, item_id: UUID) -> str:
    """Where everyone reads a page of content."""
    return f"/content/{kind}/{item_id}"


def help_address(entry: str) -> str:
    """Where everyone reads an entry of the help centre."""
    return f"/help#{entry}"


@dataclass(frozen=True)
class Question:
    """One entry of the help centre in the language of the moment, with its number in the manual; its text is clean."""

    id: str
    number: str
    question: str
    answer: SafeString
    links: tuple[tuple[str, str], ...]
    picture: str = ""


def question(entry: centre.Entry) -> Question:
    """An entry in words."""
    return Question(
        id=entry.id,
        number=entry.id if re.fullmatch(r"Q\d", entry.id) else "",
        question=text_of(entry.question),
        answer=mark_safe(text_of(entry.html)),
        links=tuple((link.url, text_of(link.text)) for link in entry.links),
        picture=next((link.url for link in entry.links if link.url.endswith(".png")), ""),
    )


def previewed(entry: centre.Entry) -> list[Question]:
    """An entry as everyone would see it, in both languages; the ids are those of the preview."""
    shown = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            shown.append(question(replace(entry, id=f"preview-{language}")))
    return shown


def sent(file: FileView) -> HttpResponse:
    """A stored file as an attachment with its name; nothing that was uploaded opens inside a page."""
    with store.open_original(file.sha256) as handle:
        response = HttpResponse(handle.read(), content_type=file.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
