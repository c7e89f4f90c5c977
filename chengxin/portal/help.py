"""The help centre: entries from the files of `catalogue/help`, found by their stable ids, by field and by words.

The files are what the platform comes with; they are read once in a process, and a fault in them is said with file and
entry. What editors have published on the desk stands in place of a file's question and answer, or as an entry of its
own at the end of a topic; taken back, the file's text stands again. Anchors, fields and messages are the files' alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from chengxin.catalogue.values import Text
from chengxin.portal import bodies
from chengxin.portal.models import Place
from chengxin.portal.values import Content

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
    """Everything that everyone reads, in the order of the files."""
    rows = Place.objects.filter(item__public__isnull=False).select_related("item__public").order_by("item__created_at", "item_id")
    edited = [(row.topic, row.entry, row.item.public) for row in rows]
    contents = [(topic, name, Content(title=v.title, body=v.body, facts=v.facts)) for topic, name, v in edited if v]
    return tuple(_with(topic, contents) for topic in in_files()) if contents else in_files()


def in_files() -> tuple[Topic, ...]:
    """What the files say, whatever has been edited since."""
    return _read(Path(settings.CATALOGUE_DIR) / "help")


def topic_of(entry_id: str) -> str:
    """The topic of an entry of the files; empty where there is none of that id."""
    return next((topic.code for topic in in_files() for entry in topic.entries if entry.id == entry_id), "")


def is_topic(code: str) -> bool:
    """Whether the files have such a topic."""
    return code in {topic.code for topic in in_files()}


def written(entry_id: str) -> Entry | None:
    """An entry of the files; None for one that stands on the desk alone."""
    return next((entry for topic in in_files() for entry in topic.entries if entry.id == entry_id), None)


def typed(entry_id: str) -> Content:
    """The texts of an entry of the files, as an editor goes on from them; empty for a new one."""
    found = written(entry_id)
    if found is None:
        return Content(title="", body="")
    return Content(title=found.question.zh, body=found.answer.zh, facts={"title_en": found.question.en, "body_en": found.answer.en})


def edited(entry_id: str, content: Content) -> Entry:
    """The entry as it is shown with these texts."""
    found = written(entry_id) or Entry(entry_id, Text("", ""), Text("", ""), Text("", ""), source="", messages=(), fields=(), links=())
    zh, en = content.body, content.facts.get("body_en", "")
    question = Text(content.title, content.facts.get("title_en", ""))
    return replace(found, question=question, answer=Text(zh, en), html=Text(_rendered(zh), _rendered(en)))


def _with(topic: Topic, contents: Iterable[tuple[str, str, Content]]) -> Topic:
    """A topic with what was edited in it: in its place, or at the end."""
    mine = {name: edited(name, content) for code, name, content in contents if code == topic.code}
    kept = tuple(mine.pop(entry.id, entry) for entry in topic.entries)
    return Topic(topic.code, topic.title, (*kept, *mine.values()))


@lru_cache(maxsize=512)
def _rendered(text: str) -> str:
    return bodies.rendered(text)


def found(text: str) -> tuple[Topic, ...]:
    """The topics with those entries in which every word of `text` occurs, in either language."""
    words = text.casefold().split()
    kept = [Topic(topic.code, topic.title, tuple(e for e in topic.entries if _has(e, words))) for topic in topics()]
    return tuple(topic for topic in kept if topic.entries)


def anchor_of(key: str) -> str:
    """The id of the entry that a field's `?` opens; empty where no entry names the field."""
    return _by_field(in_files()).get(key, "")


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
