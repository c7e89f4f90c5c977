"""kill -9 of web, worker and PostgreSQL at random moments while archives are handed in and decided over HTTP.

At least 50 kills. No acknowledged submission is lost or doubled, every receipt verifies, the house serves again within
10 seconds each time, and both logs prove everything that happened. `CAMPAIGN_KILLS` and `CAMPAIGN_SEED` change the trial; the
result is written to docs/reference/campaign.md.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections import Counter

import psycopg
import pytest

from tests.campaign import record
from tests.campaign.house import NEWEST_EVENT, House, running
from tests.campaign.people import Desk
from tests.campaign.verdict import judged, proved, together

pytestmark = pytest.mark.campaign

KILLS = int(os.environ.get("CAMPAIGN_KILLS", "60"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261121"))
FIRMS, DESKS = 24, 4
BACK_WITHIN_S = 10.0
KINDS = ("web", "web process", "worker", "postgres", "backend")


def test_nothing_promised_is_lost_however_often_parts_are_killed() -> None:
    dice = random.Random(SEED)
    with running() as house:
        firms = house.stock(FIRMS)
        desks = [Desk(house.origin, firms[number::DESKS], seed=SEED + number) for number in range(DESKS)]
        for desk in desks:
            desk.start()
        kills, backs = Counter[str](), list[tuple[float, str, float]]()
        while kills.total() < KILLS:
            time.sleep(dice.uniform(0.2, 3.0))
            backs.append(strike(house, dice))
            kills[backs[-1][1]] += 1
        promises = together(desks)
        found = judged(house, promises)
        house.wait(lambda: house.placed(2**62), 60)
        proofs = proved(house, promises)
    assert found["submissions"] >= KILLS, "hardly any load"
    assert max(backs)[0] <= BACK_WITHIN_S, sorted(backs)[-8:]
    seconds = [took for took, _kind, _web_s in backs]
    record.write(kills=kills, backs=seconds, seed=SEED, repeats=promises.repeats, proofs=proofs, **found)


def strike(house: House, dice: random.Random) -> tuple[float, str, float]:
    """Kill something and wait until the web answers and the worker has placed what was there when it died.

    Returns the seconds of both, what was killed, and the seconds of the web alone.
    """
    newest = 0
    with contextlib.suppress(psycopg.Error):
        newest = house.ask(NEWEST_EVENT)
    kind = dice.choice(KINDS)
    while house.kill(kind, dice) is None:
        time.sleep(0.02)
    web_s = house.wait(house.ready, 60)
    return web_s + house.wait(lambda: house.placed(newest), 60), kind, web_s
