"""A checkpoint the world has seen is never contradicted (D-21)."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction

from chengxin.ledger import actions, notes, outside, queries, rules, sequencer, signing, verify
from chengxin.ledger.guard import LogHalted
from chengxin.ledger.models import Checkpoint, Event, Origin

from .helpers import as_superuser, note_event, publish, stranger_verifies

pytestmark = pytest.mark.django_db(transaction=True)


def _damage(*statements: str) -> None:
    """Do to the database what only a restore or a thief can do."""
    with as_superuser(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)


def _go_back_to(size: int) -> None:
    """Put the public log back to what a backup taken at `size` (< 256) would hold."""
    _damage(
        f"DELETE FROM ledger_event WHERE log = 'public' AND leaf_index >= {size}",
        f"DELETE FROM ledger_checkpoint WHERE log = 'public' AND size > {size}",
        f"UPDATE ledger_tile SET data = substring(data FOR {size * 32}) WHERE log = 'public' AND level = 0",
    )


def _published(*batches: int) -> None:
    for batch in batches:
        for _ in range(batch):
            publish()
        sequencer.step()


def test_every_checkpoint_stands_outside_as_well() -> None:
    _published(1, 2, 3)
    lines = outside.path("public").read_text().splitlines()
    noted = [json.loads(line)["checkpoint"] for line in lines]
    assert noted == list(Checkpoint.objects.filter(log="public").order_by("id").values_list("note", flat=True))
    assert [notes.open_checkpoint(note, verifier=queries.vkey()).size for note in noted] == [0, 1, 3, 6]
    assert outside.newest("public") == notes.parse_checkpoint(queries.checkpoint())


def test_a_tree_that_has_shrunk_is_not_signed() -> None:
    _published(3, 4)
    _go_back_to(3)
    publish()
    for _ in range(2):
        with pytest.raises(LogHalted, match="3 leaves, but 7 have been signed") as caught:
            sequencer.step()
    assert (caught.value.status, caught.value.code) == (503, "log-halted")
    assert Event.objects.filter(position__isnull=True).count() == 1
    health = queries.health()
    assert not health.ok and "7 have been signed" in health.problems[0]
    assert not verify.run().ok
    assert outside.newest("public") == notes.Checkpoint("log.example/public", 7, outside.newest("public").root)  # type: ignore[union-attr]


def test_a_tree_that_has_shrunk_and_grown_otherwise_is_not_signed() -> None:
    _published(3, 4)
    kept = outside.path("public").read_text()
    _go_back_to(3)
    outside.path("public").unlink()
    _published(4, 5)
    outside.path("public").write_text(kept)
    sequencer.forget()
    publish()
    with pytest.raises(LogHalted, match="another one at size 7"):
        sequencer.step()
    assert not queries.health().ok


def test_an_empty_database_does_not_start_a_log_that_has_been_seen() -> None:
    _published(2)
    sequencer.forget()
    _damage("TRUNCATE ledger_event, ledger_tile, ledger_checkpoint, ledger_origin")
    publish()
    with pytest.raises(LogHalted, match="is empty but"):
        sequencer.step()
    assert not queries.health().ok


def test_tiles_that_do_not_fit_are_not_signed() -> None:
    _published(5)
    sequencer.forget()
    _damage("UPDATE ledger_tile SET data = decode(repeat('00', 160), 'hex') WHERE log = 'public'")
    publish()
    with pytest.raises(LogHalted, match="do not have the root"):
        sequencer.step()
    _damage("DELETE FROM ledger_tile WHERE log = 'public'")
    with pytest.raises(LogHalted, match="missing or too short"):
        sequencer.step()


def test_lost_events_are_noticed() -> None:
    _published(5)
    sequencer.forget()
    _damage("DELETE FROM ledger_event WHERE log = 'public' AND leaf_index = 4")
    publish()
    with pytest.raises(LogHalted, match="4 placed events but a checkpoint at size 5"):
        sequencer.step()


def test_a_checkpoint_file_that_cannot_be_read_stops_everything() -> None:
    _published(2)
    sequencer.forget()
    with outside.path("public").open("a") as stream:
        stream.write("nonsense\n")
    publish()
    with pytest.raises(LogHalted, match="cannot be read"):
        sequencer.step()
    assert not queries.health().ok


def test_a_line_cut_by_a_crash_is_passed_over_and_made_good() -> None:
    _published(2, 3)
    file = outside.path("public")
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    sequencer.forget()
    _published(1)
    newest = outside.newest("public")
    assert newest and newest.size == 6
    sizes = [entry["checkpoint"].split("\n")[1] for line in file.read_bytes().split(b"\n") if (entry := _json(line))]
    assert sizes == ["0", "2", "5", "6"]


def _json(line: bytes) -> dict[str, str] | None:
    return json.loads(line) if line and not line.endswith(b"torn") else None


def test_a_file_that_fell_behind_catches_up() -> None:
    _published(2)
    file = outside.path("public")
    before = file.read_bytes()
    _published(3)
    file.write_bytes(before)
    sequencer.forget()
    _published(1)
    assert len(file.read_text().splitlines()) == 4
    assert queries.health().ok


def test_another_sequencer_is_followed_without_a_word() -> None:
    _published(2)
    mine = dict(sequencer._memory)
    _published(3)
    with sequencer._memory_lock:
        sequencer._memory.clear()
        sequencer._memory.update(mine)
    _published(1)
    assert queries.size() == 6
    assert verify.run().ok


@pytest.mark.parametrize("emptied", [False, True])
def test_a_log_is_succeeded_by_a_signed_statement(emptied: bool) -> None:
    _published(3, 4)
    old_key = queries.vkey()
    last = notes.parse_checkpoint(queries.checkpoint())
    if emptied:
        _damage("TRUNCATE ledger_event, ledger_tile, ledger_checkpoint, ledger_origin")
    else:
        _go_back_to(3)
    with pytest.raises(LogHalted):
        _published(1)
    statement = actions.succeed(log="public", reason="恢复自备份")
    text = notes.open_note(statement, verifier=old_key)
    size = 0 if emptied else 3
    lines = text.splitlines()
    assert lines[:3] == ["chengxin/log-succession/v1", last.origin, "7"]
    assert lines[4:6] == ["log.example/public/2", str(size)]
    assert lines[7] == queries.vkey()
    assert lines[8] == "恢复自备份"
    if emptied:
        actions.succeed(log="audit", reason="lost")
    version_id = publish()
    sequencer.step()
    assert queries.vkey().startswith("log.example/public/2+")
    assert queries.successions() == [statement]
    leaf = queries.entry(version_id)
    assert stranger_verifies(queries.proof(version_id), leaf, queries.vkey()) == size + 2
    assert queries.health().ok
    assert verify.run().ok
    again = actions.succeed(log="public", reason="again")
    assert "log.example/public/3" in again
    assert Origin.objects.filter(log="public").count() == (2 if emptied else 3)


def test_a_succession_that_did_not_reach_the_file_is_made_good() -> None:
    _published(3, 4)
    file = outside.path("public")
    kept = file.read_bytes()
    _go_back_to(3)
    actions.succeed(log="public", reason="restore")
    whole = file.read_bytes()
    file.write_bytes(kept)
    sequencer.forget()
    _published(1)
    assert file.read_bytes().startswith(whole)
    assert queries.health().ok


def test_a_log_that_has_never_signed_or_without_reason_is_not_succeeded() -> None:
    with pytest.raises(ValueError, match="never signed"):
        actions.succeed(log="public", reason="x")
    _published(1)
    for reason in ("", " ", "two\nlines"):
        with pytest.raises(ValueError, match="one line"):
            actions.succeed(log="public", reason=reason)


def test_a_restore_from_before_the_succession_halts_again() -> None:
    _published(3)
    actions.succeed(log="public", reason="restore")
    sequencer.forget()
    _damage("DELETE FROM ledger_checkpoint WHERE note LIKE '%/public/2%'", "DELETE FROM ledger_origin WHERE number = 2")
    publish()
    with pytest.raises(LogHalted, match="was signed last"):
        sequencer.step()


def test_a_site_that_moves_keeps_the_name_of_its_log(settings: object) -> None:
    _published(2)
    settings.LOG_ORIGIN = "new.example"  # type: ignore[attr-defined]
    _published(1)
    assert notes.parse_checkpoint(queries.checkpoint()).origin == "log.example/public"
    assert queries.vkey() == signing.verifier(rules.PUBLIC, "log.example/public", key_version=1)


def test_an_event_waits_while_the_outside_cannot_be_written(settings: object, tmp_path: object) -> None:
    _published(2)
    file = outside.path("public")
    file.rename(file.with_suffix(".kept"))
    file.mkdir()
    note_event()
    publish()
    with pytest.raises(OSError):
        sequencer.step()
    publish()
    with pytest.raises(LogHalted, match="cannot be read"):
        sequencer.step()
    file.rmdir()
    file.with_suffix(".kept").rename(file)
    assert sequencer.step() == 1
    assert [notes.parse_checkpoint(json.loads(line)["checkpoint"]).size for line in file.read_text().splitlines()] == [0, 2, 3, 4]
