"""Writes of the catalogue: propose versions, make one current. Each move of `current` is one public event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chengxin.catalogue import items, loader, queries, reading
from chengxin.catalogue.items import ItemSettings
from chengxin.catalogue.models import CurrentForm, FormVersion, ItemSetting
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common import clock
from chengxin.common.errors import Invalid, NotFound
from chengxin.identity import policy
from chengxin.identity.values import Actor
from chengxin.ledger import actions as ledger
from chengxin.ledger import rules as ledger_rules

PUBLISHED = "catalogue.version.published"
ITEM_SET = "catalogue.item.set"
_LOCK = 0x63617461


@dataclass(slots=True)
class LoadReport:
    """What a load did, by form: `moved` to a new version, `same`, or `kept` on an uploaded one.

    Of the items that a file sets: `set` to run as it says, or `set_here` before and left so.
    """

    moved: dict[str, str] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    set: list[str] = field(default_factory=list)
    set_here: list[str] = field(default_factory=list)


@transaction.atomic
def load(path: Path | str, by: Actor | None = None) -> LoadReport:
    """Load every file under `path`; all or nothing. Raise `CatalogueInvalid` naming file and place.

    A form whose current version was uploaded stays where it is, and an item that was set here runs on: files never
    move them back (D-34).
    """
    by = by or Actor.system("catalogue")
    policy.require(by=by, permission="catalogue.publish")
    bodies = loader.load_folder(Path(path))
    _lock()
    now = {row.form_id: row for row in CurrentForm.objects.all()}
    report = LoadReport()
    for form_id, body in bodies.items():
        version = loader.version_of(body)
        standing = now.get(form_id)
        if standing and standing.version_id == version:
            report.same.append(form_id)
            continue
        _keep(form_id, version, body)
        if standing and standing.origin == "upload":
            report.kept.append(form_id)
            continue
        _move(form_id, version, origin="files", by=by)
        report.moved[form_id] = version
    for form_id in report.moved:
        _check_item(bodies[form_id], where=form_id)
    _set_items(loader.load_items(Path(path)), report, by=by)
    return report


def _set_items(lines: Sequence[Mapping[str, Any]], report: LoadReport, *, by: Actor) -> None:
    """Let items run as a file says, where nobody has set them here."""
    here = {one.form_id: one for one in items.set_here()}
    for at, line in enumerate(lines):
        form_id = line["form"]
        try:
            wanted = items.from_data(line)
            items.check(queries.current(form_id), wanted)
        except (NotFound, Invalid) as error:
            said = [text for texts in getattr(error, "fields", {}).values() for text in texts] or [error.message]
            raise CatalogueInvalid({loader.ITEMS_FILE: [f"items.{at}（{form_id}）：{text}" for text in said]}) from None
        if form_id not in here:
            set_item(wanted=wanted, by=by)
            report.set.append(form_id)
        elif here[form_id] != wanted:
            report.set_here.append(form_id)


@transaction.atomic
def publish(*, text: str, root: Path | str, by: Actor, where: str = "upload") -> str:
    """Make an uploaded form current and return its version; groups not inside it come from `root`."""
    policy.require(by=by, permission="catalogue.publish")
    _lock()
    body = look_over(text=text, root=root, where=where)
    version = loader.version_of(body)
    _keep(body["form"], version, body)
    if not CurrentForm.objects.filter(form_id=body["form"], version_id=version).exists():
        _move(body["form"], version, origin="upload", by=by)
    return version


def look_over(*, text: str, root: Path | str, where: str = "upload") -> dict[str, Any]:
    """Return the body that `publish` would make current; raise `CatalogueInvalid` with all that is wrong. Writes nothing."""
    body = loader.load_text(text, root=Path(root), where=where)
    _check_item(body, where=where)
    return body


@transaction.atomic
def make_current(*, version: str, by: Actor) -> None:
    """Make a version that is already known current again, for instance to take an upload back."""
    policy.require(by=by, permission="catalogue.publish")
    _lock()
    known = FormVersion.objects.filter(pk=version).first()
    if known is None:
        raise NotFound(_("没有目录版本 %(hash)s") % {"hash": version[:12]})
    _check_item(known.body, where=known.form_id)
    if not CurrentForm.objects.filter(form_id=known.form_id, version_id=version).exists():
        _move(known.form_id, version, origin="upload", by=by)


def hold_item(*, form_id: str, seen: str, by: Actor) -> None:
    """Keep others from changing an item until the transaction ends; raise ItemChanged where one has since `seen`."""
    policy.require(by=by, permission="catalogue.publish")
    _lock()
    items.require_unchanged(form_id, seen=seen)


@transaction.atomic
def set_item(*, wanted: ItemSettings, by: Actor) -> bool:
    """Set order, window, reviewing level and sight of an item; returns whether anything changed. Raises Invalid by field."""
    policy.require(by=by, permission="catalogue.publish")
    _lock()
    standing, form = items.settings(wanted.form_id), queries.current(wanted.form_id)
    items.check(form, wanted)
    chosen = {name: getattr(wanted, name) for name in ("opens_on", "closes_on", "level", "shown")}
    if chosen == {name: getattr(standing, name) for name in chosen} and wanted.order == standing.order:
        return False
    ItemSetting.objects.update_or_create(form_id=form.id, defaults={**chosen, "place": wanted.order, "changed_at": clock.now()})
    days = {name: day.isoformat() if (day := chosen[name]) else None for name in ("opens_on", "closes_on")}
    data = {**days, "order": wanted.order, "level": wanted.level, "shown": wanted.shown}
    ledger.append(kind=ITEM_SET, subject=form.id, data=data, by=by)
    return True


def _check_item(body: Mapping[str, Any], *, where: str) -> None:
    """What an item's file alone cannot tell: nobody else has its group, and no window stands open for an empty form."""
    if "item" not in body:
        return
    if other := items.taken(body):
        about = {"group": body["groups"][0]["group"], "form": other}
        raise CatalogueInvalid({where: [_("groups：分组 %(group)s 已由表单 %(form)s 使用，请换一个代码") % about]})
    form = reading.form(body, version="")
    standing = ItemSetting.objects.filter(form_id=form.id).first()
    if standing and not items.asks(form) and (standing.opens_on or standing.closes_on):
        raise CatalogueInvalid({where: [_("groups：本事项设有注册期，不能换成没有字段的表单")]})


def _lock() -> None:
    """One mover at a time, so that `current` and its events stand in one order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _keep(form_id: str, version: str, body: Mapping[str, Any]) -> None:
    row = FormVersion(hash=version, form_id=form_id, body=body, created_at=clock.now())
    FormVersion.objects.bulk_create([row], ignore_conflicts=True)


def _move(form_id: str, version: str, *, origin: str, by: Actor) -> None:
    at = clock.now()
    CurrentForm.objects.update_or_create(form_id=form_id, defaults={"version_id": version, "origin": origin, "changed_at": at})
    ledger.append(
        kind=PUBLISHED,
        subject=form_id,
        data={"version": version, "origin": origin},
        by=by,
        leaf=ledger_rules.catalogue_leaf(version_hash=version, at=at),
    )
