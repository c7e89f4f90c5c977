"""Fills an empty database, once; a filling that was cut off is taken up again where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from chengxin.common import clock
from chengxin.demo import guards, playing, pleading, publishing, reading, setting_up, stock, voicing
from chengxin.demo.guards import DemoRefused
from chengxin.identity import queries as identity

NATIONAL = "MOFCOM-EC"
MARKER = "demo.json"
AGENCIES_STOOD_DAYS = 730
REFUSED = "数据库已有数据，演示数据只能填入空数据库。"


def is_empty() -> bool:
    """Whether the demo may be filled in: nothing is there yet, or only what a filling cut off has left."""
    marker = _marker()
    if marker and not marker["done"]:
        return True
    return not guards.filled_tables()


def fill(*, enterprises: int | None = None) -> None:
    """Tell the stories and file `enterprises` generated ones (setting DEMO_ENTERPRISES). DemoRefused unless `is_empty`."""
    if not is_told():
        tell()
    stock_up(enterprises=enterprises)


def tell() -> None:
    """Agencies, people and stories: what the demo's accounts need. Raises DemoRefused unless `is_empty`."""
    if not is_empty():
        raise DemoRefused(REFUSED)
    start = _begin()
    stories = reading.stories(start=start)
    with clock.at(start - timedelta(days=AGENCIES_STOOD_DAYS)):
        setting_up.agencies(start=start)
        setting_up.people(start=start)
    setting_up.register(start=start, stories=stories)
    password = reading.document("accounts.yaml", start=start)["password"]
    publishing.publish(start=start)
    playing.play_all(stories, start=start, password=password)
    publishing.ask(start=start, stories=stories)
    pleading.plead(start=start, stories=stories)
    voicing.speak(start=start)
    _write({**(_marker() or {}), "told": True})


def is_told() -> bool:
    """Whether the stories stand, so that the accounts may be shown."""
    return bool((_marker() or {}).get("told"))


def stock_up(*, enterprises: int | None = None) -> None:
    """File the generated enterprises that are not there yet; the demo is filled then. DemoRefused unless `is_empty`."""
    marker = _marker()
    if marker is None or not marker.get("told") or marker["done"]:
        raise DemoRefused(REFUSED)
    start = datetime.fromisoformat(marker["start"])
    count = marker.get("enterprises", settings.DEMO_ENTERPRISES if enterprises is None else enterprises)
    _write({**marker, "enterprises": count})
    taken = {story.name for story in reading.stories(start=start)}
    stock.fill(count=count, start=start, taken=taken)
    _write({**marker, "enterprises": count, "done": True})


def accounts() -> Iterator[str]:
    """Lines that name the demo's accounts; none where the demo was not filled in."""
    if identity.agency_by_code(NATIONAL) is None:
        return
    now = clock.now()
    body = reading.document("accounts.yaml", start=now)
    codes = {story.story: story.uscc for story in reading.stories(start=now)}
    yield f"演示账号（密码均为 {body['password']}）："
    for row in body["shown"]:
        yield f"  {row.get('name') or codes[row['story']]:<20}{row['label']}"


def _begin() -> datetime:
    """The first start, which all days are relative to."""
    marker = _marker()
    if marker:
        return datetime.fromisoformat(marker["start"])
    start = clock.now().astimezone(UTC).replace(microsecond=0)
    _write({"database": _database(), "start": start.isoformat(), "done": False})
    return start


def _marker() -> dict[str, Any] | None:
    """What the marker says, if it is of this database."""
    try:
        said: dict[str, Any] = json.loads(_path().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return said if said.get("database") == _database() else None


def _write(said: dict[str, Any]) -> None:
    _path().parent.mkdir(parents=True, exist_ok=True)
    beside = _path().with_suffix(".new")
    beside.write_text(json.dumps(said), "utf-8")
    beside.replace(_path())


def _path() -> Path:
    return Path(settings.CHENGXIN_HOME) / MARKER


def _database() -> str:
    """What tells this database from any other: its name and when it was first migrated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database() || ' ' || min(applied)::text FROM django_migrations")
        return str(cursor.fetchone()[0])
