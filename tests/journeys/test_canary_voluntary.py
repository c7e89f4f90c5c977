"""What the forms of voluntary registration withhold reaches no outlet, nor do the proof pictures (VOL-31, D-16).

Each of the nine items is registered and published with canaries in every field that has room for one, and with a picture that
carries one in its EXIF data, its name and its pixels. What a form declares public turns up; nothing else does.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
import zstandard
from django.db import transaction
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from chengxin import asgi
from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue import items
from chengxin.catalogue import queries as catalogue
from chengxin.catalogue.values import Field
from chengxin.common import clock
from chengxin.exchange import snapshots
from chengxin.filings import queries as filings
from chengxin.filings import voluntary_queries
from chengxin.flow import voluntary as flow
from chengxin.identity.values import Actor
from chengxin.ledger import sequencer
from chengxin.records import changes
from chengxin.records.tests import makers
from tests.journeys import enterprises as people
from tests.journeys import voluntary
from tests.journeys.test_canary import Canary, outlets, stored, typed
from tests.journeys.voluntary import FINANCE, ITEMS, LEADER, Registrant
from tests.site import asking, pages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ASKED = {"voluntary/donation": {"kind": "both", "quantity": "3"}, FINANCE: {"audited": "1", "equity": ""}}
JPEG = b"\xff\xd8\xff"
AUDIT = "ledger_event"
HASH = re.compile("[0-9a-f]{64}")


def canary_of(field: Field, number: int) -> str:
    """A value that nothing else has, for the kinds with room for one."""
    made = {"money": f"{31_000_000 + number * 7919}", "uscc": makers.code(500 + number)}
    return made.get(field.kind) or typed(field.kind, number)


def picture(number: int) -> bytes:
    """A picture of a colour of its own, with a word in its EXIF data."""
    image = Image.new("RGB", (320, 240), (200, number * 13 % 256, 40))
    exif = Image.Exif()
    exif[0x010E] = f"CANARYEXIF{number:04d}"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


class Registration:
    """One published record per item, each full of canaries."""

    def __init__(self, firm: Registrant, judge: Actor) -> None:
        self.firm, self.canaries, self.filings = firm, [], {}
        self.canaries: list[Canary]
        self.filings: dict[str, UUID]
        self._numbers = iter(range(1, 8000))
        for form_id in ITEMS:
            filing_id = self._draft(form_id)
            voluntary.submit(firm, filing_id, though_alike=True)
            people.decide(filing_id, "approved", judge)
            self.filings[form_id] = filing_id

    def _draft(self, form_id: str) -> UUID:
        filing_id = flow.open_new(form_id=form_id, by=self.firm.actor).id
        (group,) = catalogue.current(form_id).groups
        answers = {**voluntary.filled(form_id), **ASKED.get(form_id, {})}
        for field in group.fields:
            number = next(self._numbers)
            canary = "" if field.code == "equity" or field.kind in ("file", "units") else canary_of(field, number)
            if canary:
                answers[field.code] = canary
                self.canaries.append(Canary(f"{group.code}/{field.code}", canary, group.visibility == "always" and field.public == "full"))
        voluntary.type_in(self.firm, filing_id, answers)
        self._prove(filing_id, form_id, next(self._numbers))
        return filing_id

    def _prove(self, filing_id: UUID, form_id: str, number: int) -> None:
        path = f"{voluntary.place(filing_id, form_id, self.firm)}/proof"
        name, body = f"雀附件{number}.jpg", picture(number)
        kept = flow.upload(filing_id=filing_id, path=path, stream=io.BytesIO(body), name=name, by=self.firm.actor)
        voluntary.type_in(self.firm, filing_id, {"proof": kept.sha256})
        hidden = [name, kept.sha256, hashlib.sha256(body).hexdigest(), f"CANARYEXIF{number:04d}"]
        self.canaries += [Canary(f"{form_id} picture", text, False) for text in hidden]


def written(text: str) -> set[str]:
    """How a canary may be written: a number also with its thousands marked."""
    return {text, f"{int(text):,d}"} if text.isdigit() else {text}


def more_outlets(firm: Registrant, published: dict[str, UUID]) -> Iterator[tuple[str, bytes]]:
    """What voluntary registration adds to the places where the public may look."""
    client, own = Client(), firm.client()
    for form_id, filing_id in published.items():
        record = voluntary_queries.one(filing_id=filing_id, by=firm.actor).record_id
        yield f"badge of {form_id}", client.get(f"/badge/{firm.uscc}/{record}.svg").content
        paper = own.get(f"/voluntary/records/{filing_id}/confirmation.pdf")
        assert paper.status_code == 200
        yield f"confirmation of {form_id}", text_of(paper.content)
        number = paper["X-Report-Number"]
        yield f"/verify/{number}", client.get(f"/verify/{number}").content + client.get(f"/verify/{number}.json").content
        if form_id != FINANCE:
            yield f"poster of {form_id}", text_of(own.get(f"/voluntary/show/poster.pdf?record={record}").content)
    yield "badge", client.get(f"/badge/{firm.uscc}.svg").content
    yield "poster", text_of(own.get("/voluntary/show/poster.pdf").content)
    changes.place()
    yield "feed", client.get("/api/v1/changes?after=0&limit=100").content
    made = snapshots.make()
    assert made is not None
    packed = b"".join(client.get(f"/api/v1/snapshots/{made.name}.ndjson.zst").streaming_content)  # type: ignore[attr-defined]
    yield "snapshot", zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    tables = ("gateways_outbox", "gateways_demomail", "records_report", "records_change", AUDIT, "records_term")
    for table in tables:
        yield table, stored(f"SELECT t::text FROM {table} AS t").encode()


def leaks(hidden: list[Canary], place: str, body: bytes) -> list[tuple[str, str, str]]:
    """Canaries that a place shows. The audit log, which nobody outside reads, names files by their hashes (D-18)."""
    looked_for = [c for c in hidden if place != AUDIT or not HASH.fullmatch(c.text)]
    return [(c.path, c.text, place) for c in looked_for if any(text.encode() in body for text in written(c.text))]


def text_of(paper: bytes) -> bytes:
    """The words of a paper, which holds no picture."""
    read = PdfReader(io.BytesIO(paper))
    assert not [image for page in read.pages for image in page.images] and JPEG not in paper
    return re.sub(r"\s", "", "".join(page.extract_text() for page in read.pages)).encode()


@pytest.mark.requirement("VOL-31.2")
def test_no_outlet_shows_what_a_form_withholds_nor_any_proof(judge: Actor, capfd: pytest.CaptureFixture[str]) -> None:
    opened = replace(items.settings(LEADER), opens_on=clock.today() - timedelta(days=1), closes_on=clock.today())
    with transaction.atomic():
        catalogue_actions.set_item(wanted=opened, by=Actor.system("test"))
    firm = voluntary.registrant(by=judge)
    voluntary.with_archive(firm, by=judge)
    made = Registration(firm, judge)
    waiting = voluntary.handed_in(firm, receiver="雀未发布的受赠方")
    receipts = [s.split()[0] for s in stored("SELECT number FROM filings_submission WHERE number LIKE 'HZ%%'").split("\n") if s]
    sequencer.step()
    hidden = [c for c in made.canaries if not c.public] + [Canary("waiting", "雀未发布的受赠方", False)]
    seen = [c for c in made.canaries if c.public]
    assert len(hidden) > 45 and len(seen) > 25 and waiting

    everything = {address: text.encode() for address, text in outlets(firm.uscc, receipts[-1])}
    everything |= dict(more_outlets(firm, made.filings))
    assert not [leak for place, body in everything.items() for leak in leaks(hidden, place, body)]
    assert not [place for place, body in everything.items() if JPEG in body], "no picture is served"
    absent = [c.path for c in seen if not any(text.encode() in everything["json"] for text in written(c.text))]
    assert not absent, "what the forms let the public see is there"

    capfd.readouterr()
    with asking(asgi.build(pages=pages)) as site:
        for canary in hidden:
            answer = site.ask("/api/v1/files", query=urlencode({"q": canary.text}))
            assert answer.status in (200, 429) and firm.uscc not in answer.body.decode(), canary
        metrics = site.ask("/metrics").body.decode()
    said = "".join(capfd.readouterr()) + metrics
    assert "/api/v1/files" in said
    assert not [c for c in hidden if c.text in said or quote(c.text) in said]


@pytest.mark.parametrize("who", ["nobody", "another enterprise"])
def test_the_picture_itself_is_served_to_nobody_outside(who: str, judge: Actor) -> None:
    firm = voluntary.registrant(by=judge)
    voluntary.with_archive(firm, by=judge)
    filing_id = voluntary.published(firm, by=judge)
    (kept,) = filings.attachments(filing_id=filing_id, by=firm.actor)
    client: Any = Client() if who == "nobody" else voluntary.registrant(by=judge).client()
    answer = client.get(f"/files-of/{kept.id}/1.png")
    assert answer.status_code in (302, 404) and "image" not in answer["Content-Type"]
    assert firm.client().get(f"/files-of/{kept.id}/1.png").status_code == 200
