"""A workbook of agencies and their people taken in: the same steps for a dry run, which is undone, and for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chengxin.access import queries as access
from chengxin.common.errors import Conflict, Invalid
from chengxin.exchange import agency_books
from chengxin.exchange.agency_books import BookRow
from chengxin.flow import units
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import agency_acts, overview
from chengxin.identity import queries as identity_queries
from chengxin.identity.values import Actor


@dataclass(frozen=True)
class CellFault:
    """What is wrong at one cell of a sheet."""

    sheet: str
    line: int
    column: str
    message: str


@dataclass
class Taken:
    """What was done, or would be."""

    new_units: int = 0
    renamed: int = 0
    new_people: int = 0
    unchanged: int = 0
    faults: list[CellFault] = field(default_factory=list)
    opened: list[units.Opened] = field(default_factory=list)


@dataclass(frozen=True)
class Words:
    """How kinds and roles are written in a workbook: the word, then the code."""

    kinds: dict[str, str]
    roles: dict[str, str]


class _Undo(Exception):
    """A dry run, or one with faults, leaves nothing behind but the tale of it."""

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


COLUMNS = {agency_books.UNITS: agency_books.UNIT_COLUMNS, agency_books.PEOPLE: agency_books.PEOPLE_COLUMNS}


def take_in(*, rows: Sequence[BookRow], words: Words, dry: bool, by: Actor) -> Taken:
    """Take in all lines or, with any fault or for a dry run, none; the faults are named by cell."""
    try:
        return _take_in(rows, words, dry, by)
    except _Undo as undone:
        undone.taken.opened.clear()
        return undone.taken


@step
def _take_in(rows: Sequence[BookRow], words: Words, dry: bool, by: Actor) -> Taken:
    taken = Taken()
    for row in rows:
        try:
            with transaction.atomic():
                (_unit if row.sheet == agency_books.UNITS else _person)(taken, row, words, dry, by)
        except Invalid as error:
            taken.faults += _faults(row, error)
        except Conflict as error:
            taken.faults.append(CellFault(row.sheet, row.number, "", str(error.message)))
    if dry or taken.faults:
        raise _Undo(taken)
    return taken


def _faults(row: BookRow, error: Invalid) -> list[CellFault]:
    columns = COLUMNS[row.sheet]
    return [CellFault(row.sheet, row.number, columns.get(name, ""), str(text)) for name, texts in error.fields.items() for text in texts]


def _unit(taken: Taken, row: BookRow, words: Words, dry: bool, by: Actor) -> None:
    cells = row.cells
    kind = words.kinds.get(cells["kind"])
    if kind is None:
        raise Invalid({"kind": [_("类别应为：%(words)s") % {"words": _("、").join(words.kinds)}]})
    held = identity_queries.agency_by_code(cells["code"]) if cells["code"] else None
    if held is None:
        identity.create_agency(code=cells["code"], name=cells["name"], division_code=cells["division"] or None, kind=kind, by=by)
        taken.new_units += 1
        return
    if (held.kind, held.division_code or "") != (kind, cells["division"]):
        raise Invalid({"code": [_("该机构代码已有，其类别和行政区划不能修改")]})
    if held.name == cells["name"]:
        taken.unchanged += 1
        return
    agency_acts.rename_agency(agency_id=held.id, name=cells["name"], by=by)
    taken.renamed += 1


def _person(taken: Taken, row: BookRow, words: Words, dry: bool, by: Actor) -> None:
    cells = row.cells
    agency = identity_queries.agency_by_code(cells["agency"]) if cells["agency"] else None
    if agency is None:
        raise Invalid({"agency": [_("没有这个代码的机构")]})
    named = [word.strip() for word in cells["roles"].replace("，", "、").replace(",", "、").split("、") if word.strip()]
    unknown = [word for word in named if word not in words.roles]
    if unknown or not named:
        raise Invalid({"roles": [_("角色应为：%(words)s，可用顿号隔开") % {"words": _("、").join(words.roles)}]})
    roles = sorted(words.roles[word] for word in named)
    forms = [part.strip() for part in cells["forms"].replace("，", "、").replace(",", "、").split("、") if part.strip()]
    held = access.account_by_name(cells["username"]) if cells["username"] else None
    if held is not None:
        _require_same(held, agency.id, cells["display_name"], roles, by)
        taken.unchanged += 1
        return
    person = units.NewPerson(cells["display_name"], cells["username"], roles, forms, cells["email"])
    taken.opened.append(units.add_within(agency_id=agency.id, person=person, by=by, dry=dry))
    taken.new_people += 1


def _require_same(account_id: UUID, agency_id: UUID, display_name: str, roles: list[str], by: Actor) -> None:
    """Somebody who is there already stays as is; other roles are given by two administrators, never by a file."""
    staff = {each.account_id: each for each in identity_queries.staff_of(agency_id, by=by) if each.until is None}
    person = staff.get(account_id)
    if person is None or person.display_name != display_name:
        raise Invalid({"username": [_("用户名已被使用")]})
    if sorted(person.roles) != roles:
        raise Invalid({"roles": [_("变更角色须在机构页面由两名管理员办理")]})


def book(*, words: Words, by: Actor) -> bytes:
    """All agencies and people as a workbook that can be taken in again."""
    found, people = overview.everything(by=by)
    kinds, roles = ({code: word for word, code in each.items()} for each in (words.kinds, words.roles))
    names = access.usernames([person.account_id for person in people])
    return agency_books.write(
        units=[(unit.code, unit.name, kinds[unit.kind], unit.division_code or "") for unit in found],
        people=[
            (
                person.agency_code,
                names.get(person.account_id, ""),
                person.display_name,
                "、".join(roles[role] for role in person.roles),
                "、".join(person.forms),
                "",
            )
            for person in people
        ],
    )
