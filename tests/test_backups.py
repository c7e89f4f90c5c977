"""A backup is one moment of everything, whole or not there; a restore brings nothing back that has ended (D-20, D-21, D-40)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from chengxin import checks
from chengxin.access import actions as access_actions
from chengxin.access import queries as access
from chengxin.backups import checking, making, manifest, restoring
from chengxin.backups.manifest import BackupRefused
from chengxin.commands import environment
from chengxin.common import clock, keys
from chengxin.gateways import actions as gateways
from chengxin.gateways.models import Outbox
from chengxin.launcher import places
from chengxin.launcher.errors import LauncherError
from chengxin.ledger import actions as ledger_actions
from chengxin.ledger import endings, migrations, notes, outside, queries, sequencer, store, verify
from chengxin.ledger.guard import LogHalted
from chengxin.records import queries as records
from chengxin.records.models import PublicFile, Version
from chengxin.records.tests import makers
from chengxin.web.session import cookie_name
from tests import people, server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Files, keys and word of the last backup belong to one test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    shutil.copytree(settings.KEYS_DIR, tmp_path / "keys")
    settings.KEYS_DIR = tmp_path / "keys"
    settings.CHENGXIN_HOME = tmp_path
    sequencer.forget()
    yield
    sequencer.forget()
    store.CACHE.clear()


def owner_url() -> str:
    """The owning role's way to the database of this test."""
    return server.url(connection.settings_dict["NAME"], role="chengxin_owner")


def back_up(target: Path) -> Path:
    """Make a backup."""
    return making.make(target, owner_url=owner_url())


def put_back(source: Path, **more: Any) -> restoring.Restored:
    """Restore over what there is, with nobody connected."""
    connections.close_all()
    sequencer.forget()
    store.CACHE.clear()
    return restoring.restore(source, owner_url=owner_url(), replace=True, say=lambda _text: None, **more)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where backups go."""
    return tmp_path / "backups"


def firm_with_papers() -> people.Person:
    """An enterprise that waits for its review."""
    people.agency(None, name="商务部电子商务和信息化司（演示）")
    return people.handed_in(1)


def shops(number: int, *names: str) -> tuple[Any, str, list[str]]:
    """An enterprise with published shops: its id, code, and the ids of their versions."""
    enterprise_id, uscc = makers.published(
        number, f"杭州第{number}电子商务有限公司", [makers.own_record(makers.shop(name)) for name in names]
    )
    sequencer.step()
    rows = Version.objects.filter(enterprise_id=enterprise_id).order_by("order", "created_at").values_list("version_id", flat=True)
    return enterprise_id, uscc, [str(version_id) for version_id in rows]


def shown(uscc: str) -> set[str]:
    """The versions in a public file."""
    return set(records.shown_versions(uscc=uscc)) if PublicFile.objects.filter(uscc=uscc).exists() else set()


# --- Backup ----------------------------------------------------------------------------------------------------------
def test_a_backup_says_what_it_holds_and_holds_no_key(target: Path) -> None:
    firm_with_papers()
    shops(2, "澜序旗舰店")
    whole = back_up(target)
    told = manifest.read(whole)
    assert told.position == queries.last_position()
    assert {log: state.size for log, state in told.logs.items()} == {log: queries.size(log) for log in ("public", "audit")}
    assert notes.open_checkpoint(told.logs["public"].checkpoint, verifier=queries.vkey()).size == queries.size()
    assert told.rows["records_version"] == 1
    assert told.uploaded == 2
    assert {(key.name, key.version) for key in told.keys} == {(row.name, row.version) for row in keys.ring().rows()}
    assert told.migrations["ledger"] == max(path.stem for path in Path(migrations.__path__[0]).glob("0*.py"))
    assert checking.problems(whole) == []
    material = {path.read_text("utf-8").split('"material": "')[1].split('"')[0] for path in Path(settings.KEYS_DIR).glob("*.json")}
    text = "".join(path.read_text("latin-1") for path in whole.rglob("*") if path.is_file() and path.name != manifest.DUMP)
    assert not [secret for secret in material if secret in text]
    assert {path.stat().st_mode & 0o077 for path in (whole, *whole.rglob(manifest.UPLOADS))} == {0}
    assert json.loads((Path(settings.CHENGXIN_HOME) / places.LAST_BACKUP).read_text("utf-8"))["path"] == str(whole)


def test_damage_is_found_wherever_it_is(target: Path) -> None:
    firm_with_papers()
    whole = back_up(target)
    dump, sums = whole / manifest.DUMP, whole / manifest.SUMS
    [first, second] = sorted(path for path in (whole / manifest.UPLOADS).rglob("*") if path.is_file())
    raw = dump.read_bytes()
    dump.write_bytes(raw[:-1] + b"x")
    first.write_bytes(b"other")
    second.unlink()
    sums.write_text(sums.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    said = checking.problems(whole)
    assert any(manifest.DUMP in line and "not the file" in line for line in said)
    assert any(manifest.SUMS in line and "not the file" in line for line in said)
    assert any("1 files instead of 2" in line for line in said)
    assert any(first.name in line or second.name in line for line in said)
    with pytest.raises(BackupRefused, match=r"damaged: .* Nothing was changed"):
        put_back(whole)
    dump.unlink()
    assert any("missing" in line for line in checking.problems(whole))


def test_a_file_that_a_row_speaks_of_must_be_there(target: Path) -> None:
    firm = firm_with_papers()
    [*paths] = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    whole = back_up(target)
    paths[0].unlink()
    with clock.at(clock.now() + timedelta(minutes=1)), pytest.raises(BackupRefused, match="1 files that rows speak of"):
        back_up(target)
    assert manifest.found(target) == [whole]
    assert [path.name for path in target.iterdir() if path.name.startswith(".chengxin")] == []
    assert restoring.files_only(whole) == 1
    assert paths[0].is_file() and people.state(firm) == "submitted"


@pytest.mark.slow
def test_files_are_taken_from_the_backup_before_and_old_backups_go(target: Path) -> None:
    firm_with_papers()
    now, made = clock.now(), []
    for days in (40, 20, 0):
        with clock.at(now - timedelta(days=days)):
            made.append(back_up(target))
    names = [{path.stat().st_ino for path in (whole / manifest.UPLOADS).rglob("*") if path.is_file()} for whole in made]
    assert names[0] == names[1] == names[2], "bytes stand on the disk once"
    assert making.forget_old(target, keep_days=35) == [made[0].name]
    assert manifest.found(target) == made[1:]
    assert checking.problems(made[2]) == []
    with clock.at(now + timedelta(days=400)):
        assert making.forget_old(target, keep_days=35) == [made[1].name], "the newest stays"


def test_a_damaged_old_backup_and_what_a_killed_run_left_go_too(target: Path) -> None:
    now = clock.now()
    names = [(now - timedelta(days=days)).strftime(f"{manifest.PREFIX}{manifest.STAMP}") for days in (50, 40, 1)]
    for name in (*names, f".{names[0]}x.gone", f"{manifest.PREFIX}of-ours"):
        (target / name).mkdir(parents=True)
        (target / name / manifest.NAME).write_text("{", "utf-8")
    assert making.forget_old(target, keep_days=35) == names[:2]
    assert sorted(path.name for path in target.iterdir()) == [names[2], f"{manifest.PREFIX}of-ours"]
    with clock.at(now + timedelta(days=400)):
        assert making.forget_old(target, keep_days=35) == [], "the newest stays"


def test_two_backups_do_not_write_one_folder(target: Path) -> None:
    target.mkdir()
    with making._alone(target), pytest.raises(BackupRefused, match="Another backup"):
        back_up(target)


def test_what_a_killed_backup_left_is_no_backup_and_goes(target: Path) -> None:
    left = target / ".chengxin-unfinished"
    left.mkdir(parents=True)
    (left / "database.dump").write_bytes(b"half")
    assert manifest.found(target) == []
    whole = back_up(target)
    assert manifest.found(target) == [whole] and not left.exists()


# --- Restore ---------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_everything_comes_back_as_it_was(target: Path) -> None:
    firm = firm_with_papers()
    _id, uscc, [version] = shops(2, "澜序旗舰店")
    proof, leaf, key = queries.proof(version), queries.entry(version), queries.vkey()  # type: ignore[arg-type]
    whole = back_up(target)
    shutil.rmtree(settings.MEDIA_ROOT)
    done = put_back(whole)
    assert (done.ended, done.files, dict(done.problems)) == (0, 2, {})
    assert people.state(firm) == "submitted"
    assert shown(uscc) == {version}
    assert notes.verify_proof(queries.proof(version), leaf=leaf, verifier=queries.vkey())  # type: ignore[arg-type]
    assert notes.verify_proof(proof, leaf=leaf, verifier=key)
    sequencer.step()
    assert queries.health().ok and verify.run().ok
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'ledger_event'::regclass AND NOT tgisinternal")
        assert cursor.fetchone()[0] > 3, "append-only as before"
        with pytest.raises(Exception, match=r"append-only|permission denied"):
            cursor.execute("DELETE FROM ledger_event")
    assert [check.detail.split(":")[0] for check in checks.former()] == [done.former]
    assert restoring.drop_former(owner_url=owner_url()) == [done.former]
    assert list(checks.former()) == []


def test_a_restore_refuses_without_the_keys_the_manifest_names(target: Path) -> None:
    whole = back_up(target)
    file = Path(settings.KEYS_DIR) / "personal-data.v1.json"
    kept = file.read_bytes()
    file.unlink()
    with pytest.raises(BackupRefused, match=r"1 keys .* personal-data v1\. Put the key files back"):
        put_back(whole)
    keys.ring().generate_missing(demo=True)
    with pytest.raises(BackupRefused, match=r"personal-data v1 \(another key\)"):
        put_back(whole)
    file.unlink()
    file.write_bytes(kept)
    put_back(whole)


def test_a_backup_of_a_newer_version_is_refused(target: Path) -> None:
    whole = back_up(target)
    told = json.loads((whole / manifest.NAME).read_text("utf-8"))
    told["migrations"]["records"] = "9999_from_the_future"
    (whole / manifest.NAME).write_text(json.dumps(told), "utf-8")
    with pytest.raises(BackupRefused, match=r"records\.9999_from_the_future, which this version does not know"):
        put_back(whole)


def test_a_database_that_is_not_empty_is_left_alone_unless_told(target: Path) -> None:
    whole = back_up(target)
    firm = people.registered(1)
    connections.close_all()
    with pytest.raises(BackupRefused, match=r"(?s)not empty.*--replace"):
        restoring.restore(whole, owner_url=owner_url(), say=lambda _text: None)
    assert people.state(firm) == "draft"


def test_nobody_may_be_connected_meanwhile(target: Path) -> None:
    whole = back_up(target)
    connections.close_all()
    with psycopg.connect(server.url(connection.settings_dict["NAME"])), pytest.raises(BackupRefused, match="Stop web and workers"):
        restoring.restore(whole, owner_url=owner_url(), replace=True, say=lambda _text: None)


def test_an_older_backup_does_not_bring_back_what_has_ended(target: Path) -> None:
    enterprise_id, uscc, [stays, hidden, corrected] = shops(1, "澜序一店", "澜序二店", "澜序三店")
    other_id, other, [gone] = shops(2, "将关闭店")
    whole = back_up(target)
    makers.hide(enterprise_id, Version.objects.get(version_id=hidden).record_id)
    makers.publish(
        enterprise_id,
        [makers.own_record(makers.shop("澜序一店"), record_id=Version.objects.get(version_id=stays).record_id)],
        makers.head(uscc, "杭州第1电子商务有限公司"),
    )
    makers.end_all(other_id, reason="case-42")
    sequencer.step()
    assert shown(uscc) == {stays}
    done = put_back(whole)
    assert done.ended == 3
    assert shown(uscc) == {stays} and shown(other) == set()
    assert not PublicFile.objects.filter(uscc=other).exists()
    kept = {str(row.version_id): row for row in Version.objects.all()}
    for version in (hidden, corrected, gone):
        assert kept[version].salt is None and kept[version].fragment is None and kept[version].ended_at is not None
    assert Version.objects.filter(record_id=kept[hidden].record_id, ended_at=None, fragment=None).exists(), "hidden, and kept inside"
    assert "public" in done.problems, "the world has seen more than the backup holds"
    with pytest.raises(LogHalted, match=r"have been signed.*chengxin log succeed public --reason"):
        sequencer.step()
    for log in ("public", "audit"):
        ledger_actions.succeed(log=log, reason="Restored the backup of the night")
    sequencer.forget()
    sequencer.step()
    assert queries.health().ok and verify.run().ok
    assert queries.proof(hidden, "ended")  # type: ignore[arg-type]


@pytest.mark.slow
def test_sessions_end_codes_are_void_and_messages_wait_for_a_person(target: Path) -> None:
    firm = people.registered(1)
    client = people.browser(firm)
    access_actions.new_captcha()
    token = access_actions.issue_link(account_id=firm.account_id, purpose="password-reset")
    params = {"name": firm.name, "title": "通知", "text": "请查收。", "link": "http://127.0.0.1/"}
    with transaction.atomic():
        gateways.enqueue(channel="mail", purpose="trial", to=firm.email, template="notice", params=params, dedupe_key="trial:1")
    assert client.get("/account/supplement").status_code == 200
    key = client.cookies[cookie_name("session")].value
    assert Outbox.objects.filter(state="queued").count() > 0
    whole = back_up(target)
    done = put_back(whole)
    assert done.sessions == 1 and done.held > 0
    with pytest.raises(access.SessionExpired):
        access.session_actor(key, counts_as_activity=False)
    assert client.get("/account/supplement").status_code == 302
    with pytest.raises(access_actions.LinkRefused):
        access_actions.redeem_link(token, "password-reset")
    assert not Outbox.objects.filter(state="queued").exists()
    with connection.cursor() as cursor:
        for table in ("access_captcha", "access_emailcode", "access_secretlink"):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE used_at IS NULL")
            assert cursor.fetchone() == (0,), table


@pytest.mark.slow
def test_without_the_checkpoints_outside_a_restore_asks_for_them(target: Path) -> None:
    _id, uscc, [version] = shops(1, "澜序旗舰店")
    proof, leaf, old = queries.proof(version), queries.entry(version), queries.vkey()  # type: ignore[arg-type]
    whole = back_up(target)
    shutil.rmtree(outside.folder())
    with pytest.raises(BackupRefused, match=r"No checkpoints of log .*--without-journal"):
        put_back(whole)
    done = put_back(whole, without_journal=True)
    assert not done.problems
    assert queries.vkey().split("+")[0].endswith("/public/2"), "no size of the former name is signed twice"
    assert queries.vkeys()[0] == old and notes.verify_proof(proof, leaf=leaf, verifier=old)
    assert shown(uscc) == {version}
    sequencer.step()
    assert queries.health().ok


@pytest.mark.slow
def test_a_restore_that_was_cut_is_done_again_by_the_same_command(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = firm_with_papers()
    whole = back_up(target)

    def cut(*_all: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(restoring.install, "migrate", cut)
        with pytest.raises(KeyboardInterrupt):
            put_back(whole)
    assert restoring.unfinished()
    with pytest.raises(LauncherError, match="A restore is unfinished"):
        environment.require_migrated()
    connections.close_all()
    done = restoring.restore(whole, owner_url=owner_url(), say=lambda _text: None)
    assert not restoring.unfinished() and done.former == ""
    assert people.state(firm) == "submitted"


def test_a_database_put_back_by_other_means_is_mended_as_well() -> None:
    _id, uscc, [version] = shops(1, "澜序旗舰店")
    people.browser(people.registered(2))
    told = endings.Ending(version=version, at=clock.now().isoformat(), reason="hidden", origin=queries.origin(), index=999)
    endings.write([told])
    done, problems = restoring.mend_present()
    assert (done["ended"], done["sessions"], problems) == (1, 1, {})
    assert shown(uscc) == set()
    sequencer.step()
    assert restoring.mend_present()[0]["ended"] == 0, "it may be done again"
    shutil.rmtree(outside.folder())
    with pytest.raises(BackupRefused, match="No checkpoints of log"):
        restoring.mend_present()
