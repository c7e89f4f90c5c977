"""The demo: every story passes the real rules and stands where it is told to stand; nothing in it is real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chengxin import demo
from chengxin.common import clock
from chengxin.demo import reading
from chengxin.filings import queries as filings
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor

SYSTEM = Actor.system("test")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CHENGXIN_HOME = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path


@pytest.fixture
def stories() -> dict[str, reading.Story]:
    return {story.story: story for story in reading.stories(start=clock.now())}


def _state(story: reading.Story, kind: str) -> str:
    enterprise = identity.enterprise_by_uscc(story.uscc)
    assert enterprise
    found = filings.latest(enterprise_id=enterprise.id, kind=kind, by=SYSTEM)
    return found.state if found else ""


def test_stories_stand_where_they_are_told_to(home: Path, stories: dict[str, reading.Story]) -> None:
    demo.fill(enterprises=0)
    states = {name: (_state(story, "registration"), _state(story, "archive")) for name, story in stories.items()}
    assert states == {
        "jimo": ("approved", "approved"),
        "keermu": ("approved", "submitted"),
        "lanxuqiao": ("approved", "approved"),
        "lizhouhui": ("approved", "approved"),
        "miantong": ("submitted", ""),
        "qingheba": ("approved", "draft"),
        "suilan": ("approved", "rejected"),
        "unnamed": ("approved", "approved"),
        "yumo": ("approved", "submitted"),
    }
    assert not demo.is_empty()
    with pytest.raises(demo.DemoRefused):
        demo.fill()
