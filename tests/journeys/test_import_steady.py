"""Files on their way hold out: long reading, and giving up while somebody else is at work on the same file (D-44)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from chengxin.common import clock
from chengxin.exchange import actions, values
from chengxin.exchange.models import Chunk, Job
from chengxin.exchange.values import Fault, FaultyLine
from chengxin.flow import importing_phases
from chengxin.records.tests import makers
from tests import people
from tests.disk import waiting_for_disk, waits
from tests.journeys.importers import importer, upload, work
from tests.journeys.test_import import penalty, table, wait_for_a_waiting_lock

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> UUID:
    """A file that somebody handed in to be checked."""
    _enterprise, uscc = makers.published(1, "杭州澜序桥电子商务有限公司")
    upload(people.browser(importer()), table(penalty(uscc, "P-1")))
    return Job.objects.get().id


def test_a_file_may_be_read_for_longer_than_a_session_may_idle() -> None:
    waiting()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10s'")
        assert actions.hold_new()
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone()[0] == "0"


def test_giving_a_file_up_waits_for_its_judge_and_no_data_stay() -> None:
    job_id = waiting()
    importing_phases.one_step(job_id)
    taken = Event()

    def judge() -> None:
        try:
            with transaction.atomic():
                chunk = actions.take_chunk(phase=values.ROWS, job_id=job_id)
                assert chunk
                taken.set()
                wait_for_a_waiting_lock()
                actions.keep_faulty(job_id=job_id, lines=[FaultyLine(2, ("x",), (Fault(2, "", "x"),))])
                actions.keep_judged(chunk_id=chunk.id, payload="sealed", expected={})
        finally:
            taken.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        judging = pool.submit(judge)
        assert taken.wait(20)
        with transaction.atomic():
            assert actions.cancel(job_id=job_id)
        judging.result()
    assert Job.objects.get().phase == values.CANCELLED and Chunk.objects.get().payload == ""
    actions.keep_judged(chunk_id=Chunk.objects.get().pk, payload="late", expected={})
    assert Chunk.objects.get().payload == ""


def test_what_is_confirmed_in_the_last_moment_is_not_swept() -> None:
    job_id = waiting()
    work()
    assert Job.objects.get().phase == values.CHECKED
    confirmed = Event()

    def confirm() -> None:
        try:
            with transaction.atomic():
                assert actions.confirm(job_id=job_id)
                confirmed.set()
                wait_for_a_waiting_lock()
        finally:
            confirmed.set()
            connections.close_all()

    with clock.at(clock.now() + timedelta(days=8)), ThreadPoolExecutor(1) as pool:
        confirming = pool.submit(confirm)
        assert confirmed.wait(20)
        assert actions.sweep() == 0
        confirming.result()
    assert Job.objects.get().phase == values.ROWS


def test_a_chunk_does_not_wait_for_the_disk_but_the_end_of_its_file_does() -> None:
    job_id = waiting()
    importing_phases.one_step(job_id)
    with waiting_for_disk():
        with transaction.atomic():
            assert waits() and actions.take_chunk(phase=values.ROWS, job_id=job_id)
            assert not waits(), "a crash takes the chunk back whole, and it is judged again"
        work()
        with transaction.atomic():
            assert actions.confirm(job_id=job_id) and waits()
        with transaction.atomic():
            assert actions.hold_finished(phase=values.ROWS, job_id=job_id)
            assert waits(), "who is told that a file is done is told so for good"


def test_a_chunk_that_is_done_is_not_tried_again_whatever_broke_behind_it() -> None:
    waiting()
    work()
    chunk = Chunk.objects.get()
    actions.keep_done(chunk_id=chunk.pk, counts={}, changed=[])
    with transaction.atomic():
        actions.note_failure(job_id=chunk.job_id, chunk_id=chunk.pk, why="the disk of the checkpoints is full")
    assert Chunk.objects.get().attempts == 0
