"""The only writes of content: versions are added, states move by the table, each act is one event (PUB-08).

Lock the page of content, then permission, rule, write, event (D-43). Two people stand behind whatever is public: who
wrote a version never publishes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.canonical import canonical, sha256_hex
from chengxin.common.errors import Invalid, NotFound
from chengxin.filings import files as store
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.portal import bodies, queries, rules, values
from chengxin.portal import help as centre
from chengxin.portal.models import File, Item, Place, Step, Version
from chengxin.portal.values import Content, FileView


def create(*, kind: str, content: Content, key: str, by: Actor, entry: str = "", topic: str = "") -> UUID:
    """Begin a page of content with its first version; a repeated key gives the page that it began (D-33).

    A page of help stands at an `entry` of the help centre's files, or as a new entry at the end of a `topic`.
    """
    policy.require(by=by, permission="portal.edit")
    if kind not in values.EDITED:
        raise NotFound(_("没有这种内容。"))
    rules.check_content(kind=kind, content=content, complete=False)
    repeated = Version.objects.filter(key=key).first()
    if repeated is not None:
        return repeated.item_id
    now = clock.now()
    try:
        with transaction.atomic():
            item = Item.objects.create(kind=kind, created_at=now, updated_at=now)
            if kind == values.HELP:
                _place(item, entry=entry, topic=topic)
            _add_version(item, content=content, files=[], key=key, by=by)
    except IntegrityError as error:  # sent twice at once, or another editor has begun the same entry
        repeated = Version.objects.filter(key=key).first()
        if repeated is None:
            raise Invalid({"title": [_("该条帮助已有人开始编写，请在内容管理中打开后修改。您填写的内容还在本页。")]}) from error
        return repeated.item_id
    return item.id


def save(*, item_id: UUID, base: int, content: Content, files: Sequence[UUID], key: str, by: Actor) -> int:
    """Add a version on top of version `base`; returns its number. Nothing changed, nothing added.

    Raises Invalid where somebody else has saved in between: the page keeps what was typed and shows the newer version.
    """
    item = _locked(item_id, by=by)
    rules.check_content(kind=item.kind, content=content, complete=False)
    repeated = Version.objects.filter(key=key, item=item).first()
    if repeated is not None:
        return repeated.number
    if base != item.latest:
        raise Invalid({"body": [_("他人已保存第%(n)d版。您填写的内容还在本页，请对照新版后再次保存。") % {"n": item.latest}]})
    latest = item.versions.get(number=item.latest)
    kept = _own_files(item, files)
    if (content, kept) == (_content(latest), latest.files):
        return latest.number
    item.state = rules.next_state(state=item.state, event="save")
    return _add_version(item, content=content, files=kept, key=key, by=by)


def add_file(*, item_id: UUID, stored: store.Stored, by: Actor) -> FileView:
    """Keep a stored file with a page of content; a version offers it once it is saved with it."""
    item = _locked(item_id, by=by)
    rules.next_state(state=item.state, event="save")
    same = item.stored.filter(sha256=stored.sha256, name=stored.name[:200]).first()
    row = same or File.objects.create(
        item=item,
        name=stored.name[:200],
        media_type=stored.media_type,
        size=stored.bytes,
        sha256=stored.sha256,
        by_id=by.id,
        at=clock.now(),
    )
    if same is None:
        ledger.append(kind="content.file_added", subject=str(item.id), data={"sha256": stored.sha256}, by=by)
    return FileView(id=row.id, name=row.name, media_type=row.media_type, size=row.size, sha256=row.sha256)


def hand_in(*, item_id: UUID, number: int, by: Actor) -> None:
    """Hand the newest version to a second person; what it lacks is said beside each field."""
    item = _locked(item_id, by=by)
    state = rules.next_state(state=item.state, event="hand_in")
    latest = _read_version(item, number)
    rules.check_content(kind=item.kind, content=_content(latest), complete=True)
    rules.require_files(kind=item.kind, files=len(latest.files))
    _move(item, state, event="hand_in", kind="content.handed_in", version=latest, by=by)


def send_back(*, item_id: UUID, number: int, note: str, by: Actor) -> None:
    """Give a version back to its writer, with a reason; a planned publication is called off by it."""
    item = _locked(item_id, by=by, permission="portal.publish")
    state = rules.next_state(state=item.state, event="return")
    note = _required_note(note, _("请填写退回理由，便于编辑修改。"))
    item.publish_at = None
    _move(item, state, event="return", kind="content.returned", version=_read_version(item, number), by=by, note=note)


def publish(*, item_id: UUID, number: int, by: Actor) -> None:
    """Show the version that was read to everyone; Conflict for whoever wrote it, or where there is a newer one."""
    item = _locked(item_id, by=by, permission="portal.publish")
    state = rules.next_state(state=item.state, event="publish")
    rules.require_second_person(by=by.id, writers=queries.writers(item_id=item.id))
    _show(item, state, version=_read_version(item, number), by=by)


def schedule(*, item_id: UUID, number: int, publish_at: datetime | None, by: Actor) -> None:
    """Have the version published by itself at a moment to come; the second person says so."""
    item = _locked(item_id, by=by, permission="portal.publish")
    state = rules.next_state(state=item.state, event="schedule")
    rules.require_second_person(by=by.id, writers=queries.writers(item_id=item.id))
    item.publish_at = rules.check_moment(publish_at=publish_at, now=clock.now())
    _move(item, state, event="schedule", kind="content.scheduled", version=_read_version(item, number), by=by)


def publish_due(*, limit: int, by: Actor) -> int:
    """Publish what a second person has planned for a moment that has come; returns how many."""
    policy.require(by=by, permission="portal.publish")
    waiting = Item.objects.select_for_update(skip_locked=True).filter(state=values.SCHEDULED, publish_at__lte=clock.now())
    due = list(waiting.order_by("publish_at")[:limit])
    for item in due:
        state = rules.next_state(state=item.state, event="publish")
        item.publish_at = None
        _show(item, state, version=item.versions.get(number=item.latest), by=by)
    return len(due)


def withdraw(*, item_id: UUID, note: str, by: Actor) -> None:
    """Take a page of content away from the public at once, with a reason; its versions stay."""
    item = _locked(item_id, by=by, permission="portal.publish")
    state = rules.next_state(state=item.state, event="withdraw")
    note = _required_note(note, _("请填写撤回理由。"))
    item.publish_at, item.public = None, None
    latest = item.versions.get(number=item.latest)
    _move(item, state, event="withdraw", kind="content.withdrawn", version=latest, by=by, note=note)


def require_editor(*, by: Actor) -> None:
    """Before bytes are taken in: raises Forbidden for whoever may not edit content."""
    policy.require(by=by, permission="portal.edit")


# --- Parts -----------------------------------------------------------------------------------------------------------
def _locked(item_id: UUID, *, by: Actor, permission: str = "portal.edit") -> Item:
    item = Item.objects.select_for_update().filter(id=item_id).first()
    policy.require(by=by, permission=permission)
    if item is None:
        raise NotFound(_("没有找到该内容。"))
    return item


def _place(item: Item, *, entry: str, topic: str) -> None:
    """Where the page of help stands; raises NotFound for an entry or a topic that the files do not have."""
    if not (found := centre.topic_of(entry) if entry else centre.is_topic(topic) and topic):
        raise NotFound(_("没有这条帮助。"))
    Place.objects.create(item=item, entry=entry or f"c-{item.id.hex[:12]}", topic=found)


def _read_version(item: Item, number: int) -> Version:
    """The newest version, if it is the one that the acting person has read."""
    if number != item.latest:
        raise Invalid({"number": [_("该内容已有更新的版本，请刷新后重新核对。")]})
    return item.versions.get(number=number)


def _required_note(note: str, missing: str) -> str:
    text = note.strip()
    if not text:
        raise Invalid({"note": [missing]})
    if len(text) > values.MAX_NOTE_CHARS:
        raise Invalid({"note": [_("理由最多%(most)d字，请缩短。") % {"most": values.MAX_NOTE_CHARS}]})
    return text


def _content(row: Version) -> Content:
    return Content(title=row.title, body=row.body, summary=row.summary, facts=dict(row.facts))


def _own_files(item: Item, files: Sequence[UUID]) -> list[str]:
    """The chosen files that belong to this page, in their order, each once."""
    own = set(item.stored.filter(id__in=files).values_list("id", flat=True))
    kept = list(dict.fromkeys(file for file in files if file in own))
    if len(kept) > values.MAX_FILES:
        raise Invalid({"files": [_("最多%(n)d个文件。") % {"n": values.MAX_FILES}]})
    return [str(file) for file in kept]


def _add_version(item: Item, *, content: Content, files: list[str], key: str, by: Actor) -> int:
    """The next version, cleaned; its hash goes to the ledger."""
    html, now = bodies.rendered(content.body), clock.now()
    item.latest += 1
    row = Version.objects.create(
        item=item,
        number=item.latest,
        key=key,
        title=content.title,
        summary=content.summary,
        body=content.body,
        html=html,
        plain=bodies.plain(html),
        facts=content.facts,
        files=files,
        by_id=by.id,
        at=now,
    )
    item.updated_at = now
    item.save(update_fields=["state", "latest", "updated_at"])
    sha = sha256_hex(canonical({"title": row.title, "summary": row.summary, "html": html, "facts": row.facts, "files": files}))
    ledger.append(kind="content.saved", subject=str(item.id), data={"version": row.number, "sha256": sha}, by=by)
    return row.number


def _show(item: Item, state: str, *, version: Version, by: Actor) -> None:
    item.public = version
    item.published_at = item.published_at or clock.now()
    _move(item, state, event="publish", kind="content.published", version=version, by=by)


def _move(item: Item, state: str, *, event: str, kind: str, version: Version, by: Actor, note: str = "") -> None:
    now = clock.now()
    item.state, item.updated_at = state, now
    item.save(update_fields=["state", "public", "publish_at", "published_at", "updated_at"])
    Step.objects.create(item=item, number=version.number, event=event, by_id=by.account_id, writer_id=version.by_id, note=note, at=now)
    ledger.append(kind=kind, subject=str(item.id), data={"version": version.number}, by=by)
