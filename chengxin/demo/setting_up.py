"""Agencies, their people and the market register: what stands before the first enterprise comes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from chengxin.access import actions as access
from chengxin.demo import reading
from chengxin.gateways import market_register
from chengxin.identity import actions as identity
from chengxin.identity import queries
from chengxin.identity.values import Actor

BY = Actor.system("demo")
NATIONAL_REVIEWER = "shenhe.guojia"


def agencies(*, start: datetime) -> None:
    """All agencies that are not there yet, with a reviewer each where the file does not say otherwise."""
    password = reading.document("accounts.yaml", start=start)["password"]
    for row in reading.document("agencies.yaml", start=start)["agencies"]:
        if queries.agency_by_code(row["code"]) is None:
            _agency(row, password)


@transaction.atomic
def _agency(row: dict[str, Any], password: str) -> None:
    division = row["code"][1:] if row["code"][1:].isdigit() else None
    parent = queries.agency_by_code(row["parent"]) if "parent" in row else None
    kind = row.get("kind", "commerce")
    agency_id = identity.create_agency(
        code=row["code"],
        name=row["name"],
        division_code=division,
        kind=kind,
        parent_id=parent.id if parent else None,
        by=BY,
    )
    if kind == "commerce" and row.get("reviewer") != "false":
        name = f"shenhe.{division}" if division else NATIONAL_REVIEWER
        person = {"name": name, "shown": f"{row['name'].removesuffix('（演示）')}审核员", "roles": ["reviewer"]}
        _person(person, agency_id, password)


def people(*, start: datetime) -> None:
    """Supervisors, editors, helpdesk, administrators and importers."""
    body = reading.document("accounts.yaml", start=start)
    for person in body["people"]:
        agency = queries.agency_by_code(person["agency"])
        assert agency is not None
        staff = {each.display_name for each in queries.staff_of(agency.id, by=BY)}
        if person["shown"] not in staff:
            with transaction.atomic():
                _person(person, agency.id, body["password"])


def _person(person: dict[str, Any], agency_id: UUID, password: str) -> None:
    account = identity.create_agency_user(
        agency_id=agency_id,
        display_name=person["shown"],
        roles=person["roles"],
        email=f"{person['name']}@agency.example",
        by=BY,
    )
    access.open_login(account_id=account, name=person["name"], kind="username", by=BY)
    access.set_password(account_id=account, password=password, by=BY)


def register(*, start: datetime, stories: list[reading.Story]) -> None:
    """What the demo's market register says of the stories' enterprises and of some that may still register."""
    rows = [{"uscc": s.uscc, "name": s.name, **s.register} for s in stories]
    rows += reading.document("register.yaml", start=start)["rows"]
    market_register.load_local([register_row(row) for row in rows])


def register_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the files as the gateway's table takes it."""
    day = datetime.strptime(row["established_on"], "%Y-%m-%d").date()  # noqa: DTZ007 - a day, no moment
    return {**row, "capital_wan": Decimal(row["capital_wan"]), "established_on": day, "term_from": day, "term_to": None}
