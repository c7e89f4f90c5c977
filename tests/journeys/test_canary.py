"""Values that are not public reach no public outlet: page, JSON, search, PDF, log, tiles, overview, access log (ARC-07, PUB-03, PUB-05).

Every field that has room for it carries a canary, a value that nothing else has. What the form lets the public see turns up; no other
canary does, wherever the public may look.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from pypdf import PdfReader

from chengxin import asgi
from chengxin.catalogue import answers as paths
from chengxin.catalogue import rules
from chengxin.catalogue.values import Field, Form, Group
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.flow import archive, importing
from chengxin.identity.values import Actor
from chengxin.ledger import sequencer
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise
from tests.journeys.test_import import penalty, table
from tests.site import asking, pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SIGNS = "鑫淼焱垚骉羴犇猋麤龘靐齉爩鱻麣龗灪籱蠿鸜"


@dataclass(frozen=True)
class Canary:
    """A value that was typed, and the words by which it would be seen."""

    path: str
    text: str
    public: bool


def typed(kind: str, number: int) -> str:
    """A value that nothing else has, for the kinds with room for one."""
    sign = "".join(SIGNS[number // 20**place % 20] for place in range(3))
    made = {
        "text": f"雀{sign}",
        "longtext": f"雀{sign}的说明文字",
        "name": f"雀{sign}公司",
        "person_name": f"雀{sign}",
        "phone": f"139{number:08d}",
        "email": f"canary{number:04d}@hidden.example",
        "url": f"https://canary{number:04d}.corp.example.com/",
        "domain": f"canary{number:04d}.example.com",
    }
    return made.get(kind, "")


def base_of(group: Group) -> dict[str, str]:
    """Good answers to what a group asks for."""
    known = {code: values for page in people.PAGES.values() for code, values in page.items()} | {"S01": people.BASIC}
    kinds = people.SAMPLES | {"industry": "F5292", "division": "330110", "multichoice": ""}
    fields = {f.code: f.options[0].code if f.options else kinds.get(f.kind, "") for f in group.fields if f.required and f.kind != "file"}
    return fields | known.get(group.code, {})


class Archive:
    """A draft in which every record is full of canaries: one public and one hidden record where a group takes two."""

    def __init__(self, enterprise: Enterprise) -> None:
        self.enterprise = enterprise
        self.filing_id = people.fill(enterprise)
        by = enterprise.actor
        _filing, draft, form = archive.draft_of(filing_id=self.filing_id, by=by)
        subject = archive.subject_of(form=form, answers=draft.answers, by=by)
        self.form: Form = rules.for_subject(form, subject)
        self.answers = dict(draft.answers)
        self._numbers: Iterator[int] = iter(range(1, 8000))
        for group in self.form.asked_groups():
            if any(f.required and f.kind == "file" for f in group.fields):
                continue
            rows = [row.id for row in paths.rows(self.answers, group.code)] or [str(uuid4())]
            self._fill(group, rows[0], public="1")
            if group.visibility == "choice" and group.max_records > 1:
                self._fill(group, str(uuid4()), public="0")
        self._take_back_what_is_wrong(subject)
        changes: dict[str, str | None] = {path: value for path, value in self.answers.items() if draft.answers.get(path) != value}
        changes |= dict.fromkeys(set(draft.answers) - set(self.answers))
        archive.save_page(filing_id=self.filing_id, page="", base_rev=draft.rev, changes=changes, by=by)

    def _fill(self, group: Group, row: str, *, public: str) -> None:
        start = f"{group.code}/{row}/"
        for code, value in base_of(group).items():
            self.answers.setdefault(start + code, value)
        for field in group.fields:
            canary = typed(field.kind, next(self._numbers)) if field.prefill is None else ""
            if canary:
                self.answers[start + field.code] = canary
        if group.visibility == "choice":
            self.answers[start + "_public"] = public

    def _take_back_what_is_wrong(self, subject: str) -> None:
        """A canary that its field does not take gives way to a good answer; what is not asked of a record is not typed."""
        for turn in range(4):
            cleaned = rules.clean(self.form, self.answers, today=clock.today(), subject=subject)
            for path in cleaned.errors:
                code, row, field = path.split("/")
                group = self.form.group(code)
                assert group is not None
                self.answers[path] = base_of(group).get(field, "")
                if turn == 2:
                    self.answers = {p: value for p, value in self.answers.items() if not p.startswith(f"{code}/{row}/")}
        assert cleaned.ok, (cleaned.errors, cleaned.missing)

    def canaries(self) -> list[Canary]:
        """What was typed that nothing else has, and whether the form lets the public see it."""
        found = []
        for group in self.form.asked_groups():
            for row in paths.rows(self.answers, group.code):
                asked = rules.asked(group, row.raw, today=clock.today())
                shown = group.visibility == "always" or (group.visibility == "choice" and row.raw.get("_public") == "1")
                found += [
                    Canary(f"{group.code}/{f.code}", row.raw[f.code], self._is_public(f, shown=shown and f.code in asked))
                    for f in group.fields
                    if re.search("雀|canary|139000", row.raw.get(f.code, ""))
                ]
        return found

    @staticmethod
    def _is_public(field: Field, *, shown: bool) -> bool:
        return shown and field.public == "full"


def stored(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return " ".join(
            bytes(v).decode("utf-8", "replace") if isinstance(v, memoryview) else str(v) for row in cursor.fetchall() for v in row
        )


def outlets(uscc: str, receipt: str) -> Iterator[tuple[str, str]]:
    """Every place where the public may look, as (address, text)."""
    client = Client()

    def got(address: str) -> Any:
        answer = client.get(address)
        assert answer.status_code == 200, address
        return answer

    document = got(f"/api/v1/files/{uscc}").json()
    yield "json", str(document)
    addresses = [
        "/",
        "/overview",
        "/files",
        f"/files/{uscc}",
        "/api/v1/files",
        f"/verify/{receipt}",
        f"/verify/{receipt}.json",
        "/log/checkpoint",
    ]
    addresses += [f"/files/{uscc}/groups/{group}" for group in document["groups"]]
    addresses += [f"/api/v1/files/{uscc}/records?group={group}" for group in document["groups"]]
    for record in document["records"]:
        version = record["version_id"]
        addresses += [f"/files/{uscc}/{version}", f"/files/{uscc}/{version}/opening.json"]
        addresses += [f"/api/v1/records/{version}/entry", f"/api/v1/records/{version}/proof"]
    size = int(got("/log/checkpoint").content.decode().split("\n")[1])
    addresses += [f"/log/tile/entries/000.p/{size}", f"/log/tile/0/000.p/{size}"]
    for address in addresses:
        yield address, got(address).content.decode("utf-8", "replace")
    paper = got(f"/files/{uscc}.pdf")
    yield "pdf", re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages))
    yield f"/verify/{paper['X-Report-Number']}", got(f"/verify/{paper['X-Report-Number']}.json").content.decode()
    yield "stored file", stored("SELECT body FROM records_publicfile")
    yield "search rows", stored("SELECT name, text, words::text FROM records_search") + stored("SELECT term, shown FROM records_term")
    yield "leaves", stored("SELECT leaf FROM ledger_event WHERE log = 'public'")


GRADED = {"dishonesty_grade": "MINOR", "publicity_to": ""}


def supplied(uscc: str) -> list[Canary]:
    """Two penalties in one file: one with its term, one so light that all of it stays inside; their canaries."""
    open_, light = penalty(uscc, "雀公开"), {**penalty(uscc, "雀轻微"), **GRADED}
    for row, mark in ((open_, "甲"), (light, "乙")):
        row |= {"facts": f"雀事实{mark}", "basis": f"雀依据{mark}", "violation": f"雀类型{mark}", "document_no": f"雀文号{mark}"}
    report = importing.run(group="G06", data=table(open_, light), by=Actor.system("test"))
    assert not report.faults, report.faults
    found = [
        Canary(f"G06/{code}", open_[code], code in ("violation", "document_no")) for code in ("facts", "basis", "violation", "document_no")
    ]
    return found + [
        Canary(f"G06 light/{code}", light[code], False) for code in ("facts", "basis", "violation", "document_no", "source_record_no")
    ]


@pytest.mark.requirement("ARC-07.1", "PUB-03.2", "PUB-05.1")
def test_no_outlet_shows_what_is_not_public(enterprise: Enterprise, judge: Actor, capfd: pytest.CaptureFixture[str]) -> None:
    made = Archive(enterprise)
    submission = archive.submit(filing_id=made.filing_id, key=str(uuid4()), by=enterprise.actor)
    people.decide(made.filing_id, "approved", judge)
    canaries = made.canaries() + supplied(enterprise.uscc)
    draft_only = typed_into_an_update(enterprise)
    sequencer.step()
    hidden = {c for c in canaries if not c.public} | {draft_only}
    seen_in = {c for c in canaries if c.public}
    assert len(hidden) > 30 and len(seen_in) > 30
    everything = dict(outlets(enterprise.uscc, submission.number))
    leaks = [(c.path, c.text, address) for address, text in everything.items() for c in hidden if c.text in text]
    assert not leaks
    absent = [c.path for c in seen_in if c.text not in everything["json"] or re.sub(r"\s", "", c.text) not in everything["pdf"]]
    assert not absent, "what the form lets the public see is there"

    capfd.readouterr()
    with asking(asgi.build(pages=pages)) as site:
        for canary in hidden:
            answer = site.ask("/api/v1/files", query=urlencode({"q": canary.text}))
            assert answer.status in (200, 429), canary
            assert enterprise.uscc not in answer.body.decode(), canary
    said = "".join(capfd.readouterr())
    assert "/api/v1/files" in said, "there is an access log"
    assert not [c for c in hidden if c.text in said or quote(c.text) in said]


def typed_into_an_update(enterprise: Enterprise) -> Canary:
    """A word that stands in a draft which nobody has handed in."""
    filing_id: UUID = people.open_draft(enterprise)
    draft = filings.draft(filing_id=filing_id, by=enterprise.actor)
    path = next(p for p in draft.answers if re.fullmatch(r"S06/.*/name", p))
    archive.save_page(filing_id=filing_id, page="", base_rev=draft.rev, changes={path: "雀草稿店名"}, by=enterprise.actor)
    return Canary("draft S06/name", "雀草稿店名", False)
