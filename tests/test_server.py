"""The tests' own database: migrated once, run as the running role, nothing leaks between tests."""

import pytest
from django.db import connection, transaction

from chengxin.launcher import places


@pytest.mark.django_db
def test_tests_run_as_the_running_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (places.APP_ROLE,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committing_test_has_a_database_of_its_own(turn: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0].startswith("test_")
        cursor.execute("SET lock_timeout = 0")
