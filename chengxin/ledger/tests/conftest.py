"""Keys, a checkpoint folder of its own and an empty ledger for every test of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengxin.common import keys
from chengxin.ledger import sequencer, store

from .helpers import empty_ledger


@pytest.fixture(scope="session")
def ledger_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys of every purpose."""
    folder = tmp_path_factory.mktemp("keys")
    keys.KeyRing(folder).generate_missing(demo=True)
    return folder


@pytest.fixture(autouse=True)
def _empty_ledger(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        empty_ledger()


@pytest.fixture(autouse=True)
def _own_places(settings: Any, tmp_path: Path, ledger_keys: Path) -> Iterator[None]:
    settings.KEYS_DIR = ledger_keys
    settings.CHECKPOINTS_DIR = tmp_path / "checkpoints"
    settings.LOG_ORIGIN = "log.example"
    sequencer.forget()
    store.CACHE.clear()
    yield
    sequencer.forget()
