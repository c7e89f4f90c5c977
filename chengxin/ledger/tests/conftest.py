"""Keys and a checkpoint folder of its own for every test of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengxin.common import keys
from chengxin.ledger import sequencer, store


@pytest.fixture(scope="session")
def ledger_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys of every purpose."""
    folder = tmp_path_factory.mktemp("keys")
    keys.KeyRing(folder).generate_missing(demo=True)
    return folder


@pytest.fixture(autouse=True)
def _own_places(settings: Any, tmp_path: Path, ledger_keys: Path) -> Iterator[None]:
    settings.KEYS_DIR = ledger_keys
    settings.CHECKPOINTS_DIR = tmp_path / "checkpoints"
    settings.LOG_ORIGIN = "log.example"
    sequencer.forget()
    store.CACHE.clear()
    yield
    sequencer.forget()
