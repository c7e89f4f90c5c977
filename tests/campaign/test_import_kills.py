"""kill -9 of the worker at 20 moments of an import: every record is there once, with one leaf, in a file that is whole (D-08, D-44).

`CAMPAIGN_IMPORT_KILLS`, `CAMPAIGN_IMPORT_LINES` and `CAMPAIGN_SEED` change the trial.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from chengxin.exchange.values import CHUNK_LINES
from tests.campaign.house import House, running

pytestmark = pytest.mark.campaign

KILLS = int(os.environ.get("CAMPAIGN_IMPORT_KILLS", "20"))
LINES = int(os.environ.get("CAMPAIGN_IMPORT_LINES", "60000"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261121"))
DONE_WITHIN_S = 900
PHASE = "SELECT phase FROM exchange_job"
DONE = "SELECT count(*) FROM exchange_chunk WHERE done_at IS NOT NULL"
JUDGED = "SELECT count(*) FROM exchange_chunk WHERE judged_at IS NOT NULL"
STANDING = "SELECT count(*) FROM records_version WHERE origin = 'government' AND ended_at IS NULL"
KEYS = "SELECT count(DISTINCT source_no) FROM records_version WHERE origin = 'government'"
ALL = "SELECT count(*) FROM records_version WHERE origin = 'government'"
LEAVES = "SELECT count(*) FROM ledger_event WHERE kind = 'record.published'"
APPROVED = "SELECT count(*) FROM ledger_event WHERE kind = 'filing.approved'"


def test_an_import_is_taken_in_exactly_once_however_often_the_worker_is_killed() -> None:
    dice = random.Random(SEED)
    with running() as house:
        done = house.command(str(LINES), module="tests.campaign.delivery")
        assert done.returncode == 0, done.stderr[-3000:]
        moments = [struck(house, dice, beyond=number * 2 * LINES // CHUNK_LINES // (KILLS + 1)) for number in range(KILLS)]
        house.wait(lambda: house.ask(PHASE) == "done", DONE_WITHIN_S)
        house.wait(lambda: house.placed(2**62), 120)
        assert {"rows", "commit"} <= set(moments), moments
        _exactly_once(house)


def struck(house: House, dice: random.Random, *, beyond: int) -> str:
    """Kill the worker once more than so many chunks are judged or taken in, a moment later; returns the phase it was in."""
    house.wait(lambda: house.ask(JUDGED) + house.ask(DONE) >= beyond, DONE_WITHIN_S)
    time.sleep(dice.uniform(0, 0.6))
    phase = str(house.ask(PHASE))
    house.wait(lambda: house.kill("worker", dice) is not None, DONE_WITHIN_S)
    return phase


def _exactly_once(house: House) -> None:
    assert [house.ask(count) for count in (STANDING, KEYS, ALL, LEAVES)] == [LINES] * 4
    assert house.ask(APPROVED) == 1
    [(counts,)] = house.rows("SELECT sum((counts ->> 'new')::int) FROM exchange_chunk")
    assert counts == LINES
    assert house.ask("SELECT count(*) FROM exchange_chunk WHERE payload <> ''") == 0
    assert not list((Path(house.base) / "uploads" / "imports").glob("*"))
    for words in (["log", "verify"], ["doctor"]):
        answer = house.command(*words)
        assert answer.returncode == 0, answer.stdout + answer.stderr
