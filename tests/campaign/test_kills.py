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
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from chengxin.ledger import notes
from tests.campaign import record
from tests.campaign.house import NEWEST_EVENT, House, running
from tests.campaign.people import Desk, Promises

pytestmark = pytest.mark.campaign

KILLS = int(os.environ.get("CAMPAIGN_KILLS", "60"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261121"))
FIRMS, DESKS = 24, 4
BACK_WITHIN_S = 10.0
KINDS = ("web", "web process", "worker", "postgres", "backend")
ARCHIVES = "(SELECT id FROM filings_filing WHERE kind = 'archive')"
SUBMISSIONS = f"SELECT key, number, filing_id::text, round FROM filings_submission WHERE filing_id IN {ARCHIVES}"
DECISIONS = "SELECT filing_id::text, round, outcome FROM filings_decision"
EVENTS = f"SELECT data ->> 'number' FROM ledger_event WHERE kind = 'filing.submitted' AND subject::uuid IN {ARCHIVES}"


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
        for desk in desks:
            desk.stopped.set()
        for desk in desks:
            desk.join(120)
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


def together(desks: list[Desk]) -> Promises:
    """What all desks were promised."""
    assert not any(desk.is_alive() for desk in desks)
    whole = Promises()
    for desk in desks:
        one = desk.promises
        whole.receipts |= one.receipts
        whole.decided |= one.decided
        whole.published |= one.published
        whole.keys |= one.keys
        whole.repeats += one.repeats
        whole.strange += one.strange
    assert not whole.strange, "\n".join(whole.strange[:5])
    return whole


def judged(house: House, promises: Promises) -> dict[str, int]:
    """Compare what was promised with what is stored; returns the numbers of it."""
    submissions = house.rows(SUBMISSIONS)
    stored = {key: number for key, number, _filing, _round in submissions}
    assert len(stored) == len(submissions)
    assert {key: stored.get(key) for key in promises.receipts} == promises.receipts, "an acknowledged submission was lost"
    assert set(stored) <= promises.keys, "somebody else's submission"
    rounds = Counter(filing for _key, _number, filing, _round in submissions)
    for filing, count in rounds.items():
        assert sorted(row[3] for row in submissions if row[2] == filing) == list(range(1, count + 1)), "a submission was doubled"
    assert promises.decided <= set(house.rows(DECISIONS)), "a decision was lost"
    assert sorted(row[0] for row in house.rows(EVENTS)) == sorted(stored.values()), "events and submissions differ"
    return {"submissions": len(promises.receipts), "decisions": len(promises.decided), "published": len(promises.published)}


def proved(house: House, promises: Promises) -> int:
    """Verify every receipt and one record of every published file, and both logs from end to end; how many proofs were good."""
    good = 0
    with httpx.Client(base_url=house.origin, timeout=20) as client:
        for number in promises.receipts.values():
            assert client.get(f"/verify/{number}.json").json()["genuine"] is True, number
        vkey = client.get("/log/vkey").text.strip()
        for uscc in sorted(promises.published):
            document = client.get(f"/api/v1/files/{uscc}").raise_for_status().json()
            assert document["records"], uscc
            good += sum(included(client, UUID(each["version_id"]), vkey) for each in document["records"][:3])
    for words in (["log", "verify"], ["doctor"]):
        answer = house.command(*words)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    return good


def included(client: httpx.Client, version_id: UUID, vkey: str) -> bool:
    """Whether a record's leaf stands in the log, by the proof that anyone may fetch."""
    proof = client.get(f"/api/v1/records/{version_id}/proof").raise_for_status().text
    leaf = client.get(f"/api/v1/records/{version_id}/entry").raise_for_status().content
    checkpoint: Any = notes.verify_proof(proof, leaf=leaf, verifier=vkey)
    return bool(checkpoint.size > 0)
