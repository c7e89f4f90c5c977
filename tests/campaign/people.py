"""Those who use the house while parts of it die: they hand in and decide over HTTP, and remember what they were promised."""

from __future__ import annotations

import random
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

PAUSE_S = 0.2
PATIENCE_S = 60.0
APPROVED = 0.01


@dataclass
class Promises:
    """What the house has said yes to."""

    receipts: dict[str, str] = field(default_factory=dict)
    """Number of the receipt by one-time key."""
    decided: set[tuple[str, int, str]] = field(default_factory=set)
    """Filing, round and outcome."""
    published: set[str] = field(default_factory=set)
    """Credit codes of enterprises whose archive was approved."""
    keys: set[str] = field(default_factory=set)
    """Every key that was ever used."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """When a submission was sent and when its receipt came, by the monotonic clock."""
    repeats: int = 0
    """How often something was sent once more because no answer came."""
    strange: list[str] = field(default_factory=list)
    """Answers that nobody expects."""


class Desk(threading.Thread):
    """Hands in the archives of some enterprises and decides on them, again and again, until told to stop."""

    def __init__(self, origin: str, firms: list[dict[str, Any]], *, seed: int) -> None:
        super().__init__(daemon=True)
        self.origin, self.dice = origin, random.Random(seed)
        self.firms, self.rounds = list(firms), dict.fromkeys((firm["filing"] for firm in firms), 0)
        self.promises, self.stopped, self.sent = Promises(), threading.Event(), 0.0
        self.client = httpx.Client(base_url=origin, timeout=8)

    def run(self) -> None:
        """One enterprise after the other: hand in, then approve or reject."""
        while not self.stopped.is_set() and self.firms:
            firm = self.dice.choice(self.firms)
            if self.hand_in(firm):
                self.decide(firm)
        self.client.close()

    def hand_in(self, firm: dict[str, Any]) -> bool:
        """Press 点击提交, with one key until there is an answer."""
        key = str(uuid4())
        self.promises.keys.add(key)
        answer = self.post(f"/workbench/archive/{firm['filing']}/submit", firm["filer"], {"submission_key": key})
        number = re.fullmatch(r"/workbench/receipts/(\w+)", answer.headers.get("Location", "")) if answer else None
        if not number:
            return self.wonder("submit", answer)
        self.promises.receipts[key] = number[1]
        self.promises.times.append((self.sent, time.monotonic()))
        self.rounds[firm["filing"]] += 1
        return True

    def decide(self, firm: dict[str, Any]) -> None:
        """Approve or reject the round that was handed in; a repeat may find it decided."""
        outcome = "approved" if len(self.firms) > 1 and self.dice.random() < APPROVED else "rejected"
        round_ = self.rounds[firm["filing"]]
        data = {"round": str(round_), "outcome": outcome, "opinion": "请核对网店名称后重新提交。"}
        before = self.promises.repeats
        answer = self.post(f"/desk/{firm['filing']}/decide", firm["reviewer"], data)
        repeated = self.promises.repeats > before
        if answer is None or not (answer.status_code == 302 or (repeated and answer.status_code == 409)):
            self.wonder("decide", answer)
            return
        self.promises.decided.add((firm["filing"], round_, outcome))
        if outcome == "approved":
            self.promises.published.add(firm["uscc"])
            self.firms.remove(firm)

    def post(self, path: str, session: str, data: dict[str, str]) -> httpx.Response | None:
        """Send a form until the house answers; None where it does not within `PATIENCE_S`."""
        token = secrets.token_hex(16)
        headers = {"Origin": self.origin, "Cookie": f"session={session}; csrf={token}"}
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self.sent = time.monotonic()
            try:
                answer = self.client.post(path, data={**data, "csrfmiddlewaretoken": token}, headers=headers)
            except httpx.HTTPError:
                self.promises.repeats += 1
                time.sleep(PAUSE_S)
                continue
            if answer.status_code < 500:
                return answer
            self.promises.repeats += 1
            if answer.status_code != 503 or "Retry-After" not in answer.headers:
                self.wonder(path, answer)
            time.sleep(PAUSE_S)
        return None

    def wonder(self, what: str, answer: httpx.Response | None) -> bool:
        """Keep an answer that nobody expects."""
        self.promises.strange.append(f"{what}: {said_in(answer) if answer is not None else 'no answer'}")
        time.sleep(PAUSE_S)
        return False


def said_in(answer: httpx.Response) -> str:
    """Status, address and the words of a page."""
    main = answer.text.partition("<main")[2].partition("</main>")[0] or answer.text
    words = " ".join(re.sub(r"<[^>]*>", " ", main).split())
    return f"{answer.status_code} {answer.headers.get('Location', '')} {words[:800]}"
