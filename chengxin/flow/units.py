"""机构管理: units and their people, sensitive acts by two administrators (D-29, D-30)."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chengxin.access import actions as access
from chengxin.common.errors import Invalid
from chengxin.flow.step import step
from chengxin.identity import actions as identity
from chengxin.identity import agency_acts
from chengxin.identity.values import EXCLUSIVE_ROLES, Actor

BY = Actor.system("units")
FIRST_PASSWORD_CHARS = 12
SIGNS = "#%+=@"


@dataclass(frozen=True)
class NewPerson:
    """Somebody who is to work in an agency, as typed."""

    display_name: str
    username: str
    roles: Sequence[str]
    forms: Sequence[str] = ()
    email: str = ""


@dataclass(frozen=True)
class Opened:
    """A new account with its first password, shown once; `waits` where a second administrator has to confirm the role."""

    account_id: UUID
    username: str
    password: str
    waits: bool


@step
def create_unit(*, code: str, name: str, division_code: str | None, kind: str, by: Actor) -> UUID:
    """Set up a unit."""
    return identity.create_agency(code=code, name=name, division_code=division_code, kind=kind, by=by)


@step
def rename_unit(*, agency_id: UUID, name: str, by: Actor) -> None:
    """Give a unit another name."""
    agency_acts.rename_agency(agency_id=agency_id, name=name, by=by)


@step
def add_person(*, agency_id: UUID, person: NewPerson, by: Actor) -> Opened:
    """Set up a person of a unit with a first password that has to be changed."""
    return add_within(agency_id=agency_id, person=person, by=by)


def add_within(*, agency_id: UUID, person: NewPerson, by: Actor, dry: bool = False) -> Opened:
    """The same within a step; a dry run sets no password. Exclusive roles wait for a second administrator, and the account with them."""
    waits = bool(set(person.roles) & set(EXCLUSIVE_ROLES))
    if not person.username.strip():
        raise Invalid({"username": [_("请填写用户名")]})
    account = identity.create_agency_user(
        agency_id=agency_id,
        display_name=person.display_name,
        roles=person.roles,
        forms=person.forms,
        email=person.email,
        state="pending" if waits else "active",
        by=by,
    )
    password = first_password()
    access.open_login(account_id=account, name=person.username.strip(), kind="username", by=BY)
    if not dry:
        access.set_password(account_id=account, password=password, by=BY, must_change=True)
    if waits:
        agency_acts.propose(kind="roles", agency_id=agency_id, account_id=account, roles=person.roles, reason=_("新建管理员账号"), by=by)
    return Opened(account, person.username.strip(), password, waits)


def first_password() -> str:
    """A password of letters, digits and a sign, drawn anew each time."""
    drawn = [secrets.choice(group) for group in (string.ascii_uppercase, string.ascii_lowercase, string.digits, SIGNS)]
    letters = string.ascii_letters + string.digits
    drawn += [secrets.choice(letters) for _sign in range(FIRST_PASSWORD_CHARS - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


@step
def propose(*, kind: str, agency_id: UUID, account_id: UUID | None, roles: Sequence[str], reason: str, by: Actor) -> UUID:
    """Propose a sensitive act."""
    return agency_acts.propose(kind=kind, agency_id=agency_id, account_id=account_id, roles=roles, reason=reason, by=by)


@step
def settle(*, act_id: UUID, confirmed: bool, by: Actor) -> None:
    """The second administrator's word."""
    agency_acts.settle(act_id=act_id, confirmed=confirmed, by=by)
