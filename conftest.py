"""Databases for every test of the house: one server per run, one clone per worker, one more per race test (D-51).

Ordinary tests (`django_db`) roll back in their worker's clone. Tests with `django_db(transaction=True)` get a clone of
their own and nothing is ever flushed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase

from chengxin import install
from tests import server


def _point_at(name: str) -> None:
    from django.conf import settings

    connections.close_all()
    install.use(server.url(name), options=settings.SESSION_OPTIONS)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Give this worker its own migrated and loaded copy of the database."""
    with django_db_blocker.unblock():
        server.prepare()
        name = server.clone()
        _point_at(name)
        patched = _clone_instead_of_flush(name)
    yield
    with django_db_blocker.unblock():
        patched.undo()
        connections.close_all()
        server.drop(name)


def _clone_instead_of_flush(home: str) -> pytest.MonkeyPatch:
    """Tests that commit work in a database of their own, which is dropped after them."""
    own: list[str] = []

    def setup(case: type[TransactionTestCase]) -> None:
        own.append(server.clone())
        _point_at(own[-1])

    def teardown(case: TransactionTestCase) -> None:
        _point_at(home)
        server.drop(own.pop())

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(setup))
    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
    return patch


@pytest.fixture(autouse=True)
def _own_checkpoints(settings: Any, tmp_path: Any) -> None:
    """Checkpoints and snapshots outside the database belong to one test, as its database does (D-21)."""
    settings.CHECKPOINTS_DIR = tmp_path / "checkpoints"
    settings.SNAPSHOTS_DIR = tmp_path / "snapshots"
    settings.OVERVIEW_SECONDS = 0  # what a process has counted, it has counted in another test's database
    # files belong to one worker of the run: a test that is days ahead sweeps away what no row of its own database speaks of
    settings.MEDIA_ROOT = settings.CHENGXIN_HOME / f"uploads-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@pytest.fixture(autouse=True)
def _pictures_unread(settings: Any) -> None:
    """Reading a picture takes seconds: only tests about it turn it on."""
    settings.OCR = False
