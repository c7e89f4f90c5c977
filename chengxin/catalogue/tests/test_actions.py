"""Versions for ever, one current, one public event for each move (D-34)."""

import json
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from chengxin.catalogue import actions, loader, queries, rules, tools
from chengxin.catalogue.models import CurrentForm, FormVersion
from chengxin.catalogue.yaml_files import CatalogueInvalid
from chengxin.common import clock
from chengxin.common.errors import Forbidden, NotFound, Unauthenticated
from chengxin.identity.values import Actor
from chengxin.ledger.models import Event
from chengxin.ledger.tests.helpers import as_superuser

from . import helpers
from .helpers import CODES, TODAY, answers

pytestmark = pytest.mark.django_db
BY = Actor.system("test")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return helpers.folder(tmp_path)


def reword(root: Path, words: str) -> None:
    path = root / "groups/W01.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("zh: 资金", f"zh: {words}"), encoding="utf-8")


def test_loading_makes_versions_current_once_with_one_public_event_each(root: Path) -> None:
    before = Event.objects.count()
    report = actions.load(root, BY)
    assert {"hobby/kites", "hobby/plain", "seen/V01", "commitment/care", "sla"} <= set(report.moved)
    events = Event.objects.filter(subject="hobby/kites")
    leaf = json.loads(bytes(events.get().leaf))
    assert (leaf["kind"], leaf["id"]) == ("catalogue.version.published", queries.current_version("hobby/kites"))
    assert Event.objects.count() == before + len(report.moved)
    again = actions.load(root, BY)
    assert not again.moved
    assert Event.objects.count() == before + len(report.moved)


def test_a_form_keeps_its_version_for_life(root: Path) -> None:
    actions.load(root, BY)
    old = queries.current("hobby/plain")
    reword(root, "资本")
    actions.load(root, BY)
    new = queries.current("hobby/plain")
    assert new.version != old.version
    assert queries.version(old.version) == old
    assert [f.groups[0].fields[1].label.zh for f in (old, new)] == ["资金", "资本"]
    assert tools.diff(old, new) == ["W01：修改字段 资本（label）"]


def test_a_harmless_new_form_can_be_answered_with_no_code_of_its_own(root: Path) -> None:
    path = tools.new("voluntary/stamps", root=root)
    with pytest.raises(CatalogueInvalid, match="没有时限 VOLUNTARY"):
        actions.load(root, BY)
    text = (
        path.read_text(encoding="utf-8").replace("VOLUNTARY", "KITE_REVIEW").replace("slot: voluntary", "slot: photo").replace("V02", "V42")
    )
    path.write_text(text, encoding="utf-8")
    actions.load(root, BY)
    form = queries.current("voluntary/stamps")
    typed = {"name": "红印花", "happened_on": "2026-01-31", "proof": "a" * 64}
    assert rules.clean(form, answers(form.groups[0].code, [typed]), today=TODAY, codes=CODES).ok
    assert "voluntary/stamps" in queries.forms("voluntary")


@pytest.mark.requirement("ARC-16.2")
def test_a_bad_file_loads_nothing_at_all(root: Path) -> None:
    path = root / "groups/K01.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: percent", "kind: rainbow"), encoding="utf-8")
    versions, events = FormVersion.objects.count(), Event.objects.count()
    with pytest.raises(CatalogueInvalid, match=r"groups/K01\.yaml: fields\.4\.kind：不认识的值 rainbow"):
        actions.load(root, BY)
    assert (FormVersion.objects.count(), Event.objects.count()) == (versions, events)


def test_files_never_move_an_uploaded_version_back(root: Path) -> None:
    actions.load(root, BY)
    from_files = queries.current_version("hobby/plain")
    text = tools.dump(queries.body(from_files)).replace("资金", "本金")
    uploaded = actions.publish(text=text, root=root, by=BY)
    assert queries.current_version("hobby/plain") == uploaded != from_files
    assert actions.load(root, BY).kept == ["hobby/plain"]
    reword(root, "资本")
    assert "hobby/plain" in actions.load(root, BY).kept
    assert queries.current_version("hobby/plain") == uploaded
    actions.make_current(version=from_files, by=BY)
    assert queries.current_version("hobby/plain") == from_files


def test_what_is_exported_is_the_same_version(root: Path, tmp_path: Path) -> None:
    actions.load(root, BY)
    written = tools.export(tmp_path / "out")
    assert len(written) == CurrentForm.objects.count() + 1
    text = (tmp_path / "out/forms/hobby/kites.yaml").read_text(encoding="utf-8")
    assert loader.version_of(loader.load_text(text, root=root)) == queries.current_version("hobby/kites")


def test_only_those_who_may_publish(root: Path) -> None:
    with pytest.raises((Forbidden, Unauthenticated)):
        actions.load(root, Actor.nobody())
    with pytest.raises((Forbidden, Unauthenticated)):
        actions.publish(text="", root=root, by=Actor.nobody())


FORBIDDEN = [
    "UPDATE catalogue_formversion SET form_id = 'x'",
    "DELETE FROM catalogue_formversion WHERE hash NOT IN (SELECT version_id FROM catalogue_currentform)",
    "DELETE FROM catalogue_formversion",
    "TRUNCATE catalogue_formversion CASCADE",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_versions_cannot_be_changed_or_deleted(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_not_even_by_the_superuser() -> None:
    FormVersion.objects.create(hash="0" * 64, form_id="left/over", body={}, created_at=clock.now())
    with as_superuser():
        for statement in FORBIDDEN:
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_what_is_not_there_is_not_found() -> None:
    for ask in (lambda: queries.current("no/such"), lambda: queries.version("0" * 64), lambda: queries.commitment("none")):
        with pytest.raises(NotFound):
            ask()


def test_explain_and_try(root: Path) -> None:
    actions.load(root, BY)
    form = queries.current("hobby/kites")
    words = tools.explain(form)
    assert "* 名称（title）：text，可公示" in words
    assert "法定代表人（owner）：person_name，隐去部分后公示，个人信息" in words
    assert (
        tools.try_(
            form, "W01: [{name: 风筝有限公司, _public: '1'}]\nK01: [{title: 沙燕, colour: 红, _public: '1'}]", today=TODAY, subject="92"
        )
        == "可以提交\n"
    )
    said = tools.try_(form, "W01: [{name: '1', nothing: 2}]", today=TODAY)
    assert "与营业执照一致" in said
    assert "表单没有这个字段" in said


def test_commitments_and_labels_of_states() -> None:
    actions.load(helpers.SHIPPED, BY)
    text = queries.commitment("integrity")
    assert (text.edition, len(text.clauses)) == ("2026-1", 8)
    assert queries.commitment_version(text.version) == text
    assert str(queries.state_label("registration", "draft")) == "待上传附件"
    assert str(queries.state_label("archive", "submitted")) == "待审核"
    assert queries.state_label("registration", "closed").zh == "已重置"
    assert {s.code for s in queries.subjects()} >= {"91", "92", "93", "91/partnership"}
    assert [o.code for o in queries.service_groups()] == ["training", "digital", "data", "management"]
