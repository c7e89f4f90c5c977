"""Mirrors of the checkpoints, and the journal of endings: what a restore can rely on outside the database (D-20, D-21)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chengxin.common import keys
from chengxin.ledger import actions, endings, notes, outside, queries, rules, sequencer, verify
from chengxin.ledger.guard import LogHalted
from chengxin.ledger.tests.helpers import end, publish, stranger_verifies

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mirror(settings: Any, tmp_path: Path) -> Path:
    """A folder on another machine."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    settings.CHECKPOINT_MIRRORS = [str(folder)]
    return folder


def _published(number: int = 1) -> None:
    for _ in range(number):
        publish()
    sequencer.step()


def _same(mirror: Path) -> bool:
    names = {path.name for path in outside.folder().iterdir()}
    return names == {path.name for path in mirror.iterdir()} and all(
        (mirror / name).read_bytes() == (outside.folder() / name).read_bytes() for name in names
    )


def test_every_ending_stands_in_the_journal_once_before_the_checkpoint_that_covers_it() -> None:
    first, second = publish(), publish()
    end(second)
    sequencer.step()
    end(first)
    sequencer.step()
    read = list(endings.read())
    assert [(one.version, one.index) for one in read] == [(str(second), 2), (str(first), 3)]
    assert {one.origin for one in read} == {"log.example/public"}
    said = json.loads(queries.entry(first, "ended"))
    assert read[1].at == said["at"]


def test_a_journal_that_was_lost_is_written_anew() -> None:
    ended = [publish() for _ in range(3)]
    for version_id in ended[:2]:
        end(version_id)
    sequencer.step()
    (outside.folder() / endings.NAME).unlink()
    sequencer.forget()
    end(ended[2])
    sequencer.step()
    assert [one.version for one in endings.read()] == [str(version_id) for version_id in ended]


def test_checkpoints_written_the_other_way_round_stand_once_and_the_furthest_counts() -> None:
    for _ in range(2):
        publish()
        sequencer.step()
    lines = outside.path("public").read_bytes().splitlines(keepends=True)
    late = [json.loads(line)["checkpoint"] for line in lines]
    outside.path("public").write_bytes(b"".join([lines[0], lines[2], lines[1]]))
    seen = outside.newest("public")
    assert seen is not None and seen.size == 2
    outside.append("public", late[1:])
    assert outside.path("public").read_bytes().count(b"\n") == 3, "what stands there is not written again"
    sequencer.forget()
    publish()
    sequencer.step()
    assert queries.health().ok and queries.size() == 3


def test_a_mirror_gets_every_line_and_what_it_missed_when_it_is_back(mirror: Path) -> None:
    _published(2)
    assert _same(mirror)
    away = mirror.with_name("away")
    mirror.rename(away)
    version_id = publish()
    sequencer.step()
    end(version_id)
    sequencer.step()
    assert outside.behind() == [mirror], "the log goes on"
    assert not mirror.exists(), "a folder that is not mounted is not made"
    assert queries.health().ok
    away.rename(mirror)
    _published(1)
    assert outside.behind() == []
    assert [one.version for one in endings.read()] == [str(version_id)] * 2, "in both places"
    newest = outside.newest("public", place=mirror)
    assert newest == outside.newest("public")
    assert newest is not None and newest.size == 5


def test_a_mirror_that_cannot_be_entered_does_not_stop_the_log(mirror: Path) -> None:
    _published(1)
    shutil.rmtree(mirror)
    mirror.write_text("a file where the folder was")
    sequencer.forget()
    _published(1)
    assert queries.size() == 2 and outside.behind() == [mirror] and queries.health().ok


@pytest.mark.parametrize("larger", [True, False])
def test_a_mirror_that_disagrees_stops_the_log(mirror: Path, larger: bool) -> None:
    _published(3)
    other = notes.Checkpoint("log.example/public", 4 if larger else 3, b"\x01" * 32)
    outside.append("public", [notes.sign_checkpoint(other, key=keys.ring().signing_key("ledger-public"))], place=mirror)
    sequencer.forget()
    publish()
    with pytest.raises(LogHalted) as halted:
        sequencer.step()
    said = str(halted.value)
    assert ("4 have been signed" in said) if larger else ("another one at size 3" in said)
    assert str(mirror) in said and "chengxin log succeed public --reason" in said
    assert queries.size() == 3
    [problem] = queries.health().problems
    assert problem == said


def test_a_mirror_that_cannot_be_read_stops_the_log(mirror: Path) -> None:
    _published(1)
    with (mirror / "public.jsonl").open("a") as file:
        file.write("nonsense\n")
    sequencer.forget()
    publish()
    with pytest.raises(LogHalted, match="cannot be read"):
        sequencer.step()


def test_what_only_the_mirror_knows_is_what_the_statement_closes(mirror: Path) -> None:
    _published(3)
    seen = notes.Checkpoint("log.example/public", 9, b"\x02" * 32)
    outside.append("public", [notes.sign_checkpoint(seen, key=keys.ring().signing_key("ledger-public"))], place=mirror)
    statement = actions.succeed(log="public", reason="the mirror knows more")
    assert statement.splitlines()[:3] == ["chengxin/log-succession/v1", "log.example/public", "9"]
    sequencer.forget()
    _published(1)
    assert queries.health().ok


def test_another_key_under_the_same_name_does_not_sign(settings: Any, tmp_path: Path) -> None:
    _published(1)
    keys.KeyRing(tmp_path / "other").generate_missing(demo=True)
    settings.KEYS_DIR = tmp_path / "other"
    sequencer.forget()
    publish()
    with pytest.raises(LogHalted, match=r"The key ledger-public v1 is not the one that signed"):
        sequencer.step()
    (tmp_path / "other" / "ledger-public.v1.json").unlink()
    with pytest.raises(LogHalted, match="Put back the right file of ledger-public v1"):
        sequencer.step()


def _own_keys(settings: Any, tmp_path: Path) -> None:
    keys.KeyRing(tmp_path / "own").generate_missing(demo=True)
    settings.KEYS_DIR = tmp_path / "own"


def test_a_succession_gives_the_log_a_key_of_its_own_and_old_proofs_still_verify(settings: Any, tmp_path: Path) -> None:
    _own_keys(settings, tmp_path)
    before = publish()
    sequencer.step()
    proof, leaf, [old] = queries.proof(before), queries.entry(before), queries.vkeys()
    statement = actions.succeed(log="public", reason="yearly", new_key=True)
    assert notes.open_note(statement, verifier=old).splitlines()[-2] == queries.vkey()
    after = publish()
    sequencer.step()
    assert queries.vkeys() == [old, queries.vkey()]
    assert notes.parse_vkey(old)[1] != notes.parse_vkey(queries.vkey())[1]
    assert stranger_verifies(proof, leaf, old) == 1
    assert stranger_verifies(queries.proof(after), queries.entry(after), queries.vkey()) == 2
    assert queries.health().ok
    assert stranger_verifies(queries.proof(before), leaf, queries.vkey()) == 2, "the old leaf stands in the new tree"


def test_a_lost_key_is_succeeded_in_the_name_of_the_new_one(settings: Any, tmp_path: Path) -> None:
    _own_keys(settings, tmp_path)
    _published(2)
    [old] = queries.vkeys()
    (tmp_path / "own" / "ledger-public.v1.json").unlink()
    keys.ring().generate_missing(demo=True)
    assert not queries.health().ok, "another key of the same name"
    statement = actions.succeed(log=rules.PUBLIC, reason="lost", new_key=True)
    assert "— log.example/public/2 " in statement
    sequencer.forget()
    _published(1)
    assert queries.size() == 3
    assert queries.vkeys() == [old, queries.vkey()]
    assert verify.run().ok
