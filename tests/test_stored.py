"""Rows by statements put together once are what the model layer gives and keeps."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection

from chengxin.common import clock, stored
from chengxin.filings.models import Draft, Filing
from chengxin.launcher.postgres import SUPERUSER
from tests import server

pytestmark = pytest.mark.django_db


def filing(**other: object) -> Filing:
    """A filing that stands only in memory."""
    now = clock.now()
    given = {"kind": "archive", "form_id": "archive/PLATFORM", "form_version": "v", "division_code": "330110", "page_done": ["basic"]}
    return Filing(created_at=now, updated_at=now, **{**given, **other})


def values(row: Filing | Draft) -> dict[str, object]:
    """Every column of a row."""
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}


def test_what_is_added_is_what_the_model_layer_reads() -> None:
    made = stored.add(filing(opinion="“引号”与\n换行"))
    assert values(Filing.objects.get(id=made.id)) == values(made)
    made.save(update_fields=["opinion"])  # it is known to stand there: no second row


def test_what_is_found_is_what_the_model_layer_finds() -> None:
    wanted = [Filing.objects.create(**values(filing(opinion=str(n)))) for n in range(3)]
    stored.add(filing(opinion="9"))
    found = stored.find(Filing, "WHERE opinion < %(below)s ORDER BY opinion", {"below": "9"})
    assert found == wanted
    assert [values(row) for row in found] == [values(row) for row in Filing.objects.filter(opinion__lt="9").order_by("opinion")]
    assert stored.first(Filing, "WHERE id = %(id)s", {"id": uuid4()}) is None


def test_rows_of_several_tables_come_together() -> None:
    one = stored.add(filing())
    draft = stored.add(Draft(filing=one, rev=3, answers={"A/1/b": "值"}, field_rev={"A/1/b": 3}, updated_at=clock.now()))
    ending = "FROM filings_filing JOIN filings_draft ON filing_id = id WHERE id = %(id)s"
    found = stored.together((Filing, Draft), ending, {"id": one.id})
    assert found is not None
    assert [values(row) for row in found] == [values(one), values(draft)]
    assert stored.together((Filing, Draft), ending, {"id": uuid4()}) is None


def test_a_change_writes_these_fields_only() -> None:
    one = stored.add(filing(opinion="former"))
    later = clock.now() + timedelta(hours=1)
    one.updated_at, one.page_done, one.opinion = later, ["basic", "trade"], "not written"
    stored.change(one, "updated_at", "page_done")
    kept = Filing.objects.get(id=one.id)
    assert (kept.updated_at, kept.page_done, kept.opinion) == (later, ["basic", "trade"], "former")


def test_a_row_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(DatabaseError, match="is not there"):
        stored.change(filing(), "opinion")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_seen_without_asking() -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    ended = connection.connection.info.backend_pid
    with psycopg.connect(server.url(connection.settings_dict["NAME"], role=SUPERUSER), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    assert not connection.is_usable()
    connection.close()
    assert stored.first(Filing, "WHERE id = %(id)s", {"id": uuid4()}) is None
