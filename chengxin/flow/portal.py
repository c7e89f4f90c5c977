"""The editors' desk: one step of a person at a page of content, in one transaction each (PUB-08)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chengxin.filings import attaching
from chengxin.filings.files import Readable, Stored
from chengxin.flow.step import step
from chengxin.identity.values import Actor
from chengxin.portal import actions
from chengxin.portal.values import Content, FileView

SLOT = "content"
BY_ITSELF = Actor.system("due")


@step
def create(*, kind: str, content: Content, key: str, by: Actor, entry: str = "", topic: str = "") -> UUID:
    """Begin a page of content; a repeated key gives the page that it began. A page of help names its entry or topic."""
    return actions.create(kind=kind, content=content, key=key, by=by, entry=entry, topic=topic)


@step
def save(*, item_id: UUID, base: int, content: Content, files: Sequence[UUID], key: str, by: Actor) -> int:
    """Add a version; returns its number."""
    return actions.save(item_id=item_id, base=base, content=content, files=files, key=key, by=by)


def upload(*, item_id: UUID, stream: Readable, name: str, by: Actor) -> FileView:
    """Take in one file: its bytes first, outside of any transaction, then its row (D-39)."""
    actions.require_editor(by=by)
    stored = attaching.intake(stream=stream, name=name, slot=SLOT)
    return _add_file(item_id=item_id, stored=stored, by=by)


@step
def _add_file(*, item_id: UUID, stored: Stored, by: Actor) -> FileView:
    return actions.add_file(item_id=item_id, stored=stored, by=by)


@step
def hand_in(*, item_id: UUID, number: int, by: Actor) -> None:
    """Hand the newest version to a second person."""
    actions.hand_in(item_id=item_id, number=number, by=by)


@step
def send_back(*, item_id: UUID, number: int, note: str, by: Actor) -> None:
    """Give a version back to its writer with a reason."""
    actions.send_back(item_id=item_id, number=number, note=note, by=by)


@step
def publish(*, item_id: UUID, number: int, by: Actor) -> None:
    """Show the version that was read to everyone."""
    actions.publish(item_id=item_id, number=number, by=by)


@step
def schedule(*, item_id: UUID, number: int, publish_at: datetime | None, by: Actor) -> None:
    """Have the version published by itself at a moment to come."""
    actions.schedule(item_id=item_id, number=number, publish_at=publish_at, by=by)


@step
def withdraw(*, item_id: UUID, note: str, by: Actor) -> None:
    """Take a page of content away from the public."""
    actions.withdraw(item_id=item_id, note=note, by=by)


@step
def publish_due(limit: int) -> int:
    """Carry out planned publications whose moment has come; returns how many."""
    return actions.publish_due(limit=limit, by=BY_ITSELF)
