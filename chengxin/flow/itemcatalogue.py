"""The 自愿注册事项 in the running system: look a file over, publish it, set how an item runs (VOL-42, D-34)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from django.conf import settings
from django.utils.translation import gettext as _

from chengxin.catalogue import actions, items, loader, queries, reading, tools
from chengxin.catalogue.items import ItemSettings
from chengxin.catalogue.values import Form
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common.errors import NotFound
from chengxin.flow.step import step
from chengxin.identity import policy
from chengxin.identity.values import Actor

WHERE = "upload"
PERMISSION = "catalogue.publish"


@dataclass(frozen=True)
class Looked:
    """What a file would bring: its form, how it would run, and what it changes of the running version (None: a new item)."""

    form: Form
    settings: ItemSettings
    changes: tuple[str, ...] | None
    stamp: str

    @property
    def same(self) -> bool:
        """Whether the file is what runs already."""
        return self.changes is not None and queries.current_version(self.form.id) == self.form.version


def look_over(*, text: str, by: Actor) -> Looked:
    """Read an uploaded file as publishing would; raise `CatalogueInvalid` with every fault by line. Nothing is kept."""
    policy.require(by=by, permission=PERMISSION)
    body = actions.look_over(text=text, root=settings.CATALOGUE_DIR, where=WHERE)
    if "item" not in body:
        raise CatalogueInvalid({WHERE: [_("form：%(form)s 不是自愿注册事项，本页只发布自愿注册事项") % {"form": body["form"]}]})
    form = reading.form(body, version=loader.version_of(body))
    stamp = items.stamp(form.id)
    try:
        standing = queries.current(form.id)
    except NotFound:
        return Looked(form, items.default(form), None, stamp)
    return Looked(form, items.settings(form.id), tuple(tools.diff(standing, form)), stamp)


@step
def publish(*, text: str, wanted: ItemSettings, seen: str, by: Actor) -> str:
    """Make the file's version current and set how its item runs, both or neither; returns the item's identifier.

    `seen` is the stamp of the item as the page showed it; here and below, `ItemChanged` says that another one was first.
    """
    form_id = look_over(text=text, by=by).form.id
    if form_id != wanted.form_id:
        raise CatalogueInvalid({WHERE: [_("form：文件的标识已改变，请重新检查")]})
    actions.hold_item(form_id=form_id, seen=seen, by=by)
    actions.publish(text=text, root=settings.CATALOGUE_DIR, by=by, where=WHERE)
    actions.set_item(wanted=wanted, by=by)
    return form_id


@step
def set_item(*, wanted: ItemSettings, seen: str, by: Actor) -> bool:
    """Set order, window, reviewing level and sight of an item; returns whether anything changed."""
    actions.hold_item(form_id=wanted.form_id, seen=seen, by=by)
    return actions.set_item(wanted=wanted, by=by)


@step
def use_version(*, form_id: str, version: str, seen: str, by: Actor) -> None:
    """Take a publication back, or forward again."""
    actions.hold_item(form_id=form_id, seen=seen, by=by)
    if version not in {one.hash for one in items.versions(form_id)}:
        raise NotFound(_("没有目录版本 %(hash)s") % {"hash": version[:12]})
    actions.make_current(version=version, by=by)


def source(*, form_id: str, by: Actor) -> str:
    """Return the running form of an item as a file that can be changed and uploaded again."""
    policy.require(by=by, permission=PERMISSION)
    items.settings(form_id)
    return tools.dump(queries.body(queries.current_version(form_id)))


def first(*, by: Actor) -> str:
    """Return a file to begin a new item with; its identifier and the code of its group are free."""
    policy.require(by=by, permission=PERMISSION)
    there = items.every()
    held = {group.code for one in there for group in one.form.groups}
    order = 1 + max((one.settings.order for one in there), default=0)
    ids = {one.form.id for one in there}
    form_id = next(name for n in count(order) if (name := f"{items.PREFIX}item-{n}") not in ids)
    return tools.dump(tools.first_item(form_id, order=order, held=held))
