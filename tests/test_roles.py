"""The running role cannot rewrite what is append-only, nor the schema (D-42)."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from chengxin import checks, install
from chengxin.launcher import roles

pytestmark = pytest.mark.django_db


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        return "permission denied" in str(error) or "must be owner" in str(error)
    return False


def test_append_only_tables_take_only_new_rows() -> None:
    tables = roles.append_only()
    assert tables["ledger_event"] == ("position", "leaf_index")
    for table in tables:
        assert refused(f"DELETE FROM {table}"), table
        assert refused(f"TRUNCATE {table}"), table
    assert refused("UPDATE ledger_event SET kind = kind")


def test_of_an_event_only_its_place_may_be_set() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_event SET position = position WHERE false")


def test_the_running_role_cannot_touch_the_schema() -> None:
    assert refused("DROP TABLE ledger_event")
    assert refused("ALTER TABLE ledger_event DISABLE TRIGGER ALL")
    assert refused("CREATE TABLE own (n int)")
    assert refused("DELETE FROM django_migrations")


def test_nothing_is_unmigrated_and_models_have_their_migrations() -> None:
    from django.core.management import call_command

    assert install.unapplied() == []
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_doctor_is_content_with_a_fresh_installation() -> None:
    found = {check.name: check for check in checks.all_checks()}
    assert found["roles"].state == "green"
    assert [check for check in found.values() if check.state == "red"] == []
