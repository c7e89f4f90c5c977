"""The help centre: entries from the files of `catalogue/help`, found by their stable ids, by field and by words.

The files are data that domain people edit; they are read once in a process. A fault in them is a mistake of whoever
edited them and is said with file and entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from chengxin.catalogue.values import Text
from chengxin.portal import bodies

ID = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
NEEDED = {"id", "question", "answer"}
KNOWN = NEEDED | {"source", "messages", "fields", "link", "link2"}


class HelpInvalid(ValueError):
    """A help file says something that cannot be shown; the argument names file and entry."""


@dataclass(frozen=True)
class Link:
    """Where an entry leads."""

    url: str
    text: Text


@dataclass(frozen=True)
class Entry:
    """One question with its answer; `id` is its anchor for ever."""

    id: str
    question: Text
    answer: Text
    html: Text
    source: str
    messages: tuple[str, ...]
    fields: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Topic:
    """One file: a heading with its entries."""

    code: str
    title: Text
    entries: tuple[Entry, ...]


def topics() -> tuple[Topic, ...]:
    """Everything, in the order of the files."""
    return _read(Path(settings.CATALOGUE_DIR) / "help")


def found(text: str) -> tuple[Topic, ...]:
    """The topics with those entries in which every word of `text` occurs, in either language."""
    words = text.casefold().split()
    kept = [Topic(topic.code, topic.title, tuple(e for e in topic.entries if _has(e, words))) for topic in topics()]
    return tuple(topic for topic in kept if topic.entries)


def anchor_of(key: str) -> str:
    """The id of the entry that a field's `?` opens; empty where no entry names the field."""
    return _by_field(topics()).get(key, "")


def first(*ids: str) -> list[Entry]:
    """Some entries by their ids, in that order."""
    every = {entry.id: entry for topic in topics() for entry in topic.entries}
    return [every[name] for name in ids]


def _has(entry: Entry, words: list[str]) -> bool:
    whole = "\n".join((entry.question.zh, entry.question.en, entry.answer.zh, entry.answer.en, *entry.messages)).casefold()
    return all(word in whole for word in words)


@lru_cache(maxsize=4)
def _by_field(read: tuple[Topic, ...]) -> dict[str, str]:
    return {field: entry.id for topic in read for entry in topic.entries for field in entry.fields}


@lru_cache(maxsize=4)
def _read(folder: Path) -> tuple[Topic, ...]:
    made = tuple(_topic(path) for path in sorted(folder.glob("*.yaml")))
    ids = [entry.id for topic in made for entry in topic.entries]
    fields = [field for topic in made for entry in topic.entries for field in entry.fields]
    for what, names in (("id", ids), ("field", fields)):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise HelpInvalid(f"{folder}: {what} {', '.join(twice)} stands twice")
    return made


def _topic(path: Path) -> Topic:
    body: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    entries = tuple(_entry(each, path.name) for each in body["entries"])
    return Topic(code=body["topic"], title=_text(body["title"], path.name), entries=entries)


def _entry(body: dict[str, Any], where: str) -> Entry:
    at = f"{where} {body.get('id', '?')}"
    if not body.keys() >= NEEDED or body.keys() - KNOWN or not ID.fullmatch(str(body["id"])):
        raise HelpInvalid(f"{at}: an entry has {', '.join(sorted(NEEDED))} and at most {', '.join(sorted(KNOWN))}")
    answer = _text(body["answer"], at)
    links = [body[name] for name in ("link", "link2") if name in body]
    return Entry(
        id=body["id"],
        question=_text(body["question"], at),
        answer=answer,
        html=Text(bodies.rendered(answer.zh), bodies.rendered(answer.en)),
        source=body.get("source", ""),
        messages=tuple(body.get("messages", ())),
        fields=tuple(body.get("fields", ())),
        links=tuple(Link(each["url"], _text(each, at)) for each in links),
    )


def _text(body: dict[str, str], where: str) -> Text:
    if not body.get("zh") or not body.get("en"):
        raise HelpInvalid(f"{where}: a text has zh and en")
    return Text(body["zh"], body["en"])
