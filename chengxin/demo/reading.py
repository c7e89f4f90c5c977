"""The files of `demo/`: YAML whose days and moments are told relative to the first start."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from chengxin.common import clock
from chengxin.demo.guards import DemoRefused

DAY = re.compile(r"@([+-]\d+)")
YEAR = re.compile(r"@y([+-]\d+)")
MOMENT = re.compile(r"(?:(-?\d+) (\d{2}):(\d{2})|-(\d+)h)")
UNITS = {"A": "市场监管总局（演示）", "T": "税务总局（演示）", "C": "最高人民法院（演示）", "H": "海关总署（演示）"}

Answers = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Step:
    """One thing that somebody does at a moment."""

    at: datetime
    do: str
    more: dict[str, Any]


@dataclass(frozen=True)
class Story:
    """One enterprise: who it is, what it does when, what it answers, what others say of it."""

    story: str
    name: str
    uscc: str
    division: str
    email: str
    phone: str
    type: str
    register: dict[str, Any]
    steps: tuple[Step, ...]
    answers: Answers = field(default_factory=dict)
    government: Answers = field(default_factory=dict)
    voluntary: dict[str, dict[str, str]] = field(default_factory=dict)


def folder() -> Path:
    """Where the demo's files lie: beside the catalogue. Raises DemoRefused where they were not brought along."""
    found = Path(settings.CATALOGUE_DIR).absolute().parent / "demo"
    if not (found / "agencies.yaml").is_file():
        raise DemoRefused(f"没有演示数据：请将 demo 目录放在 {found}（与 catalogue 目录并列）。")
    return found


def document(name: str, *, start: datetime) -> Any:
    """A YAML file with its relative days written out for a first start."""
    body = yaml.load((folder() / name).read_text("utf-8"), Loader=yaml.BaseLoader)  # every value a text: `no` is no boolean
    return written_out(body, start=start)


def stories(*, start: datetime) -> list[Story]:
    """All stories, by file name."""
    names = sorted(path.name for path in (folder() / "stories").glob("*.yaml"))
    return [_story(document(f"stories/{name}", start=start), start) for name in names]


def _story(body: dict[str, Any], start: datetime) -> Story:
    steps = [Step(at=moment(each.pop("at"), start=start), do=each.pop("do"), more=each) for each in body.pop("steps")]
    body["government"] = {group: [_government(row, group, body) for row in rows] for group, rows in body.get("government", {}).items()}
    return Story(**body, steps=tuple(steps))


def _government(row: dict[str, str], group: str, body: dict[str, Any]) -> dict[str, str]:
    """A row of a government group with the columns that every such row has."""
    number = row.pop("no")
    seen = {"subject_uscc": body["uscc"], "source_unit": UNITS[number[0]], "source_record_no": number}
    own = {"name": body["name"], "uscc": body["uscc"]} if group == "G01" else {}
    return {**seen, "source_system": "演示数据", **own, **row}


def written_out(value: Any, *, start: datetime) -> Any:
    """`value` with `@-400` as a day and `@y-1` as a year."""
    if isinstance(value, dict):
        return {key: written_out(item, start=start) for key, item in value.items()}
    if isinstance(value, list):
        return [written_out(item, start=start) for item in value]
    if not isinstance(value, str) or "@" not in value:
        return value
    today = start.astimezone(clock.SHANGHAI).date()
    value = YEAR.sub(lambda found: str(today.year + int(found[1])), value)
    return DAY.sub(lambda found: (today + timedelta(days=int(found[1]))).isoformat(), value)


def moment(text: str, *, start: datetime) -> datetime:
    """`-40 10:15` as a moment forty days before the first start, `-2h` two hours before; never after it."""
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"There is no moment {text!r}.")
    if found[4]:
        return start - timedelta(hours=int(found[4]))
    day = start.astimezone(clock.SHANGHAI) + timedelta(days=int(found[1]))
    return min(day.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0), start)
