"""What a trial must have left behind: everything promised is there, once, and the logs prove it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import httpx

from chengxin.ledger import notes
from tests.campaign.house import House
from tests.campaign.people import Desk, Promises

JOIN_S = 120
ARCHIVES = "(SELECT id FROM filings_filing WHERE kind = 'archive')"
SUBMISSIONS = f"SELECT key, number, filing_id::text, round FROM filings_submission WHERE filing_id IN {ARCHIVES}"
DECISIONS = "SELECT filing_id::text, round, outcome FROM filings_decision"
EVENTS = f"SELECT data ->> 'number' FROM ledger_event WHERE kind = 'filing.submitted' AND subject::uuid IN {ARCHIVES}"


def together(desks: list[Desk]) -> Promises:
    """Stop the desks; what all of them were promised."""
    for desk in desks:
        desk.stopped.set()
    for desk in desks:
        desk.join(JOIN_S)
    assert not any(desk.is_alive() for desk in desks)
    whole = Promises()
    for desk in desks:
        one = desk.promises
        whole.receipts |= one.receipts
        whole.decided |= one.decided
        whole.published |= one.published
        whole.keys |= one.keys
        whole.times += one.times
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
