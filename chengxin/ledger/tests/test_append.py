"""Appending events: one row each, in the caller's transaction, and nothing that should not be in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs

from chengxin.common import clock, sql
from chengxin.ledger import actions, outside, queries, rules, sequencer, verify
from chengxin.ledger.guard import LogHalted
from chengxin.ledger.models import Checkpoint, Event
from chengxin.ledger.values import NewEvent, Publication
from tests.disk import waiting_for_disk, waits

from .helpers import empty_ledger, end, note_event, publications, publish

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Acting:
    account_id: UUID | None
    kind: str
    display_name: str


def test_an_event_goes_to_the_audit_log_with_a_salted_leaf() -> None:
    with clock.at(datetime(2026, 3, 1, tzinfo=UTC)):
        event_id = actions.append(kind="filing.submitted", subject="f-1", data={"round": 2}, by="system:test")
    event = Event.objects.get(pk=event_id)
    assert (event.log, event.kind, event.subject, event.data) == ("audit", "filing.submitted", "f-1", {"round": 2})
    assert (event.position, event.leaf_index) == (None, None)
    expected = rules.audit_leaf(
        kind="filing.submitted",
        subject="f-1",
        actor="system:test",
        data={"round": 2},
        salt=bytes(event.salt or b""),
        at=event.created_at,
    )
    assert bytes(event.leaf) == expected


def test_record_events_go_to_the_public_log_with_the_given_leaf() -> None:
    version_id = publish()
    end(version_id)
    events = list(Event.objects.order_by("id"))
    assert [(e.log, e.kind, e.salt, e.version_id) for e in events] == [
        ("public", "record.published", None, version_id),
        ("public", "record.ended", None, version_id),
    ]


def test_a_version_is_published_once() -> None:
    version_id = publish()
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(version_id)


def test_actors_are_pseudonyms() -> None:
    account = uuid4()
    actors: list[Acting | str | None] = [
        Acting(account, "enterprise", "张三"),
        Acting(None, "system", "worker"),
        Acting(None, "nobody", ""),
        "system:import",
        None,
    ]
    for actor in actors:
        actions.append(kind="a.b", subject="s", data={}, by=actor)
    assert list(Event.objects.order_by("id").values_list("actor", flat=True)) == [
        f"account:{account}",
        "system:worker",
        "nobody",
        "system:import",
        "nobody",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nodot"},
        {"subject": "张三"},
        {"data": {"name": "张三"}},
        {"data": {"amount": 1.5}},
        {"by": "张三"},
        {"leaf": b"{}"},
        {"kind": "record.published"},
        {"kind": "record.published", "leaf": b"{}", "version_id": UUID(int=1)},
    ],
)
def test_what_does_not_belong_in_an_event_is_refused(wrong: dict[str, object]) -> None:
    good: dict[str, Any] = {"kind": "filing.submitted", "subject": "f-1", "data": {}, "by": None}
    with pytest.raises((ValueError, TypeError)):
        actions.append(**{**good, **wrong})
    assert not Event.objects.exists()


def test_an_event_goes_with_its_transaction() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        note_event()
        raise RuntimeError
    assert not Event.objects.exists()


def test_many_events_are_as_good_as_single_ones() -> None:
    version_id = uuid4()
    leaf = rules.published_leaf(version_id=version_id, commitment=bytes(32), at=clock.now())
    events = [NewEvent(kind="import.row", subject=f"row-{n}", data={"n": n, "none": None}) for n in range(300)] + [
        NewEvent(kind="record.published", subject="r", data={}, leaf=leaf, version_id=version_id)
    ]
    assert actions.append_many(events=events, by="system:import") == 301
    rows = list(Event.objects.order_by("id"))
    assert [row.subject for row in rows[:300]] == [f"row-{n}" for n in range(300)]
    assert rows[7].data == {"n": 7, "none": None}
    assert (rows[300].log, rows[300].version_id, bytes(rows[300].leaf)) == ("public", version_id, leaf)
    first = rows[0]
    assert bytes(first.leaf) == rules.audit_leaf(
        kind=first.kind,
        subject=first.subject,
        actor=first.actor,
        data=first.data,
        salt=bytes(first.salt or b""),
        at=first.created_at,
    )


def test_one_bad_event_of_many_stops_all() -> None:
    with pytest.raises(ValueError), transaction.atomic():
        actions.append_many(
            events=[
                NewEvent(kind="a.b", subject="s", data={}),
                NewEvent(kind="a.b", subject="张三", data={}),
            ],
            by=None,
        )
    assert not Event.objects.exists()


def test_what_keeps_events_waiting_is_said_once() -> None:
    sequencer.step()
    outside.path("public").write_text("nonsense\n")
    sequencer.forget()
    with capture_logs() as said:
        for _ in range(3):
            _append_at_once(publications(1))
    assert len([entry for entry in said if entry["event"] == "events wait for their place"]) == 1


def _append_at_once(many: list[Publication]) -> None:
    with transaction.atomic():
        actions.append_published(publications=many, at=clock.now(), by=None, at_once=True)


def test_publications_get_their_places_as_they_are_written_behind_what_waits() -> None:
    sequencer.step()
    note_event()
    waiting = publish()
    many = publications(600)
    _append_at_once(many)
    rows = list(Event.objects.order_by("position").values_list("position", "log", "leaf_index", "version_id"))
    assert [row[0] for row in rows] == list(range(1, 603))
    assert [row[2] for row in rows if row[1] == "public"] == list(range(601))
    assert [row[3] for row in rows if row[1] == "public"] == [waiting, *(made.version_id for made in many)]
    assert verify.run().ok and queries.health().ok
    assert Checkpoint.objects.filter(log="public").count() == 2, "one for both"
    publish()
    assert sequencer.turn(10) == 1, "the step goes on from there"
    assert verify.run().ok


def test_publications_at_once_say_what_publications_that_wait_say() -> None:
    [made] = publications(1)
    at = clock.now()
    with clock.at(at):
        actions.append_published(publications=[made], at=at, by="system:test")
        waited = Event.objects.values().get()
        empty_ledger()
        sequencer.forget()
        sequencer.step()
        with transaction.atomic():
            actions.append_published(publications=[made], at=at, by="system:test", at_once=True)
    placed = Event.objects.values().get()
    same = waited.keys() - {"id", "position", "leaf_index"}
    assert {key: waited[key] for key in same} == {key: placed[key] for key in same}
    assert (waited["position"], placed["position"], placed["leaf_index"]) == (None, 1, 0)


def test_nothing_at_once_writes_no_checkpoint() -> None:
    sequencer.step()
    _append_at_once([])
    assert Checkpoint.objects.count() == 2 and not Event.objects.exists()


def test_where_more_waits_than_is_placed_before_publications_wait_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "LIMIT_BEHIND", 20)
    sequencer.step()
    actions.append_many(events=[NewEvent(kind="a.b", subject="s", data={})] * 50, by=None)
    left = []
    for _ in range(4):
        _append_at_once(publications(2))
        left.append(Event.objects.filter(position=None).count())
    assert left == [32, 14, 0, 0], "it becomes less with each"
    assert verify.run().ok and queries.size() == 8


def test_a_log_that_may_not_sign_stops_no_publication() -> None:
    sequencer.step()
    _append_at_once(publications(3))
    outside.path("public").write_text("nonsense\n")
    sequencer.forget()
    _append_at_once(publications(2))
    assert Event.objects.filter(position=None, log="public").count() == 2
    assert queries.size() == 3
    with pytest.raises(LogHalted):
        sequencer.step()


def test_a_program_that_does_not_see_the_checkpoints_outside_signs_nothing(tmp_path: Path, settings: Any) -> None:
    sequencer.step()
    _append_at_once(publications(3))
    ours, settings.CHECKPOINTS_DIR = settings.CHECKPOINTS_DIR, tmp_path / "another"
    _append_at_once(publications(2))
    assert Event.objects.filter(position=None).count() == 2 and not (tmp_path / "another").exists()
    settings.CHECKPOINTS_DIR = ours
    assert sequencer.step() == 2 and verify.run().ok


def test_a_mirror_that_was_away_gets_all_it_missed(tmp_path: Path, settings: Any) -> None:
    mirror = tmp_path / "mirror"
    settings.CHECKPOINT_MIRRORS = [str(mirror)]
    sequencer.step()
    _append_at_once(publications(2))
    assert outside.behind() == [mirror]
    mirror.mkdir()
    _append_at_once(publications(2))
    assert outside.behind() == []
    assert outside.path("public", place=mirror).read_bytes() == outside.path("public").read_bytes()


def test_what_is_rolled_back_leaves_nothing_behind() -> None:
    sequencer.step()
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.append_published(publications=publications(5), at=clock.now(), by=None, at_once=True)
        raise RuntimeError
    assert not Event.objects.exists() and queries.size() == 0
    _append_at_once(publications(2))
    assert queries.size() == 2 and verify.run().ok
    newest = outside.newest("public")
    assert newest is not None and newest.size == 2


def test_a_checkpoint_waits_for_the_disk_whatever_else_its_transaction_holds() -> None:
    sequencer.step()
    with waiting_for_disk(), transaction.atomic():
        sql.do_not_wait_for_disk()
        actions.append_published(publications=publications(2), at=clock.now(), by=None)
        assert not waits()
        actions.append_published(publications=publications(2), at=clock.now(), by=None, at_once=True)
        assert waits(), "the world is told of it"
