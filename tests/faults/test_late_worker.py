"""The worker is dead: what was promised stands, what needs it says so, and an hour later everything is caught up once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from chengxin import worker
from chengxin.common import clock
from chengxin.filings import queries as filings
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import DemoMail, Outbox
from chengxin.ledger import notes, sequencer
from chengxin.ledger import queries as ledger
from chengxin.ledger.models import Event
from chengxin.records.models import Version
from chengxin.records.tests import makers
from tests import people

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "成都稷陌优选网络科技有限公司"


@pytest.fixture(autouse=True)
def _fresh_tree() -> None:
    sequencer.forget()


def published(client: Client, uscc: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/files/{uscc}").json()["records"]
    return found


def test_an_hour_without_a_worker_is_caught_up(client: Client) -> None:
    began = clock.now() - timedelta(hours=1)
    with clock.at(began):
        office = people.office()
        worker.drain()
        firms = [people.approved(number, by=office.county) for number in range(1, 4)]
        waits = people.handed_in(4)
        _enterprise, uscc = makers.published(9, NAME, [makers.own_record(makers.shop("稷陌优选"))])
        gateways.enqueue(
            channel="mail",
            purpose="reset",
            to=firms[0].email,
            template="password_reset",
            params={"until": clock.now() + timedelta(minutes=30)},
            secret_params={"reset_link": "http://127.0.0.1:8000/reset/once"},
            dedupe_key="reset:late",
        )
    [record] = published(client, uscc)
    late = client.get(f"/api/v1/records/{record['version_id']}/proof")
    assert (late.status_code, late.json()["code"], late.headers["Retry-After"]) == (503, "not-yet-logged", "1")
    assert client.get(f"/api/v1/records/{record['version_id']}/entry").status_code == 200
    assert people.browser(waits).get("/register/pending").status_code == 200
    assert not DemoMail.objects.filter(channel="mail").exists()
    worker.drain()
    worker.drain()
    assert (ledger.health().pending, ledger.health().parked) == (0, 0)
    boxes = Counter(DemoMail.objects.filter(channel="mail").values_list("to", "subject"))
    assert set(boxes.values()) == {1}
    results = [to for to, subject in boxes if subject.startswith("账号审核结果")]
    assert sorted(results) == sorted(firm.email for firm in firms)
    assert [to for to, subject in boxes if subject.startswith("今日有新的待审核事项")] == [office.county.email]
    assert Outbox.objects.get(dedupe_key="reset:late").state == "failed", "a link out of date is not sent"
    proof = client.get(f"/api/v1/records/{record['version_id']}/proof").content.decode()
    leaf = client.get(f"/api/v1/records/{record['version_id']}/entry").content
    assert notes.verify_proof(proof, leaf=leaf, verifier=ledger.vkey())
    submission = filings.submission(filing_id=people.filing(waits).id, by=waits.actor)
    assert submission is not None and filings.receipt(number=submission.number).genuine


def test_a_penalty_past_its_term_is_gone_at_midnight_and_ends_in_the_log(client: Client) -> None:
    with clock.at(datetime(2026, 1, 5, 8, tzinfo=clock.SHANGHAI)):
        enterprise, uscc = makers.published(1, NAME)
        makers.take_in(enterprise, makers.penalty("成市监罚〔2026〕1号", until=date(2026, 3, 31)))
        [record] = published(client, uscc)
    with clock.at(datetime(2026, 3, 31, 23, 59, 59, tzinfo=clock.SHANGHAI)):
        worker.drain()
        assert published(client, uscc) == [record]
        tag = client.get(f"/api/v1/files/{uscc}").headers["ETag"]
    with clock.at(datetime(2026, 4, 1, tzinfo=clock.SHANGHAI)):
        fresh = client.get(f"/api/v1/files/{uscc}", headers={"If-None-Match": tag})
        assert (fresh.status_code, fresh.json()["records"]) == (200, []), "before any worker came"
        worker.drain()
        assert published(client, uscc) == []
        ended = client.get(f"/api/v1/records/{record['version_id']}/entry?kind=ended")
        proof = client.get(f"/api/v1/records/{record['version_id']}/proof?kind=ended").content.decode()
        shown = client.get(f"/files/{uscc}").content.decode()
    leaf = json.loads(ended.content)
    assert leaf == {"v": 1, "kind": "record.ended", "id": record["version_id"], "at": "2026-03-31T16:00:00Z"}
    assert notes.verify_proof(proof, leaf=ended.content, verifier=ledger.vkey())
    assert "成市监罚" not in shown
    assert Version.objects.get(version_id=UUID(record["version_id"])).salt is None
    assert Event.objects.filter(kind="record.ended").count() == 1
