"""Reads of content: what everyone sees, and what the editors' desk shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chengxin.common import clock
from chengxin.common.errors import NotFound
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.portal import values
from chengxin.portal.models import File, Item, Step, Version
from chengxin.portal.values import Content, FileView, ItemView, Page, PublicItem, StepView, VersionView

MAX_QUERY_CHARS = 50
DESK_SHOWN = 200


# --- What everyone sees ----------------------------------------------------------------------------------------------
def newest(*, kinds: Sequence[str], limit: int) -> list[PublicItem]:
    """The newest published pages of some kinds, the newest first."""
    rows = _published().filter(kind__in=kinds).order_by("-published_at", "-id")[:limit]
    return _public_items(rows)


def listed(*, kinds: Sequence[str], text: str = "", year: int | None = None, after: str = "") -> Page:
    """One page of published content, the newest first; `text` is part of title, words or 文号; `after` the cursor."""
    rows = _published().filter(kind__in=kinds)
    if year is not None:
        rows = rows.filter(published_at__gte=_new_year(year), published_at__lt=_new_year(year + 1))
    for word in text.strip()[:MAX_QUERY_CHARS].split():
        rows = rows.filter(Q(public__title__icontains=word) | Q(public__plain__icontains=word) | Q(public__facts__number__icontains=word))
    total = rows.count()
    cursor = _cursor(after)
    if cursor is not None:
        moment, last = cursor
        rows = rows.filter(Q(published_at__lt=moment) | Q(published_at=moment, id__lt=last))
    found = list(rows.order_by("-published_at", "-id")[: values.PAGE + 1])
    more = len(found) > values.PAGE
    shown = found[: values.PAGE]
    return Page(items=tuple(_public_items(shown)), next=_cursor_of(shown[-1]) if more else "", total=total)


def years(*, kinds: Sequence[str]) -> list[int]:
    """The years in which something of these kinds was published, the newest first."""
    moments = _published().filter(kind__in=kinds).datetimes("published_at", "year", order="DESC", tzinfo=clock.SHANGHAI)
    return [moment.year for moment in moments]


def shown(item_id: UUID) -> PublicItem:
    """One published page; NotFound for any other, existing or not."""
    row = _published().filter(id=item_id).first()
    if row is None:
        raise NotFound(_("没有找到该内容，可能已撤回。"))
    return _public_items([row])[0]


def shown_file(*, item_id: UUID, file_id: UUID) -> FileView:
    """A file of the public version of a page; NotFound for any other."""
    found = next((file for file in shown(item_id).version.files if file.id == file_id), None)
    if found is None:
        raise NotFound
    return found


def _published() -> QuerySet[Item]:
    return Item.objects.filter(public__isnull=False, kind__in=values.KINDS).select_related("public")


def _public_items(rows: Iterable[Item]) -> list[PublicItem]:
    items = list(rows)
    versions = [row.public for row in items if row.public]
    files = _files_of(versions)
    return [
        PublicItem(
            id=row.id,
            kind=row.kind,
            published_at=row.published_at,
            updated_at=row.public.at,
            version=_version_view(row.public, files),
        )
        for row in items
        if row.public and row.published_at
    ]


def _new_year(year: int) -> datetime:
    return datetime(min(max(year, 1900), 9000), 1, 1, tzinfo=clock.SHANGHAI)


def _cursor_of(row: Item) -> str:
    assert row.published_at is not None
    return f"{row.published_at.isoformat()}~{row.id}"


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    moment, _sep, last = text.partition("~")
    try:
        found = datetime.fromisoformat(moment)
        return (found, UUID(last)) if found.tzinfo else None
    except ValueError:
        return None


# --- The desk --------------------------------------------------------------------------------------------------------
def desk(*, by: Actor, state: str = "", kind: str = "") -> list[ItemView]:
    """Pages of content of a state and a kind, the last touched first, at most DESK_SHOWN; Forbidden for others than editors."""
    policy.require(by=by, permission="portal.edit")
    rows = Item.objects.select_related("public", "place")
    if state in values.STATES:
        rows = rows.filter(state=state)
    if kind in values.EDITED:
        rows = rows.filter(kind=kind)
    return _item_views(rows.order_by("-updated_at", "-id")[:DESK_SHOWN])


def counts(*, by: Actor) -> dict[str, int]:
    """How many pages of content are in each state."""
    policy.require(by=by, permission="portal.edit")
    return {state: Item.objects.filter(state=state).count() for state in values.STATES}


def one(*, item_id: UUID, by: Actor) -> ItemView:
    """One page of content as its editors see it."""
    policy.require(by=by, permission="portal.edit")
    row = Item.objects.select_related("public", "place").filter(id=item_id).first()
    if row is None:
        raise NotFound(_("没有找到该内容。"))
    return _item_views([row])[0]


def entries(*, by: Actor) -> dict[str, ItemView]:
    """The pages of help by the ids of their entries."""
    policy.require(by=by, permission="portal.edit")
    rows = Item.objects.select_related("public", "place").filter(kind=values.HELP)
    return {item.entry: item for item in _item_views(rows)}


def version(*, item_id: UUID, number: int, by: Actor) -> VersionView:
    """One version of a page of content, for preview and comparison."""
    policy.require(by=by, permission="portal.edit")
    row = Version.objects.select_related("by").filter(item_id=item_id, number=number).first()
    if row is None:
        raise NotFound(_("没有这一版本。"))
    return _version_view(row, _files_of([row]))


def versions(*, item_id: UUID, by: Actor) -> list[VersionView]:
    """All versions of a page of content, the newest first."""
    policy.require(by=by, permission="portal.edit")
    rows = list(Version.objects.select_related("by").filter(item_id=item_id).order_by("-number"))
    files = _files_of(rows)
    return [_version_view(row, files) for row in rows]


def steps(*, item_id: UUID, by: Actor) -> list[StepView]:
    """What was done with a page of content, the newest first."""
    policy.require(by=by, permission="portal.edit")
    rows = Step.objects.select_related("by").filter(item_id=item_id).order_by("-at", "-id")
    return [
        StepView(event=row.event, number=row.number, by_name=row.by.display_name if row.by else "", note=row.note, at=row.at)
        for row in rows
    ]


def writers(*, item_id: UUID) -> frozenset[UUID]:
    """Who wrote any version that the public has not seen yet: none of them may publish it."""
    row = Item.objects.select_related("public").get(id=item_id)
    since = row.public.number if row.public else 0
    return frozenset(Version.objects.filter(item_id=item_id, number__gt=since).values_list("by_id", flat=True))


def desk_file(*, item_id: UUID, file_id: UUID, by: Actor) -> FileView:
    """A file of any version of a page, for its editors."""
    policy.require(by=by, permission="portal.edit")
    row = File.objects.filter(item_id=item_id, id=file_id).first()
    if row is None:
        raise NotFound
    return _file_view(row)


def desk_files(*, item_id: UUID, names: Sequence[str], by: Actor) -> list[FileView]:
    """Files of a page by their ids as texts, in that order; what names none is left out."""
    policy.require(by=by, permission="portal.edit")
    there = {str(row.id): _file_view(row) for row in File.objects.filter(item_id=item_id)}
    return [there[name] for name in dict.fromkeys(names) if name in there]


def holds(sha256: str) -> bool:
    """Whether some page of content has a file with these bytes."""
    return File.objects.filter(sha256=sha256).exists()


def _item_views(rows: Iterable[Item]) -> list[ItemView]:
    items = list(rows)
    wanted = Q(pk__in=[])
    for row in items:
        wanted |= Q(item_id=row.id, number=row.latest)
    latest = {v.item_id: v for v in Version.objects.select_related("by").filter(wanted)}
    files = _files_of(latest.values())
    return [
        ItemView(
            id=row.id,
            kind=row.kind,
            state=row.state,
            latest=_version_view(latest[row.id], files),
            public_number=row.public.number if row.public else None,
            publish_at=row.publish_at,
            published_at=row.published_at,
            updated_at=row.updated_at,
            entry=row.place.entry if row.kind == values.HELP else "",
        )
        for row in items
    ]


def _files_of(rows: Iterable[Version]) -> dict[str, FileView]:
    named = {name for row in rows for name in row.files}
    return {str(file.id): _file_view(file) for file in File.objects.filter(id__in=named)} if named else {}


def _file_view(row: File) -> FileView:
    return FileView(id=row.id, name=row.name, media_type=row.media_type, size=row.size, sha256=row.sha256)


def _version_view(row: Version, files: dict[str, FileView]) -> VersionView:
    return VersionView(
        number=row.number,
        content=Content(title=row.title, body=row.body, summary=row.summary, facts=dict(row.facts)),
        html=row.html,
        files=tuple(files[name] for name in row.files if name in files),
        by_name=row.by.display_name,
        at=row.at,
    )
