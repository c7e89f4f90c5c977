"""A connection to a server that no longer leads is cut while somebody waits on it; one to the leader is left alone."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from chengxin.launcher import leading, places
from tests import server

ELSEWHERE = ("192.0.2.1", "5432")


def test_who_waits_on_a_server_that_no_longer_leads_is_told_at_once() -> None:
    said: list[str] = []
    with psycopg.connect(server.url("postgres", role=places.APP_ROLE), autocommit=True) as connection:
        leading._open.add(connection)

        def wait() -> None:
            try:
                connection.execute("SELECT pg_sleep(60)")
            except psycopg.OperationalError as error:
                said.append(str(error))

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.3)
        assert leading.cut(all_but=leading.place_of(connection)) == 0 and waiting.is_alive()
        assert leading.cut(all_but=ELSEWHERE) == 1
        waiting.join(timeout=20)
        assert said and not waiting.is_alive() and connection.closed
        assert leading.cut(all_but=ELSEWHERE) == 0, "what is closed already is left alone"


@pytest.mark.django_db
def test_with_one_server_nothing_is_watched() -> None:
    with psycopg.connect(server.url("postgres", role=places.APP_ROLE)) as connection:
        leading.keep(connection)
        assert connection not in leading._open
    assert leading.leader() is not None
