"""自愿注册事项清单: which items there are, in which order, and when they take registrations (VOL-09, VOL-10, VOL-42).

The form says what an item is. What an administrator sets in the running system stands in a table of its own, without a
new version: `actions.set_item` writes it with an event, and everything here only reads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengxin.catalogue import queries
from chengxin.catalogue.measured_kinds import read_day
from chengxin.catalogue.values import Form
from chengxin.common import sql
from chengxin.common.canonical import canonical, sha256_hex
from chengxin.common.errors import Conflict, Invalid, NotFound
from chengxin.identity.values import AGENCY_LEVELS

PREFIX = "voluntary/"
LEVELS = ("", *AGENCY_LEVELS)
MAX_ORDER = 999
STAMP = 16
"""Characters that stand for an item as it runs."""

_ROWS = """
SELECT form_id, version_id, place, opens_on, closes_on, level, shown
FROM catalogue_currentform LEFT JOIN catalogue_itemsetting USING (form_id) WHERE starts_with(form_id, %(prefix)s)
"""
_ROW = f"{_ROWS} AND form_id = %(form)s"
_OTHERS = """
SELECT catalogue_currentform.form_id FROM catalogue_currentform JOIN catalogue_formversion ON hash = version_id
WHERE catalogue_currentform.form_id <> %(form)s AND body->'groups' @> %(group)s::jsonb ORDER BY 1 LIMIT 1
"""


_VERSIONS = """
SELECT hash, created_at, version_id IS NOT NULL, coalesce(origin, '')
FROM catalogue_formversion AS v LEFT JOIN catalogue_currentform ON version_id = hash
WHERE v.form_id = %(form)s ORDER BY created_at DESC, hash
"""


class ItemChanged(Conflict):
    """An item runs otherwise, or in another version, than the page showed that was sent."""

    default_code = "item-changed"
    default_message = gettext_lazy("本事项在您打开页面之后已被他人修改，您填写的内容尚未保存")


@dataclass(frozen=True, slots=True)
class ItemSettings:
    """How an item runs now. `windowed` and `asks` come from its form: closed without a window; has fields at all."""

    form_id: str
    order: int
    opens_on: date | None = None
    closes_on: date | None = None
    level: str = ""
    shown: bool = True
    windowed: bool = False
    asks: bool = True

    def is_open(self, today: date) -> bool:
        """Say whether 注册新数据 is offered on a day; the last day counts whole (Asia/Shanghai), as the first."""
        if not (self.shown and self.asks):
            return False
        if self.opens_on is None and self.closes_on is None:
            return not self.windowed
        return (self.opens_on or today) <= today <= (self.closes_on or today)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an item: since when it is known, and whether new filings take it."""

    hash: str
    made_at: datetime
    current: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list: the current form and how it runs."""

    form: Form
    settings: ItemSettings


def settings(form_id: str) -> ItemSettings:
    """Return how an item runs; raise NotFound where there is no such item."""
    found = _one(form_id)
    if not found:
        raise NotFound(_("没有自愿注册事项“%(id)s”") % {"id": form_id})
    return found[0].settings


def listed() -> tuple[Listed, ...]:
    """Return the items that enterprises see, in order."""
    return tuple(one for one in every() if one.settings.shown)


def every() -> tuple[Listed, ...]:
    """Return all items in order, those out of sight too."""
    return _in_order(sql.rows(_ROWS, {"prefix": PREFIX}))


def versions(form_id: str) -> tuple[Version, ...]:
    """Return the versions of an item, the newest first."""
    found = sql.rows(_VERSIONS, {"form": form_id})
    return tuple(Version(*row) for row in found)


def stamp(form_id: str) -> str:
    """Return what stands for an item as it runs now, settings and version; a page carries it to what it asks for."""
    found = [[one.form.version, asdict(one.settings)] for one in _one(form_id)]
    return f"{form_id}:{sha256_hex(canonical(found))[:STAMP]}"


def require_unchanged(form_id: str, *, seen: str) -> None:
    """Raise ItemChanged where the item is no longer what the stamp says."""
    if stamp(form_id) != seen:
        raise ItemChanged


def check(form: Form, wanted: ItemSettings) -> None:
    """Raise Invalid, by field, where an item cannot run like that."""
    errors: dict[str, list[str]] = {}
    if not 1 <= wanted.order <= MAX_ORDER:
        errors["order"] = [_("序号应为1至%(most)s的整数") % {"most": MAX_ORDER}]
    if wanted.opens_on and wanted.closes_on and wanted.closes_on < wanted.opens_on:
        errors["closes_on"] = [_("注册期止不能早于注册期起，请核对")]
    if wanted.level not in LEVELS:
        errors["level"] = [_("请从列出的选项中选择审核层级")]
    if not asks(form) and (wanted.opens_on or wanted.closes_on):
        errors["opens_on"] = [_("本事项的表单没有填写内容，不能开放注册，请先上传有字段的表单")]
    if errors:
        raise Invalid(errors)


def asks(form: Form) -> bool:
    """Say whether the form has anything to fill in besides the proof (VOL-40)."""
    proof = form.item.proof if form.item else ""
    return any(field.code != proof for group in form.groups for field in group.fields)


def default(form: Form) -> ItemSettings:
    """Return how an item runs while nobody has set anything."""
    item = form.item
    assert item is not None
    return ItemSettings(form.id, item.order, level=item.level, windowed=item.windowed, asks=asks(form))


def as_data(kept: ItemSettings) -> dict[str, Any]:
    """Return how an item runs as a line of the file of items; `from_data` reads it back."""
    days = {name: day.isoformat() for name in ("opens_on", "closes_on") if (day := getattr(kept, name))}
    return {"form": kept.form_id, "order": kept.order, **days, "level": kept.level, "shown": kept.shown}


def from_data(line: Mapping[str, Any]) -> ItemSettings:
    """Return how an item shall run; raise NotFound where there is no such item, Invalid by field where a day is none."""
    standing = settings(line["form"])
    chosen: dict[str, Any] = {name: line[name] for name in ("order", "level", "shown") if name in line}
    for name in ("opens_on", "closes_on"):
        chosen[name] = read_day(line.get(name, ""))
        if chosen[name] is None and name in line:
            raise Invalid({name: [_("日期格式应如 2026-01-31。")]})
    return replace(standing, **chosen)


def set_here() -> tuple[ItemSettings, ...]:
    """Return how those items run that somebody set in the running system, in order."""
    rows = [row for row in sql.rows(_ROWS, {"prefix": PREFIX}) if row[2] is not None]
    return tuple(one.settings for one in _in_order(rows))


def taken(body: Mapping[str, Any]) -> str:
    """Return another form that has the group of an item's body, or nothing: records are told apart by their group."""
    [group] = body["groups"]
    found = sql.row(_OTHERS, {"form": body["form"], "group": f'[{{"group": "{group["group"]}"}}]'})
    return str(found[0]) if found else ""


def _one(form_id: str) -> list[Listed]:
    return [_line(row) for row in sql.rows(_ROW, {"prefix": PREFIX, "form": form_id})]


def _in_order(rows: Iterable[tuple[Any, ...]]) -> tuple[Listed, ...]:
    return tuple(sorted((_line(row) for row in rows), key=lambda one: (one.settings.order, one.form.id)))


def _line(row: tuple[Any, ...]) -> Listed:
    form_id, version, place, opens_on, closes_on, level, shown = row
    form = queries.version(version)
    kept = default(form)
    if place is None:
        return Listed(form, kept)
    return Listed(form, ItemSettings(form_id, place, opens_on, closes_on, level, shown, kept.windowed, kept.asks))
