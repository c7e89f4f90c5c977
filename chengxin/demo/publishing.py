"""Services and pages of content of the demo, made by the people who make them in earnest."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chengxin.demo import guards, reading
from chengxin.flow import services as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.portal import services
from chengxin.portal.values import Product

SERVICES = "content/services.yaml"


def publish(*, start: datetime) -> None:
    """Everything that the portal of the demo shows and offers; what is already there stays as it is."""
    _offer(reading.document(SERVICES, start=start)["services"], by=person("guanli.xitong", start=start))


def person(name: str, *, start: datetime) -> Actor:
    """One of the people of agencies in `accounts.yaml`, as acting now."""
    row = next(each for each in reading.document("accounts.yaml", start=start)["people"] if each["name"] == name)
    agency = identity.agency_by_code(row["agency"])
    assert agency is not None
    staff = identity.staff_of(agency.id, by=Actor.system("demo"))
    return identity.actor_for(next(each.account_id for each in staff if each.display_name == row["shown"]), "password")


def _offer(rows: list[dict[str, Any]], *, by: Actor) -> None:
    guards.require_fictitious(rows)
    there = {view.product.code for view in services.kept(by=by)}
    for row in rows:
        if row["code"] not in there:
            flow.list_product(service_id=flow.create(product=_product(row), by=by), by=by)


def _product(row: dict[str, Any]) -> Product:
    made: dict[str, Any] = dict(row)
    for name in ("valid_from", "valid_to"):
        if name in made:
            made[name] = date.fromisoformat(made[name])
    if "stock" in made:
        made["stock"] = int(made["stock"])
    return Product(**made)
