"""Services, pages of content and questions of the demo, made by the people who make them in earnest."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from chengxin.common import clock
from chengxin.demo import guards, pictures, reading
from chengxin.filings import cases
from chengxin.filings import queries as filings
from chengxin.flow import portal, questions
from chengxin.flow import services as flow
from chengxin.identity import queries as identity
from chengxin.identity.values import Actor
from chengxin.portal import queries, services
from chengxin.portal.values import DRAFT, FACTS, PUBLISHED, REVIEW, Content, ItemView, Product

SERVICES, PAGES = "content/services.yaml", "content/pages.yaml"
WRITER, SECOND, KEEPER = "bianji.guojia", "fuhe.guojia", "guanli.xitong"


def publish(*, start: datetime) -> None:
    """Everything that the portal of the demo shows and offers; what is already there stays as it is."""
    _offer(reading.document(SERVICES, start=start)["services"], by=person(KEEPER, start=start))
    rows = reading.document(PAGES, start=start)["pages"]
    guards.require_fictitious([{name: text for name, text in row.items() if name != "source_url"} for row in rows])
    people = person(WRITER, start=start), person(SECOND, start=start)
    there = {item.latest.content.title: item for item in queries.desk(by=people[0])}
    for row in rows:
        with clock.at(reading.moment(row["at"], start=start)):
            _tell(row, there.get(row["title"]), *people)


def ask(*, start: datetime, stories: list[reading.Story]) -> None:
    """The questions of enterprises whose stories have been told, and the answers of their agencies."""
    codes = {story.story: story.uscc for story in stories}
    for row in reading.document(PAGES, start=start)["questions"]:
        by = _administrator(codes[row["story"]])
        if row["title"] not in _asked(by):
            _ask(row, by, start)


def _tell(row: dict[str, Any], item: ItemView | None, writer: Actor, second: Actor) -> None:
    """One page from where it stands to where the file says it stands."""
    wanted = row.get("state", PUBLISHED)
    if item is None:
        made = portal.create(kind=row["kind"], content=_content(row), key=str(uuid4()), by=writer)
        item = queries.one(item_id=made, by=writer)
    if item.state == DRAFT and "files" in row and not item.latest.files:
        _attach(row, item, writer)
        item = queries.one(item_id=item.id, by=writer)
    number = item.latest.number
    if item.state == DRAFT and wanted != DRAFT:
        portal.hand_in(item_id=item.id, number=number, by=writer)
        item = queries.one(item_id=item.id, by=writer)
    if item.state == REVIEW and wanted == PUBLISHED:
        portal.publish(item_id=item.id, number=number, by=second)


def _content(row: dict[str, Any]) -> Content:
    facts: dict[str, str] = {name: row[name] for name in FACTS if name in row}
    return Content(title=row["title"], body=row["body"], summary=row.get("summary", ""), facts=facts)


def _attach(row: dict[str, Any], item: ItemView, by: Actor) -> None:
    body = pictures.proof(title=row["files"], name=row["issuer"], number="")
    file = portal.upload(item_id=item.id, stream=io.BytesIO(body), name=f"{row['files']}.jpg", by=by)
    portal.save(item_id=item.id, base=item.latest.number, content=_content(row), files=[file.id], key=str(uuid4()), by=by)


def _administrator(uscc: str) -> Actor:
    enterprise = identity.enterprise_by_uscc(uscc)
    assert enterprise is not None
    account = identity.administrator_of(enterprise.id)
    assert account is not None
    return identity.actor_for(account, "password")


def _asked(by: Actor) -> set[str]:
    assert by.enterprise_id is not None
    found = filings.history(enterprise_id=by.enterprise_id, kind=questions.KIND, by=by)
    return {cases.plain_answers(filing_id=filing.id, by=by)["title"] for filing in found}


def _ask(row: dict[str, Any], by: Actor, start: datetime) -> None:
    place = f"question/{uuid4()}/"
    with clock.at(reading.moment(row["at"], start=start)):
        answers = {place + name: row[name] for name in ("topic", "title", "text", "publish")}
        done = questions.ask(answers=answers, key=str(uuid4()), by=by)
    if "answer" in row:
        with clock.at(reading.moment(row["answered"], start=start)):
            _answer(row, done.filing_id)


def _answer(row: dict[str, Any], filing_id: UUID) -> None:
    filing = filings.one(filing_id=filing_id, by=Actor.system("demo"))
    agency = identity.competent_agency(division_code=filing.division_code, form=filing.form_id)
    by = identity.actor_for(identity.reviewers_of(agency.id)[0], "password")
    questions.answer(filing_id=filing_id, result=questions.ANSWERED, text=row["answer"], publish=row["publish"] == "1", by=by)


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
