"""Every page in English shows no Chinese but names and what people filed (D-38, architecture §7)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from chengxin.filings import queries as filings
from chengxin.identity import queries as identity
from chengxin.ledger import sequencer
from chengxin.portal.tests.makers import staff
from chengxin.records import queries as records
from chengxin.web import words
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.enterprises import Enterprise
from tests.journeys.test_portal import desk

pytestmark = pytest.mark.django_db(transaction=True)
CHINESE = re.compile(r"[\u3001-\u301f\u4e00-\u9fff\uff01-\uff5e]+")
READ_ALOUD = {"placeholder", "aria-label", "alt", "title", "data-label"}
NAMES = ["市场监管部门（企业登记信息）", "商务主管部门", "张*", "示例路"]  # units, and what is left of masked data
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


class Reader(HTMLParser):
    """What a person sees or hears of a page; parts marked as Chinese are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read aloud; where Chinese or silence begins."""
        given = dict(attrs)
        if self.silent and tag == self.silent[0]:
            self.silent.append(tag)
        if not self.silent and (
            tag in {"script", "style", "textarea", "code"}
            or (tag == "select" and "division" in str(given.get("name")))
            or str(given.get("lang")).startswith("zh")
        ):
            self.silent = [tag]
        if not self.silent:
            self.said += [value or "" for name, value in given.items() if name in READ_ALOUD]

    def handle_endtag(self, tag: str) -> None:
        """Where it ends."""
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self.silent:
            self.said.append(data)


def leaves(value: Any) -> list[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in leaves(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in leaves(part)]
    return [str(value)]


def left_over(page: str, data: list[str]) -> list[str]:
    """The Chinese of a page that is no data."""
    reader = Reader()
    reader.feed(page)
    text = "\n".join(reader.said)
    for part in sorted(data, key=len, reverse=True):
        text = text.replace(part, " ")
    return sorted(set(CHINESE.findall(text)))


def walk(client: Client, addresses: list[str], data: list[str]) -> dict[str, list[str]]:
    """The Chinese left on each page."""
    found: dict[str, list[str]] = {}
    for address in addresses:
        answer = client.get(address, follow=True)
        if left := left_over(answer.content.decode(), data):
            found[address] = left
    return found


def data_of(enterprise: Enterprise) -> list[str]:
    """Names and what was filed."""
    entry = people.entry(enterprise.uscc, enterprise.name)
    answers = [people.BASIC, people.PAGES, people.SAMPLES, entry, enterprise.name]
    divisions = identity.division_path("330110")
    return [text for text in [*leaves(answers), *divisions, "".join(divisions), "余杭", *NAMES] if CHINESE.search(text)]


@pytest.fixture
def english(client: Client) -> Client:
    """A visitor who has chosen English."""
    client.get("/?lang=en")
    return client


def test_every_text_of_the_program_has_its_english() -> None:
    assert words.missing() == []
    assert words.PO.with_suffix(".mo").read_bytes() == words.compiled(words.read()), "run python -m chengxin.web.words"


def test_english_keeps_every_place_to_fill_in() -> None:
    wrong = [
        (key[0], form) for key, forms in words.read().items() for form in forms if set(PLACES.findall(form)) != set(PLACES.findall(key[0]))
    ]
    assert wrong == []


def test_pages_of_visitors_in_english(english: Client) -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    people.decide(people.submitted(enterprise), "approved", judge)
    sequencer.step()
    document = records.document(uscc=enterprise.uscc)
    version = document["records"][0]["version_id"]
    data = data_of(enterprise) + [text for text in leaves(document) if CHINESE.search(text)]
    at = f"/files/{enterprise.uscc}"
    addresses = ["/", "/files", "/files?q=电子", "/files?q=ab", at, f"{at}/groups/S06", f"{at}/{version}"]
    addresses += ["/overview", "/help", "/accessibility", "/developers", "/verify", "/verify?number=BG1"]
    addresses += ["/commitments/user-agreement", "/commitments/privacy-notice", "/commitments/integrity", "/nowhere"]
    addresses += ["/register", "/login", "/login/agency", "/password/forgot", "/password/reset/nothing"]
    found = walk(english, addresses, [*data, "电子"])
    assert not found, found


def test_pages_of_an_enterprise_in_english() -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    client = enterprise.client()
    client.get("/?lang=en")
    data = data_of(enterprise)
    client.get("/workbench/archive")
    filing = people.fill(enterprise)
    at = f"/workbench/archive/{filing}"
    pages = ["basic", "commitment", *(f"page/{name}" for name in ("basic", "operation", "trade", "voluntary")), "preview", "submit"]
    before = ["/workbench", "/workbench/archive", *(f"{at}/{name}" for name in pages)]
    found = walk(client, before, data)
    assert not found, found
    client.post(f"{at}/submit", people.fields(client.get(f"{at}/submit").content.decode()))
    number = filings.submission(filing_id=filing, by=enterprise.actor).number  # type: ignore[union-attr]
    after = [f"{at}/status", f"/workbench/receipts/{number}", "/workbench/messages", "/workbench/services", f"/verify/{number}"]
    found = walk(client, after, data)
    assert not found, found


def test_pages_of_a_reviewer_in_english() -> None:
    judge = people.reviewer()
    enterprise = people.approved(by=judge)
    filing = people.submitted(enterprise)
    waiting = people.handed_in()
    data = [*data_of(enterprise), *data_of(waiting), judge.display_name]
    desk = people.signed_in(judge.account_id)
    desk.get("/desk?lang=en")
    registered = filings.latest(enterprise_id=waiting.id, kind="registration", by=waiting.actor).id
    found = walk(desk, ["/desk", f"/desk/{filing}", f"/desk/{registered}", "/desk/delivery"], data)
    assert not found, found
    people.decide(filing, "approved", judge)
    found = walk(desk, ["/desk/mine", f"/desk/{filing}"], data)
    assert not found, found


def test_pages_of_voluntary_registration_in_english() -> None:
    judge = people.reviewer()
    firm = voluntary.registrant(by=judge)
    voluntary.with_archive(firm, by=judge)
    published, waiting = voluntary.published(firm, by=judge), voluntary.handed_in(firm, voluntary.HONOUR)
    drafts = [voluntary.draft(firm, form_id) for form_id in (voluntary.LICENCE, voluntary.FINANCE)]
    data = [*data_of(firm), judge.display_name, "证明.jpg", *(text for text in leaves(voluntary.ANSWERS) if CHINESE.search(text))]
    client = firm.client()
    client.get("/?lang=en")
    records_at = [f"/voluntary/records/{each}" for each in (published, waiting, *drafts)]
    acts = [f"{records_at[0]}/act/takedown", f"{records_at[1]}/act/withdraw", f"{records_at[2]}/act/delete"]
    forms = [f"{at}/edit" for at in records_at[2:]]
    own = ["/voluntary/commitment", "/voluntary/items", "/voluntary/items/donation/records", "/voluntary/items/donation/batch"]
    own += ["/voluntary/show", "/voluntary/download", "/account/handlers", *records_at, *acts, *forms]
    low = people.signed_in(firm.account_id)
    low.get("/?lang=en")
    review = people.signed_in(judge.account_id)
    review.get("/desk?lang=en")
    found = walk(client, own, data) | walk(low, ["/voluntary"], data)
    found |= walk(review, [f"/desk/{published}", f"/desk/{waiting}", "/desk?kind=voluntary"], data)
    assert not found, found


def test_pages_of_items_and_of_voices_in_english(english: Client) -> None:
    keeper = desk(staff("system_admin", name="Keeper"))
    keeper.get("/?lang=en")
    found = walk(keeper, ["/desk/catalogue", "/desk/catalogue/donation", "/desk/catalogue/leader"], ["网站编辑部"])
    found |= walk(english, ["/tipoff", "/suggestion"], ["余杭"])
    assert not found, found
