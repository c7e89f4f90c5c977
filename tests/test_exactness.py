"""What was typed comes back as typed, receipts outlive keys, rows belong to one group (D-01, D-23, D-32, D-34, D-40)."""

from __future__ import annotations

import io
import shutil
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction

from chengxin.catalogue import actions as catalogue_actions
from chengxin.catalogue.answers import PUBLIC
from chengxin.common import clock, keys
from chengxin.common.errors import Invalid
from chengxin.filings import drafts, queries, rules
from chengxin.filings.models import Draft
from chengxin.flow import archive
from chengxin.identity.values import Actor
from chengxin.launcher.postgres import SUPERUSER
from chengxin.records import queries as records
from tests import server
from tests.journeys import enterprises as people
from tests.journeys.enterprises import Enterprise

pytestmark = pytest.mark.django_db(transaction=True)
OFFICER = "保密张三丰"


@pytest.fixture
def judge() -> Actor:
    return people.reviewer()


@pytest.fixture
def enterprise(judge: Actor) -> Enterprise:
    return people.approved(by=judge)


def typed(enterprise: Enterprise, filing_id: UUID, changes: dict[str, str | None]) -> None:
    draft = queries.draft(filing_id=filing_id, by=enterprise.actor)
    archive.save_page(filing_id=filing_id, page="", base_rev=draft.rev, changes=changes, by=enterprise.actor)


def test_personal_text_survives_two_forms_that_do_not_know_it(enterprise: Enterprise, tmp_path: Path) -> None:
    """S17 goes away and comes back with the catalogue: never readable at rest, never sealed twice."""
    filing_id = people.fill(enterprise)
    path = f"S17/{uuid4()}/data_officer"
    typed(enterprise, filing_id, {path: OFFICER})
    without = catalogue_without(tmp_path / "one", "S17")
    other = catalogue_without(tmp_path / "two", "S17", "S18")
    for folder in (without, other):
        catalogue_actions.load(folder)
        archive.open_archive(by=enterprise.actor)
        row = Draft.objects.get(filing_id=filing_id)
        assert path in row.leftover and row.leftover[path].startswith("v1:"), "at rest in an envelope"
        assert queries.draft(filing_id=filing_id, by=enterprise.actor).leftover[path] == OFFICER
    catalogue_actions.load(people_catalogue())
    archive.open_archive(by=enterprise.actor)
    draft = queries.draft(filing_id=filing_id, by=enterprise.actor)
    assert draft.answers[path] == OFFICER and path not in draft.leftover
    assert OFFICER not in str(Draft.objects.get(filing_id=filing_id).answers)


def test_what_is_saved_while_a_hand_in_waits_is_what_is_handed_in(enterprise: Enterprise) -> None:
    """Two tabs: one saves, the other hands in at that moment and waits for it (D-32)."""
    filing_id = people.fill(enterprise)
    draft = queries.draft(filing_id=filing_id, by=enterprise.actor)
    shown = next(path for path, value in draft.answers.items() if path.endswith(f"/{PUBLIC}") and value == "1")
    other = threading.Thread(target=hand_in, args=[filing_id, enterprise])
    with transaction.atomic():
        drafts.save(filing_id=filing_id, base_rev=draft.rev, changes={shown: "0"}, by=enterprise.actor)
        other.start()
        assert somebody_waits_for_a_row()
    other.join(30)
    submission = queries.submission(filing_id=filing_id, by=enterprise.actor)
    assert submission is not None and submission.answers[shown] == "0"
    assert submission.answers == queries.draft(filing_id=filing_id, by=enterprise.actor).answers


def hand_in(filing_id: UUID, enterprise: Enterprise) -> None:
    """点击提交 in another tab."""
    try:
        archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    finally:
        connection.close()


def somebody_waits_for_a_row() -> bool:
    """Whether a statement of this database waits for a lock, within ten seconds."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with psycopg.connect(server.url(connection.settings_dict["NAME"], role=SUPERUSER), autocommit=True) as watching:
            [(waiting,)] = watching.execute(asked).fetchall()
        if waiting:
            return True
        time.sleep(0.05)
    return False


def people_catalogue() -> Path:
    from django.conf import settings

    return Path(settings.CATALOGUE_DIR)


def catalogue_without(folder: Path, *groups: str) -> Path:
    shutil.copytree(people_catalogue(), folder)
    for path in (folder / "forms" / "archive").glob("*.yaml"):
        text = path.read_text("utf-8")
        for group in groups:
            text = text.replace(f", {group}]", "]").replace(f" {group},", "")
        path.write_text(text, "utf-8")
    return folder


def test_text_that_looks_like_an_envelope_is_text(enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise)
    path = next(p for p in queries.draft(filing_id=filing_id, by=enterprise.actor).answers if p.startswith("S06") and p.endswith("/name"))
    for text in ("v1:1:QUJD", "v1:99:" + "QUJD" * 30, "v1:"):
        typed(enterprise, filing_id, {path: text})
        assert queries.draft(filing_id=filing_id, by=enterprise.actor).answers[path] == text
    submission = archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    assert submission.answers[path] == "v1:"


def test_one_row_id_for_two_groups_is_refused_and_saves_nothing(enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise)
    before = queries.draft(filing_id=filing_id, by=enterprise.actor)
    row = next(p for p in before.answers if p.startswith("S06/")).split("/")[1]
    for path in (f"S07/{row}/name", f"S07/{row.upper()}/name", f"S07/{row.replace('-', '')}----/name", f"S07/{row}/name\n"):
        with pytest.raises(Invalid):
            typed(enterprise, filing_id, {path: "甲"})
    assert queries.draft(filing_id=filing_id, by=enterprise.actor) == before


@pytest.mark.parametrize("text", ["甲\x00乙", "甲\ud800乙"])
def test_what_no_database_holds_is_named_at_its_field(enterprise: Enterprise, text: str) -> None:
    filing_id = people.fill(enterprise)
    path = f"S07/{uuid4()}/name"
    with pytest.raises(Invalid) as refused:
        typed(enterprise, filing_id, {path: text})
    assert list(refused.value.fields) == [path]
    with pytest.raises(Invalid):
        archive.keep_copy(filing_id=filing_id, page="operation", base_rev=0, answers={path: text}, by=enterprise.actor)


def test_a_receipt_stays_genuine_under_the_key_it_was_signed_with(enterprise: Enterprise, tmp_path: Path, settings: Any) -> None:
    filing_id = people.fill(enterprise)
    submission = archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    before = queries.receipt(number=submission.number)
    shutil.copytree(settings.KEYS_DIR, tmp_path / "keys")
    settings.KEYS_DIR = tmp_path / "keys"
    keys.ring().rotate("receipt")
    after = queries.receipt(number=submission.number)
    assert before.genuine and after == before
    draft = queries.draft(filing_id=filing_id, by=enterprise.actor)
    assert submission.sha256 == rules.frozen_hash(answers=draft.answers, files=[]) == submission.receipt["sha256"]


def test_a_required_file_that_is_not_there_does_not_count(enterprise: Enterprise) -> None:
    filing_id = people.fill(enterprise)
    group = archive.draft_of(filing_id=filing_id, by=enterprise.actor)[2].group("S08")
    assert group is not None
    row, invented = str(uuid4()), "ab" * 32
    values = {
        f.code: invented if f.kind == "file" else people.sample(replace(group, fields=(f,)))[f.code] for f in group.fields if f.required
    }
    typed(enterprise, filing_id, {f"S08/{row}/{code}": value for code, value in values.items()} | {f"S08/{row}/_public": "1"})
    with pytest.raises(Invalid) as refused:
        archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor)
    assert refused.value.fields == {f"S08/{row}/files": ["请上传证明附件"]}
    body = io.BytesIO(people.picture("qualification"))
    held = archive.upload(filing_id=filing_id, path=f"S08/{row}/files", stream=body, name="a.jpg", by=enterprise.actor)
    typed(enterprise, filing_id, {f"S08/{row}/files": held.sha256})
    assert archive.submit(filing_id=filing_id, key=str(uuid4()), by=enterprise.actor).number


def test_what_was_right_when_handed_in_is_published_whole_after_the_day_has_passed(
    enterprise: Enterprise, judge: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day that must not lie in the past, handed in on that day, approved the day after."""
    folder = tmp_path / "catalogue"
    shutil.copytree(people_catalogue(), folder)
    path = folder / "groups" / "S06.yaml"
    text = path.read_text("utf-8")
    assert "not_after: today" in text
    path.write_text(text.replace("not_after: today", "not_before: today", 1), "utf-8")
    catalogue_actions.load(folder)
    day = clock.today().isoformat()
    monkeypatch.setitem(people.PAGES["operation"]["S06"], "opened_on", day)
    filing_id = people.submitted(enterprise)
    with clock.at(clock.now() + timedelta(days=1)):
        people.decide(filing_id, "approved", judge)
        shop = next(r for r in records.document(uscc=enterprise.uscc)["records"] if r["group"] == "S06")
    assert shop["content"]["opened_on"] == day
